"""Say what was decided about a message for one recipient, and by which rule.

A verdict is the policy's last word and a plain value: the same facts and the
same policy give the same verdict.  How a door carries it out is `milter/actions.py`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """The final actions, mildest first; `severity` is the place in this list."""

    ACCEPT = "accept"
    REDIRECT = "redirect"
    DEFER = "defer"
    REJECT = "reject"
    DISCARD = "discard"
    QUARANTINE = "quarantine"

    @property
    def severity(self) -> int:
        """Rank for "the most severe of the recipients' actions" (0 is accept)."""
        return _SEVERITIES[self]

    @property
    def leaves(self) -> bool:
        """True if the message goes on, to its recipient or to another address."""
        return self in _LEAVING

    @property
    def is_kept(self) -> bool:
        """True if the message may be read, now or one day: it goes on, or is held."""
        return self in _KEPT


_SEVERITIES = {action: place for place, action in enumerate(Action)}
_LEAVING = frozenset({Action.ACCEPT, Action.REDIRECT})
_KEPT = _LEAVING | {Action.QUARANTINE}


@dataclass(frozen=True, slots=True)
class HeaderField:
    """A header field to add: printable ASCII, no line ends, at most 900 octets."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Note:
    """A rule that held and only makes a note."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a message that is delivered: `strip` or `rebuild`, and which rule orders it."""

    action: str
    rule: str
    reason: str
    # What `strip` takes out: ids of parts.
    parts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """An address of ours to notify, and the rule that orders it."""

    # One of the addresses that the configuration allows.
    address: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shadow:
    """A rule in the shadow that held: what it would have ordered, had it been in force."""

    rule: str
    # A final action, or "note".
    action: str
    reason: str
    # Why its condition has no answer; the message would have been held.
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy decided for one recipient."""

    action: Action
    rule: str
    reason: str
    add_header: tuple[HeaderField, ...] = ()
    notes: tuple[Note, ...] = ()
    # Conditions that could not be evaluated, in words; not empty means held.
    failures: tuple[str, ...] = ()
    # Only where it is accepted: what is not delivered is not changed.
    edits: tuple[Edit, ...] = ()
    # The reply to the client, beginning with an enhanced status code (RFC 3463); empty: the usual.
    reply: str = ""
    # Where it goes instead of to the recipient; only with Action.REDIRECT.
    redirect: str = ""
    notices: tuple[Notice, ...] = ()
    # In the order of the rules; none of them changes anything above.
    shadows: tuple[Shadow, ...] = ()
