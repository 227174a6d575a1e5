"""Zip files as they are, and as they are made to show different members to two readers."""

import struct
import zipfile

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Limits
from pratique.scanners.formats.zip import Zip
from pratique.scanners.part import Part

EXE = "invoice.pdf.exe"


def kind_and(octets: bytes, kind: str) -> Part:
    return Part(facts.Part(kind=kind), memoryview(octets))


@pytest.mark.parametrize(
    "octets", [b"PK\3\4", b"PK\5\6" + bytes(18), b"PK00PK\3\4"], ids=["member", "empty", "split"]
)
def test_what_begins_like_a_zip_file_is_one(octets):
    assert Zip().recognize(kind_and(octets, "archive"))


@pytest.mark.parametrize("kind", ["image", "executable", "document", "other"])
def test_an_archive_behind_another_file_is_seen(kind, make_zip):
    assert Zip().recognize(kind_and(b"\x89PNG" * 100 + make_zip({EXE: b"MZ"}), kind))


@pytest.mark.parametrize("kind", ["message", "multipart", "archive", "disk_image"])
def test_an_archive_at_the_end_of_a_container_is_its_own_affair(kind, make_zip):
    assert not Zip().recognize(kind_and(b"x" * 100 + make_zip({EXE: b"MZ"}), kind))


def test_words_about_zip_files_are_none():
    assert not Zip().recognize(kind_and(b"PK stands for Phil Katz. PK\5\6", "text"))


def test_an_empty_archive_has_no_members(make_zip, open_with):
    opened = open_with(Zip(), make_zip({}))

    assert (opened.members, opened.known.unopened, opened.oddities) == ([], "", [])


def test_folders_are_not_stated_and_members_keep_their_folders(make_zip, open_with):
    opened = open_with(Zip(), make_zip({"a/": b"", "a/b.txt": b"b"}))

    assert opened.names == ["a/b.txt"]
    assert opened.members[0].step == "zip:a/b.txt"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_are_read(method, make_zip, open_with):
    assert open_with(Zip(), make_zip({"a": b"abc" * 100}, method)).octets == [b"abc" * 100]


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("請求書.exe".encode(), ["請求書.exe"]),
        ("請求書.exe".encode("cp932"), ["請求書.exe", "É┐ïüÅæ.exe"]),
        (b"\x81\x20\xff.exe", ["ü \xa0.exe"]),
    ],
    ids=["utf-8", "cp932", "cp437"],
)
def test_names_are_read_in_the_charsets_that_zip_files_use(raw, names, make_zip, open_with):
    plain = "x" * len(raw)
    opened = open_with(Zip(), make_zip({plain: b"MZ"}).replace(plain.encode(), raw))

    member = opened.members[0]
    assert [member.name, *member.names] == names
    assert member.raw_name == raw
    assert opened.octets == [b"MZ"]


def test_a_name_that_only_claims_to_be_utf_8_is_shown_all_the_same(make_zip, open_with):
    octets = bytearray(make_zip({"xxxx.exe": b"MZ"}).replace(b"xxxx", b"\xff\xfe\xfd\xfc"))
    octets[7] |= 8

    opened = open_with(Zip(), bytes(octets))

    assert opened.octets == [b"MZ"]
    assert opened.names[0].endswith(".exe")


@pytest.mark.parametrize("prefix", [b"MZ" + bytes(200), b"\x89PNG" + b"x" * 100])
def test_octets_before_the_archive_are_stated_and_the_members_found(prefix, make_zip, open_with):
    opened = open_with(Zip(), prefix + make_zip({"a": b"1", "b": b"2"}))

    assert opened.names == ["a", "b"]
    assert opened.oddities == ["extra_octets"]


def test_octets_behind_the_archive_are_stated(make_zip, open_with):
    opened = open_with(Zip(), make_zip({"a": b"1"}) + b"more")

    assert opened.names == ["a"]
    assert opened.oddities == ["extra_octets"]


@pytest.mark.parametrize("padding", [b"\0" * 9, b"\r\n"])
def test_padding_behind_the_archive_says_nothing(padding, make_zip, open_with):
    opened = open_with(Zip(), make_zip({"a": b"1"}) + padding)

    assert (opened.names, opened.oddities) == (["a"], [])


def test_of_two_archives_in_a_row_both_are_shown(make_zip, open_with):
    opened = open_with(Zip(), make_zip({EXE: b"MZ"}) + make_zip({"harmless.txt": b"x"}))

    assert sorted(opened.names) == ["harmless.txt", EXE]
    assert {member.name: member.view for member in opened.members} == {
        "harmless.txt": "standard",
        EXE: "further",
    }
    assert "archive_directories" in opened.oddities


def test_a_member_that_the_directory_leaves_out_is_shown(make_zip, open_with):
    octets = make_zip({EXE: b"MZ" * 30, "a.txt": b"a"})
    at = octets.index(b"PK\1\2")
    entry = 46 + len(EXE)
    end = octets.index(b"PK\5\6")
    size, offset = struct.unpack("<II", octets[end + 12 : end + 20])
    shorter = struct.pack("<HHHHIIH", 0, 0, 1, 1, size - entry, offset, 0)
    opened = open_with(Zip(), octets[:at] + octets[at + entry : end] + b"PK\5\6" + shorter)

    assert sorted(opened.names) == ["a.txt", EXE]
    assert "archive_directories" in opened.oddities


def test_two_names_for_one_member_are_both_shown(make_zip, open_with):
    octets = make_zip({"harmless.txt": b"MZ"})
    at = octets.index(b"PK\1\2") + 46
    opened = open_with(Zip(), octets[:at] + b"harmless.exe" + octets[at + 12 :])

    member = opened.members[0]
    assert {member.name, *member.names} == {"harmless.txt", "harmless.exe"}
    assert opened.oddities == ["archive_directories"]


def test_an_archive_without_its_directory_is_unreadable_and_shows_what_it_has(make_zip, open_with):
    octets = make_zip({"a.txt": b"a", EXE: b"MZ"})
    opened = open_with(Zip(), octets[: octets.index(b"PK\1\2")])

    assert opened.names == ["a.txt", EXE]
    assert opened.known.unopened == "unreadable"


def test_a_member_with_a_wrong_checksum_is_kept_and_said_to_be_damaged(make_zip, open_with):
    octets = bytearray(make_zip({"a.txt": b"abc"}, zipfile.ZIP_STORED))
    octets[octets.index(b"abc")] ^= 1

    opened = open_with(Zip(), bytes(octets))

    assert opened.members[0].unopened == "unreadable" or opened.octets == [b"`bc"]


def test_a_member_past_the_limit_is_left_and_the_others_are_opened(make_zip, open_with):
    octets = make_zip({"big": bytes(101), "small": bytes(100)})
    opened = open_with(Zip(), octets, Limits(part_octets=100))

    assert opened.names == ["big", "small"]
    assert opened.members[0].unopened == "over_budget"
    assert opened.octets == [b"", bytes(100)]
    assert opened.reached == ["part_octets"]


@pytest.mark.parametrize(("places", "unopened"), [(16, ""), (17, "unreadable")])
def test_members_in_too_many_places_are_not_all_looked_for(places, unopened, make_zip, open_with):
    opened = open_with(Zip(), make_zip({EXE: b"MZ"}) * places + make_zip({"a": b"a"}))

    assert opened.known.unopened == unopened
    assert len(opened.members) == 17
