"""Report one thing about the wiring: its state, what was found, and what to do about it."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pratique.milter.config import Settings
from pratique.milter.doctor.access import User

State = Literal["ok", "warning", "wrong", "not looked at"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing; `do` is the remedy, or why it could not be checked."""

    state: State
    what: str
    do: str = ""


def ok(what: str) -> Line:
    """As it should be."""
    return Line("ok", what)


def warning(what: str, do: str) -> Line:
    """Mail passes, and is scanned; but the admin should know."""
    return Line("warning", what, do)


def wrong(what: str, do: str) -> Line:
    """Mail is lost, bounced, stopped, or not scanned."""
    return Line("wrong", what, do)


def unseen(what: str, why: str) -> Line:
    """It could not be checked."""
    return Line("not looked at", what, why)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """What is checked, and by which clock."""

    settings: Settings
    # The user that the service runs as.
    user: User
    # None: Postfix's own default.
    postfix: Path | None = None
    # The configuration; None: the built-in defaults hold.
    config: Path | None = None
    clamd_conf: Path = Path("/etc/clamav/clamd.conf")
    now: Callable[[], datetime] = field(default=_utc_now)

    @property
    def largest(self) -> int:
        """Return the octets of the largest message that any door takes."""
        listeners = (one.max_size for one in self.settings.listeners)
        return max((*listeners, *(one.max_size for one in self.settings.milter)))


# Checks one thing; what waits for a server does so in a coroutine, for a disk in a thread.
Look = Callable[[Case], Iterator[Line]] | Callable[[Case], AsyncIterator[Line]]


@dataclass(frozen=True, slots=True)
class Check:
    """One look, and the heading that its lines stand under."""

    concern: str
    look: Look
