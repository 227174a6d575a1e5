"""Compiled help: its directory, and LZX by way of cabinets."""

import struct

import pytest

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office.chm_file import Help

PAGES = {"/a.html": b"<html>a", "/b.bin": bytes(range(256)) * 400, "/c": b"c"}


def read(octets: bytes, budget) -> tuple[Help, dict]:
    file = Help(memoryview(octets), budget)
    return file, {one.name: one for one in file.listed()}


def unpacked(octets: bytes, budget) -> bytes:
    file, names = read(octets, budget)
    return b"".join(file.unpacked(names))


def test_every_name_is_listed_with_its_place(sample, budget):
    _, names = read(sample("chm").help_({"/s": b"stored"}, PAGES), budget)

    assert {"/s", *PAGES} <= set(names)
    assert (names["/b.bin"].section, names["/b.bin"].at, names["/b.bin"].size) == (1, 7, 102400)


def test_what_is_packed_is_one_stream(sample, budget):
    file, names = read(sample("chm").help_({}, PAGES), budget)

    assert b"".join(file.unpacked(names)) == b"".join(PAGES.values())


def test_what_is_stored_is_there(sample, budget):
    file, names = read(sample("chm").help_({"/s": b"stored"}, {}), budget)

    assert bytes(file.stored(names["/s"])) == b"stored"


@pytest.mark.parametrize("change", [("LZXC", b"\0" * 30), ("ITSP", b"XXXX")])
def test_damage_is_said(change, sample, budget):
    octets = bytearray(sample("chm").help_({}, PAGES))
    at = octets.find(change[0].encode())
    octets[at : at + len(change[1])] = change[1]
    with pytest.raises(Damaged):
        unpacked(bytes(octets), budget)


def test_a_chunk_that_ends_in_a_name_is_damage(sample, budget):
    octets = bytearray(sample("chm").help_({"/s": b"stored"}, {}))
    at = octets.find(b"PMGL")
    octets[at + 4 : at + 8] = struct.pack("<I", 0x1000 - 20 - 5)
    file, _ = read(bytes(octets), budget)

    assert file.damage


@pytest.mark.parametrize("octets", [b"", b"ITSF", bytes(200)])
def test_what_has_no_directory_is_damaged(octets, budget):
    with pytest.raises(Damaged):
        Help(memoryview(octets), budget)


def test_a_place_of_64_bits_is_no_place_in_the_file(sample, budget):
    octets = bytearray(sample("chm").help_({"/s": b"stored"}, {}))
    octets[0x48:0x50] = b"\xff" * 8
    with pytest.raises(Damaged):
        Help(memoryview(bytes(octets)), budget)
