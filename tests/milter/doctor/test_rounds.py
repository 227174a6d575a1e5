"""All looks are made, none holds up the others, and whatever goes wrong is a line."""

import asyncio
import threading
import time

import pytest

from pratique.milter.doctor.line import Check, ok, unseen
from pratique.milter.doctor.rounds import examine, looked


def fine(_):
    yield ok("one")
    yield ok("two")


async def coroutine(_):
    yield ok("three")


def test_each_says_its_lines_in_their_order(case):
    checks = [Check("a", fine), Check("b", coroutine), Check("a", fine)]
    found = examine(checks, case())
    assert [[line.what for line in lines] for lines in found] == [
        ["one", "two"],
        ["three"],
        ["one", "two"],
    ]


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("odd"), KeyError("x"), TypeError()])
async def test_an_error_is_a_line_and_what_was_found_before_stays(case, error):
    def breaks(_):
        yield ok("one")
        raise error

    async def breaks_too(_):
        yield ok("one")
        raise error

    for look in (breaks, breaks_too):
        first, last = await looked(Check("a", look), case())
        assert first == ok("one")
        assert last.state == "not looked at"
        assert last.do.startswith(look.__name__)
        assert (str(error) or "TypeError") in last.do


async def test_one_that_waits_is_broken_off_and_says_so(case):
    async def waits(_):
        yield ok("one")
        await asyncio.Event().wait()

    found = await looked(Check("a", waits), case(), 0.05)
    assert found == [ok("one"), unseen("the rest of this", "it took longer than 0.05 s")]


@pytest.mark.slow
def test_nobody_waits_for_a_thread_that_never_ends(case):
    never, begun = threading.Event(), time.monotonic()

    def hangs(_):
        yield ok("one")
        never.wait()

    found = examine([Check("a", hangs), Check("b", fine)], case(), 0.2)
    assert time.monotonic() - begun < 10
    assert [line.state for line in found[0]] == ["ok", "not looked at"]
    assert found[1] == list(fine(None))
    # Neither at the end of the program.
    (left,) = [one for one in threading.enumerate() if one.daemon and "call" in one.name]
    assert left.is_alive()
    never.set()
    left.join(10)
