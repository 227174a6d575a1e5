"""Zip files as they are, and as they are made to show different members to two readers."""

import io
import struct
import zipfile
import zlib

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.containers.zip.plan import DIRECTORIES
from pratique.scanners.containers.zip.tables import TRIES
from pratique.scanners.formats.zip import Zip
from pratique.scanners.part import Member, Part

EXE = "invoice.pdf.exe"


def kind_and(octets: bytes, kind: str) -> Part:
    return Part(facts.Part(kind=kind), memoryview(octets))


@pytest.mark.parametrize(
    "octets",
    [b"PK\3\4", b"PK\5\6" + bytes(18), b"PK00PK\3\4", b"PK\7\x08PK\3\4"],
    ids=["member", "empty", "one of one", "split"],
)
def test_what_begins_like_a_zip_file_is_one(octets):
    assert Zip().recognize(kind_and(octets, "archive"))


KINDS = ["image", "executable", "document", "other", "archive", "disk_image", "shortcut"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("prefix", [b"\x89PNG" * 100, b"%PDF-1.4\n", b"\0"])
@pytest.mark.parametrize("behind", [b"", b"X", b"x" * 70_000])
def test_an_archive_anywhere_in_another_file_is_seen(kind, prefix, behind, make_zip):
    assert Zip().recognize(kind_and(prefix + make_zip({EXE: b"MZ"}) + behind, kind))


@pytest.mark.parametrize("kind", ["message", "multipart"])
def test_an_archive_in_a_message_is_a_part_of_it(kind, make_zip):
    assert not Zip().recognize(kind_and(b"x" * 100 + make_zip({EXE: b"MZ"}), kind))


@pytest.mark.parametrize(
    ("known", "taken"),
    [
        (facts.Part(name="a.zip", type="image/jpeg"), True),
        (facts.Part(names=["x", "A.ZIP"], type="text/plain"), True),
        (facts.Part(type="application/octet-stream", declared_type="application/zip"), True),
        (facts.Part(type="text/plain", declared_type="application/zip"), False),
        (facts.Part(name="a.zip.txt", type="text/plain"), False),
    ],
)
def test_what_is_called_an_archive_is_one_or_is_unreadable(known, taken):
    part = Part(known, memoryview(b"no directory"))
    assert bool(Zip().recognize(part)) == taken
    if taken:
        assert list(Zip().members(part, Budget(Limits()))) == []
        assert part.known.unopened == "unreadable"


def test_an_empty_file_that_is_called_an_archive_hides_nothing():
    assert not Zip().recognize(Part(facts.Part(name="a.zip"), memoryview(b"")))


@pytest.mark.parametrize(("signatures", "taken"), [(TRIES, False), (TRIES + 1, True)])
def test_more_ends_than_are_looked_at_are_not_passed_over(signatures, taken):
    assert bool(Zip().recognize(kind_and(b"-" + b"PK\5\6" * signatures, "text"))) == taken


@pytest.mark.parametrize(
    ("type_", "how"),
    [("application/zip", "whole"), ("", "whole"), ("application/vnd.rar", "within")],
)
def test_in_another_container_it_lies_within(type_, how, make_zip):
    part = Part(
        facts.Part(type=type_, kind="archive"), memoryview(b"Rar!" + make_zip({EXE: b"MZ"}))
    )

    assert Zip().recognize(part) == how


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


def test_what_is_around_a_zip_in_a_document_is_the_document(make_zip):
    part = kind_and(b"\xd0\xcf\x11\xe0" + make_zip({"a": b"1"}) + b"more", "document")
    found = list(Zip().members(part, Budget(Limits())))
    assert [type(one) for one in found] == [Member]
    assert found[0].name == "a"


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


def test_a_member_with_a_wrong_checksum_is_kept_and_odd(make_zip, open_with):
    octets = bytearray(make_zip({"a.txt": b"abc"}, zipfile.ZIP_STORED))
    octets[octets.index(b"abc")] ^= 1

    opened = open_with(Zip(), bytes(octets))

    assert (opened.octets, opened.members[0].unopened) == ([b"`bc"], "")
    assert opened.oddities == ["archive_checksum"]


def test_a_member_past_the_limit_is_left_and_the_others_are_opened(make_zip, open_with):
    octets = make_zip({"big": bytes(101), "small": bytes(100)})
    opened = open_with(Zip(), octets, Limits(part_octets=100))

    assert opened.names == ["big", "small"]
    assert opened.members[0].unopened == "over_budget"
    assert opened.octets == [b"", bytes(100)]
    assert opened.reached == ["part_octets"]


@pytest.mark.parametrize(("more", "reached"), [(0, []), (1, ["parts"])])
def test_of_more_archives_in_a_row_than_are_read_it_is_said(more, reached, make_zip, open_with):
    opened = open_with(
        Zip(), make_zip({EXE: b"MZ"}) * (DIRECTORIES - 1 + more) + make_zip({"a": b""})
    )

    assert opened.reached == reached
    assert len(opened.members) == DIRECTORIES + more


def with_mode(name: str, octets: bytes, mode: int, system: int = 3) -> bytes:
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as archive:
        member = zipfile.ZipInfo(name)
        member.create_system, member.external_attr = system, mode
        archive.writestr(member, octets)
    return space.getvalue()


@pytest.mark.parametrize(
    ("name", "mode", "system"),
    [("evil.js", 0o040755 << 16, 3), ("evil.js", 0x10, 0), ("evil.js/", 0x10, 0)],
    ids=["unix", "dos", "slash"],
)
def test_a_folder_with_octets_or_a_files_name_is_a_file_and_odd(name, mode, system, open_with):
    opened = open_with(Zip(), with_mode(name, b"MZ" * 9, mode, system))

    assert opened.names == [name]
    assert opened.octets == [b"MZ" * 9]
    assert opened.oddities == ["archive_directories"]


@pytest.mark.parametrize("mode", [0o040755 << 16, 0o040755 << 16 | 0x10, 0])
@pytest.mark.parametrize("name", ["folder/", "folder\\"])
def test_an_empty_folder_says_nothing(name, mode, open_with):
    opened = open_with(Zip(), with_mode("folder/", b"", mode).replace(b"folder/", name.encode()))

    assert (opened.members, opened.oddities) == ([], [])


@pytest.mark.parametrize("form", [0o120777, 0o010644, 0o020644], ids=["link", "pipe", "device"])
def test_octets_of_what_is_no_file_are_seen(form, open_with):
    opened = open_with(Zip(), with_mode("link", b"MZ" * 9, form << 16))

    assert opened.octets == [b"MZ" * 9]
    assert opened.oddities == []


def end_says(octets: bytes, count: int) -> bytes:
    at = octets.index(b"PK\5\6") + 8
    return octets[:at] + struct.pack("<HH", count, count) + octets[at + 4 :]


@pytest.mark.parametrize(
    ("count", "oddities"), [(0, ["archive_directories"]), (1, ["archive_directories"]), (2, [])]
)
def test_members_are_shown_whatever_the_end_record_counts(count, oddities, make_zip, open_with):
    opened = open_with(Zip(), end_says(make_zip({"a.txt": b"a", EXE: b"MZ"}), count))

    assert opened.names == ["a.txt", EXE]
    assert opened.oddities == oddities


def header_says(octets: bytes, at: int, form: str, number: int) -> bytes:
    changed = bytearray(octets)
    struct.pack_into(form, changed, at, number)
    return bytes(changed)


@pytest.mark.parametrize(
    ("at", "form"), [(6, "<H"), (14, "<I"), (18, "<I"), (22, "<I")], ids=["flag", "sum", "k", "s"]
)
def test_a_header_that_says_otherwise_than_the_directory_is_odd(at, form, make_zip, open_with):
    opened = open_with(Zip(), header_says(make_zip({"a.txt": b"abc" * 9}), at, form, 1))

    assert opened.names == ["a.txt"]
    assert "archive_directories" in opened.oddities


def test_where_two_methods_are_said_both_readings_are_given(make_zip, open_with):
    octets = make_zip({"a.txt": b"abc" * 99})
    opened = open_with(Zip(), header_says(octets, 8, "<H", 0))
    packer = zlib.compressobj(-1, zlib.DEFLATED, -15)

    assert set(opened.octets) == {b"abc" * 99, packer.compress(b"abc" * 99) + packer.flush()}
    assert [member.view for member in opened.members] == ["standard", "further"]
    assert opened.oddities == ["archive_directories"]


@pytest.mark.parametrize("only", ["directory", "header", "both"])
def test_the_name_in_unicode_is_one_more_name(only, open_with):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as archive:
        member = zipfile.ZipInfo("a.txt")
        name = b"evil.js"
        sum_ = zlib.crc32(b"a.txt")
        member.extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, sum_) + name
        archive.writestr(member, b"x")
    octets, tag = space.getvalue(), b"\x75\x70"
    at = {"directory": octets.index(tag), "header": octets.rindex(tag), "both": None}[only]
    octets = octets if at is None else octets[:at] + b"\0\0" + octets[at + 2 :]
    opened = open_with(Zip(), octets)

    assert {opened.members[0].name, *opened.members[0].names} == {"a.txt", "evil.js"}
    assert opened.oddities == []


