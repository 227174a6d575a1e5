"""Find what only our mail had in what a bounce brings back, and check it against the case.

Each piece says whose message it was and when: the ledger by its row, a mark by what its MAC
covers, a tag by the address that carries it, a signature by the fields that it signs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pratique.milter.lookups.bounces.case import (
    FAILED,
    MARKS,
    MESSAGE_IDS,
    RECIPIENTS,
    Case,
)
from pratique.milter.lookups.bounces.proof import AGE, OWNER, RECIPIENT, Found
from pratique.milter.sent import batv, names, watermark
from pratique.milter.sent.day import date_of, day_of
from pratique.milter.sent.keys import Keys
from pratique.milter.sent.ledger import Ledger, Sent
from pratique.scanners import facts_pb2 as facts

# Two clocks may differ, and a Date may not say its zone.
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Made:
    """The marks and tags that were found, and why one that bears our name is not ours."""

    found: tuple[Found, ...] = ()
    bad: str = ""


async def in_ledger(case: Case, ledger: Ledger, window: timedelta) -> list[Found]:
    """Find messages of ours whose Message-ID the bounce returns."""
    found: list[Found] = []
    for written in case.returned.message_ids[:MESSAGE_IDS]:
        sent = await ledger.by_message_id(written, case.owner) if case.owner else None
        if sent is not None:
            found.append(_of_row(case, sent, ledger, window))
        elif await ledger.by_message_id(written) is not None:
            found.append(Found("sent_message", written, written, fault=OWNER))
    return found


def _of_row(case: Case, sent: Sent, ledger: Ledger, window: timedelta) -> Found:
    one = Found("sent_message", f"<{sent.message_id}>", sent.message_id, len(sent.recipients))
    if why := _untimely(sent.sent_at, case.at, window):
        return replace(one, detail=why, fault=AGE)
    # A forger who knows the Message-ID alone, as answers quote it, cannot say whom it went to.
    hashes = map(ledger.hashed, case.named)
    whom = next((told for told in hashes if told in sent.recipients), "")
    return replace(one, whom=whom, fault="" if whom else RECIPIENT)


def _untimely(sent_at: datetime, at: datetime, window: timedelta) -> str:
    age = at - sent_at.astimezone(UTC)
    if age > window:
        return f"sent {age.days} days ago"
    return "sent after it was bounced" if age < -_AHEAD else ""


def by_watermark(case: Case, keys: Keys, known: list[Found]) -> Made:
    """Find marks of ours; `known` is what the ledger has of the same messages."""
    found: list[Found] = []
    bad, today, owner = "", day_of(case.at), case.owner
    if not owner:
        # An empty owner would match the marks of our own bounces, whose reverse-path is null;
        # nobody is told when one of those is lost.
        return Made()
    for text in case.returned.watermarks[:MARKS]:
        for message_id in case.returned.message_ids[:MESSAGE_IDS]:
            verdict = watermark.verify(keys, text, message_id, owner, today)
            if verdict.state == "valid":
                found.append(_marked(message_id, verdict, known))
            elif verdict.state == "expired":
                when = f"marked on {date_of(verdict.day)}"
                found.append(Found("watermark", when, verdict.proof, fault=AGE))
            elif verdict.state == "bad":
                bad = "a watermark that our keys did not make for this message"
    return Made(tuple(found), "" if found else bad)


def _marked(message_id: str, verdict: watermark.Verdict, known: list[Found]) -> Found:
    """Take the recipients from the ledger where it has the message; a mark does not know them."""
    row = next((one for one in known if one.key == names.message_id(message_id)), None)
    one = Found("watermark", f"marked on {date_of(verdict.day)}", verdict.proof)
    if row is None:
        return one
    return replace(one, recipients=row.recipients, whom=row.whom, fault=row.fault)


def by_tag(case: Case, keys: Keys) -> Made:
    """Find the tag in the address that the bounce came to."""
    untagged = batv.untag(keys, case.owner, day_of(case.at))
    if untagged.state == "bad":
        return Made(bad="a tag that our keys did not make for this address")
    if untagged.state not in {"ours", "expired"}:
        return Made()
    fault = AGE if untagged.state == "expired" else ""
    detail = "its tag has expired" if fault else f"tag of {untagged.address}"
    return Made((Found("tagged_address", detail, untagged.proof, fault=fault),))


def signed(case: Case, signature: facts.Signature, window: timedelta) -> Found:
    """Return what a verified signature of ours proves: whom it names, if it signs that."""
    returned, fault = case.returned, ""
    recipients = frozenset(_named(returned.recipients[:RECIPIENTS]))
    whom = next((one for one in _named(returned.failed[:FAILED]) if one in recipients), "")
    if case.owner not in map(names.address, returned.authors):
        fault = OWNER
    elif "to" not in signature.fields or not whom:
        fault = RECIPIENT
    detail, age = signature.domain, _age(case, signature, window)
    return Found(
        "own_signature",
        age or detail,
        f"dkim {signature.domain} {signature.value[:32].hex()}",
        len(recipients),
        whom,
        fault or (AGE if age else ""),
    )


def _named(listed: Iterable[str]) -> Iterator[str]:
    return (one for address in listed if (one := names.address(address)))


def _age(case: Case, signature: facts.Signature, window: timedelta) -> str:
    """Say why it was not signed in time, by t= or a signed Date; an unknown time is too old."""
    if signature.HasField("signed_at"):
        return _untimely(signature.signed_at.ToDatetime(UTC), case.at, window)
    if case.returned.HasField("date") and "date" in signature.fields:
        return _untimely(case.returned.date.ToDatetime(UTC), case.at, window)
    return "signed nobody knows when"
