"""A notice is a mail in which nothing is anything but text."""

import email  # noqa: TID251 - what others make of it
import email.policy  # noqa: TID251
from datetime import UTC, datetime

import pytest

from pratique.milter.notices.letter import (
    LETTERS,
    LINES,
    LONGEST,
    Head,
    Letter,
    address,
    defanged,
    shown,
    written,
)
from pratique.milter.notices.outbox import LARGEST

HEAD = Head(
    "pratique@our.example",
    "sec@our.example",
    "1@notices.x",
    datetime(2026, 1, 5, 9, 3, 7, tzinfo=UTC),
)


def parsed(octets):
    return email.message_from_bytes(octets, policy=email.policy.default)


def test_it_says_who_writes_to_whom_and_that_nobody_need_answer():
    mail = parsed(written(Letter("[pratique] held: x", ("one", "two")), HEAD))
    assert (mail["From"], mail["To"]) == ("Pratique <pratique@our.example>", "sec@our.example")
    assert mail["Date"] == "Mon, 05 Jan 2026 09:03:07 +0000"
    assert mail["Message-ID"] == "<1@notices.x>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == ["one", "two"]
    assert not mail.defects


def test_what_is_not_ascii_comes_as_it_was():
    octets = written(Letter("x", ("grüße 東京",)), HEAD)
    assert octets.isascii()
    assert parsed(octets).get_content().strip() == "grüße 東京"


@pytest.mark.parametrize("count", [LONGEST, LONGEST + 1])
def test_no_line_is_longer_than_a_server_takes(count):
    octets = written(Letter("x", ("a" * count, "b")), HEAD)
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    assert parsed(octets).get_content().splitlines() == ["a" * count, "b"]
    assert (b"base64" in octets) is (count > LONGEST)


@pytest.mark.parametrize("text", ["a\r\nBcc: x@y", "a\nb", "a\x00", "é" * 200, "a\u2028b"])
def test_no_subject_makes_another_field(text):
    mail = parsed(written(Letter(text, ("one",)), HEAD))
    assert len(mail.keys()) == 9
    assert len(mail["Subject"]) <= 78
    assert mail["Subject"].isascii()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\r\nrule: forged", "a\\x0d\\x0arule: forged"),
        ("exe\u202efdp", "exe\\u202efdp"),
        ("https://evil.example/x", "https[:]//evil.example/x"),
    ],
)
def test_a_text_is_one_line_and_what_is_unseen_is_written_out(text, seen):
    assert shown(text) == seen


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("invoice.pdf.exe", "invoice[.]pdf[.]exe"),
        ("see www.evil.example.", "see www[.]evil[.]example."),
        ("http://1.2.3.4/", "http[:]//1[.]2[.]3[.]4/"),
    ],
)
def test_no_mail_program_makes_a_link_of_it(text, seen):
    assert defanged(text) == seen


@pytest.mark.parametrize("letter", ["x", "\U000e0001", "é"])
def test_a_text_is_cut(letter):
    assert shown("x" * LETTERS) == "x" * LETTERS
    cut = shown(letter * (LETTERS + 1))
    assert len(cut) == LETTERS
    assert cut.endswith("...")
    assert len(defanged(letter * 10_000_000)) <= LETTERS


def test_the_largest_one_fits_into_the_outbox():
    line = "東" * 3000
    octets = written(Letter("x", (line,) * (LINES + 1)), HEAD)
    assert parsed(octets).get_content().count("\n") == LINES
    fits = written(Letter("x", ("\U00020000" * (LETTERS + 20),) * LINES), HEAD)
    assert len(fits) < LARGEST
    assert max(map(len, fits.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("ann.lee@corp.example", "ann[.]lee@corp.example"),
        ('"www.evil.example/login"@evil.example', '"www[.]evil[.]example/login"@evil.example'),
        ("a@evil.example/login", "a@evil[.]example/login"),
        ("evil.example", "evil[.]example"),
        ("", ""),
    ],
)
def test_of_an_address_its_domain_stays_readable_and_nothing_is_a_link(text, seen):
    assert address(text) == seen