class Pipe(io.RawIOBase):
    """A place to write to that knows no way back."""

    def __init__(self) -> None:
        self.octets = b""

    def writable(self) -> bool:
        return True

    def write(self, octets) -> int:
        self.octets += bytes(octets)
        return len(octets)


METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("wide", [False, True], ids=["small", "zip64"])
@pytest.mark.parametrize("place", [io.BytesIO, Pipe])
def test_no_honest_archive_is_odd(method, wide, place, open_with):
    space = place()
    with zipfile.ZipFile(space, "w", method) as archive:
        for name in ("[Content_Types].xml", "word/document.xml", "請求書.txt", "empty"):
            with archive.open(name, "w", force_zip64=wide) as member:
                member.write(b"" if name == "empty" else name.encode() * 50)
        archive.writestr("folder/", b"")
    opened = open_with(Zip(), space.octets if isinstance(space, Pipe) else space.getvalue())

    assert len(opened.members) == 4
    assert (opened.oddities, opened.known.unopened) == ([], "")
    assert not any(member.unopened for member in opened.members)


@pytest.mark.parametrize(
    ("flags", "method", "locked"),
    [(0, 8, False), (1, 8, True), (2, 8, False), (0x0801, 8, True), (0x5D, 8, True), (0, 99, True)],
)
@pytest.mark.parametrize("mark", [b"PK\3\4", b"PK\1\2"])
def test_what_is_locked_by_one_table_waits_for_the_words(flags, method, locked, mark, make_zip):
    octets = bytearray(make_zip({"a.txt": b"a"}))
    at = octets.index(mark) + (6 if mark == b"PK\3\4" else 8)
    octets[at : at + 4] = struct.pack("<HH", flags, method)

    assert Zip().locked(kind_and(bytes(octets), "archive")) == locked


def test_a_file_whose_end_record_points_nowhere_is_looked_through(make_zip, open_with):
    octets = make_zip({EXE: b"MZ"})
    at = octets.rindex(b"PK\5\6") + 12
    octets = b"x" * 20 + header_says(header_says(octets, at, "<I", 7), at + 4, "<I", 7)

    assert Zip().recognize(kind_and(octets, "other"))
    opened = open_with(Zip(), octets)
    assert opened.names == [EXE]
    assert opened.known.unopened == "unreadable"
