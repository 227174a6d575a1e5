"""Keep which policy came in force when: a line a change, oldest first.

The order of the lines is the truth, and their times are what the clock said: one that was
wrong for a day makes a line with a wrong time, and no other order.  A start with the policy
that was in force before changes nothing, so it has no line.  A line that cannot be read is
left out and told; the others stand.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pratique.milter.durable import Disk

log = logging.getLogger(__name__)

Role = Literal["enforce", "shadow"]
Why = Literal["start", "reload"]

# A change an hour for a year; at 250 octets a line the file has 2 MB then.
MOST_LINES = 8760
# What is read of it at most: all these lines, with names of a path's greatest length.
_MOST_OCTETS = 64 * 1024 * 1024

NAME = "history"


@dataclass(frozen=True, slots=True)
class Came:
    """A policy came in force, or beside the one in force, in the shadow."""

    # In UTC, by the clock at that time.
    since: datetime
    # Empty with the role "shadow": from then on there was none.
    hash: str
    name: str
    why: Why
    role: Role = "enforce"
    rules: int = 0
    tests: int = 0

    def written(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {**asdict(self), "since": self.since.isoformat()}


def read(folder: Path) -> tuple[Came, ...]:
    """All that came, oldest first.  Raises OSError; where there is no file it is nothing."""
    came = [_came(line) for line in _lines(folder)]
    if None in came:
        text = "%s: %d lines are damaged, and left out"
        log.warning(text, folder / NAME, came.count(None))
    return tuple(one for one in came if one is not None)


def add(folder: Path, disk: Disk, one: Came) -> None:
    """Add what comes, unless it is there already.  One writer at a time.  Raises OSError."""
    before = read(folder)
    last = last_of(before, one.role)
    if (last.hash, last.name) == (one.hash, one.name) if last else not one.hash:
        return
    # Damaged ones too: somebody may still read something in them.
    lines = (*_lines(folder), json.dumps(one.written()).encode("ascii"))[-MOST_LINES:]
    disk.replace_file(folder / NAME, b"".join(line + b"\n" for line in lines))


def last_of(came: Sequence[Came], role: Role) -> Came | None:
    """What came last in this role."""
    return next((one for one in reversed(came) if one.role == role), None)


def _lines(folder: Path) -> list[bytes]:
    try:
        with (folder / NAME).open("rb") as file:
            return file.read(_MOST_OCTETS).splitlines()
    except FileNotFoundError:
        return []


def _came(line: bytes) -> Came | None:
    try:
        said = json.loads(line)
        one = Came(
            since=datetime.fromisoformat(said["since"]),
            hash=str(said["hash"]),
            name=str(said["name"]),
            why=said["why"],
            role=said["role"],
            rules=int(said["rules"]),
            tests=int(said["tests"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    known = one.why in ("start", "reload") and one.role in ("enforce", "shadow")
    return one if known and one.since.utcoffset() is not None else None
