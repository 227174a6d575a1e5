"""The frames of what a worker hands out: whole parts, and every way to lie about them."""

import hashlib
import os

import pytest

from pratique.milter.programs.gathering import Gathering
from pratique.milter.wall.sighting import Lie
from pratique.scanners import frames
from pratique.scanners.wall_pb2 import HandedOut

RAR, OTHER = "application/vnd.rar", "application/x-arc"


@pytest.fixture
def gathering():
    """One that nothing is left of."""
    before = set(os.listdir("/proc/self/fd"))
    made = Gathering(frozenset({RAR, OTHER}))
    yield made
    made.close()
    assert set(os.listdir("/proc/self/fd")) == before


def part(octets=b"abc", type_=RAR, size=None, **other):
    return HandedOut(type=type_, size=len(octets) if size is None else size, octets=octets, **other)


def taken(handed):
    octets = b"".join(handed.content.span(0, handed.content.size))
    handed.content.close()
    return octets


def test_a_part_in_one_frame(gathering):
    gathering.take(part(b"abc", passwords=["word", "other", "n\0l"]))
    (handed,) = gathering.whole()
    assert handed.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert (handed.type, handed.passwords) == (RAR, ("word", "other"))
    assert taken(handed) == b"abc"


def test_parts_in_pieces(gathering):
    gathering.take(part(b"ab", size=4))
    gathering.take(HandedOut(octets=b"c"))
    gathering.take(HandedOut(octets=b"d"))
    gathering.take(part(b"e", type_=OTHER))
    assert [taken(handed) for handed in gathering.whole()] == [b"abcd", b"e"]


def test_no_part_is_no_part(gathering):
    assert gathering.whole() == []


@pytest.mark.parametrize(
    "frames_",
    [
        [part(type_="text/plain")],
        [part(type_="")],
        [HandedOut(octets=b"x")],
        [part(b"", size=0)],
        [part(b"x", size=-1)],
        [part(b"x", size=frames.HAND_OUT_OCTETS + 1)],
        [part(b"abc", size=2)],
        [part(b"a", size=2), HandedOut(octets=b"bc")],
        [part(b"", size=2)],
        [part(b"a", size=2), HandedOut()],
        [part(passwords=["w"] * (frames.HAND_OUT_WORDS + 1))],
        [part()] * (frames.HAND_OUT_PARTS + 1),
    ],
)
def test_what_was_not_asked_for_is_a_lie(gathering, frames_):
    *honest, last = frames_
    for frame in honest:
        gathering.take(frame)
    with pytest.raises(Lie):
        gathering.take(last)


def test_as_much_as_may_be_handed_out_is(gathering):
    for _ in range(frames.HAND_OUT_PARTS):
        gathering.take(part(passwords=["w"] * frames.HAND_OUT_WORDS))
    whole = gathering.whole()
    assert len(whole) == frames.HAND_OUT_PARTS
    for handed in whole:
        handed.content.close()


def test_octets_are_counted_over_all_parts(gathering):
    gathering.take(part(b"a"))
    with pytest.raises(Lie, match="octets"):
        gathering.take(part(b"b", size=frames.HAND_OUT_OCTETS))


def test_a_part_that_does_not_end_is_a_lie(gathering):
    gathering.take(part(b"a", size=2))
    with pytest.raises(Lie, match="end"):
        gathering.whole()


# For engines


@pytest.fixture
def shown():
    made = Gathering(frozenset({RAR}), "hidden")
    yield made
    made.close()


def for_engines(octets=b"abc", **more):
    return HandedOut(octets=octets, **{"size": len(octets), "shown": True, **more})


def test_a_part_for_engines_has_its_hash_and_no_type(shown):
    shown.take(for_engines(b"ab", size=3, hidden=True))
    shown.take(HandedOut(octets=b"c"))
    shown.take(part(b"rar"))
    first, second = shown.whole()
    assert (first.hidden, second.hidden) == (True, False)
    assert (first.shown, first.sha256) == (True, hashlib.sha256(b"abc").hexdigest())
    assert (second.shown, second.type) == (False, RAR)
    assert [taken(first), taken(second)] == [b"abc", b"rar"]


def test_what_no_engine_asked_for_is_a_lie(gathering):
    with pytest.raises(Lie, match="nobody asked"):
        gathering.take(for_engines())


def test_so_many_for_engines_and_one_more_is_a_lie(shown):
    for _ in range(frames.SHOWN_PARTS):
        shown.take(for_engines(b"a"))
        shown.whole()[0].content.close()
    with pytest.raises(Lie, match=f"more than {frames.SHOWN_PARTS} parts"):
        shown.take(for_engines(b"a"))


def test_so_many_octets_for_engines_and_one_more_is_a_lie(shown):
    shown.take(for_engines(b"a"))
    with pytest.raises(Lie, match=f"more than {frames.SHOWN_OCTETS} octets"):
        shown.take(for_engines(b"a", size=frames.SHOWN_OCTETS))
    with pytest.raises(Lie):
        shown.take(for_engines(b"", size=0))


def test_what_engines_get_is_not_taken_from_programs(shown):
    for _ in range(frames.HAND_OUT_PARTS):
        shown.take(for_engines(b"a"))
        shown.take(part(b"a"))
    for handed in shown.whole():
        handed.content.close()
