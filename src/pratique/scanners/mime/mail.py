"""State the facts of the message's own header: who, when, about what, and what is wrong.

Nothing here refuses: what cannot be read is an anomaly, and what is too long is read
in part.  Whether the header as a whole is over a limit is told by the reader of MIME,
which reads the same octets.

The fields X-Pratique-... are ours.  A stranger's are cut out before delivery, by the
offsets stated here, so a line counts as one wherever some reader would take it for one:
with blanks before the name or the colon, with NULs in between, after a bare CR.
"""

import re
from collections.abc import Iterator

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
from pratique.scanners.text import to_text

# Most headers fit; a longer one is looked for in twice as much, and so on.
_WINDOW = 64 * 1024
_RELEASE = b"x-pratique-release"
_OURS = re.compile(
    rb"(?:\A|(?<=[\r\n]))[ \t\x00]*+("
    + rb"\x00*".join(re.escape(bytes([each])) for each in b"x-pratique-")
    + rb"[^\r\n:]*+):",
    re.IGNORECASE,
)
_FIELD_END = re.compile(rb"[^\r\n]*+(?:\r?\n[ \t][^\r\n]*+)*+(?:\r?\n|\r|\Z)")
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
    text, header, last = _read(octets, budget)
    mail = facts.Mail()
    wrong: set[str] = set()
    named: dict[bytes, list[Field]] = {}
    for each in header.fields:
        named.setdefault(each.name, []).append(each)
    _state_text(mail, named, wrong)
    for name, place in _ADDRESSES.items():
        mailboxes = list(_mailboxes(named.get(name, []), wrong))
        getattr(mail.header, place).extend(mailboxes)
    mail.received_count = len(named.get(b"received", []))
    wrong |= _anomalies(mail, named, header, text[header.start : last])
    mail.header_anomalies.extend(sorted(wrong))
    mail.foreign_fields.extend(_foreign(text, last, budget.limits.header_fields))
    releases = named.get(_RELEASE, [])
    if len(releases) == 1:
        mail.release_token = to_text(unfold(releases[0].value[:1000]))[0]
    return mail


def _read(octets: memoryview, budget: Budget) -> tuple[bytes, Header, int]:
    """The octets up to past the header, its fields, and where the last one ends."""
    size = _WINDOW
    while True:
        text = bytes(octets[:size])
        start = skip_before(text, 0, len(text))
        if b"\n" not in text and b"\r" in text:
            text = text.replace(b"\r", b"\n")
        last, body = find_end(text, start, len(text), len(text))
        if body < len(text) or size >= len(octets):
            break
        budget.check_clock()
        size *= 2
    if text.startswith((b"\r\n", b"\n"), start):
        return text, Header(start, start), start
    header = Header(start, body)
    limits = budget.limits
    read_fields(text, header, min(last, start + limits.header_octets), limits.header_fields)
    return text, header, last


def _state_text(mail: facts.Mail, named: dict[bytes, list[Field]], wrong: set[str]) -> None:
    """Subject, Message-ID and Date, each the first that stands there."""
    if subject := _first(named, b"subject"):
        mail.subject, bad = decode_words(subject)
        if bad:
            mail.raw_subject = subject
            wrong.add("bad_charset")
    message_id, bad = to_text(_first(named, b"message-id"))
    mail.message_id = message_id
    mail.date, worse = to_text(_first(named, b"date"))
    if bad or worse:
        wrong.add("bad_charset")


def _first(named: dict[bytes, list[Field]], name: bytes) -> bytes:
    found = named.get(name)
    return unfold(found[0].value[:FIELD_OCTETS]) if found else b""


def _mailboxes(found: list[Field], wrong: set[str]) -> Iterator[facts.Address]:
    """The mailboxes of all fields of one name; the limit of one field holds for all."""
    value = b",".join(each.value.strip(b"\r\n") for each in found)
    mailboxes, cut = split(value)
    if cut:
        wrong.add("address_list_cut")
    if any(each.bad for each in mailboxes):
        wrong.add("bad_charset")
    return map(_address, mailboxes)


def _address(mailbox: Mailbox) -> facts.Address:
    return facts.Address(
        address=mailbox.address,
        domain=mailbox.domain,
        display_name=mailbox.display_name,
        raw_display_name=mailbox.raw_display_name,
    )


def _anomalies(
    mail: facts.Mail, named: dict[bytes, list[Field]], header: Header, octets: bytes
) -> set[str]:
    """Words of HeaderAnomalies, but for those found while reading values."""
    signs = {
        "several_from": len(named.get(b"from", [])) > 1 or len(mail.header.from_) > 1,
        "no_from": b"from" not in named,
        "repeated_field": any(len(found) > 1 for name, found in named.items() if name in _ONCE),
        "not_a_field": bool(header.junk),
        "nul": b"\0" in octets,
        "eight_bit": not octets.isascii(),
    }
    return {word for word, holds in signs.items() if holds}


def _foreign(text: bytes, last: int, limit: int) -> Iterator[facts.ForeignField]:
    """The fields that only we may write, with their folded lines and their line ends."""
    if b"pratique" not in text[:last].translate(None, b"\0").lower():
        return
    for count, found in enumerate(_OURS.finditer(text, 0, last)):
        if count == limit:
            raise OverBudget("header", f"more than {limit} fields that only we may write")
        field_end = _FIELD_END.match(text, found.end())
        end = field_end.end() if field_end is not None else found.end()
        name = found[1].replace(b"\0", b"").rstrip(b" \t")
        yield facts.ForeignField(name=to_text(name)[0], start=found.start(), end=end)
