"""Let so many notices of one rule to one address through within an hour, and count the rest.

All doors share what is known here: it lies in a file beside the outbox, changed under its
lock.  It is not synced to the disk: after a power cut a count may be that of some seconds
before, and after a crash of a process it is right.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

HOUR = 3600
# Rules times addresses that are remembered at one time: more than an installation has.  Past
# it the one that was told longest ago is forgotten, with its count.
KINDS = 1000
# Who may be told how often within an hour is a hundred at most (sections/notices.py), and times
# of four hours are kept.
_MOST_AT = 400
# Seconds since 1970; what is past the year 9999 is damage, and no time that can be shown.
_LAST = 253_402_300_799

Kind = tuple[str, str]


@dataclass(slots=True)
class Told:
    """What is known of one rule and one address; seconds since 1970."""

    # When the last ones were told: two hours back, and two ahead.
    at: list[int] = field(default_factory=list)
    # How many were not, and since when.
    left_out: int = 0
    since: int = 0

    @property
    def last(self) -> int:
        """When anything of it came last."""
        return max((*self.at, self.since))


@dataclass(frozen=True, slots=True)
class Due:
    """A notice may go: how many went before that nobody was told of, and since when."""

    left_out: int
    since: int


class Rates:
    """What was told within the hour."""

    def __init__(self, kinds: dict[Kind, Told] | None = None) -> None:
        self._kinds = kinds or {}

    def due(self, kind: Kind, per_hour: int, now: int) -> Due | None:
        """Whether one more may go now; None: it is counted."""
        told = self._kinds.setdefault(kind, Told())
        # Messages end in another order than they came in, so what was told an hour before or
        # after counts.  A clock that went back by more must not silence anybody.
        told.at = [one for one in told.at if abs(one - now) < 2 * HOUR]
        if sum(abs(one - now) < HOUR for one in told.at) >= per_hour:
            told.since = told.since or now
            told.left_out += 1
            return None
        due = Due(told.left_out, told.since)
        told.at.append(now)
        told.left_out = told.since = 0
        self._bound()
        return due

    def take_back(self, kind: Kind, due: Due, now: int) -> None:
        """What was due could not be told: it is one that was left out."""
        told = self._kinds.setdefault(kind, Told())
        if now in told.at:
            told.at.remove(now)
        told.left_out += due.left_out + 1
        told.since = due.since or told.since or now

    def _bound(self) -> None:
        while len(self._kinds) > KINDS:
            del self._kinds[min(self._kinds, key=lambda kind: self._kinds[kind].last)]

    def dump(self) -> bytes:
        """As it lies in the file."""
        rows = [(*kind, one.at, one.left_out, one.since) for kind, one in self._kinds.items()]
        return json.dumps({"format": 1, "kinds": rows}).encode("ascii")


def load(octets: bytes) -> Rates:
    """What lay in the file.  Raises ValueError if that is nothing of ours."""
    try:
        found = json.loads(octets)
    except RecursionError as error:
        raise ValueError("not as it was written") from error
    if not isinstance(found, dict) or found.get("format") != 1:
        raise ValueError("of another format")
    try:
        return Rates(dict(map(_row, found["kinds"])))
    except (TypeError, KeyError, OverflowError) as error:
        raise ValueError("not as it was written") from error


def _row(row: tuple[str, str, Iterable[int], int, int]) -> tuple[Kind, Told]:
    rule, address, at, left_out, since = row
    told = Told([int(one) for one in at], int(left_out), int(since))
    if len(told.at) > _MOST_AT or told.left_out < 0 or not 0 <= told.since <= _LAST:
        raise ValueError("not as it was written")
    return (str(rule), str(address)), told
