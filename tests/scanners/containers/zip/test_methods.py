"""Each method of zip: what it unpacks to, how much it needed, and how it is cut off."""

import bz2
import contextlib
import lzma
import random
import zlib

import pytest

from pratique.scanners.budget import OverBudget
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.zip.methods import (
    OUTSIDE,
    Header,
    Packed,
    inflated_at_once,
    single,
)

TEXT = b"The quick brown fox jumps over the lazy dog.\r\n" * 20


def deflated(text):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(text) + packer.flush()


def lzma_of(text, *, marked):
    """APPNOTE 5.8.8: version, size of the properties, properties, stream."""
    alone = lzma.compress(text, lzma.FORMAT_ALONE)
    stream = alone[13:]
    assert marked  # liblzma always writes the mark
    return b"\x09\x14\x05\0" + alone[:5] + stream


PACKED = {
    0: TEXT,
    8: deflated(TEXT),
    9: deflated(TEXT[:200]),
    12: bz2.compress(TEXT),
    14: lzma_of(TEXT, marked=True),
    95: lzma.compress(TEXT),
    # zstd, a frame of one raw block: RFC 8878 3.1.1.
    93: b"\x28\xb5\x2f\xfd\x20\x05\x29\0\0hello",
    20: b"\x28\xb5\x2f\xfd\x20\x05\x29\0\0hello",
}
BECOMES = {9: TEXT[:200], 93: b"hello", 20: b"hello"}


def unpacked(packed):
    return b"".join(packed.pieces())


@pytest.mark.parametrize("method", PACKED)
def test_every_method_gives_the_text_and_tells_what_it_needed(method):
    text = BECOMES.get(method, TEXT)
    packed = Packed(memoryview(PACKED[method]), method, 2, len(text))

    assert packed.known
    assert unpacked(packed) == text
    assert packed.read == len(PACKED[method])


@pytest.mark.parametrize("method", [8, 9, 12, 14, 95])
def test_a_stream_ends_before_what_lies_behind_it(method):
    text = BECOMES.get(method, TEXT)
    packed = Packed(memoryview(PACKED[method] + b"behind"), method, 2, len(text))

    assert unpacked(packed) == text
    assert packed.read == len(PACKED[method])


@pytest.mark.parametrize("method", [8, 9, 12, 14, 95, 93])
def test_a_stream_that_is_cut_off_is_damaged(method):
    packed = Packed(memoryview(PACKED[method][:-6]), method, 2, len(TEXT))
    with pytest.raises(Damaged):
        unpacked(packed)


@pytest.mark.parametrize("size", [30, 3000, 300_000])
def test_of_a_damaged_member_all_before_the_damage_is_given(broken_deflate, size):
    (text, octets), given = broken_deflate(size), []
    with pytest.raises(Damaged):
        given.extend(Packed(memoryview(octets), 8, 0, size).pieces())
    assert b"".join(given) == text
    assert max(map(len, given)) <= 64 * 1024


@pytest.mark.parametrize("method", [8, 9, 12, 14, 95, 93, 98])
@pytest.mark.parametrize("octets", [b"", b"\xff" * 50, bytes(50)])
def test_what_is_no_stream_is_damaged_or_nothing(method, octets):
    with contextlib.suppress(Damaged):
        assert len(unpacked(Packed(memoryview(octets), method, 0, 5))) <= 50


def test_lzma_without_a_mark_ends_at_its_size():
    packed = Packed(memoryview(PACKED[14]), 14, 0, len(TEXT))

    assert unpacked(packed) == TEXT


def test_lzma_with_a_dictionary_of_a_gigabyte_is_refused():
    octets = PACKED[14][:5] + (1 << 30).to_bytes(4, "little") + PACKED[14][9:]
    with pytest.raises(OverBudget, match="memory"):
        unpacked(Packed(memoryview(octets), 14, 2, 0))


@pytest.mark.parametrize("method", [*OUTSIDE, 99, 65535])
def test_a_method_of_others_is_not_known(method):
    packed = Packed(memoryview(b"x"), method, 0, 1)

    assert not packed.known
    with pytest.raises(Damaged, match=str(method)):
        unpacked(packed)


def test_a_single_member_is_read_whatever_its_checksum():
    assert b"".join(single(memoryview(b"hello"), Header(0, size=5, sum=1))) == b"hello"


@pytest.mark.parametrize("octets", [0, 1, 64 * 1024 - 1, 64 * 1024])
def test_one_piece_is_inflated_at_once_and_what_lies_behind_is_left(octets):
    stream = deflated(b"a" * octets)
    packed = Packed(memoryview(stream + b"behind"), 8, 0, octets)

    assert inflated_at_once(packed) == b"a" * octets
    assert packed.read == len(stream)


@pytest.mark.parametrize(
    ("method", "stream"),
    [
        (8, deflated(b"a" * (64 * 1024 + 1))),
        (8, deflated(random.Random("at once").randbytes(64 * 1024))),
        (8, PACKED[8][:-1]),
        (8, b"\xff" * 20),
        (0, TEXT),
        (9, PACKED[9]),
    ],
    ids=["more", "long", "cut", "damaged", "stored", "another"],
)
def test_what_is_no_one_piece_is_left_to_whoever_says_what_is_wrong(method, stream):
    packed = Packed(memoryview(stream), method, 0, 0)

    assert inflated_at_once(packed) is None
    assert packed.read == 0
