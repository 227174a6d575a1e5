"""The older form of RAR: blocks, names in two writings, damage, and what is written anew."""

import struct
from binascii import crc32

import pytest

from pratique.scanners.containers.archive import Archive
from pratique.scanners.containers.rar import rar4
from pratique.scanners.containers.rar.tables import BLOCKS, Entry, Locked


def test_entries_say_what_the_headers_say(sample):
    octets = sample("rar").old({"a.exe": b"MZ", "empty": b""})
    tables = rar4.read(memoryview(octets))

    assert [entry.names for entry in tables.entries] == [("a.exe",), ("empty",)]
    assert [bytes(entry.packed) for entry in tables.entries] == [b"MZ", b""]
    assert (tables.end, tables.damage, tables.is_solid) == (len(octets), "", False)


def test_locked_headers_want_a_word(sample):
    octets = bytearray(sample("rar").old({}))
    octets[10] |= 0x80
    with pytest.raises(Locked):
        rar4.read(memoryview(octets))


@pytest.mark.slow
@pytest.mark.parametrize(("blocks", "damage"), [(BLOCKS, ""), (BLOCKS + 1, "more than")])
def test_so_many_blocks_are_read_and_one_more_is_damage(blocks, damage):
    octets = rar4.MAGIC + struct.pack("<HBHH", 0, 0x75, 0, 7) * blocks

    assert bool(rar4.read(memoryview(octets)).damage) == bool(damage)
    assert damage in rar4.read(memoryview(octets)).damage


def named(raw: bytes) -> bytes:
    """An archive of one empty file whose name is Unicode."""
    fields = struct.pack("<IIBIIBBHI", 0, 0, 2, 0, 0, 29, 0x30, len(raw), 0x20)
    header = struct.pack("<BHH", 0x74, 0x8200, 32 + len(raw)) + fields + raw
    return b"Rar!\x1a\x07\0" + struct.pack("<H", crc32(header) & 0xFFFF) + header


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"a.txt\0\0\0" + b"a.ex", "a.ex"),
        (b"???.exe\0\x04\x57\x10\x20\x30\xc0\x02", "ⰐР0.exe"),
        ("ä.exe".encode(), "ä.exe"),
    ],
)
def test_a_name_in_unicode_comes_first(raw, name):
    (entry,) = rar4.read(memoryview(named(raw))).entries
    if name != "ⰐР0.exe":
        assert entry.names[0] == name
    assert all(entry.names)


def test_a_header_with_a_wrong_check_sum_is_damage_and_is_read(sample):
    octets = bytearray(sample("rar").old({"a.exe": b"MZ"}))
    octets[20] ^= 1
    tables = rar4.read(memoryview(octets))

    assert [entry.names for entry in tables.entries] == [("a.exe",)]
    assert tables.damage


def test_no_cut_and_no_changed_octet_is_an_error(sample):
    octets = sample("rar").old({"a": b"MZ"})
    for at in range(7, len(octets)):
        rar4.read(memoryview(octets[:at]))
        changed = octets[:at] + bytes([octets[at] ^ 0x7F]) + octets[at + 1 :]
        try:
            rar4.read(memoryview(changed))
        except Locked:
            assert at == 10


def test_what_is_written_anew_libarchive_reads():
    entry = Entry(("any name",), b"", memoryview(b""), 3, crc32(b"abc"), 0)
    with Archive(rar4.written([(entry, b"abc")], solid=False), "rar") as archive:
        given = [b"".join(archive.pieces()) for _ in archive.entries()]

    assert given == [b"abc"]
