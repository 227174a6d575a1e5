"""The newer form of RAR: blocks, locks, damage, and what is written anew."""

import pytest

from pratique.scanners.containers.archive import Archive
from pratique.scanners.containers.rar import rar5
from pratique.scanners.containers.rar.tables import BLOCKS, Entry, Locked


def test_entries_say_what_the_headers_say(sample):
    octets = sample("rar").rar5({"a/b.exe": b"MZ", "empty": b""})
    tables = rar5.read(memoryview(octets))

    assert [entry.names for entry in tables.entries] == [("a/b.exe",), ("empty",)]
    assert [bytes(entry.packed) for entry in tables.entries] == [b"MZ", b""]
    assert (tables.end, tables.damage, tables.is_solid) == (len(octets), "", False)


def test_locked_headers_want_their_word(sample):
    octets = memoryview(sample("rar").hidden({"a": b"MZ"}, "secret"))
    for word in ("", "wrong"):
        with pytest.raises(Locked):
            rar5.read(octets, word)
    assert rar5.read(octets, "secret").entries[0].names == ("a",)


def test_no_cut_and_no_changed_octet_is_an_error(sample):
    octets = sample("rar").rar5({"a": b"MZ"}, "secret")
    for at in range(8, len(octets)):
        assert rar5.read(memoryview(octets[:at])).damage
        rar5.read(memoryview(octets[:at] + bytes([octets[at] ^ 0xFF]) + octets[at + 1 :]))


@pytest.mark.slow
@pytest.mark.parametrize(("blocks", "damage"), [(BLOCKS - 1, ""), (BLOCKS, "blocks")])
def test_so_many_blocks_are_read_and_one_more_is_damage(sample, blocks, damage):
    made = sample("rar")
    octets = rar5.MAGIC + made.block(b"\x09\0") * blocks + made.block(b"\5\0\0")
    tables = rar5.read(memoryview(octets))

    assert (damage in tables.damage, tables.entries) == (True, [])
    assert bool(tables.damage) == bool(damage)


def test_what_is_written_anew_libarchive_reads():
    entry = Entry(("any name",), b"", memoryview(b""), 3, None, 0)
    octets = rar5.written([(entry, b"abc"), (entry, b"def")], solid=False)
    with Archive(octets, "rar5") as archive:
        given = [b"".join(archive.pieces()) for _ in archive.entries()]

    assert given == [b"abc", b"def"]


@pytest.mark.parametrize(
    ("asked", "size", "left", "fits"),
    [(9, 1, 0, True), (9, 1 << 30, 9, True), (10, 1 << 30, 10, False), (15, 200_000, 1, True)],
)
def test_a_dictionary_is_as_large_as_what_it_unpacks(asked, size, left, fits):
    entry = Entry(("a",), b"", memoryview(b""), size, None, 3, settings=asked << 10)

    assert rar5.fit_window(entry, size) == fits
    assert entry.settings >> 10 == left
