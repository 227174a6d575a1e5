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


def test_a_member_past_the_limit_is_left_and_the_others_are_opened(make_tar, open_with):
    opened = open_with(Tar(), make_tar({"big": bytes(101), "b": b"b"}), Limits(part_octets=100))

    assert opened.names == ["big", "b"]
    assert opened.members[0].unopened == "over_budget"
    assert opened.octets == [b"", b"b"]
