"""Where the shipped rules cannot match they are not tried, and nowhere else."""

from importlib.resources import files
from pathlib import Path
from random import Random

import pytest
import yara

from pratique.scanners.yara_rules.possible import _LONGEST, TRIES, are_known, may_match

SHIPPED = sorted(Path(str(files("pratique.scanners").joinpath("rules"))).glob("*.yar"))
HEADER = b"From: a@b.example\r\nSubject: hi\r\n\r\n"
NAMED = HEADER + b'--b\r\nContent-Type: application/zip;\r\n\tname="%s"\r\n\r\n' + b"x" * 128
# Of what the shipped rules look for, in and out of its place.
PIECES = [
    b"From: a@b.example\r\nSubject: hi\r\n",
    b"Subject: Your details\r\n",
    b"Subject: Security measures\r\n",
    b"Subject: Re: Your bill\r\n",
    b"PK\x03\x04" + bytes(22) + b"\x0c\0\0\0document.pif",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b'name="document.pif"\r\n',
    b"Name=your_bill.PIF;",
    b'NAME="Readme.zip"\r\n',
    b'name="email-doc.scr"\r\n',
    b"name=a.b.example@c.example.com\r\n",
    b'name="your_details.pif"',
    b"\r\n\r\nTVqQAAMAAAAEAAAA//8AALgAAAAAAAAA" + b"A" * 40,
    b"\r\n\r\nUEsDBBQAAQAAAAAA" + b"A" * 50,
    b"\r\nSee the attached file for details\r\n",
    b"used to send a huge amount of",
    b"\r\n+++ Attachment: No Virus found\r\n",
    b"<html>You have 6 incoming messages that could not be delivered to your inbox",
    b'<a href="https://x.example/">RELEASE ALL</a>',
    b" " * 60,
    b"\r\n",
]


def zipped(name, size=None):
    said = len(name) if size is None else size
    return b"PK\x03\x04" + bytes(22) + said.to_bytes(2, "little") + b"\0\0" + name + b"x" * 128


def test_every_shipped_rule_is_known():
    assert SHIPPED
    for file in SHIPPED:
        assert are_known(file.read_text())


def test_a_rule_that_is_new_is_not_known_and_a_private_one_says_nothing_by_itself():
    assert not are_known("rule New_one { condition: true }")
    assert are_known("private rule new_one { condition: true }")


def test_wherever_a_shipped_rule_matches_it_may_match():
    rules = yara.compile(sources={file.name: file.read_text() for file in SHIPPED})
    random, matched = Random("possible"), set()
    for _ in range(4000):
        octets = b"".join(random.choices(PIECES, k=random.randrange(1, 9)))
        found = [match.rule for match in rules.match(data=octets)]
        assert not found or may_match(memoryview(octets)), octets
        matched.update(found)
    assert len(matched) >= 8


@pytest.mark.parametrize(
    "octets",
    [
        b"x" * 128,
        b"<p>Not Delivered" + b"x" * 128,
        b"\xef\xbb\xbf\r\n <html>" + b"x" * 128 + b"delivered",
        NAMED % b"document.PIF",
        (NAMED % b"a.zip").replace(b"name", b"NAME"),
        NAMED % (b"a" * (_LONGEST - 6) + b".exe"),
        zipped(b"document.Pif"),
    ],
)
def test_what_begins_like_one_or_is_named_like_one_may_match(octets):
    assert may_match(memoryview(octets))


@pytest.mark.parametrize(
    "octets",
    [
        b"x" * 129,
        HEADER + b"Mail me at bob@example.com\r\nor look at setup.exe\r\n" + b"x" * 128,
        NAMED % b"report.pdf",
        b"<p>" + b"x" * 128,
        b"x<p>delivered" + b"x" * 128,
        NAMED % (b"a" * (_LONGEST - 5) + b".exe"),
        b"no header here, and a\r\nname=document.pif\r\n" + b"x" * 128,
        zipped(b"document.txt"),
        zipped(b"document.pif", 8),
        b"%PDF-1.4\n" + b"name=document.pif\r\n" * 9,
        bytes(range(256)) * 9,
    ],
)
def test_nothing_else_does(octets):
    assert not may_match(memoryview(octets))


@pytest.mark.parametrize(("lines", "known"), [(TRIES, False), (TRIES + 1, True)])
def test_where_too_many_lines_end_like_a_name_the_rules_are_tried(lines, known):
    assert may_match(memoryview(HEADER + b"bob@example.com\r\n" * lines)) == known
