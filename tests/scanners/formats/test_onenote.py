"""Files in a section of OneNote, and what they are called."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.onenote import OneNote
from pratique.scanners.part import Part

TEXT = b"The quick brown fox"


@pytest.fixture
def one(samples):
    return samples("onenote")


def test_each_file_bears_its_own_name_where_there_are_as_many(one, open_with):
    octets = one.section(one.name_of("a.exe"), one.name_of("請求書.hta"),
                         one.store(TEXT), one.store(b"b"))  # fmt: skip

    assert open_with(OneNote(), octets).called == {"a.exe": TEXT, "請求書.hta": b"b"}


def test_a_file_bears_all_names_where_there_are_more(one, open_with):
    octets = one.section(one.name_of("a.exe"), one.name_of("C:\\b.scr"), one.store(TEXT))
    (member,) = open_with(OneNote(), octets).members

    assert {member.name, *member.names} == {"a.exe", "C:\\b.scr"}


def test_a_file_without_a_name_is_a_part_all_the_same(one, open_with):
    opened = open_with(OneNote(), one.section(one.store(TEXT), one.store(b"")))

    assert (opened.octets, opened.names) == ([TEXT, b""], ["", ""])


@pytest.mark.parametrize(
    "name",
    [
        "a.settingcontent-ms",
        "a.appref-ms",
        "Āb.hta",
        "aĀ.hta",
        "a" * 250 + ".hta",
        "a.hta. .",
        "a.b..hta",
    ],
)
def test_a_name_may_be_any_that_windows_runs(name, one, open_with):
    octets = one.section(b"\1", one.name_of(name), b"\2", one.store(TEXT))

    assert open_with(OneNote(), octets).names == [name]


@pytest.mark.parametrize("behind", [b"\2b\0", bytes(8)])
def test_a_name_may_stand_without_a_zero_behind_it(behind, one, open_with):
    raw = "a.hta".encode("utf-16-le")
    octets = one.section(len(raw).to_bytes(4, "little") + raw, behind, one.store(TEXT))

    assert open_with(OneNote(), octets).names == ["a.hta"]


@pytest.mark.parametrize("text", [TEXT, b"<html><script language=vbscript>", b"\xff\xfea\0"])
def test_a_text_without_a_name_may_be_a_script_so_that_is_said(text, one, open_with):
    opened = open_with(OneNote(), one.section(one.store(text)))

    assert (opened.octets, opened.known.unopened) == ([text], "unreadable")


@pytest.mark.parametrize("octets", [b"\x89PNG\r\n\x1a\n\0\0", b""])
def test_a_picture_needs_no_name(octets, one, open_with):
    assert open_with(OneNote(), one.section(one.store(octets))).known.unopened == ""


@pytest.mark.slow
def test_words_like_names_are_looked_at_up_to_a_number(one, open_with):
    def opened(count):
        return open_with(OneNote(), one.section(".a ".encode("utf-16-le") * count,
                                                one.name_of("b.hta"), one.store(TEXT)))  # fmt: skip

    assert (opened(99_999).names, opened(99_999).known.unopened) == (["b.hta"], "")
    assert opened(100_000).known.unopened == "over_budget"


def test_words_of_a_page_are_no_names(one, open_with):
    words = "see a.exe for more".encode("utf-16-le")

    assert open_with(OneNote(), one.section(words, one.store(TEXT))).names == [""]


def test_a_section_as_servers_keep_it_says_that_nobody_reads_it(one, open_with):
    opened = open_with(OneNote(), one.section(b"\xff" * 100, form=one.PACKED))

    assert opened.known.unopened == "unreadable"
    assert "servers" in opened.known.why


def test_a_length_that_cannot_be_is_what_is_there(one, open_with):
    octets = one.section(one.store(TEXT))
    at = octets.find(one.BEGIN) + 16
    opened = open_with(OneNote(), octets[:at] + b"\xff" * 8 + octets[at + 8 :])

    assert opened.octets[0].startswith(TEXT)
    assert opened.known.unopened == "unreadable"


@pytest.mark.parametrize(
    ("type_", "name", "told"),
    [("application/onenote", "", "whole"), ("", "", "within"), ("image/png", "a.one", "within"),
     ("image/png", "a.png", "")],
)  # fmt: skip
def test_what_is_looked_into(type_, name, told, one):
    known = facts.Part(type=type_, name=name)

    assert OneNote().recognize(Part(known, memoryview(one.store(TEXT)))) == told
