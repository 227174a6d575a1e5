"""Who has a message already: known to all processes, after a kill, on a full disk, for a week."""

import errno
import fcntl
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pratique.milter import delivered
from pratique.milter.content import content_of
from pratique.milter.delivered import LIFETIME, SLOTS, Delivered
from pratique.milter.durable import Disk
from pratique.milter.mail import Envelope, Forward

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SCRIPT = Path(__file__).with_name("notes_on_a_small_disk.py")


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def open_list(tmp_path, clock):
    """Open the list of this test, as often as one likes."""
    opened = []

    def open_it(system=os, **more):
        opened.append(Delivered(tmp_path / "delivered", clock, Disk(system), **more))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


@pytest.fixture
def content():
    made = content_of([b"Subject: x\r\n\r\nbody\r\n"])
    yield made
    made.close()


@pytest.fixture
def other():
    made = content_of([b"Subject: y\r\n\r\nbody\r\n"])
    yield made
    made.close()


def to(*addresses, reverse_path="a@b.example"):
    forwards = tuple(Forward(address) for address in addresses)
    return Envelope("Q1", NOON, reverse_path, recipients=forwards)


BOB, EVE = "bob@x.example", "eve@x.example"


async def test_nobody_has_a_message_that_was_never_noted(open_list, content, tmp_path):
    assert await open_list().known(content, to(BOB)) == frozenset()
    # To ask makes no file.
    assert list(tmp_path.iterdir()) == []


async def test_who_was_noted_is_known_by_message_reverse_path_and_recipient(
    open_list, content, other
):
    one = open_list()
    await one.note(content, to(BOB, EVE), [BOB])
    assert await one.known(content, to(BOB, EVE)) == {BOB}
    assert await one.known(content, to(EVE)) == frozenset()
    assert await one.known(other, to(BOB)) == frozenset()
    for reverse_path in ("", None, "b@b.example"):
        assert await one.known(content, to(BOB, reverse_path=reverse_path)) == frozenset()


async def test_another_process_knows_it_at_once_and_forgets_it_too(open_list, content):
    one, another = open_list(), open_list()
    another.prepare()
    await one.note(content, to(BOB, EVE), [BOB, EVE])
    assert await another.known(content, to(BOB)) == {BOB}
    # Struck out for whom it comes, by whoever takes the retry.
    await another.strike(content, to(BOB))
    assert await one.known(content, to(BOB, EVE)) == {EVE}
    assert await open_list().known(content, to(BOB, EVE)) == {EVE}


async def test_a_file_of_another_make_is_damaged_and_forgotten(
    open_list, content, tmp_path, caplog
):
    one = open_list()
    await one.note(content, to(BOB), [BOB])
    one.close()
    file = tmp_path / "delivered"
    octets = file.read_bytes()
    file.write_bytes(bytes((octets[0] ^ 1,)) + octets[1:])
    assert await open_list().known(content, to(BOB)) == frozenset()
    assert "is damaged: what stood in it is forgotten" in caplog.text
    assert len(file.read_bytes()) == len(octets)


async def test_a_week_later_it_is_forgotten(open_list, content, clock):
    one = open_list()
    await one.note(content, to(BOB), [BOB])
    clock.now += LIFETIME - timedelta(seconds=1)
    assert await one.known(content, to(BOB)) == {BOB}
    clock.now += timedelta(seconds=1)
    assert await one.known(content, to(BOB)) == frozenset()
    # Its slot is used again.
    await one.note(content, to(EVE), [EVE])
    assert one._slots.keys() != set()
    assert [slot for slot, _ in one._slots.values()] == [0]


async def test_who_is_noted_twice_has_one_slot(open_list, content):
    one = open_list()
    await one.note(content, to(BOB), [BOB])
    await one.note(content, to(BOB, EVE), [BOB, EVE])
    await one.strike(content, to(BOB))
    assert await open_list().known(content, to(BOB, EVE)) == {EVE}


async def test_an_ordinary_message_is_not_read_for_it(open_list, other, content):
    one = open_list()
    await one.note(content, to(BOB), [BOB])
    closed = content_of([b"x"])
    closed.close()
    # A closed content cannot be read, and nobody tries.
    assert await one.known(closed, to(EVE)) == frozenset()


@pytest.mark.slow
async def test_at_the_limit_all_are_known_and_past_it_the_oldest_is_forgotten(
    open_list, content, clock
):
    one = open_list()
    await one.note(content, to(EVE), [EVE])
    clock.now += timedelta(seconds=1)
    many = [f"{number}@x.example" for number in range(SLOTS)]
    await one.note(content, to(*many[1:]), many[1:])
    assert await open_list().known(content, to(EVE, *many)) == {EVE, *many[1:]}
    await one.note(content, to(many[0]), many[:1])
    assert await open_list().known(content, to(EVE, *many)) == set(many)


