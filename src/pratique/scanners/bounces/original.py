"""State what a bounce says of the message that it answers, for whoever knows what we sent.

Message-IDs, marks of ours and addresses are looked for wherever servers put them (quoted.py).
The rest is of the returned header, the first that is one: when it was sent, by whom and to
whom, which hosts took it, and what its DKIM signatures sign.  A signature covers the body by
its hash alone, which stands in the signed field: so the header can be verified where nothing
of the body was returned.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.bounces import dates, quoted
from pratique.scanners.bounces.outermost import Outermost
from pratique.scanners.bounces.outline import HEAD_OCTETS, Outline
from pratique.scanners.bounces.returned import FIELDS, is_header
from pratique.scanners.dkim.header_hash import Fields
from pratique.scanners.dkim.signatures import DKIM, read_signing
from pratique.scanners.mime.addresses import split
from pratique.scanners.mime.header import Header, read_fields, skip_before, unfold
from pratique.scanners.report import EVIDENCE_DETAIL, shorten
from pratique.scanners.text import to_text

# A mail has one author; which one it was is compared with the recipient of the bounce.
AUTHORS = 5
# Whoever fails is one of them; of a larger list the ledger knows all.
RECIPIENTS = 50
# A message passes five hosts; more than 50 is a loop.
HOSTS = 20
# We sign once or twice, and a key costs a question.
SIGNATURES = 4
# Of a field as much as any of these needs.
_OCTETS = 8 * 1024
# RFC 5321 4.5.3.1.3, and RFC 1035 2.3.4.
_ADDRESS, _HOST = 320, 253
# RFC 5321 4.4: "by" and a domain or an address literal.
_BY = re.compile(rb"(?:^|[\s)])by\s{1,8}\[?([A-Za-z0-9._:-]{1,253})")
_REPORTER = re.compile(r"[\w.-]{1,253}\Z")
# Who wrote it, to whom, and when.
_SAYS = (b"from", b"to", b"cc", b"date")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(outline: Outline, outermost: Outermost, roots: list[int], own: set[str]) -> facts.Returned:
    """What it says; `roots` are the returned parts, `own` the bounce's own addresses."""
    ids = _short(quoted.message_ids(outline, outermost, roots), EVIDENCE_DETAIL)
    failed = _short(quoted.failed_recipients(outline, outermost, own), _ADDRESS)
    stated = facts.Returned(
        message_ids=ids,
        watermarks=quoted.watermarks(outline, roots),
        # In a text a Message-ID looks like an address.
        failed=[one for one in failed if f"<{one}>" not in ids],
        reporter=_reporter(quoted.reporters(outline)),
    )
    heads = (outline.heads[one] for one in roots if one in outline.heads)
    head = next((one for one in heads if is_header(one)), None)
    if head is not None:
        _state_header(stated, head if b"\n" in head else head.replace(b"\r", b"\n"))
    return stated


def answered(outermost: Outermost) -> facts.Returned | None:
    """What a report of another sort answers: only the fields of its own header say so."""
    found = [to_text(one)[0] for one in islice(quoted.answered(outermost), quoted.MESSAGE_IDS)]
    named = [one if one.startswith("<") else f"<{one}>" for one in found]
    unique = _short(dict.fromkeys(named), EVIDENCE_DETAIL)
    return facts.Returned(message_ids=unique) if unique else None


def _short(texts: Iterable[str], most: int) -> list[str]:
    return [shorten(text, most) for text in texts]


def _reporter(written: str) -> str:
    """RFC 3464 2.1.2: "dns; host"."""
    found = _REPORTER.fullmatch(written.rpartition(";")[2].strip().rstrip(".").lower())
    return found[0] if found is not None else ""


def _state_header(stated: facts.Returned, head: bytes) -> None:
    start = skip_before(head, 0, len(head))
    header = Header(start, len(head))
    ends = (head.find(mark, start) for mark in (b"\n\r\n", b"\n\n"))
    end = min((at for at in ends if at > 0), default=-1)
    read_fields(head, header, len(head) if end < 0 else end + 1, FIELDS)
    named: dict[bytes, list[bytes]] = {}
    for each in header.fields:
        named.setdefault(each.name, []).append(unfold(each.value[:_OCTETS]))
    _state_odd_id(stated, named.get(b"message-id", [b""])[0])
    stated.header_fields = len(header.fields)
    moment = dates.read(to_text(named.get(b"date", [b""])[0])[0])
    if moment is not None and moment >= _EPOCH:
        stated.date.FromDatetime(moment)
    stated.authors.extend(islice(_addresses(named, b"from"), AUTHORS))
    stated.recipients.extend(islice(_addresses(named, b"to", b"cc"), RECIPIENTS))
    stated.received_by.extend(islice(_hosts(named.get(b"received", [])), HOSTS))
    # One that is cut off is not the one that was signed; and of two fields nobody knows which.
    if (end >= 0 or len(head) < HEAD_OCTETS) and all(len(named.get(one, ())) < 2 for one in _SAYS):
        stated.signatures.extend(_signatures(head, header, {*_SAYS} & named.keys()))


def _state_odd_id(stated: facts.Returned, value: bytes) -> None:
    """A Message-ID that is none by RFC 5322 3.6.4 (a number, say) is what it was sent with."""
    if not value.strip(b" \t<>") or quoted.has_id(value):
        return
    written = to_text(b"".join(value.split()))[0]
    named = written if written.startswith("<") else f"<{written}>"
    others = [one for one in stated.message_ids if one != named]
    stated.message_ids[:] = [shorten(named, EVIDENCE_DETAIL), *others][: quoted.MESSAGE_IDS]


def _addresses(named: dict[bytes, list[bytes]], *names: bytes) -> Iterator[str]:
    for name in names:
        for value in named.get(name, ())[:1]:
            for each in split(value)[0]:
                if "@" in each.address:
                    yield shorten(each.address, _ADDRESS)


def _hosts(received: list[bytes]) -> Iterator[str]:
    for value in received:
        if (found := _BY.search(value)) is not None:
            yield to_text(found[1].strip(b".").lower())[0][:_HOST]


def _signatures(head: bytes, header: Header, said: set[bytes]) -> Iterator[facts.Signature]:
    """The topmost signatures, with the hash of what each signs; `said` are fields that say who.

    One that does not cover these says nothing of them, and is left out.
    """
    if not any(each.name == b"dkim-signature" for each in header.fields):
        return
    fields = Fields((each.name, head[each.start : each.end]) for each in header.fields)
    for place in fields.named(b"dkim-signature")[:SIGNATURES]:
        written = fields.all[place]
        one = read_signing(DKIM, written.octets[written.body :], place)
        if not said.issubset(one.names):
            continue
        if not one.stated.problem:
            one.stated.signed_sha256 = fields.digest(
                one.names, one.place, one.header_form, one.hole
            )
        yield one.stated
