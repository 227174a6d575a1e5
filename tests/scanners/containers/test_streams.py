"""Packed streams in a row, with padding or something else behind them."""

import bz2
import gzip
import lzma
import random
import zlib

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.streams import (
    PIECE,
    STREAMS,
    Inflate,
    Streams,
    open_stream,
    skip_frames,
    unpack,
)
from pratique.scanners.part import Member, Oddity, Part, Reached

MAGIC = b"\x1f\x8b\x08"


def opened(octets: bytes, clock=lambda: 0.0):
    part = Part(facts.Part(), memoryview(octets))
    streams = Streams(part.octets, MAGIC, lambda: Inflate(31))
    found = list(open_stream(part, Budget(Limits(), clock), streams, Member("gzip:")))
    oddities = [each.class_ for each in found if isinstance(each, Oddity)]
    return bytes(found[0].octets), oddities, part.known.unopened


def test_streams_that_are_joined_are_one_file():
    octets = b"".join(gzip.compress(piece, mtime=0) for piece in (b"one ", b"", b"two"))

    assert opened(octets) == (b"one two", [], "")


@pytest.mark.parametrize(
    ("pieces", "tolerant"), [([b"one"], False), ([b"one", b"two"], True), ([b"", b"two"], True)]
)
def test_a_file_of_several_streams_is_not_read_alike_by_all(pieces, tolerant):
    """clamd reads the first one of bzip2 (tests/desk/test_clamav_reach.py)."""
    octets = b"".join(gzip.compress(piece, mtime=0) for piece in pieces)
    streams, member = Streams(memoryview(octets), MAGIC, lambda: Inflate(31)), Member("gzip:")
    part = Part(facts.Part(), memoryview(octets))
    list(open_stream(part, Budget(Limits(), lambda: 0.0), streams, member))
    assert member.tolerant is tolerant


@pytest.mark.parametrize("padding", [1, 511, 200_000])
def test_zeros_behind_a_stream_are_padding(padding):
    assert opened(gzip.compress(b"one", mtime=0) + bytes(padding)) == (b"one", [], "")
    joined = gzip.compress(b"one", mtime=0) + bytes(padding) + gzip.compress(b"two", mtime=0)
    assert opened(joined) == (b"onetwo", [], "")


@pytest.mark.parametrize("behind", [b"x", b"\0\0MZ", b"PK\3\4" * 30_000])
def test_anything_else_behind_a_stream_is_stated(behind):
    assert opened(gzip.compress(b"one", mtime=0) + behind) == (b"one", ["extra_octets"], "")


def test_what_came_before_the_damage_is_kept():
    octets, oddities, unopened = opened(
        gzip.compress(b"one", mtime=0) + gzip.compress(b"two" * 50, mtime=0)[:-9]
    )

    assert octets.startswith(b"one")
    assert oddities == []
    assert unopened == "unreadable"


TEXT = random.Random(1).randbytes(300).hex().encode()


@pytest.mark.parametrize(
    ("packed", "new"),
    [
        (gzip.compress(TEXT, mtime=0), lambda: Inflate(31)),
        (zlib.compress(TEXT), lambda: Inflate(15)),
        (lzma.compress(TEXT), lzma.LZMADecompressor),
    ],
)
def test_all_that_stands_before_the_damage_is_given_also_of_a_file_of_one_gulp(packed, new):
    """Its last octet is wrong: an unpacker that is given all at once gives nothing."""
    wrong = bytearray(packed)
    wrong[-1] ^= 1
    for before in (b"", packed):
        row = Streams(memoryview(before + bytes(wrong)), packed[:2], new)
        given = []
        with pytest.raises(Damaged):
            given.extend(row.pieces())
        assert b"".join(given) == TEXT * (2 if before else 1)


