"""RTF as Outlook packs it."""

import struct

import pytest

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office import lzfu

# [MS-OXRTFCP] 3.1 and 3.2: the examples of the specification.
HELLO = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a"
    "800fa0"
)
OVERLAP = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


def unpacked(octets: bytes) -> bytes:
    return b"".join(lzfu.decompress(octets))


def test_the_examples_of_the_specification_are_read():
    assert unpacked(HELLO) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert unpacked(OVERLAP) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def test_what_is_not_packed_is_given_as_it_is():
    assert unpacked(struct.pack("<II", 17, 5) + b"MELA" + bytes(4) + b"hello") == b"hello"


@pytest.mark.parametrize("end", [17, 20, 30, 40])
def test_what_is_cut_off_is_given_and_told(end):
    given = []
    with pytest.raises(Damaged):
        given.extend(lzfu.decompress(HELLO[:end]))
    assert unpacked(HELLO).startswith(b"".join(given))


def test_what_is_too_short_for_its_length_is_told():
    with pytest.raises(Damaged):
        unpacked(struct.pack("<II", 17, 9) + b"MELA" + bytes(4) + b"hello")


def test_its_signature_tells_it():
    assert lzfu.is_compressed(HELLO)
    assert not lzfu.is_compressed(b"{\\rtf1 hello}")


def test_a_dictionary_that_runs_over_is_a_ring():
    text = bytes(range(256)) * 40
    body = b"".join(b"\0" + text[at : at + 8] for at in range(0, len(text), 8))
    assert unpacked(struct.pack("<II", len(body), len(text)) + b"LZFu" + bytes(4) + body) == text
