"""The folders of held messages: whole or not there, one at a time, no name from outside."""

import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pratique.milter.durable import Disk
from pratique.milter.quarantine.folders import Folders, QuarantineError, _locked, new_id
from pratique.milter.quarantine.record import Record
from pratique.milter.quarantine.state import State

ID = "20251122T120000-00000001"
# What `make_record` makes a record of.
CONTENT = b"Subject: hello\r\nX-Pratique-Seen: forged\r\n\r\nbody\r\n"

STATE = State(("bob@example.org", "carl@example.net"))
HOSTILE_IDS = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "20251122T120000-0000000/",
    "20251122T120000-00000001/../x",
    "20251122T120000-00000001\n",
    "\n20251122T120000-00000001",
    "20251122T120000-00000001\x00",
    "20251122T120000-000000012",
    "20251122T120000-0000000",
    "20251122t120000-00000001",
    "٢٠٢٥١١٢٢T120000-00000001",
    "20251122T120000-0000000G",
    "20251122T120000-0000000A",
    "\udcff",
    "x" * 5000,
]


@pytest.fixture
def lock() -> Iterator[Callable[[Path], Callable[[], None]]]:
    """Lock a folder as somebody else would; call what it returns to let go."""
    held: list[int] = []

    def take(path: Path) -> Callable[[], None]:
        held.append(os.open(path, os.O_RDONLY))
        fcntl.flock(held[-1], fcntl.LOCK_EX)
        return lambda: os.close(held.pop())

    yield take
    for descriptor in held:
        os.close(descriptor)


def left_behind(folder: Path) -> list[str]:
    """The names of all messages, and of what is being written or removed."""
    return sorted(path.name for name in ("held", "tmp") for path in (folder / name).iterdir())


# Names


def test_a_new_id_is_one_and_follows_the_order_of_time(folders: Folders) -> None:
    noon = datetime(2025, 11, 22, 12, tzinfo=UTC)
    ids = [new_id(noon + timedelta(seconds=number)) for number in range(100)]
    assert ids == sorted(ids)
    assert [folders.of(one).name for one in ids] == ids
    assert len({new_id(noon) for _ in range(100)}) == 100


@pytest.mark.parametrize("message_id", HOSTILE_IDS)
def test_an_id_that_is_none_never_reaches_the_disk(
    folder: Path, failing: Any, message_id: str
) -> None:
    # There is not even a folder: what touches the disk fails with another error.
    folders = Folders(folder, Disk(failing(fails_at=0)))
    for do in (
        folders.of,
        folders.read,
        folders.state,
        folders.stamp,
        folders.open_content,
        folders.is_alive,
        folders.remove,
        lambda one: folders.put_state(one, STATE),
        lambda one: folders.locked(one).__enter__(),
    ):
        with pytest.raises(QuarantineError, match="is no id") as raised:
            do(message_id)
        assert str(raised.value).isascii()
        assert str(raised.value).isprintable()


