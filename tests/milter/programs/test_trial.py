"""One part, several programs and words: which is tried when, and what is said at the end."""

import asyncio
import os

import pytest

from pratique.milter.content import content_of
from pratique.milter.programs import sandbox
from pratique.milter.programs.handed import Handed
from pratique.milter.programs.run import Ended
from pratique.milter.programs.sandbox import Room
from pratique.milter.programs.trial import Tool, Trial, meaning

pytestmark = pytest.mark.real("bubblewrap")

ROOM = Room(octets=1 << 20, files=100, memory=256 << 20, seconds=20.0)
# Opens with one word, and says so without it.
LOCKED = 'if [ "$3" = right ]; then echo in >$folder/a; else echo Wrong password; exit 2; fi'


@pytest.fixture
def tried(fake, shown):
    """Have scripts tried on a part, one program each; gives the Unpacked, closed."""

    async def tried(*scripts, passwords=(), room=ROOM):
        before = set(os.listdir("/proc/self/fd"))
        tools = [
            Tool(program, program.paths[0], "/usr/bin/bwrap")
            for program in (fake(script, f"p{number}") for number, script in enumerate(scripts))
        ]
        part = Handed("application/vnd.rar", "0" * 64, tuple(passwords), content_of([b"part"]))
        made = shown(await Trial(part, room).unpacked(tools))
        part.content.close()
        await asyncio.sleep(0)
        assert set(os.listdir("/proc/self/fd")) == before
        return made

    return tried


async def test_a_part_that_opens_is_open(tried):
    made = await tried("cat /in/part >$folder/a")
    assert (made.program, made.unopened, made.why, made.password) == ("p0", "", "", "")
    assert made.files == {"a": b"part"}


async def test_the_second_program_is_asked_where_the_first_fails(tried):
    made = await tried("echo half >$folder/a; exit 1", "echo whole >$folder/a")
    assert (made.program, made.unopened, made.files) == ("p1", "", {"a": b"whole\n"})


async def test_the_second_program_is_not_asked_where_the_first_does_not_fail(tried):
    made = await tried("echo one >$folder/a", "echo two >$folder/a")
    assert (made.program, made.files) == ("p0", {"a": b"one\n"})


@pytest.mark.slow
async def test_of_two_that_fail_the_one_that_wrote_more_counts(tried):
    much = "head -c 50000 /usr/bin/env >$folder/much; exit 1"
    for scripts in ((much, "exit 1"), ("exit 1", much)):
        made = await tried(*scripts)
        assert made.unopened == "unreadable"
        assert made.why == f"{made.program} could not read all of it"
        assert set(made.files) == {"much"}


async def test_the_word_that_opens_it_is_told(tried):
    made = await tried(LOCKED, passwords=["wrong", "right", "other"])
    assert (made.unopened, made.password, made.files) == ("", "right", {"a": b"in\n"})


async def test_no_word_is_tried_on_what_is_not_locked(tried):
    made = await tried('echo "$3" >$folder/a; [ -z "$3" ]', passwords=["word"])
    assert (made.password, made.files) == ("", {"a": b"\n"})


async def test_what_no_word_opens_is_locked(tried):
    made = await tried(LOCKED, passwords=["wrong", "", "x" * 300])
    assert (made.unopened, made.password) == ("archive_password", "")
    assert made.why == "p0 asks for a password; none of 1 words of the message opens it"


async def test_what_is_locked_without_any_word_says_that(tried):
    made = await tried(LOCKED)
    assert made.why == "p0 asks for a password; no word is known"


async def test_a_word_opens_what_then_is_too_much(tried):
    made = await tried(LOCKED.replace("echo in >", "truncate -s 2000000 "), passwords=["right"])
    assert (made.unopened, made.password) == ("over_budget", "right")


@pytest.mark.slow
async def test_all_tries_share_the_time_of_the_part(tried):
    made = await tried(
        "sleep 0.3; echo Wrong password; exit 2",
        passwords=[f"word{number}" for number in range(20)],
        room=Room(1 << 20, 100, 256 << 20, 1.0),
    )
    assert made.unopened == "archive_password"
    assert 0 < int(made.why.split("none of ")[1].split()[0]) < 20


async def test_without_time_nothing_is_started(tried):
    made = await tried("echo a >$folder/a", room=Room(1 << 20, 100, 256 << 20, 0.1))
    assert (made.unopened, made.why) == ("needs_program", "no time was left for p0")


@pytest.mark.parametrize(
    ("status", "other", "unopened"),
    [
        (sandbox.WHOLE, {}, ""),
        (sandbox.WHOLE, {"late": True}, "over_budget"),
        (sandbox.WHOLE, {"cut": True}, "over_budget"),
        (sandbox.FAILED, {}, "unreadable"),
        (sandbox.KILLED, {}, "unreadable"),
        (sandbox.FULL, {}, "over_budget"),
        (sandbox.LOCKED, {}, "archive_password"),
        (sandbox.NO_PROGRAM, {}, "needs_program"),
        (sandbox.NO_ROOM, {}, "needs_program"),
        (1, {}, "needs_program"),
        (-9, {}, "needs_program"),
    ],
)
def test_an_end_means_a_word_of_unopened(status, other, unopened):
    content = content_of([])
    said, why = meaning("it", Ended(content, status, **other), ROOM)
    content.close()
    assert said == unopened
    assert bool(why) == bool(unopened)
