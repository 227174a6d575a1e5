"""State the facts of the message's own header: who, when, about what, and what is wrong.

Nothing here refuses: what cannot be read is an anomaly, and what is too long is read
in part.  Whether the header as a whole is over a limit is told by the reader of MIME,
which reads the same octets.

The fields X-Pratique-... are ours, and MIME-Ambiguity-Results is for programs of one domain
among themselves (draft-chen-email-mime-ambiguity-defense-00).  A stranger's are cut out
before delivery, by the offsets stated here.  Only lines are cut, from after one LF to after
another: so no cut can make a line end out of what was none.  A line counts as one of ours
wherever some reader would take it for one: with blanks or NULs before the name, with blanks
before the colon, folded into a field of somebody else's.

All text here is bounded, however long the field: the facts of the header have to pass
through the wall in one message.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.mime.addresses import Mailbox, split
from pratique.scanners.mime.header import (
    Field,
    Header,
    find_end,
    read_fields,
    skip_before,
    unfold,
)
from pratique.scanners.mime.words import FIELD_OCTETS, decode_words
from pratique.scanners.part import Message
from pratique.scanners.text import to_text

# Most headers fit; for a longer one all is read that a header may have.
_WINDOW = 64 * 1024
# A frame of the wall holds 2 MiB, and all facts of the header stay below half of that:
# five address fields of so much, the subject twice, and the names of 1,000 fields.
ADDRESSES_OCTETS = 112 * 1024
# RFC 5322 2.1.1 ends a line after 998 octets, so an address or a Message-ID is no longer.
LINE_OCTETS = 1024
SHOWN_OCTETS = 8 * 1024
# So many characters are shorter than either of these, whatever they are in UTF-8.
_SHORT = LINE_OCTETS // 4
NAME_OCTETS = 100
_RELEASE = b"x-pratique-release"
# The door cuts no line with more blanks before the name: no reader takes that for a field.
_OURS = re.compile(
    rb"^[ \t\x00]{0,64}(x-pratique-[^\n:]*+|mime-ambiguity-results[ \t\x00]*+):[^\n]*+\n?",
    re.IGNORECASE | re.MULTILINE,
)
_FOLDS = re.compile(rb"(?>[ \t][^\n]*+(?:\n|\Z))*+")
# RFC 5322 3.6: these stand at most once.
_ONCE = frozenset(
    {
        *(b"date", b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc", b"message-id"),
        *(b"in-reply-to", b"references", b"subject"),
    }
)
_ADDRESSES = {b"from": "from_", b"sender": "sender", b"to": "to", b"cc": "cc"} | {
    b"reply-to": "reply_to"
}


def mail_facts(octets: memoryview, budget: Budget) -> facts.Mail:
    """The facts of the outermost header; size and hash are the caller's."""
    start = skip_before(octets, 0, len(octets))
    text, header, last = read_outermost(octets[start:] if start else octets, budget)
    mail = facts.Mail()
    wrong: set[str] = set()
    named = header.named
    _state_text(mail, named, wrong)
    mail.header.SetInParent()
    for name, place in _ADDRESSES.items():
        if name in named:
            getattr(mail.header, place).extend(_mailboxes(named[name], wrong))
    mail.received_count = len(named.get(b"received", ()))
    wrong |= _anomalies(mail, named, header, text[header.start : last])
    mail.header_anomalies.extend(sorted(wrong))
    for ours in _foreign(octets[start : start + last], budget.limits.header_fields):
        begin, end = start + ours.start, start + ours.end
        if _is_line_end(octets, begin) and _is_line_end(octets, end):
            mail.foreign_fields.add(name=ours.name, start=begin, end=end)
    releases = named.get(_RELEASE, ())
    if len(releases) == 1:
        mail.release_token = to_text(unfold(releases[0].value[:1000]))[0]
    return mail


# The octets up to past the header, its fields, and where the last one ends.
ReadHeader = tuple[bytes, Header, int]


def header_of(message: Message) -> ReadHeader:
    """The message's own header, read once for all who follow it."""
    if not message.read:
        message.read.append(read_outermost(message.octets, message.budget))
    return message.read[0]


def read_outermost(octets: memoryview, budget: Budget) -> ReadHeader:
    """The octets up to past the header, its fields, and where the last one ends.

    A header that is longer than the limit is read up to it: the last field ends there.
    """
    limits = budget.limits
    for size in (min(_WINDOW, limits.header_octets), limits.header_octets + 4):
        text = bytes(octets[:size])
        if b"\n" not in text and b"\r" in text:
            text = text.replace(b"\r", b"\n")
        start = skip_before(text, 0, len(text))
        last, body = find_end(text, start, len(text), len(text))
        if body < len(text) or size >= len(octets):
            break
    if text.startswith((b"\r\n", b"\n"), start):
        return text, Header(start, start), start
    last = min(last, start + limits.header_octets)
    return text, _read(text[:body], start, last, limits.header_fields), last