@pytest.mark.parametrize("size", [10, PIECE, 5 * PIECE])
def test_what_is_given_before_the_damage_is_given_once(size):
    text = random.Random(2).randbytes(size)
    packed = bytearray(zlib.compress(text + b"end " * 10))
    packed[-1] ^= 1
    row, given = Streams(memoryview(bytes(packed)), b"", lambda: Inflate(15)), []
    with pytest.raises(Damaged):
        given.extend(row.first())
    assert b"".join(given) == text + b"end " * 10
    assert max(map(len, given)) <= PIECE


def test_a_file_of_nothing_but_damage_gives_nothing():
    assert opened(MAGIC + b"\xff" * 20) == (b"", [], "unreadable")


def test_an_empty_file_is_no_stream():
    assert opened(b"") == (b"", [], "unreadable")


def test_many_empty_streams_are_stopped_by_the_clock():
    ticks = iter(range(1_000_000))

    with pytest.raises(OverBudget) as over:
        opened(gzip.compress(b"", mtime=0) * 1000, clock=lambda: next(ticks))
    assert over.value.class_ == "seconds"


@pytest.mark.parametrize(
    ("packed", "magic", "new"),
    [
        (gzip.compress(b"x", mtime=0), MAGIC, lambda: Inflate(31)),
        (bz2.compress(b"x"), b"BZh", bz2.BZ2Decompressor),
        (lzma.compress(b"x"), b"\xfd7zXZ\0", lzma.LZMADecompressor),
    ],
    ids=["gzip", "bzip2", "xz"],
)
@pytest.mark.parametrize(("more", "unopened"), [(0, ""), (1, "over_budget")])
def test_so_many_streams_are_read_and_one_more_is_told(packed, magic, new, more, unopened):
    part = Part(facts.Part(), memoryview(packed * (STREAMS + more)))
    budget = Budget(Limits())
    member, *told = open_stream(part, budget, Streams(part.octets, magic, new), Member("x"))

    assert bytes(member.octets) == b"x" * STREAMS
    assert member.unopened == unopened
    assert [found.class_ for found in told if isinstance(found, Reached)] == ["parts"] * more


def test_each_of_several_streams_is_given_beside_the_whole_and_charged():
    octets = b"".join(gzip.compress(piece, mtime=0) for piece in (b"one", b"two", b""))
    part = Part(facts.Part(), memoryview(octets))
    streams = Streams(part.octets, MAGIC, lambda: Inflate(31))
    found = list(open_stream(part, Budget(Limits(octets=12)), streams, Member("gzip:a")))

    assert [(one.step, bytes(one.octets), one.view) for one in found] == [
        ("gzip:a", b"onetwo", "standard"),
        ("gzip:a#1", b"one", "further"),
        ("gzip:a#2", b"two", "further"),
    ]
    streams = Streams(part.octets, MAGIC, lambda: Inflate(31))
    with pytest.raises(OverBudget):
        list(open_stream(part, Budget(Limits(octets=11)), streams, Member("gzip:a")))


@pytest.mark.parametrize(
    "skipped", [b"", b"\x50\x2a\x4d\x18\3\0\0\0abc", b"\x5f\x2a\x4d\x18" + bytes(4)]
)
def test_frames_that_hold_nothing_are_stepped_over(skipped):
    octets = memoryview(skipped * 2 + b"\x5f\x2a\x4d\x18\xff\xff\xff\xff")

    assert skip_frames(octets, 0) == len(skipped) * 2


def deflated(octets: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(octets) + packer.flush()


@pytest.mark.parametrize(("method", "pack"), [(0, bytes), (8, deflated)])
def test_a_zip_member_is_unpacked_in_bounded_pieces(method, pack):
    octets = b"ab" * PIECE
    pieces = list(unpack(memoryview(pack(octets)), method))

    assert b"".join(pieces) == octets
    assert max(map(len, pieces)) <= PIECE


@pytest.mark.parametrize(("octets", "method"), [(b"x", 9), (b"\xff", 8), (b"", 8)])
def test_a_method_without_a_reader_and_what_is_not_packed_are_damage(octets, method):
    with pytest.raises(Damaged):
        list(unpack(memoryview(octets), method))
