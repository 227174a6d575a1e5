"""Coders of 7z: rows of them, sizes that lie, dictionaries, rings."""

import bz2
import zlib

import pytest

from pratique.scanners.budget import OverBudget
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.sevenzip.coders import (
    DICTIONARY,
    Locked,
    Unknown,
    Unpacker,
    is_locked,
    unknown,
)
from pratique.scanners.containers.sevenzip.header import Coder, Folder

TEXT = b"The quick brown fox. " * 50
COPY, LZMA, LZMA2, AES = b"\0", b"\3\1\1", b"\x21", b"\6\xf1\7\1"


def folder(packed: bytes, *coders: tuple[bytes, bytes], size: int = len(TEXT)) -> Folder:
    """A row of coders, the last to be run first."""
    row = [Coder(method, settings, range(n, n + 1), n) for n, (method, settings) in
           enumerate(coders)]  # fmt: skip
    bound = {n: n + 1 for n in range(len(coders) - 1)}
    sizes = [size, *[len(packed)] * (len(coders) - 1)]
    return Folder(row, bound, [len(coders) - 1], sizes, packed=[(0, len(packed))])


def unpacked(octets: bytes, one: Folder, password: str | None = None) -> bytes:
    return b"".join(Unpacker(memoryview(octets), password).pieces(one))


def deflated() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(TEXT) + packer.flush()


@pytest.mark.parametrize(
    ("octets", "method"),
    [(TEXT, COPY), (deflated(), b"\4\1\x08"), (bz2.compress(TEXT), b"\4\2\2")],
)
def test_each_coder_is_undone(octets, method):
    assert unpacked(octets, folder(octets, (method, b""))) == TEXT


@pytest.mark.parametrize("method", [LZMA, LZMA2])
def test_lzma_is_undone_and_a_filter_before_it(method, sample):
    packed, settings = sample("sevenzip").packed(TEXT, method)

    assert unpacked(packed, folder(packed, (method, settings))) == TEXT


def test_delta_is_undone():
    coded = bytes([TEXT[0]]) + bytes((TEXT[n] - TEXT[n - 1]) & 255 for n in range(1, len(TEXT)))

    assert unpacked(coded, folder(coded, (b"\3", b"\0"))) == TEXT


def test_a_call_is_turned_back():
    """E8 and the absolute address of what is at 16: relative to the next command, 11."""
    coded = b"\xe8\x10\0\0\0" + bytes(11)
    one = folder(coded, (b"\3\3\1\3", b""), size=16)

    assert unpacked(coded, one) == b"\xe8\x0b\0\0\0" + bytes(11)


def test_what_is_shorter_than_it_says_is_damage():
    with pytest.raises(Damaged):
        unpacked(TEXT, folder(TEXT, (COPY, b""), size=len(TEXT) + 1))


@pytest.mark.parametrize(("size", "over"), [(DICTIONARY, False), (DICTIONARY + 1, True)])
def test_a_dictionary_is_as_large_as_what_it_unpacks_and_no_larger_than_the_limit(size, over):
    one = folder(b"", (LZMA, b"\x5d" + (1 << 30).to_bytes(4, "little")), size=size)
    with pytest.raises(OverBudget if over else Damaged):
        unpacked(b"", one)


def test_coders_that_go_round_are_damage():
    one = folder(TEXT, (COPY, b""), (COPY, b""), (COPY, b""))
    one.bound = {0: 1, 1: 2, 2: 1}
    with pytest.raises(Damaged):
        unpacked(TEXT, one)


def test_what_is_not_here_is_named():
    one = folder(TEXT, (b"\3\4\1", b""))

    assert "030401" in unknown(one)
    with pytest.raises(Unknown, match="030401"):
        unpacked(TEXT, one)


def test_a_locked_folder_wants_a_password(sample):
    packed, settings = sample("sevenzip").locked(TEXT, "secret")
    one = folder(packed, (AES, settings))

    assert is_locked(one)
    with pytest.raises(Locked):
        unpacked(packed, one)
    assert unpacked(packed, one, "secret") == TEXT
    assert unpacked(packed, one, "wrong") != TEXT
