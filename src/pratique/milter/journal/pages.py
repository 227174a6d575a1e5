"""Read the records of a day file by pages: a page is fetched, and nothing is kept open.

While a read transaction lasts, the writer's log cannot be written back and grows.  So each
page has a connection of its own, which is closed before the first of its records is looked
at; whatever a replay does with them, no writer waits for it.  A page begins after the last
number of the one before (keyset), so what is written meanwhile moves nothing.

Where a page cannot be read, its records are read one by one, so that a damaged place in a
file costs what stands there and no more.  What cannot be read is named.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pratique.milter.journal.glance import Row
from pratique.milter.journal.reading import PAGE, opened
from pratique.milter.stores.day_folder import code_of

# A file of a day at ten thousand messages a second has no more; a number above this is damage.
MOST_NUMBERS = 1_000_000_000

_ROWS = (
    "SELECT number, queue_id, received_at, policy, facts_format, record FROM message"
    " WHERE number > :after AND number <= :last AND (received_at >= :since AND"
    # Text as every record of ours has it; what is none must not be passed over in silence.
    " received_at < :until OR received_at NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-*')"
    " ORDER BY number LIMIT :most"
)
_SPAN = "SELECT min(number), max(number) FROM message"

_TROUBLE = (sqlite3.Error, OSError, ValueError)

# What may be wrong with one place of a file, and the next is well.
_LOCAL = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_IOERR)


@dataclass(frozen=True, slots=True)
class Window:
    """Days of UTC, both included; records of other days are passed over."""

    since: date = date.min
    until: date = date.max

    def __contains__(self, day: date) -> bool:
        return self.since <= day <= self.until

    def texts(self) -> dict[str, str]:
        """Bounds for SQLite, a day wider: a time may have another zone."""
        day = timedelta(days=1)
        since = self.since - day if self.since > date.min else self.since
        until = self.until + 2 * day if self.until < date.max - 2 * day else date.max
        return {"since": since.isoformat(), "until": f"{until.isoformat()}~"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Records of a file: those after a number, up to a last one."""

    path: Path
    after: int
    last: int


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read, and why."""

    where: str
    why: str


def span_of(path: Path) -> tuple[int, int] | None:
    """The first and the last number in a file; None where it has no record.

    Raises sqlite3.Error, OSError or ValueError.
    """
    with opened(path) as connection:
        if connection is None:
            return None
        first, last = connection.execute(_SPAN).fetchone()
    if first is None:
        return None
    if not -MOST_NUMBERS < first <= last < MOST_NUMBERS:
        raise ValueError(f"its records are numbered {first} to {last}: that is damage")
    return first, last


def pages_of(
    stretch: Stretch, window: Window, unread: list[Unread], most: int = PAGE
) -> Iterator[list[Row]]:
    """The records of a stretch that may be of these days, by pages; adds to `unread`."""
    after = stretch.after
    while after < stretch.last:
        asked = Stretch(stretch.path, after, stretch.last)
        try:
            rows = _fetched(asked, window, most)
        except _TROUBLE as error:
            if not stretch.path.exists():
                unread.append(_gone(asked))
                return
            asked = Stretch(stretch.path, after, min(after + most, stretch.last))
            if isinstance(error, sqlite3.Error) and code_of(error) in _LOCAL:
                yield _one_by_one(asked, window, unread, error)
            else:
                unread.append(Unread(_named(asked), _in_words(error)))
            after = asked.last
            continue
        yield rows
        if len(rows) < most:
            return
        after = rows[-1].number


def _fetched(asked: Stretch, window: Window, most: int) -> list[Row]:
    values = window.texts() | {"after": asked.after, "last": asked.last, "most": most}
    with opened(asked.path) as connection:
        if connection is None:
            return []
        return list(map(Row._make, connection.execute(_ROWS, values)))


def _one_by_one(page: Stretch, window: Window, unread: list[Unread], first: Exception) -> list[Row]:
    """What can be read of a page; the rest is named, neighbours together."""
    rows: list[Row] = []
    lost: list[tuple[int, int]] = []
    for number in range(page.after, page.last):
        try:
            rows += _fetched(Stretch(page.path, number, number + 1), window, 1)
        except _TROUBLE:
            begun = lost.pop()[0] if lost and lost[-1][1] == number else number
            lost.append((begun, number + 1))
    why = _in_words(first)
    for after, last in lost:
        unread.append(Unread(_named(Stretch(page.path, after, last)), why))
    return rows


def _named(stretch: Stretch) -> str:
    first, last = stretch.after + 1, stretch.last
    numbers = f"record {first}" if first == last else f"records {first} to {last}"
    return f"{stretch.path.name}, {numbers}"


def _gone(stretch: Stretch) -> Unread:
    return Unread(_named(stretch), "the file was removed while it was read")


def _in_words(error: Exception) -> str:
    if isinstance(error, sqlite3.Error) and code_of(error):
        return f"{error} ({error.sqlite_errorname})"
    return str(error)
