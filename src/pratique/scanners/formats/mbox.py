r"""Open mailboxes: many messages in one file (RFC 4155, in any of its four forms).

Before each message stands a line `From ...`.  Its writer may have quoted such lines in
the messages (`>From `), or trusted in Content-Length instead; nobody can tell which.  So
a message ends at a line that looks like a separator, and where its Content-Length reaches
farther and ends at another separator, the longer reading is given too.  UW IMAP's `*mbx*`
and MMDF (four octets of one around each message) are cut as they say.
"""

import re
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import text_signatures
from pratique.scanners.budget import Budget
from pratique.scanners.containers.members import fitted, too_many
from pratique.scanners.part import Found, Member, Part, Recognized, Signs, as_bytes

# A separator: behind an empty line, or with a date as asctime(3) writes it; then a header
# field, or another line of its own.
_SEPARATOR = re.compile(
    rb"(?:\A\s{0,64}|\A\xef\xbb\xbf|\n\r?\n)From [^\r\n]{1,998}\r?\n"
    rb"(?=>?[!-9;-~]{1,64}+[ \t]{0,16}:|>?From )"
    rb"|\nFrom [^\r\n]{1,256}? [A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{5,8}"
    rb"[^\r\n]{0,64}\r?\n"
)
_LENGTH = re.compile(rb"\nContent-Length:[ \t]{0,16}([0-9]{1,12})[ \t]{0,16}\r?\n", re.IGNORECASE)
_EMPTY = re.compile(rb"\r?\n\r?\n")
# A header is not looked through any farther for the length of its message.
_HEADER = 64 * 1024
_MBX, _MMDF = b"*mbx*\r\n", b"\1\1\1\1\n"
# UW IMAP, mbx.c: a header of 2,048 octets; a line with a date, a size and flags.
_MBX_HEADER = 2048
_MBX_LINE = re.compile(rb"[^\r\n,]{1,64},([0-9]{1,12});[^\r\n]{1,128}\r\n")


class Mbox:
    """Gives the messages of a mailbox."""

    name: ClassVar[str] = "mbox"
    signs: ClassVar[Signs] = Signs(types=frozenset({"application/mbox", "message/rfc822"}))
    smallest: ClassVar[bytes] = b"From a\nSubject: a\n\n\nFrom a\nSubject: b\n\n\n"

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "broken": "what is no message of its own belongs to the one before",
        "encrypted": "the form has no encryption",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type; a message may have others behind it."""
        known = part.known
        if known.type == "application/mbox":
            return "whole"
        inner = known.type == "message/rfc822" and known.parent >= 0
        return "within" if inner and text_signatures.is_mailbox(part.octets) else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each message in order."""
        octets = as_bytes(part.octets)
        for count, (start, end, view) in enumerate(_messages(octets), 1):
            budget.check_clock()
            if count > budget.limits.parts:
                yield too_many(part, f"more than {budget.limits.parts} messages")
                return
            if count == 1 and part.known.kind == "message":
                continue  # the message itself, which the reader of messages opens
            member = Member(step=f"mbox:{count}", declared_type="message/rfc822", view=view)
            member.octets = part.octets[start:end]
            yield from fitted(member, budget)


def _messages(octets: bytes) -> Iterator[tuple[int, int, str]]:
    """Where each message begins and ends, and in which view."""
    if octets.startswith(_MBX):
        yield from _of_mbx(octets)
    elif octets.startswith(_MMDF):
        yield from _of_mmdf(octets)
    else:
        yield from _of_mbox(octets)


def _of_mbox(octets: bytes) -> Iterator[tuple[int, int, str]]:
    start, first = 0, True
    for found in _SEPARATOR.finditer(octets):
        if not first:
            yield from _readings(octets, start, found.start() + 1)
        elif octets[: found.start()].strip():
            yield 0, found.start() + 1, "standard"
        start, first = found.end(), False
    yield from _readings(octets, start, len(octets))


def _readings(octets: bytes, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """A message up to the next separator, and up to where its Content-Length says."""
    yield start, end, "standard"
    empty = _EMPTY.search(octets, start, min(end, start + _HEADER))
    if empty is None:
        return
    said = _LENGTH.search(octets, max(0, start - 1), empty.end())
    longer = empty.end() + int(said[1]) if said else 0
    if end < longer <= len(octets) and octets[longer : longer + 8].lstrip(b"\r\n")[:5] in {
        b"",
        b"From ",
    }:
        yield start, longer, "further"


def _of_mbx(octets: bytes) -> Iterator[tuple[int, int, str]]:
    at = _MBX_HEADER
    while at < len(octets):
        line = _MBX_LINE.match(octets, at)
        if line is None:
            yield at, len(octets), "standard"
            return
        end = min(len(octets), line.end() + int(line[1]))
        yield line.end(), end, "standard"
        at = end


def _of_mmdf(octets: bytes) -> Iterator[tuple[int, int, str]]:
    at = 0
    while at < len(octets):
        end = octets.find(_MMDF, at)
        end = len(octets) if end < 0 else end
        if octets[at:end].strip():
            yield at, end, "standard"
        at = end + len(_MMDF)
