"""Objects in RTF as Word reads them, however their digits are scattered."""

import pytest
from oletools.rtfobj import RtfObjParser

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.rtf import Rtf
from pratique.scanners.part import Part

TEXT = b"The quick brown fox"


@pytest.fixture
def digits(samples):
    rtf = samples("rtf")
    return rtf.first_version(b"Package", rtf.package("fox.txt", TEXT)).hex().encode()


def scattered(digits: bytes, between: bytes, step: int = 2) -> bytes:
    pieces = (digits[at : at + step] for at in range(0, len(digits), step))
    return between.join(pieces)


WAYS = {
    "plain": lambda digits: digits,
    "capital": lambda digits: digits.upper(),
    "lines": lambda digits: scattered(digits, b"\r\n", 7),
    "blanks and letters": lambda digits: scattered(digits, b" \tx", 3),
    "control words": lambda digits: scattered(digits, b"\\par12 ", 5),
    "groups": lambda digits: scattered(digits, b"{}", 3),
    "marked groups": lambda digits: scattered(digits, b"{\\*\\zz beef}", 64),
    "a number behind the word": lambda digits: b"-12 " + digits,
    "an escape that takes none": lambda digits: digits[:20] + b"\\'5a" + digits[20:],
    "an escape that takes a digit": lambda digits: digits[:20] + b"7\\'5a" + digits[20:],
    "raw octets": lambda digits: b"\\bin%d " % (len(digits) // 2) + bytes.fromhex(digits.decode()),
    "an odd digit at the end": lambda digits: digits + b"7",
    "digits in groups": lambda digits: b"{" + digits[:40] + b"}" + digits[40:],
}


@pytest.mark.parametrize("way", WAYS)
def test_the_digits_are_found_in_each_way(way, digits, samples, open_with):
    octets = samples("rtf").document(b"")
    octets = octets.replace(b"\\objdata ", b"\\objdata" + (b"" if "number" in way else b" ")
                            + WAYS[way](digits))  # fmt: skip
    opened = open_with(Rtf(), octets)

    assert (opened.names[:1], opened.octets[:1]) == (["fox.txt"], [TEXT])
    assert opened.known.unopened == ""


@pytest.mark.parametrize("way", ["plain", "lines", "control words", "raw octets",
                                 "an escape that takes a digit"])  # fmt: skip
def test_another_reader_finds_the_same(way, digits, samples):
    octets = samples("rtf").document(WAYS[way](digits))
    parser = RtfObjParser(octets)
    parser.parse()

    assert [one.olepkgdata for one in parser.objects] == [TEXT]


@pytest.mark.parametrize(
    "start", [b"{\\rtf1\\ansi", b"{\\rt", b"{\\rtf\\ansi{\\fonttbl}", b"{\\rtf1{\\*\\x \\'7d}"]
)
def test_what_stands_before_an_object_does_not_matter(start, digits, open_with):
    octets = start + b"{\\object{\\*\\objdata " + digits + b"}}}"

    assert open_with(Rtf(), octets).called == {"fox.txt": TEXT}


def test_an_object_of_another_program_is_its_octets(samples, open_with):
    rtf = samples("rtf")
    octets = rtf.document(rtf.first_version(b"Word.Document.8", b"inside").hex().encode())
    opened = open_with(Rtf(), octets)

    assert (opened.octets, opened.members[0].step) == ([b"inside"], "rtf:object 1")


def test_a_link_is_elsewhere(open_with):
    link = b"\1\5\0\0\1\0\0\0\4\0\0\0OLE\0\x12\0\0\0http://a.example/\0" + bytes(8)
    (member,) = open_with(
        Rtf(), b"{\\rtf1{\\object{\\*\\objdata %b}}}" % link.hex().encode()
    ).members

    assert (member.unopened, member.name) == ("elsewhere", "http://a.example/")


def test_digits_that_are_no_object_are_said(open_with):
    opened = open_with(Rtf(), b"{\\rtf1{\\object{\\*\\objdata " + b"41" * 50 + b"}}}")

    assert opened.known.unopened == "unreadable"
    assert opened.octets == [b"A" * 50]


def test_two_readings_that_differ_are_both_given(samples, open_with):
    rtf = samples("rtf")
    one = rtf.first_version(b"Package", rtf.package("a.txt", b"12345678")).hex().encode()
    at = one.find(b"12345678".hex().encode())
    octets = rtf.document(
        one[:at] + b"{" + one[at : at + 16] + b"}" + one[at : at + 16] + one[at + 16 :]
    )
    opened = open_with(Rtf(), octets)

    assert b"12345678" in opened.octets


@pytest.mark.parametrize(
    ("type_", "octets", "told"),
    [("text/rtf", b"{\\rt", "whole"), ("text/plain", b"\r\n {\\rtf1", "within"),
     ("text/plain", b"a", "")],
)  # fmt: skip
def test_what_is_rtf(type_, octets, told):
    assert Rtf().recognize(Part(facts.Part(type=type_), memoryview(octets))) == told


@pytest.mark.slow
@pytest.mark.parametrize("piece", [b"{", b"}", b"{\\object\\objdata ", b"\\objdata", b"\\'"])
def test_a_million_marks_end_soon(piece, open_with):
    open_with(Rtf(), b"{\\rtf1\\objdata " + piece * 200_000)
