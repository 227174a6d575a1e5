"""Find entries by an id, or read a day from its beginning to its end.

Files are opened read-only, whether the service runs or not; nothing is mended and nothing
made.  A file or a record that cannot be read is named, and the others are read.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from pratique.milter.journal.day_file import FORMAT
from pratique.milter.journal.entry import Kept, PolicyText
from pratique.milter.journal.record import FACTS_FORMAT, as_key, decode
from pratique.milter.stores.day_folder import code_of
from pratique.milter.stores.days import files_in, with_ending

# A person reads the newest of them; the rest is counted.
MOST = 10

# Rows of one transaction: while it is open the writer's log cannot be written back.
PAGE = 500

_ROWS = (
    "SELECT number, facts_format, record, message.policy, policy.name, policy.text FROM message"
    " LEFT JOIN policy ON policy.hash = message.policy "
)
_BY_ID = (
    "WHERE queue_id = :id OR (mta_id <> '' AND mta_id = :id) OR (held_as <> '' AND held_as = :id)"
)
_FIND = f"{_ROWS} {_BY_ID} ORDER BY number DESC LIMIT :most"
_COUNT = f"SELECT count(*) FROM message {_BY_ID}"  # noqa: S608 - texts of ours alone
_NEXT = f"{_ROWS} WHERE number > :after ORDER BY number LIMIT :most"

# Octets of a file of SQLite in which there is nothing (https://sqlite.org/fileformat2.html 1.3.2).
_LEAST_PAGE = 512

_TROUBLE = (sqlite3.Error, OSError, ValueError)


@dataclass(slots=True)
class Found:
    """What was found, newest first, and where was looked."""

    entries: list[Kept] = field(default_factory=list)
    # Further entries that match, and are not among these.
    more: int = 0
    # The days that there are files of, newest first.
    days: list[date] = field(default_factory=list)
    # What could not be read: a file or a record, and why.
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def find(folder: Path, wanted: str, most: int = MOST) -> Found:
    """All that is kept of an id: ours, the mail server's, or that of a held message.

    A journal that was never written is one without days.
    """
    found, count = Found(), 0
    try:
        files = files_in(folder)
    except FileNotFoundError:
        return found
    found.days = list(dict.fromkeys(one.day for one in files))
    for one in files:
        try:
            count += _find_in(one.path, as_key(wanted), most, found)
        except _TROUBLE as error:
            found.unreadable.append((one.path.name, str(error)))
    found.entries.sort(key=lambda kept: kept.entry.envelope.received_at, reverse=True)
    del found.entries[most:]
    found.more = count - len(found.entries)
    return found


def entries_of(path: Path, after: int = 0, page: int = PAGE) -> Iterator[Kept]:
    """All entries of a day file as they came, those after a number.

    Each page is a transaction of its own.  Raises sqlite3.Error, OSError or ValueError.
    """
    while True:
        with opened(path) as connection:
            if connection is None:
                return
            rows = connection.execute(_NEXT, {"after": after, "most": page}).fetchall()
        for row in rows:
            kept = _kept(path, row)
            yield kept
            after = kept.number
        if len(rows) < page:
            return


def _find_in(path: Path, wanted: str, most: int, found: Found) -> int:
    """Add what a file has of an id; says how many there are that could be read."""
    asked = {"id": wanted, "most": most}
    with opened(path) as connection:
        if connection is None:
            return 0
        (count,) = connection.execute(_COUNT, asked).fetchone()
        for row in connection.execute(_FIND, asked):
            try:
                found.entries.append(_kept(path, row))
            except ValueError as error:
                count -= 1
                found.unreadable.append((f"{path.name}, record {row[0]}", str(error)))
    return int(count)


def _kept(path: Path, row: tuple[int, int, bytes, str, str | None, str | None]) -> Kept:
    number, facts_format, record, digest, name, text = row
    if facts_format != FACTS_FORMAT:
        raise ValueError(f"facts of format {facts_format}, and this version reads {FACTS_FORMAT}")
    policy = PolicyText(name or "", digest, text or "")
    # A column of SQLite takes any type, whatever the layout says.
    if not all(isinstance(one, str) for one in (policy.name, policy.hash, policy.text)):
        raise ValueError("not a policy: its name, hash or text is no text")
    entry, privacy = decode(record, policy)
    return Kept(entry, path.name, number, privacy)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection | None]:
    """The file, to be read; None for one that is being made, and has nothing in it yet.

    Raises sqlite3.Error, OSError or ValueError.
    """
    connection = _connect(path)
    # Text that is no UTF-8 is damage of one record, and must not hide the others.
    connection.text_factory = partial(str, encoding="utf-8", errors="backslashreplace")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        # A few octets are a file of somebody's, which SQLite takes for an empty one.
        is_made = version or tables or 0 < path.stat().st_size < _LEAST_PAGE
        if is_made and version != FORMAT:
            raise ValueError(f"layout {version}, and this version reads {FORMAT}")
        yield connection if is_made else None
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=1.0, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        # A user who may not write to the folder cannot make the index of the log.  If there is
        # no log nobody writes, and the file can be read as it lies there.
        unwritable = code_of(error) in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
        if not unwritable or with_ending(path, "-wal").exists():
            raise
        return sqlite3.connect(f"{uri}&immutable=1", uri=True, isolation_level=None)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
