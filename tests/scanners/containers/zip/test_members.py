"""What the tables tell of one member, and how they contradict each other."""

import struct

import pytest

from pratique.scanners.containers.zip import tables as zip_tables
from pratique.scanners.containers.zip.members import (
    ENTRIES,
    NAMES,
    Place,
    inner,
    readings_of,
    unsaid,
)


@pytest.fixture
def place(sample):
    """The place of one member, whose tables are told what to say."""

    def made(text=b"abc" * 99, name="a.txt", **said):
        writer = sample("zip").Writer().member(name, text, **said)
        view = memoryview(writer.done())
        end = zip_tables.find_end(view)
        entries = list(zip_tables.listed(view, end))
        return Place(0, zip_tables.header(view, 0), entries)

    return made


def test_an_honest_member_has_one_reading_and_no_contradiction(place):
    told = place()

    assert (told.names, told.contradictions()) == (["a.txt"], [])
    assert len(told.readings()) == 1
    assert told.edge == told.claim == told.body + told.said[0].packed


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": b"b.txt"}, "name"),
        ({"method": 0}, "method"),
        ({"flags": 1}, "encryption"),
        ({"sum": 5}, "checksum"),
        ({"packed": 5}, "packed size"),
        ({"size": 5}, "size"),
        ({"extra": b"\1\2\3"}, "extra fields that are none"),
        ({"time": 5}, ""),
    ],
)
@pytest.mark.parametrize("table", ["header", "entry"])
def test_what_one_table_says_otherwise_is_told(said, words, table, place):
    assert place(**{table: said}).contradictions() == ([words] if words else [])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"attributes": 0x10}, ["folder or file"]),
        ({"attributes": 0o040755 << 16, "system": 3}, ["folder or file"]),
        ({"attributes": 0o040755 << 16}, []),
        ({"attributes": 0o120777 << 16, "system": 3}, []),
        ({"disk": 2}, ["another volume"]),
        ({"disk": 0xFFFF}, []),
    ],
)
def test_attributes_against_a_name_are_told(said, words, place):
    assert place(entry=said).contradictions() == words


def test_a_streamed_member_says_its_sizes_late(place):
    told = place(descriptor=b"")

    assert unsaid(told.before)
    assert told.contradictions() == []
    assert (told.sums, told.sizes) == ({told.said[0].sum}, {297})
    assert told.edge == told.body + told.said[0].packed


def test_both_methods_and_both_lengths_are_readings(place):
    assert {each.method for each in place(header={"method": 0}).readings()} == {8, 0}
    stored = place(method=0, header={"packed": 5, "size": 5})
    assert [each.packed for each in stored.readings()] == [297, 5]
    assert place(method=0, header={"packed": 5, "size": 5}).edge == stored.body + 5
    assert [each.packed for each in place(method=0, entry={"size": 9}).readings()] == [297, 9]


def test_entries_for_one_place_are_kept_to_a_limit(place):
    told = place()
    for _ in range(ENTRIES - 1):
        told.take(told.said[0])
    assert (len(told.said), told.crowded, told.contradictions()) == (ENTRIES, False, [])
    told.take(told.said[0])
    assert (len(told.said), told.crowded) == (ENTRIES, True)
    assert told.contradictions() == [f"more than {ENTRIES} entries"]


def test_a_name_that_comes_later_is_one_more_name(place):
    told = place()
    assert told.names == ["a.txt"]
    told.take(place(name="b.exe").said[0])
    assert told.names == ["a.txt", "b.exe"]
    assert "two entries" in told.contradictions()


def test_no_more_names_are_shown_than_are_reported(place):
    told = place()
    for number in range(ENTRIES):
        told.take(told.said[0]._replace(raw_name=b"%d.txt" % number))
    assert len(told.names) == NAMES


def test_the_name_in_utf_8_is_a_name(place):
    field = struct.pack("<HHBI", 0x7075, 5 + 7, 1, 0) + b"evil.js"
    assert place(entry={"extra": field}).names == ["a.txt", "evil.js"]


@pytest.mark.parametrize(
    ("name", "text", "said", "folder"),
    [
        ("a/", b"", {}, True),
        ("a\\", b"", {}, True),
        ("a/", b"x", {}, False),
        ("a", b"", {}, False),
        ("a/", b"", {"header": {"name": b"a"}}, False),
        ("a/", b"", {"header": {"size": 1}}, False),
    ],
)
def test_a_folder_is_one_by_all_its_names_and_holds_nothing(name, text, said, folder, place):
    assert place(text, name, **said).folder == folder


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (b"a.txt", ["a.txt"]),
        ("請求書.exe".encode("cp932"), ["請求書.exe", "É┐ïüÅæ.exe"]),
        (b"a.txt\0.exe", ["a.txt\0.exe", "a.txt", "a.txt.exe"]),
    ],
)
def test_names_are_read_as_programs_show_them(raw, names):
    assert readings_of(raw) == names


def test_below_winzips_encryption_is_another_method(place):
    field = b"\x01\x99\7\0\2\0AE\3\x0e\0"
    locked = place(entry={"method": 99, "flags": 1, "extra": field}).said[0]

    assert inner(locked).method == 14
    assert inner(place().said[0]).method == 8
    assert inner(place(entry={"method": 99}).said[0]).method == 99