def test_foreign_names_among_the_folders_are_left_alone(
    added: Folders, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert added.ids() == [ID]
    assert caplog.text == ""
    foreign = {"lost+found", ".hidden", ID + ".bak", "\udcff\x1b[2J"}
    for name in foreign:
        (folder / "held" / name).mkdir()
    assert added.ids() == [ID]
    assert "4 foreign names" in caplog.text
    assert "\x1b" not in caplog.text
    assert foreign < set(left_behind(folder))


def test_ids_are_told_oldest_first(folders: Folders, folder: Path) -> None:
    assert folders.ids() == []
    ids = [f"2025112{day}T120000-0000000{9 - day}" for day in (3, 1, 2)]
    for one in ids:
        (folder / "held" / one).mkdir()
    assert folders.ids() == sorted(ids)


# Adding


def test_folders_are_made_once_and_for_us_alone(folders: Folders, folder: Path) -> None:
    folders.make()
    for path in (folder, folder / "held", folder / "tmp"):
        assert path.stat().st_mode & 0o777 == 0o700


def test_what_is_added_is_there_whole_and_for_us_alone(
    added: Folders, folder: Path, make_record: Callable[..., Record]
) -> None:
    assert left_behind(folder) == [ID]
    assert added.of(ID).stat().st_mode & 0o777 == 0o700
    files = {path.name: path.stat().st_mode & 0o777 for path in added.of(ID).iterdir()}
    assert files == dict.fromkeys(("content", "record", "state"), 0o600)
    record, state = added.read(ID)
    assert record == make_record()
    assert replace(state, record_sha256="") == STATE
    with os.fdopen(added.open_content(ID), "rb") as content:
        assert content.read() == CONTENT


def test_a_content_that_breaks_off_leaves_nothing(
    folders: Folders, folder: Path, make_record: Callable[..., Record]
) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        assert left_behind(folder) == [ID]
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        folders.add(make_record(), STATE, chunks())
    assert left_behind(folder) == []


def test_what_is_being_written_is_locked_until_it_is_there(
    folders: Folders, folder: Path, make_record: Callable[..., Record]
) -> None:
    def chunks() -> Iterator[bytes]:
        assert folders.sweep() == 0
        yield b"whole"

    folders.add(make_record(), STATE, chunks())
    assert (folders.of(ID) / "content").read_bytes() == b"whole"
    assert not folders.is_alive(ID)


@pytest.mark.parametrize("place", ["held", "tmp"])
def test_a_second_message_of_one_id_does_not_touch_the_first(
    added: Folders, folder: Path, make_record: Callable[..., Record], place: str
) -> None:
    if place == "tmp":
        (folder / "held" / ID).rename(folder / "tmp" / ID)
    with pytest.raises(OSError, match=r"exist|not empty"):
        added.add(make_record(), STATE, (b"another",))
    assert (folder / place / ID / "content").read_bytes() == CONTENT
    assert left_behind(folder) == [ID]


def test_a_content_that_is_a_link_is_not_followed(added: Folders, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"not yours")
    (added.of(ID) / "content").unlink()
    (added.of(ID) / "content").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic links"):
        added.open_content(ID)


# The state


def test_each_state_that_is_written_has_a_stamp_of_its_own(added: Folders) -> None:
    stamps = [added.stamp(ID)]
    for number in range(20):
        added.put_state(ID, STATE.with_released([str(number)]))
        stamps.append(added.stamp(ID))
    assert all(stamps)
    # A file that went may give its number to the next but one: neighbours always differ.
    assert all(one != other for one, other in pairwise(stamps))
    assert added.state(ID).released == ("19",)


def test_where_no_state_is_there_is_no_stamp(added: Folders) -> None:
    assert added.stamp(ID[:-1] + "2") == ""
    (added.of(ID) / "state").unlink()
    assert added.stamp(ID) == ""


@pytest.mark.parametrize("name", ["record", "content"])
def test_what_is_written_over_or_gone_has_another_stamp(added: Folders, name: str) -> None:
    before = added.stamp(ID)
    os.utime(added.of(ID) / name, ns=(1, 1))
    assert added.stamp(ID) not in ("", before)
    (added.of(ID) / name).unlink()
    assert added.stamp(ID) == ""


def test_a_half_written_state_of_somebody_who_died_is_no_hindrance(added: Folders) -> None:
    (added.of(ID) / "state.new").write_bytes(b'{"format')
    assert replace(added.state(ID), record_sha256="") == STATE
    added.put_state(ID, State(released=("bob@example.org",)))
    assert added.state(ID) == State(released=("bob@example.org",))
    assert not (added.of(ID) / "state.new").exists()


# Locks


def test_who_works_on_a_message_works_alone(added: Folders) -> None:
    assert not added.is_alive(ID)
    with added.locked(ID):
        assert added.is_alive(ID)
        with pytest.raises(QuarantineError, match="worked on just now"), added.locked(ID):
            raise AssertionError("two at one message")
    assert not added.is_alive(ID)


def test_a_lock_ends_with_an_error_inside(added: Folders) -> None:
    with pytest.raises(ConnectionAbortedError), added.locked(ID):
        raise ConnectionAbortedError
    with added.locked(ID):
        assert added.is_alive(ID)


def test_errors_of_the_work_itself_are_not_taken_for_those_of_the_lock(added: Folders) -> None:
    for error in (BlockingIOError, FileNotFoundError):
        with pytest.raises(error, match="of the work"), added.locked(ID):
            raise error("of the work")


def test_a_message_that_is_not_there_cannot_be_locked(folders: Folders) -> None:
    with pytest.raises(QuarantineError, match="not in quarantine"), folders.locked(ID):
        raise AssertionError("locked nothing")


class Moving:
    """A folder that somebody removes after it was opened and before it is looked at."""

    def __init__(self, path: Path, *, replaced: bool) -> None:
        self._path = path
        self._replaced = replaced

    def __fspath__(self) -> str:
        return str(self._path)

    def stat(self) -> os.stat_result:
        self._path.rename(self._path.with_name("elsewhere"))
        if self._replaced:
            self._path.mkdir()
        return self._path.stat()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_folder_that_goes_while_it_is_locked_is_not_there(
    folders: Folders, folder: Path, *, replaced: bool
) -> None:
    folders.disk.make_folder(folder / "held" / ID)
    moving: Any = Moving(folder / "held" / ID, replaced=replaced)
    with pytest.raises(FileNotFoundError), _locked(moving):
        raise AssertionError("locked what has no name any more")


# Removing


def test_what_is_removed_is_gone(added: Folders, folder: Path) -> None:
    with added.locked(ID):
        added.remove(ID)
    assert left_behind(folder) == []


@pytest.mark.parametrize("step", [0, 1])
def test_a_removal_that_fails_leaves_the_message_whole_or_to_the_sweep(
    added: Folders, folder: Path, failing: Any, step: int
) -> None:
    broken = Folders(folder, Disk(failing(fails_at=step)))
    with pytest.raises(OSError, match="space"):
        broken.remove(ID)
    whole = step == 0
    assert added.ids() == ([ID] if whole else [])
    assert added.sweep() == (0 if whole else 1)
    assert left_behind(folder) == ([ID] if whole else [])


def test_a_sweep_removes_what_a_dead_writer_left_and_nothing_of_a_living_one(
    added: Folders, folder: Path, lock: Any
) -> None:
    for name in ("dead", "living", f"{ID}.gone-0000"):
        (folder / "tmp" / name).mkdir()
        (folder / "tmp" / name / "content").write_bytes(b"half")
    let_go = lock(folder / "tmp/living")
    assert added.sweep() == 2
    assert left_behind(folder) == [ID, "living"]
    let_go()
    assert added.sweep() == 1
    assert added.sweep() == 0
    assert left_behind(folder) == [ID]


def test_a_sweep_leaves_what_is_no_folder_and_what_a_link_leads_to(
    folders: Folders, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").write_bytes(b"precious")
    (folder / "tmp/a file").write_bytes(b"of somebody")
    (folder / "tmp/link").symlink_to(tmp_path / "other")
    (folder / "tmp/nowhere").symlink_to(tmp_path / "nowhere")
    (folder / "tmp/z").mkdir()
    assert folders.sweep() == 2
    assert left_behind(folder) == ["a file", "nowhere"]
    assert (tmp_path / "other/file").read_bytes() == b"precious"
    assert "a file" in caplog.text