# The scanner that tells a bounce by its header asks for the same one again.
@lru_cache(maxsize=1)
def _read(text: bytes, start: int, last: int, most: int) -> Header:
    """The header that begins at `start`; nobody changes it any more."""
    header = Header(start, len(text))
    read_fields(text, header, last, most)
    return header


def _state_text(mail: facts.Mail, named: dict[bytes, list[Field]], wrong: set[str]) -> None:
    """Subject, Message-ID and Date, each the first that stands there."""
    if subject := _first(named, b"subject"):
        mail.subject, bad = decode_words(subject)
        mail.subject = _clip(mail.subject, FIELD_OCTETS)
        if bad:
            mail.raw_subject = subject
            wrong.add("bad_charset")
    message_id, bad = to_text(_first(named, b"message-id"))
    mail.message_id = _clip(message_id, LINE_OCTETS)
    date, worse = to_text(_first(named, b"date"))
    mail.date = _clip(date, LINE_OCTETS)
    if bad or worse:
        wrong.add("bad_charset")


def _clip(text: str, octets: int) -> str:
    """As much of the text as fits into so many octets of UTF-8."""
    if len(text) * 4 <= octets:
        return text
    return text.encode()[:octets].decode("utf-8", "ignore")


def _first(named: dict[bytes, list[Field]], name: bytes) -> bytes:
    found = named.get(name)
    return unfold(found[0].value[:FIELD_OCTETS]) if found else b""


def _mailboxes(found: list[Field], wrong: set[str]) -> list[facts.Address]:
    """The mailboxes of all fields of one name; the limit of one field holds for all."""
    value = b",".join([each.value.strip(b"\r\n") for each in found])
    mailboxes, cut = split(value)
    if any(each.bad for each in mailboxes):
        wrong.add("bad_charset")
    stated: list[facts.Address] = []
    octets = 0
    for each in mailboxes:
        address, clipped = _address(each)
        octets += address.ByteSize() + 4
        cut = cut or clipped or octets > ADDRESSES_OCTETS
        if octets > ADDRESSES_OCTETS:
            break
        stated.append(address)
    if cut:
        wrong.add("address_list_cut")
    return stated


def _address(mailbox: Mailbox) -> tuple[facts.Address, bool]:
    """The mailbox in words that are not too long, and whether one was."""
    if len(mailbox.address) + len(mailbox.display_name) <= _SHORT and not mailbox.bad:
        # Nearly all are; the domain is a piece of the address.
        return facts.Address(
            address=mailbox.address, domain=mailbox.domain, display_name=mailbox.display_name
        ), False
    address = facts.Address(
        address=_clip(mailbox.address, LINE_OCTETS),
        domain=_clip(mailbox.domain, LINE_OCTETS),
        display_name=_clip(mailbox.display_name, SHOWN_OCTETS),
        raw_display_name=mailbox.raw_display_name[:SHOWN_OCTETS],
    )
    whole = (mailbox.address, mailbox.domain, mailbox.display_name)
    return address, whole != (address.address, address.domain, address.display_name)


def _anomalies(
    mail: facts.Mail, named: dict[bytes, list[Field]], header: Header, octets: bytes
) -> set[str]:
    """Words of HeaderAnomalies, but for those found while reading values."""
    repeated = len(named) < len(header.fields)
    signs = {
        "several_from": len(named.get(b"from", ())) > 1 or len(mail.header.from_) > 1,
        "no_from": b"from" not in named,
        "repeated_field": repeated and any(len(named.get(name, ())) > 1 for name in _ONCE),
        "not_a_field": bool(header.junk),
        "empty_message_id": b"message-id" in named and not mail.message_id,
        "nul": b"\0" in octets,
        "eight_bit": not octets.isascii(),
    }
    return {word for word, holds in signs.items() if holds}


def _is_line_end(octets: memoryview, at: int) -> bool:
    """Tell whether a line may be cut here: not after a byte order mark, not at a limit."""
    return at in {0, len(octets)} or octets[at - 1] == ord("\n")


def _foreign(header: memoryview, limit: int) -> Iterator[facts.ForeignField]:
    """The lines that only we may write, with those folded into them and their line ends.

    Each span begins with a line and ends with one, and no two have an octet in common.
    """
    lower = bytes(header).lower()
    if b"x-pratique-" not in lower and b"mime-ambiguity-results" not in lower:
        return
    at = count = 0
    while (found := _OURS.search(header, at)) is not None:
        if count == limit:
            raise OverBudget("header", f"more than {limit} fields that only we may write")
        count, at = count + 1, found.end()
        if header[found.start()] not in b" \t" and (folds := _FOLDS.match(header, at)):
            # Lines that look like ours among the folds are cut with the whole.
            at = folds.end()
        name = bytes(header[found.start(1) : found.end(1)][:NAME_OCTETS])
        shown = name.rstrip(b" \t").decode("ascii", "backslashreplace")
        yield facts.ForeignField(name=shown[:NAME_OCTETS], start=found.start(), end=at)
