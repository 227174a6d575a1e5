"""What is a file for certain, also behind a simple disguise."""

import zlib
from base64 import b64encode

import pytest

from pratique.scanners.containers.pages import disguised

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
STUB = b"MZ" + bytes(60) + b"inert stub, no program"
ZIP = b"PK\5\6" + bytes(18)
FILES = [EICAR, STUB, b"PK\3\4" + bytes(30), b"%PDF-1.7\n" + bytes(60), b"Rar!\x1a\7\0" + bytes(60)]


@pytest.mark.parametrize("octets", [EICAR, ZIP, b"<html><p>", b"%PDF-1.7"])
def test_a_known_form_is_known(octets):
    assert disguised.is_known(octets)


@pytest.mark.parametrize("octets", [b"", b"hello", b"\x1f\x9d" + bytes(60), b"MZ", b"\xff" * 60])
def test_what_chance_makes_is_not_known(octets):
    assert not disguised.is_known(octets)


@pytest.mark.parametrize("key", [1, 0x55, 0xFF])
@pytest.mark.parametrize("octets", FILES)
def test_an_exclusive_or_is_undone(octets, key):
    assert octets in disguised.unhidden(bytes(octet ^ key for octet in octets))


@pytest.mark.parametrize("octets", FILES)
def test_what_is_turned_around_is_turned_back(octets):
    assert octets in disguised.unhidden(octets[::-1])
    assert disguised.turned_base64(b64encode(octets)[::-1]) == octets


def test_what_is_deflated_is_inflated():
    assert list(disguised.unhidden(zlib.compress(STUB))) == [STUB]


@pytest.mark.parametrize("octets", [b"", b"x", bytes(range(256)), b"hello" * 50, b"\x78\x9cabc"])
def test_other_octets_hide_nothing(octets):
    assert list(disguised.unhidden(octets)) == []
    assert disguised.turned_base64(b64encode(octets)) == b""


def test_two_letters_are_no_program():
    assert not disguised.begins(b"MZ" + b"\xff" * 100)
    assert disguised.begins(STUB)


def test_pictures_and_fonts_are_furniture():
    assert disguised.is_furniture(b"\x89PNG\r\n\x1a\n")
    assert disguised.is_furniture(b"wOF2")
    assert not disguised.is_furniture(ZIP)


def test_the_letters_of_what_may_begin_begin_its_base64():
    assert b64encode(STUB).startswith(disguised.LETTERS)
    assert disguised.may_begin(STUB)
    assert not disguised.may_begin(b"hello")


@pytest.mark.parametrize("added", [1, 3, 255])
def test_what_is_added_to_each_octet_is_taken_away(added):
    hidden = bytes(byte + added & 255 for byte in b"PK\3\4 and more")

    assert b"PK\3\4 and more" in list(disguised.unhidden(hidden))


def test_deflate_without_a_head_and_base64_once_more_are_undone():
    file = b"PK\3\4" + bytes(range(256)) * 4
    pack = zlib.compressobj(wbits=-15)

    assert list(disguised.unhidden(pack.compress(file) + pack.flush())) == [file]
    assert list(disguised.unhidden(b64encode(file))) == [file]
    assert list(disguised.unhidden(b64encode(b"no file of any form, only words"))) == []
