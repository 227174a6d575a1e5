"""A table for all doors: made whole or not at all, and nobody waits for it."""

import fcntl
import os
import resource
import stat
import subprocess
import sys
import threading

import pytest

from pratique.milter.alerts.buckets import (
    BUCKET,
    BUCKETS,
    ENTRY,
    PATIENCE,
    SIZE,
    MemoryBuckets,
    open_file,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state/lately"


@pytest.fixture
def opened(path):
    """Open the table of this test, as often as one likes."""
    tables = []

    def open_it():
        table, told = open_file(path)
        tables.append(table)
        return table, told

    yield open_it
    for table in tables:
        table.close()


def test_a_new_file_has_its_full_size_on_the_disk_and_is_nobody_elses(path, opened):
    _, told = opened()
    known = path.stat()
    assert told == ""
    assert (known.st_size, stat.S_IMODE(known.st_mode)) == (SIZE, 0o600)
    assert known.st_blocks * 512 >= SIZE
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_one_writes_the_next_reads_with_the_same_key(opened):
    (first, _), (second, told) = opened(), opened()
    first.write(BUCKETS - 1, 7, b"e" * ENTRY)
    assert second.read(BUCKETS - 1) == bytes(BUCKET - ENTRY) + b"e" * ENTRY
    assert (first.key, told) == (second.key, "")
    assert len(set(first.key)) > 8


def test_two_files_have_keys_of_their_own(tmp_path):
    tables = [open_file(tmp_path / name)[0] for name in "ab"]
    assert tables[0].key != tables[1].key
    for table in tables:
        table.close()


def test_a_file_that_others_may_read_is_closed_to_them(path, opened):
    opened()
    path.chmod(0o644)
    opened()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def cut(path):
    os.truncate(path, SIZE - 1)


def stretch(path):
    os.truncate(path, SIZE + 1)


def damage(path):
    with path.open("r+b") as file:
        file.write(b"P")


def forget_the_key(path):
    with path.open("r+b") as file:
        file.seek(32)
        file.write(bytes(32))


def write_something_else(path):
    path.write_bytes(b"hello")


def make_a_pipe(path):
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (cut, f"has {SIZE - 1} octets"),
        (stretch, f"has {SIZE + 1} octets"),
        (damage, "damaged"),
        (forget_the_key, "damaged"),
        (write_something_else, "has 5 octets"),
        (make_a_pipe, "no regular file"),
    ],
)
def test_what_is_no_table_is_set_aside_and_told(path, opened, harm, problem):
    before, _ = opened()
    before.write(0, 0, b"e" * ENTRY)
    harm(path)
    after, told = opened()
    assert problem in told
    assert f"{path}.damaged" in told
    assert after.read(0) == bytes(BUCKET)
    assert (path.stat().st_size, after.key != before.key) == (SIZE, True)
    assert opened()[1] == ""


def test_there_is_one_damaged_file_at_most(path, opened):
    for _ in range(3):
        opened()
        damage(path)
    opened()
    assert sorted(one.name for one in path.parent.iterdir()) == ["lately", "lately.damaged"]


def test_one_that_was_begun_and_left_is_made_anew(path, opened):
    path.parent.mkdir()
    path.write_bytes(bytes(SIZE))
    assert "damaged" in opened()[1]


def test_doors_that_find_a_damaged_file_together_share_one_table(path, opened):
    opened()
    damage(path)
    together = threading.Barrier(4)
    keys = []

    def open_it():
        together.wait()
        keys.append(opened()[0].key)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 4
    assert len(set(keys)) == 1


@pytest.mark.parametrize("what", ["link", "folder"])
def test_what_must_not_be_followed_is_an_error(path, what):
    path.parent.mkdir()
    if what == "link":
        path.symlink_to(path.with_name("elsewhere"))
    else:
        path.mkdir()
    with pytest.raises(OSError, match="lately"):
        open_file(path)
    assert not path.with_name("elsewhere").exists()


NO_ROOM = """
import resource, sys
from pathlib import Path
from pratique.milter.alerts.buckets import SIZE, open_file
resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE + int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    open_file(Path(sys.argv[1]))
except OSError as error:
    print(error.errno)
print(Path(sys.argv[1]).stat().st_size)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("room", "size"), [(0, SIZE), (-1, 0)])
def test_a_file_that_has_no_room_is_an_error_at_the_start_and_leaves_nothing(path, room, size):
    run = [sys.executable, "-c", NO_ROOM, str(path), str(room)]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == str(size)
    assert (len(done.stdout.split()) == 1) is (room == 0)


def test_a_file_that_is_cut_off_later_is_an_error_and_no_signal(path, opened):
    table, _ = opened()
    os.truncate(path, SIZE - 1)
    with pytest.raises(OSError, match="cut off"):
        table.read(BUCKETS - 1)
    assert table.read(0) == bytes(BUCKET)


HOLDS = """
import sys
from pathlib import Path
from pratique.milter.alerts.buckets import open_file
table, _ = open_file(Path(sys.argv[1]))
print(table.lock(5), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(path):
    """Another process, which has bucket 5."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "True\n"
        yield process
        process.stdin.close()


@pytest.mark.slow
def test_nobody_waits_for_a_bucket_that_another_holds(opened, holder):
    table, _ = opened()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    assert not table.lock(5)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 20 * PATIENCE
    # Its neighbours are free.
    assert table.lock(4)
    assert table.lock(6)


@pytest.mark.slow
def test_who_is_killed_holds_nothing_any_more(opened, holder):
    table, _ = opened()
    holder.kill()
    holder.wait()
    assert table.lock(5)
    table.unlock(5)


@pytest.mark.slow
def test_who_cannot_be_alone_with_the_file_gives_up(path, opened):
    opened()
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError):
            open_file(path)
        fcntl.flock(other, fcntl.LOCK_UN)
    assert opened()[1] == ""


def test_a_table_in_memory_does_the_same():
    table = MemoryBuckets()
    assert table.lock(3)
    table.write(3, 1, b"e" * ENTRY)
    table.unlock(3)
    assert table.read(3) == bytes(ENTRY) + b"e" * ENTRY + bytes(BUCKET - 2 * ENTRY)
    assert table.read(4) == bytes(BUCKET)
    assert table.key != MemoryBuckets().key
    table.close()
