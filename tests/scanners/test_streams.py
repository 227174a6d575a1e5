"""Packed streams in a row, with padding or something else behind them."""

import gzip

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.part import Member, Oddity, Part
from pratique.scanners.streams import Inflate, Streams, open_stream

MAGIC = b"\x1f\x8b\x08"


def unpack(octets: bytes, clock=lambda: 0.0):
    part = Part(facts.Part(), memoryview(octets))
    streams = Streams(part.octets, MAGIC, lambda: Inflate(31))
    found = list(open_stream(part, Budget(Limits(), clock), streams, Member("gzip:")))
    oddities = [each.class_ for each in found if isinstance(each, Oddity)]
    return bytes(found[0].octets), oddities, part.known.unopened


def test_streams_that_are_joined_are_one_file():
    octets = b"".join(gzip.compress(piece) for piece in (b"one ", b"", b"two"))

    assert unpack(octets) == (b"one two", [], "")


@pytest.mark.parametrize("padding", [1, 511, 200_000])
def test_zeros_behind_a_stream_are_padding(padding):
    assert unpack(gzip.compress(b"one") + bytes(padding)) == (b"one", [], "")
    joined = gzip.compress(b"one") + bytes(padding) + gzip.compress(b"two")
    assert unpack(joined) == (b"onetwo", [], "")


@pytest.mark.parametrize("behind", [b"x", b"\0\0MZ", b"PK\3\4" * 30_000])
def test_anything_else_behind_a_stream_is_stated(behind):
    assert unpack(gzip.compress(b"one") + behind) == (b"one", ["extra_octets"], "")


def test_what_came_before_the_damage_is_kept():
    octets, oddities, unopened = unpack(gzip.compress(b"one") + gzip.compress(b"two" * 50)[:-9])

    assert octets.startswith(b"one")
    assert oddities == []
    assert unopened == "unreadable"


def test_an_empty_file_is_no_stream():
    assert unpack(b"") == (b"", [], "unreadable")


def test_many_empty_streams_are_stopped_by_the_clock():
    ticks = iter(range(1_000_000))

    with pytest.raises(OverBudget) as over:
        unpack(gzip.compress(b"") * 1000, clock=lambda: next(ticks))
    assert over.value.class_ == "seconds"
