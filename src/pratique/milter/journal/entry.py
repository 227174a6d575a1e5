"""Name what the journal keeps of one message: what came, what was seen, what was decided.

The facts are kept as the policy saw them (`danger.reduce`), so the same policy gives the
same verdicts from them again.
"""

from dataclasses import dataclass

from pratique.milter.mail import Envelope
from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Verdict
from pratique.scanners.facts_pb2 import Facts


@dataclass(frozen=True, slots=True)
class PolicyText:
    """The policy that decided: what it is called, its hash, its whole text."""

    name: str
    hash: str
    text: str


@dataclass(frozen=True, slots=True)
class Shadowed:
    """What a whole policy in the shadow would have decided: its hash, a verdict a recipient."""

    policy: str
    verdicts: tuple[Verdict, ...]


# Not frozen: that takes three times as long to make, and one is made of each message.
@dataclass(slots=True)
class Entry:
    """One message, when its reply is decided.  Whoever hands it over changes no facts later."""

    envelope: Envelope
    facts: Facts
    # One for each recipient; none if the message was never judged.
    verdicts: tuple[Verdict, ...]
    action: str
    rule: str
    # What came of the action (outcome.py).
    outcome: str
    reply: Reply
    milliseconds: float
    policy: PolicyText
    # The id of the copy in quarantine, where it is known.
    held_as: str = ""
    # What came of it for each recipient, where that differs.
    outcomes: tuple[str, ...] = ()
    # None: there is no such policy, or the message was never judged.
    shadowed: Shadowed | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry as it was read, and where it stands."""

    entry: Entry
    # The day file, and the number in it: entries of a day are numbered as they came.
    file: str
    number: int
    # "plain" or "hashed".
    privacy: str
