"""Tar files: what they hold, and what they hide behind their end."""

import io
import tarfile

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Limits
from pratique.scanners.formats.tar import Tar
from pratique.scanners.part import Part


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_come_through(form, make_tar, open_with):
    files = {"a" * 90 + "/" + "b" * 90: b"1", "請求書.exe": b"MZ"}
    opened = open_with(Tar(), make_tar(files, form))

    assert opened.names == list(files)
    assert opened.octets == list(files.values())
    assert opened.members[1].step == "tar:請求書.exe"


def test_it_is_recognized_by_its_type():
    assert Tar().recognize(Part(facts.Part(type="application/x-tar"), memoryview(b"")))
    assert not Tar().recognize(Part(facts.Part(type="application/zip"), memoryview(b"")))


def test_a_link_has_a_name_and_no_octets_and_a_folder_is_not_stated(open_with):
    space = io.BytesIO()
    with tarfile.open(fileobj=space, mode="w") as archive:
        for name, form in (("folder", tarfile.DIRTYPE), ("link", tarfile.SYMTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = form, "/etc/passwd"
            archive.addfile(member)
    opened = open_with(Tar(), space.getvalue())

    assert opened.names == ["link"]
    assert opened.octets == [b""]
    assert opened.known.unopened == ""


def test_a_second_archive_behind_the_end_is_shown_too(make_tar, open_with):
    opened = open_with(Tar(), make_tar({"a": b"1"}) + make_tar({"b.exe": b"MZ"}))

    assert opened.names == ["a", "b.exe"]
    assert opened.oddities == []


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("zeros", [0, 100_000])
def test_zeros_behind_the_end_say_nothing(form, zeros, make_tar, open_with):
    opened = open_with(
        Tar(), make_tar({"a": b"1", "b" * 90 + "/" + "c" * 90: b"2"}, form) + bytes(zeros)
    )

    assert opened.octets == [b"1", b"2"]
    assert (opened.oddities, opened.known.unopened) == ([], "")


@pytest.mark.parametrize("behind", [b"MZ" * 256, b"MZ" * 2560])
def test_anything_else_behind_the_end_is_stated(behind, make_tar, open_with):
    opened = open_with(Tar(), make_tar({"a": b"1"}) + behind)

    assert [(one.step, one.view) for one in opened.members][1:] == [("extra:", "further")]
    assert opened.octets == [b"1", behind]
    assert (opened.oddities, opened.known.unopened) == (["extra_octets"], "")


def raw(name: bytes, octets: bytes, form: bytes = b"0") -> bytes:
    """One entry by hand, with its checksum."""
    header = bytearray(512)
    header[: len(name)] = name
    header[100:124] = b"0000644\0" + b"0000000\0" * 2
    header[124:148] = b"%011o\0" % len(octets) + b"00000000000\0"
    header[148:156] = b" " * 8
    header[156:157] = form
    header[257:265] = b"ustar\00000"
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + octets + bytes(-len(octets) % 512)


def test_a_header_with_a_wrong_checksum_is_damage_and_the_next_one_is_found(open_with):
    wrong = raw(b"b.js", b"2").replace(b"0000644", b"0000755")
    opened = open_with(Tar(), raw(b"a", b"1") + wrong + raw(b"c", b"3") + bytes(1024))

    assert opened.names == ["a", "c"]
    assert opened.known.unopened == "unreadable"


@pytest.mark.parametrize(
    "extended",
    [raw(b"PaxHeader/x", b"14 path=a.txt\n", b"x"), raw(b"././@LongLink", b"a.txt\0", b"L")],
    ids=["pax", "gnu"],
)
def test_the_name_in_the_header_itself_is_a_name_too(extended, open_with):
    opened = open_with(Tar(), extended + raw(b"evil.js", b"x") + bytes(1024))

    assert [(one.name, one.names) for one in opened.members] == [("a.txt", ("evil.js",))]


def test_every_name_that_extends_a_header_is_a_name(open_with):
    long = raw(b"PaxHeader/x", b"14 path=a.txt\n", b"x") + raw(b"././@LongLink", b"b.exe\0", b"L")
    opened = open_with(Tar(), long + raw(b"c.js", b"x") + bytes(1024))

    assert {opened.members[0].name, *opened.members[0].names} == {"a.txt", "b.exe", "c.js"}


@pytest.mark.parametrize("form", [b"1", b"2", b"5"])
def test_octets_behind_what_has_none_are_seen(form, open_with):
    opened = open_with(Tar(), raw(b"a", b"MZ" * 99, form) + raw(b"b", b"b") + bytes(1024))

    assert opened.octets == [b"MZ" * 99, b"b"]


@pytest.mark.parametrize(("damaged", "found"), [(15, True), (16, False)])
def test_reading_begins_anew_so_many_times(damaged, found, open_with):
    wrong = raw(b"b.js", b"2").replace(b"0000644", b"0000755")
    opened = open_with(Tar(), (raw(b"a", b"1") + wrong) * damaged + raw(b"z", b"") + bytes(1024))

    assert ("z" in opened.names) == found
    assert opened.known.unopened == "unreadable"


def test_a_name_that_is_said_once_is_shown_once(make_tar, open_with):
    files = {"a" * 90 + "/" + "b" * 90: b"1", "c.txt": b"2"}
    opened = open_with(Tar(), make_tar(files, tarfile.USTAR_FORMAT))

    assert [one.names for one in opened.members] == [(), ()]


@pytest.mark.parametrize("form", [b"D", b"M"])
def test_octets_that_libarchive_steps_over_are_seen(form, open_with):
    opened = open_with(Tar(), raw(b"a", b"MZ" * 600, form) + raw(b"b", b"b") + bytes(1024))

    assert opened.octets == [b"MZ" * 600, b"b"]


def test_a_member_past_the_limit_is_left_and_the_others_are_opened(make_tar, open_with):
    opened = open_with(Tar(), make_tar({"big": bytes(101), "b": b"b"}), Limits(part_octets=100))

    assert opened.names == ["big", "b"]
    assert opened.members[0].unopened == "over_budget"
    assert opened.octets == [b"", b"b"]


def header(size=b"00000000003\0", kind=b"0"):
    made = bytearray(raw(b"a", b"abc", kind))
    made[124:136] = size
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made[:512])
    return bytes(made)


PAX = b"12 size=003\n"
END = bytes(1024)


@pytest.mark.parametrize(
    ("octets", "odd"),
    [
        (header() + header() + END, [False, False]),
        # What follows a size that not all understand is found by these alone.
        (header() + header(b"\x80" + bytes(10) + b"\x03") + header() + END, [False, True, True]),
        (raw(b"x", PAX, b"x") + header() + END, [True]),
        (raw(b"x", b"12 path=abc\n", b"x") + header() + END, [False]),
        (header() + END + header() + END, [False, True]),
        (header() + b"\1" * 512 + header() + END, [False, True]),
        # Kinds that others step over; what follows them all find.
        *((header(kind=kind) + header() + END, [True, False]) for kind in (b"N", b"Z", b"D")),
        *((header(kind=kind) + header() + END, [False, False]) for kind in (b"0", b"\0", b"7")),
    ],
)
def test_an_entry_that_only_some_find_says_so(open_with, octets, odd):
    assert [one.tolerant for one in open_with(Tar(), octets).members] == odd
