"""Decide which of what was found proves that a bounce answers a message of ours.  Pure.

A proof is something that only our mail had: its Message-ID, which the ledger knows; a mark or
a tag, which only our keys make; a signature of ours.  It holds if the address that the bounce
came to sent the message, if the address that the bounce names was one of its recipients, and if
it is not too old.

Anybody who has received a mail of ours has all of that.  So uses are counted: a message to
three people is bounced three times, and some servers report twice.  And each of ten thousand
recipients knows at least one recipient, so uses are counted per recipient too.  A proof that
was used more often is being replayed, and proves nothing any more; it is as weak as the evidence
that we once wrote to an address.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pratique.scanners import facts_pb2 as facts

# Nats, as in scanners/bounces/evidence.py, where they were measured; positive speaks for a
# genuine bounce.  A mark of 128 bits is as good as certain; a tag of 24 bits, and a signature that
# does not name whom the message was sent to, are a little less.
WEIGHTS = {
    "sent_message": 10.0,
    "watermark": 10.0,
    "tagged_address": 8.0,
    "own_signature": 8.0,
    "sent_recipient": 3.0,
    "mark_missing": -3.0,
    "mark_bad": -5.0,
    "own_reporter": -5.0,
    "never_ours": -2.0,
    "several_recipients": -4.0,
    "too_old": -1.0,
    "replayed": 0.0,
    # Three of 821 genuine bounces had nothing to be found by: ln(3 / 821).
    "never_sent": -5.6,
}
WEAK = 3.0
# Beyond one per recipient: a warning of delay each day, and servers that bounce twice.
MORE_USES = 5

# Why something proves nothing.
OWNER, RECIPIENT, AGE = "owner", "recipient", "age"


@dataclass(frozen=True, slots=True)
class Found:
    """Something that only our mail had."""

    # A word of EvidenceKinds.
    kind: str
    detail: str
    # What all its uses are counted by.
    key: str
    # The message's number of recipients, as far as is known.
    recipients: int = 1
    # Which recipient it is about, where that is known; in the form that is counted.
    whom: str = ""
    # Why it proves nothing; empty if it does.
    fault: str = ""

    @property
    def limits(self) -> tuple[tuple[str, int], ...]:
        """What its uses are counted by, each with the most that there may be."""
        whole = self.key, MORE_USES + max(self.recipients, 1)
        if not self.whom or self.recipients <= 1:
            return (whole,)
        return whole, (f"{self.key} {self.whom}", MORE_USES + 1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a bounce."""

    verified: bool
    evidence: tuple[facts.Evidence, ...]


def weigh(kind: str, detail: str = "", weight: float | None = None) -> facts.Evidence:
    """One piece of evidence."""
    return facts.Evidence(
        kind=kind, weight=WEIGHTS[kind] if weight is None else weight, detail=detail
    )


def judge(found: Iterable[tuple[Found, Sequence[int]]]) -> Verdict:
    """Judge what was found, each with its uses (this one included) in the order of its limits."""
    verified, evidence = False, list[facts.Evidence]()
    for one, uses in found:
        if one.fault == AGE:
            evidence.append(weigh("too_old", one.detail))
        elif not one.fault and not (many := _too_many(one, uses)):
            verified = True
            evidence.append(weigh(one.kind, one.detail))
        elif not one.fault:
            evidence.append(weigh(one.kind, one.detail, WEAK))
            evidence.append(weigh("replayed", many))
    return Verdict(verified, _once(evidence))


def _too_many(one: Found, uses: Sequence[int]) -> str:
    """Return what is replayed; empty for nothing."""
    for (_, most), count in zip(one.limits, uses, strict=True):
        if count > most:
            return f"{one.kind} was used {count} times, at most {most} can be true"
    return ""


def _once(evidence: list[facts.Evidence]) -> tuple[facts.Evidence, ...]:
    """Keep each kind once: a second Message-ID of ours proves no more than the first."""
    kept: dict[str, facts.Evidence] = {}
    for one in evidence:
        if one.kind not in kept or kept[one.kind].weight < one.weight:
            kept[one.kind] = one
    return tuple(kept.values())
