"""What Outlook's winmail.dat holds."""

import subprocess

import pytest

from pratique.scanners.formats.tnef import Tnef


@pytest.fixture
def made(samples):
    return samples("tnef")


def test_every_name_of_an_attachment_is_shown(made, open_with):
    wide = "долг.exe".encode("utf-16-le") + b"\0\0"
    properties = made.properties((0x1F, 0x3707, wide), (0x1E, 0x3001, b"shown\0"),
                                 (0x1E, 0x370E, b"application/x-a\0"))  # fmt: skip
    opened = open_with(Tnef(), made.tnef(made.attachment(b"DOLG~1.EXE", b"MZ", properties)))

    (member,) = opened.members
    assert (member.name, member.names) == ("долг.exe", ("DOLG~1.EXE", "shown"))
    assert member.declared_type == "application/x-a"
    assert opened.octets == [b"MZ"]


def test_each_of_several_attachments_is_given(made, open_with):
    opened = open_with(Tnef(), made.tnef(made.attachment(b"a", b"1"), made.attachment(b"b", b"2")))
    assert opened.called == {"a": b"1", "b": b"2"}


def test_a_message_in_the_message_is_tnef_again(made, open_with):
    inner = made.tnef(made.attachment(b"a.exe", b"MZ"))
    iid = bytes.fromhex("0703020000000000c000000000000046")
    opened = open_with(
        Tnef(), made.tnef(made.attachment(b"m", b"", made.properties((0x0D, 0x3701, iid + inner))))
    )

    assert inner in opened.octets
    assert opened.members[-1].declared_type == "application/ms-tnef"


def test_the_texts_of_the_message_are_given(made, open_with):
    rtf = made.compressed(b"{\\rtf1 hello}")
    properties = made.properties((0x102, 0x1009, rtf), (0x102, 0x1013, b"<html>hello"),
                                 (0x1F, 0x1000, "hello".encode("utf-16-le")))  # fmt: skip
    octets = made.tnef(
        made.attribute(1, 0x0002800C, b"hello\0"), made.attribute(1, 0x00069003, properties)
    )
    opened = open_with(Tnef(), octets)

    types = [member.declared_type for member in opened.members]
    assert types == ["text/plain", "text/rtf", "text/html", "text/plain"]
    assert opened.octets == [b"hello", b"{\\rtf1 hello}", b"<html>hello", b"hello"]
    assert opened.known.unopened == ""


def test_a_wrong_checksum_is_heeded_by_nobody(made, open_with):
    octets = bytearray(made.good(b"hello"))
    octets[-1] ^= 1
    opened = open_with(Tnef(), bytes(octets))
    assert (opened.octets, opened.known.unopened) == ([b"hello"], "")


def test_what_is_cut_off_is_kept_and_told(made, open_with):
    opened = open_with(Tnef(), made.good(b"hello" * 100)[:-100])
    assert opened.octets[0].startswith(b"hellohello")
    assert opened.known.unopened == "unreadable"


def test_properties_that_lie_cost_no_attachment(made, open_with):
    opened = open_with(Tnef(), made.tnef(made.attachment(b"a", b"MZ", b"\xff" * 40)))
    assert opened.octets == [b"MZ"]
    assert opened.known.unopened == "unreadable"


@pytest.mark.parametrize(("behind", "unopened"), [(b"\r\n\0", ""), (b"more", "unreadable")])
def test_what_stands_behind_is_told_unless_it_is_nothing(behind, unopened, made, open_with):
    assert open_with(Tnef(), made.good(b"a") + behind).known.unopened == unopened


@pytest.mark.real("tnef")
def test_nothing_but_filling_is_no_file(open_with):
    assert open_with(Tnef(), Tnef.smallest + bytes(500)).known.unopened == "unreadable"
    assert open_with(Tnef(), Tnef.smallest).known.unopened == ""


def test_another_reader_reads_what_the_tests_write(made, tmp_path):
    (tmp_path / "winmail.dat").write_bytes(made.good(b"hello"))
    subprocess.run(["tnef", "winmail.dat"], cwd=tmp_path, check=True)
    assert (tmp_path / "fox.txt").read_bytes() == b"hello"
