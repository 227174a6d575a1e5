"""Write a notice as a mail (RFC 5322), so that nothing in it is anything but text.

What a stranger wrote stands in the body alone, a line each, behind a label: no header field
can come of it, and no line that looks like one of ours.  What is not ASCII is base64 (RFC 2045
6.8), so that every mail server takes it; so is what has a line that is too long for one, as
many names at once make it.
"""

import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from pratique.milter.cli.screen import printable

# Characters of a text in a notice, once what cannot be seen is written out: with its label
# below the 998 octets of a line (RFC 5322 2.1.1).
LETTERS = 300
# Lines of a notice: what is said of a message are 15.  With LETTERS of four octets each, in
# base64, some 50 KB at most.
LINES = 30
# Characters of a subject: what a list of mails shows.
_SUBJECT = 78
# Of a line, without its end (RFC 5322 2.1.1); servers refuse mail with a longer one.
LONGEST = 998

_DAYS = "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"
_MONTHS = "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
_NOT_ASCII = re.compile(r"[^ -~]")
# A dot within a word: mail programs make links of `evil.example` and of `invoice.zip`.
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_DOT = re.compile(r"(?<=\w)\.(?=\w)")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said, in words that are safe to show."""

    subject: str
    lines: tuple[str, ...]

    def also(self, *lines: str) -> "Letter":
        """The same, and more."""
        return Letter(self.subject, (*self.lines, *lines))


@dataclass(frozen=True, slots=True)
class Head:
    """Who writes to whom, and when."""

    author: str
    to: str
    # Without the angle brackets.
    message_id: str
    at: datetime


def shown(text: str) -> str:
    """A text of anybody's on one line: what cannot be seen is written out, and it is cut."""
    # A text may be megabytes; each character becomes ten at most.
    seen = printable(text[: LETTERS + 1]).replace("://", "[:]//")
    return seen if len(seen) <= LETTERS else seen[: LETTERS - 3] + "..."


def defanged(text: str) -> str:
    """The same, so that no mail program makes a link of it."""
    return shown(_DOT.sub("[.]", text[: LETTERS + 1]))


def address(text: str) -> str:
    """An address so: its domain stays readable, where it is one."""
    local, at, domain = text.rpartition("@")
    if not at or not _DOMAIN.fullmatch(domain):
        return defanged(text)
    # A local part may be a link of its own: "www.evil.example/login"@evil.example.
    return shown(_DOT.sub("[.]", local[:LETTERS]) + at + domain)


def written(letter: Letter, head: Head) -> bytes:
    """The mail, with CRLF line ends."""
    text = "".join(f"{line}\r\n" for line in letter.lines[:LINES])
    body, how = text.encode("utf-8", "replace"), "7bit"
    if not text.isascii() or max(map(len, letter.lines), default=0) > LONGEST:
        body, how = _base64(body), "base64"
    fields = (
        f"From: Pratique <{head.author}>",
        f"To: <{head.to}>",
        f"Subject: {_subject(letter.subject)}",
        f"Date: {_date(head.at)}",
        f"Message-ID: <{head.message_id}>",
        # RFC 3834 5: nobody answers it by a machine.
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        f"Content-Type: text/plain; charset={'us-ascii' if how == '7bit' else 'utf-8'}",
        f"Content-Transfer-Encoding: {how}",
    )
    return "".join(f"{field}\r\n" for field in fields).encode("ascii") + b"\r\n" + body


def _subject(text: str) -> str:
    return _NOT_ASCII.sub("?", text)[:_SUBJECT].strip()


def _base64(octets: bytes) -> bytes:
    # 57 octets are a line of 76 characters (RFC 2045 6.8).
    rows = (octets[place : place + 57] for place in range(0, len(octets), 57))
    return b"".join(binascii.b2a_base64(row, newline=False) + b"\r\n" for row in rows)


def _date(at: datetime) -> str:
    """RFC 5322 3.3; names of days and months are English whatever the locale is."""
    at = at.astimezone(UTC)
    day = f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04}"
    return f"{day} {at:%H:%M:%S} +0000"
