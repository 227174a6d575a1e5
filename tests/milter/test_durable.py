"""Durable files: whole and synced, or not there at all."""

import asyncio
import errno
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pratique.milter.content import content_of
from pratique.milter.durable import Disk, apart, is_full, reply_to, withdraw
from pratique.milter.mail import Outgoing, Rewritten


@dataclass
class Recorder:
    """Does what it is told, says what that was, and may fail at one step."""

    fails_at: int = -1
    error: int = errno.ENOSPC
    steps: list[tuple[str, str]] = field(default_factory=list)

    def step(self, name: str, path: str) -> None:
        if len(self.steps) == self.fails_at:
            self.steps.append((name, "failed"))
            raise OSError(self.error, os.strerror(self.error))
        self.steps.append((name, Path(path).name))

    def write(self, descriptor: int, octets: bytes | memoryview) -> int:
        self.step("write", os.readlink(f"/proc/self/fd/{descriptor}"))
        # A disk may take less than it was offered.
        return os.write(descriptor, octets[:3])

    def fsync(self, descriptor: int) -> None:
        self.step("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))
        os.fsync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self.step("rename", str(target))
        source.rename(target)


def publish_one_folder(disk: Disk, root: Path) -> None:
    fresh = root / "tmp" / "fresh"
    fresh.mkdir()
    try:
        disk.write_file(fresh / "content", (b"abc", b"def"))
    except OSError:
        withdraw(fresh)
        raise
    disk.publish_folder(fresh, root / "held" / "one")


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    for name in ("tmp", "held"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_files_come_before_their_folder_and_the_rename_before_the_folder_that_takes_it(
    rooms: Path,
) -> None:
    system = Recorder()
    publish_one_folder(Disk(system), rooms)
    assert system.steps == [
        ("write", "content"),
        ("write", "content"),
        ("fsync", "content"),
        ("fsync", "fresh"),
        ("rename", "one"),
        ("fsync", "held"),
        ("fsync", "tmp"),
    ]
    assert (rooms / "held/one/content").read_bytes() == b"abcdef"


@pytest.mark.parametrize("step", range(7))
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_failure_at_any_step_is_told_and_leaves_nothing(
    rooms: Path, step: int, error: int
) -> None:
    system = Recorder(fails_at=step, error=error)
    with pytest.raises(OSError, match=os.strerror(error)):
        publish_one_folder(Disk(system), rooms)
    assert [*(rooms / "held").iterdir(), *(rooms / "tmp").iterdir()] == []


@pytest.mark.parametrize("step", range(6))
def test_a_replaced_file_holds_the_old_or_the_new_whole(tmp_path: Path, step: int) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"old state")
    system = Recorder(fails_at=step)
    with pytest.raises(OSError, match="No space left"):
        Disk(system).replace_file(path, b"new state")
    assert path.read_bytes() in (b"old state", b"new state")
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]


def test_a_replaced_file_is_synced_before_it_takes_the_name(tmp_path: Path) -> None:
    system = Recorder()
    (tmp_path / "state.new").write_bytes(b"left by one who died")
    Disk(system).replace_file(tmp_path / "state", b"new")
    assert system.steps == [
        ("write", "state.new"),
        ("fsync", "state.new"),
        ("rename", "state"),
        ("fsync", tmp_path.name),
    ]
    assert (tmp_path / "state").read_bytes() == b"new"


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "content").write_bytes(b"first")
    with pytest.raises(FileExistsError):
        Disk().write_file(tmp_path / "content", (b"second",))
    assert (tmp_path / "content").read_bytes() == b"first"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "content").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="exists"):
        Disk().write_file(tmp_path / "content", (b"mail",))
    assert not (tmp_path / "elsewhere").exists()


def test_what_is_written_is_for_our_own_eyes(tmp_path: Path) -> None:
    Disk().make_folder(tmp_path / "held")
    Disk().write_file(tmp_path / "held/content", (b"mail",))
    assert (tmp_path / "held").stat().st_mode & 0o077 == 0
    assert (tmp_path / "held/content").stat().st_mode & 0o077 == 0


def test_each_new_folder_is_synced_into_the_one_above(tmp_path: Path) -> None:
    system = Recorder()
    Disk(system).make_folder(tmp_path / "a/b")
    assert system.steps == [("fsync", tmp_path.name), ("fsync", "a")]


def test_a_folder_that_somebody_made_and_died_is_synced_too(tmp_path: Path) -> None:
    system = Recorder()
    (tmp_path / "a").mkdir()
    Disk(system).make_folder(tmp_path / "a")
    assert system.steps == [("fsync", tmp_path.name)]


def test_a_removed_folder_is_out_of_sight_at_once(rooms: Path) -> None:
    publish_one_folder(Disk(), rooms)
    system = Recorder()
    Disk(system).remove_folder(rooms / "held/one", rooms / "tmp/one.gone")
    assert system.steps == [("rename", "one.gone"), ("fsync", "held")]
    assert [*(rooms / "held").iterdir(), *(rooms / "tmp").iterdir()] == []


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [(errno.ENOSPC, 452, "4.3.1"), (errno.EDQUOT, 452, "4.3.1"), (errno.EIO, 451, "4.3.0")],
)
def test_a_stranger_hears_whether_to_come_again_and_no_path(
    error: int, code: int, status: str
) -> None:
    told = OSError(error, os.strerror(error), "/var/lib/secret")
    reply = reply_to(told)
    assert reply.code == code
    assert str(reply).startswith(f"{code} {status} ")
    assert "secret" not in str(reply)
    assert is_full(told) == (code == 452)


async def test_a_thread_keeps_its_content_when_the_door_has_closed_its_own() -> None:
    content = content_of((b"the right message",))
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()

    def read_late(outgoing: Outgoing) -> bytes:
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(10)
        return b"".join(outgoing.chunks())

    with ThreadPoolExecutor(1) as executor:
        reading = asyncio.create_task(apart(executor, Outgoing(content), read_late))
        await asyncio.sleep(0)
        number = content.descriptor
        content.close()
        other = content_of((b"another message!!",))
        assert other.descriptor == number
        gate.set()
        assert await reading == b"the right message"
        other.close()


async def test_a_job_that_never_ran_gives_its_descriptor_back() -> None:
    content = content_of((b"mail",))
    with ThreadPoolExecutor(1) as executor:
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()
        busy = executor.submit(
            lambda: asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(10)
        )
        before = len(os.listdir("/proc/self/fd"))
        waiting = asyncio.create_task(apart(executor, Outgoing(content), lambda _: None))
        await asyncio.sleep(0)
        assert len(os.listdir("/proc/self/fd")) == before + 1
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert len(os.listdir("/proc/self/fd")) == before
        gate.set()
        await asyncio.wrap_future(busy)
    content.close()


async def test_a_thread_has_descriptors_of_its_own_for_what_was_rewritten() -> None:
    content, made = content_of((b"A: 1\r\n\r\nold",)), content_of((b"A: 1\r\n\r\nnew",))
    out = Outgoing(content, rewritten=Rewritten(made, 6, (), b"", 6, 8))
    before = len(os.listdir("/proc/self/fd"))

    def read(outgoing: Outgoing) -> bytes:
        assert outgoing.rewritten is not None
        assert outgoing.rewritten.content.descriptor != made.descriptor
        return b"".join(outgoing.chunks())

    with ThreadPoolExecutor(1) as executor:
        assert await apart(executor, out, read) == b"A: 1\r\n\r\nnew"
    assert len(os.listdir("/proc/self/fd")) == before
    content.close()
    made.close()
