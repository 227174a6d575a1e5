"""Frames of zstd: joined, skipped, cut, and too hungry."""

import pytest
import zstandard

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import signatures
from pratique.scanners.formats.zstd import Zstd
from pratique.scanners.part import Part

SKIPPED = b"\x50\x2a\x4d\x18\3\0\0\0abc"


def packed(octets: bytes, **settings) -> bytes:
    return zstandard.ZstdCompressor(**settings).compress(octets)


@pytest.mark.parametrize("between", [b"", SKIPPED, bytes(100)])
def test_frames_that_are_joined_are_one_file_and_each_is_given(between, open_with):
    opened = open_with(Zstd(), packed(b"one") + between + packed(b"two" * 99))

    assert opened.octets == [b"one" + b"two" * 99, b"one", b"two" * 99]
    assert (opened.oddities, opened.known.unopened) == ([], "")


def test_a_frame_that_is_stepped_over_may_come_first(open_with):
    octets = SKIPPED + packed(b"one")

    assert open_with(Zstd(), octets).octets == [b"one"]
    assert signatures.detect(memoryview(octets)) == "application/zstd"


def test_blocks_of_every_kind_are_walked(open_with):
    """Stored, of one octet, packed; with a check sum and without."""
    by_hand = bytes.fromhex("28b52ffd2003" + "190000" + "616263")
    again = bytes.fromhex("28b52ffd2003" + "1b0000" + "78")

    assert open_with(Zstd(), by_hand).octets == [b"abc"]
    assert open_with(Zstd(), again).octets == [b"xxx"]


def test_what_lies_behind_is_given_and_stated(open_with):
    opened = open_with(Zstd(), packed(b"one") + b"MZ" * 20)

    assert opened.octets == [b"one", b"MZ" * 20]
    assert opened.oddities == ["extra_octets"]


@pytest.mark.parametrize(("power", "over"), [(27, ""), (28, "part_octets")])
def test_the_memory_that_a_file_may_want_is_bounded(power, over, open_with):
    # RFC 8878 3.1.1.1.2: the exponent is in the upper five bits, less ten.
    octets = bytes.fromhex("28b52ffd00") + bytes([power - 10 << 3]) + bytes.fromhex("190000616263")

    assert open_with(Zstd(), octets).over == over


def test_it_is_recognized_by_its_type():
    assert Zstd().recognize(Part(facts.Part(type="application/zstd"), memoryview(b"")))
    assert not Zstd().recognize(Part(facts.Part(type="application/gzip"), memoryview(b"")))
