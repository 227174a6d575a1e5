"""Files of .lzma: with a known size and without, and what they are told by."""

import lzma

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import signatures
from pratique.scanners.formats.lzma_alone import LzmaAlone
from pratique.scanners.part import Part

PACKED = lzma.compress(b"one", format=lzma.FORMAT_ALONE)


@pytest.mark.parametrize("size", [b"\xff" * 8, (3).to_bytes(8, "little")])
def test_a_file_is_opened_with_its_size_and_without(size, open_with):
    octets = PACKED[:5] + size + PACKED[13:]

    assert open_with(LzmaAlone(), octets, name="a.exe.lzma").octets[0] == b"one"
    assert signatures.detect(memoryview(octets)) == "application/x-lzma"


@pytest.mark.parametrize(("size", "over"), [(64 << 20, ""), (1 << 30, "part_octets")])
def test_the_memory_that_a_file_may_want_is_bounded(size, over, open_with):
    octets = PACKED[:1] + size.to_bytes(4, "little") + PACKED[5:]

    assert open_with(LzmaAlone(), octets).over == over


@pytest.mark.parametrize("size", [3 << 38, 1 << 63])
def test_other_octets_that_begin_alike_are_not_taken_for_it(size):
    octets = PACKED[:5] + size.to_bytes(8, "little") + PACKED[13:]

    assert signatures.detect(memoryview(octets)) != "application/x-lzma"


def test_it_is_recognized_by_its_type():
    assert LzmaAlone().recognize(Part(facts.Part(type="application/x-lzma"), memoryview(b"")))
    assert not LzmaAlone().recognize(Part(facts.Part(type="application/gzip"), memoryview(b"")))
