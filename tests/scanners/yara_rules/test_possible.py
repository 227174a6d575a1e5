"""Where the shipped rules cannot match they are not tried, and nowhere else."""

from importlib.resources import files
from pathlib import Path
from random import Random

import pytest
import yara

from pratique.scanners.yara_rules.possible import FILES, LONGEST, TRIES, are_known, may_match

SHIPPED = sorted(Path(str(files("pratique.scanners").joinpath("rules"))).glob("*.yar"))
HEADER = b"From: a@b.example\r\nSubject: hi\r\n\r\n"
NAMED = HEADER + b'--b\r\nContent-Type: application/zip;\r\n\tname="%s"\r\n\r\n' + b"x" * 128
SAFE = b"\n+++ Attachment: No Virus found\r\n"
# Of what the shipped rules look for, in and out of its place.
PIECES = [
    b"From: a@b.example\r\nSubject: hi\r\n",
    b"Subject: Your details\r\n",
    b"Subject: Security measures\r\n",
    b"Subject: Re: Your bill\r\n",
    b"PK\x03\x04" + bytes(22) + b"\x0c\0\0\0document.pif",
    b"PK\x03\x04" + bytes(22) + b"\x03\0\0\0a:bxyz",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b'name="document.pif"\r\n',
    b'name="document.txt' + b" " * 900 + b'.pif"\r\n',
    b"Name=your_bill.PIF;",
    b'NAME="Readme.zip"\r\n',
    b'name="email-doc.scr"\r\n',
    b"name=a.b.example@c.example.com\r\n",
    b'name="your_details.pif"',
    b"\r\n\r\nTVqQAAMAAAAEAAAA//8AALgAAAAAAAAA" + b"A" * 40,
    b"\r\n\r\nUEsDBBQAAQAAAAAA" + b"A" * 50,
    b"\r\nSee the attached file for details\r\n",
    b"used to send a huge amount of",
    SAFE,
    b"<html>You have 6 incoming messages that could not be delivered to your inbox",
    b'<a href="https://x.example/">RELEASE ALL</a>',
    b" " * 60,
    b"\r\n",
]


def rules():
    return yara.compile(sources={file.name: file.read_text() for file in SHIPPED})


def zipped(name, size=None):
    said = len(name) if size is None else size
    return b"PK\x03\x04" + bytes(22) + said.to_bytes(2, "little") + b"\0\0" + name + b"x" * 128


def test_every_shipped_file_is_known_as_it_was_when_this_was_held_against_it():
    assert len(SHIPPED) == len(FILES)
    assert all(are_known(file.read_text()) for file in SHIPPED)


def test_a_file_with_one_rule_more_is_not_known():
    assert not are_known(SHIPPED[0].read_text() + "rule new { condition: true }")


def test_wherever_a_shipped_rule_matches_it_may_match():
    compiled, random, matched = rules(), Random("possible"), set()
    for _ in range(3000):
        octets = b"".join(random.choices(PIECES, k=random.randrange(1, 9)))
        found = [match.rule for match in compiled.match(data=octets)]
        assert not found or may_match(memoryview(octets)), octets
        matched.update(found)
    assert len(matched) >= 8


@pytest.mark.parametrize(
    "octets",
    [
        HEADER + SAFE + b'name="' + b"x" * 200 + b'.exe"\r\n',
        # A zip file may begin like a message, too: a colon stands soon enough.
        zipped(b"a:b") + SAFE + b'name="setup.exe"\r\n',
        HEADER + b"Subject: test\r\nName=document.txt" + b" " * 1000 + b".pif;" + b"x" * 99,
    ],
)
def test_what_a_rule_matches_at_its_limits_may_match(octets):
    assert rules().match(data=octets)
    assert may_match(memoryview(octets))


@pytest.mark.parametrize(
    "octets",
    [
        b"x" * 128,
        b"<p>" + b"x" * 128,
        b"\xef\xbb\xbf\r\n <html>" + b"x" * 128,
        NAMED % b"document.PIF",
        (NAMED % b"a.zip").replace(b"name", b"NAME"),
        NAMED % (b"a" * (LONGEST - 6) + b".exe"),
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
        NAMED % (b"a" * (LONGEST - 5) + b".exe"),
        HEADER + b"name=a\r\nsetup.exe\r\n" + b"x" * 128,
        b"no header here, and a long first line with\r\nname=document.pif\r\n" + b"x" * 128,
        zipped(b"document.txt"),
        zipped(b"document.pif", 8),
        b"%PDF-1.4\n" + b"name=document.pif\r\n" * 9,
        bytes(range(256)) * 9,
    ],
)
def test_nothing_else_does(octets):
    assert not may_match(memoryview(octets))


@pytest.mark.parametrize(("lines", "tried"), [(TRIES, False), (TRIES + 1, True)])
def test_where_too_many_lines_end_like_a_name_the_rules_are_tried(lines, tried):
    assert may_match(memoryview(HEADER + b"bob@example.com\r\n" * lines)) == tried
