"""Say one thing about the wiring: how it stands, what is so, and what to do about it."""

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
    """One thing; `do` is the remedy, or why it could not be looked at."""

    state: State
    what: str
    do: str = ""


def ok(what: str) -> Line:
    """As it should be."""
    return Line("ok", what)


def warning(what: str, do: str) -> Line:
    """Mail passes, and is looked at; but somebody should know."""
    return Line("warning", what, do)


def wrong(what: str, do: str) -> Line:
    """Mail is lost, bounced, stopped, or not looked at."""
    return Line("wrong", what, do)


def unseen(what: str, why: str) -> Line:
    """Nobody knows."""
    return Line("not looked at", what, why)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """What is looked at, and by which clock."""

    settings: Settings
    # Who the service runs as.
    user: User
    # None: where Postfix itself looks.
    postfix: Path | None = None
    # The configuration; None: the built-in defaults hold.
    config: Path | None = None
    clamd_conf: Path = Path("/etc/clamav/clamd.conf")
    now: Callable[[], datetime] = field(default=_utc_now)

    @property
    def largest(self) -> int:
        """Octets of the largest message that is taken anywhere."""
        listeners = (one.max_size for one in self.settings.listeners)
        return max((*listeners, *(one.max_size for one in self.settings.milter)))


# Looks at one thing; what waits for somebody does so in a coroutine, a disk in a thread.
Look = Callable[[Case], Iterator[Line]] | Callable[[Case], AsyncIterator[Line]]


@dataclass(frozen=True, slots=True)
class Check:
    """One look, and the heading that its lines stand under."""

    concern: str
    look: Look