@pytest.mark.slow
async def test_of_more_than_there_is_room_for_as_many_as_fit_are_known(open_list, content):
    many = [f"{number}@x.example" for number in range(SLOTS + 1)]
    one = open_list()
    await one.note(content, to(*many), many)
    assert len(await one.known(content, to(*many))) == SLOTS


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"something else\n" * 10),
        lambda path: os.truncate(path, 4096),
        lambda path: path.write_bytes(bytes(path.stat().st_size)),
    ],
)
async def test_a_file_that_is_cut_or_none_of_ours_is_made_anew(
    open_list, content, tmp_path, damage
):
    await open_list().note(content, to(BOB), [BOB])
    damage(tmp_path / "delivered")
    one = open_list()
    assert await one.known(content, to(BOB)) == frozenset()
    await one.note(content, to(EVE), [EVE])
    assert await open_list().known(content, to(BOB, EVE)) == {EVE}


@pytest.mark.parametrize("octets", [0, 63, 64, 100])
async def test_a_file_that_is_cut_while_it_is_open_is_made_anew(
    open_list, content, tmp_path, octets
):
    one = open_list()
    await one.note(content, to(BOB), [BOB])
    os.truncate(tmp_path / "delivered", octets)

    assert await one.known(content, to(BOB)) == ({BOB} if octets >= 64 else frozenset())
    await one.note(content, to(EVE), [EVE])
    assert EVE in await one.known(content, to(EVE))
    assert EVE in await open_list().known(content, to(EVE))


async def test_nobody_waits_for_ever_for_who_has_the_file(open_list, content, tmp_path, caplog):
    open_list().prepare()
    one = open_list(patience=0.0)
    with (tmp_path / "delivered").open("rb") as stopped:
        fcntl.flock(stopped, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError):
            await one.note(content, to(BOB), [BOB])
        assert await one.known(content, to(BOB)) == frozenset()
    assert "who has a message is not known" in caplog.text

    await one.note(content, to(BOB), [BOB])
    assert await one.known(content, to(BOB)) == {BOB}


async def test_where_there_is_no_folder_nothing_is_known_and_a_note_fails(
    tmp_path, clock, content, caplog
):
    one = Delivered(tmp_path / "gone" / "delivered", clock)
    one.prepare()
    assert "no delivery can be remembered" in caplog.text
    assert await one.known(content, to(BOB)) == frozenset()
    with pytest.raises(FileNotFoundError):
        await one.note(content, to(BOB), [BOB])
    await one.strike(content, to(BOB))
    assert "not struck out" in caplog.text


async def test_a_note_that_cannot_be_synced_is_told(open_list, content):
    class Broken:
        write, rename = staticmethod(os.write), staticmethod(os.rename)
        works = True

        def fsync(self, descriptor):
            if not self.works:
                raise OSError(errno.EIO, "Input/output error")
            os.fsync(descriptor)

    broken = Broken()
    one = open_list(broken)
    one.prepare()
    broken.works = False
    with pytest.raises(OSError, match="Input/output"):
        await one.note(content, to(BOB), [BOB])


def test_a_descriptor_of_the_content_is_closed_whatever_happens(tmp_path, clock, content):
    before = len(os.listdir("/proc/self/fd"))
    one = Delivered(tmp_path / "gone" / "delivered", clock)
    with pytest.raises(FileNotFoundError):
        one._note(content.again(), to(BOB), (BOB,))
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_slot_never_crosses_a_sector():
    assert delivered._HEADER.size == delivered._SLOT.size == 64


def _note_for_ever(path, ready):
    one = Delivered(path, lambda: NOON)
    content = content_of([b"x"])
    number = 0
    while True:
        one._note(content.again(), to(BOB), (f"{number}@x.example",))
        ready.send(number)
        number += 1


@pytest.mark.slow
async def test_killed_at_any_moment_what_was_noted_is_known(tmp_path):
    content, path = content_of([b"x"]), tmp_path / "delivered"
    noted = 0
    for _ in range(10):
        here, there = multiprocessing.get_context("fork").Pipe()
        process = multiprocessing.get_context("fork").Process(
            target=_note_for_ever, args=(path, there)
        )
        process.start()
        last = max(here.recv() for _ in range(5))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        noted = max(noted, last)
        one = Delivered(path, lambda: NOON)
        many = [f"{number}@x.example" for number in range(noted + 1)]
        assert await one.known(content, to(*many)) == set(many)
        one.close()
        here.close()
        there.close()
    content.close()


@pytest.mark.slow
@pytest.mark.real("root")
def test_on_a_disk_that_is_full_all_is_noted_that_must_be(tmp_path):
    command = ["unshare", "--mount", sys.executable, SCRIPT, tmp_path]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=60)
    assert json.loads(ran.stdout) == {
        # Made while there was room, the file needs none later.
        "full": True,
        "noted": True,
        "struck": True,
        # Not made yet, it is told, and nothing is left of it.
        "late": "No space left on device",
        "left": 0,
    }
