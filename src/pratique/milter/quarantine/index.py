"""Make the quarantine fast to search, by a table that nothing depends on.

The folders are the truth.  The index answers two questions sooner: what is there to
list, and did an earlier try of this message leave a copy.  If it is locked, full or
damaged, mail is held all the same and nobody waits for it longer than `patience`:
what could not be written is logged and counted, and `list` mends it later, because it
compares each row's stamp with the folder.  A damaged file is kept aside and a new one
is filled from the folders.  What a process that was killed had put on the disk and not
here yet is added by the next one that begins, or the retry would find no earlier copy.

All writes of a process go through one thread, in batches, each batch one BEGIN
IMMEDIATE; reads run where they are asked for.  What is newly held is waited for before its
client hears of it: the retry of one whose reply was lost may come at once, and to another
process.  There is no fsync in that, and what waits together is one batch.  Once one waited
in vain, nobody waits until the writer is on its way again.
"""

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, inspect, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from pratique.milter.quarantine.schema import UnknownLayout, copies, engine_of, messages, migrate

log = logging.getLogger(__name__)

# Rows in one transaction: large enough that its cost vanishes, and well below the
# 32,766 variables of one SQLite statement (https://sqlite.org/limits.html).
BATCH = 500

# Rows that wait for the writer: some minutes of mail at any rate we reach.  Those
# beyond are dropped, which `list` mends.
WAITING = 10_000

# How often one batch waits for a lock that another process holds.
TRIES = 5

_TROUBLE = (SQLAlchemyError, sqlite3.Error, UnknownLayout, OSError)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


_FRESH = insert(messages)
_INSERT = _FRESH.on_conflict_do_update(index_elements=["id"], set_=dict(_FRESH.excluded))
_DELETE = delete(messages).where(messages.c.id == bindparam("gone"))
_INSERT_COPIES = insert(copies).on_conflict_do_nothing()
_DELETE_COPIES = delete(copies).where(copies.c.id == bindparam("gone"))


@dataclass(frozen=True, slots=True)
class Row:
    """What the index keeps of one message."""

    id: str
    stamp: str
    summary: str
    # A word for each recipient (record.py); written, and looked for by `copies` alone.
    same: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Gone:
    id: str


class _Order:
    """Something that one waits for: a rebuild, or only that all before it is done."""

    def __init__(self, *, rebuild: bool) -> None:
        self.rebuild = rebuild
        self.done = threading.Event()
        self.well = False


class Index:
    """The table, and the one thread that writes to it."""

    def __init__(
        self,
        path: Path,
        rows: Callable[[Container[str]], Iterator[Row]],
        clock: Callable[[], datetime],
        patience: float = 1.0,
    ) -> None:
        self._path = path
        # All that the folders have, but those of these ids.
        self._rows_but = rows
        self._clock = clock
        self._patience = patience
        self._engine = engine_of(path, patience)
        self._waiting: queue.Queue[Row | _Gone | _Order | None] = queue.Queue(WAITING)
        self._opened = threading.Event()
        # A reader met damage, and the writer will see to it.
        self._mending = threading.Event()
        # Somebody waited for the writer in vain.
        self._behind = threading.Event()
        # Writes and reads that failed, since the start.
        self.failures = 0
        self._thread = threading.Thread(target=self._write_all, name="index", daemon=True)
        self._thread.start()

    # What others ask.

    def put(self, row: Row) -> None:
        """Write a row soon.  Never waits."""
        self._offer(row)

    def put_at_once(self, row: Row) -> bool:
        """Write a row and wait for it; false if that failed or takes longer than `patience`."""
        if not self._offer(row) or self._behind.is_set():
            return False
        order = _Order(rebuild=False)
        well = self._wait(order, self._patience)
        if not order.done.is_set():
            self._behind.set()
        return well

    def drop(self, message_id: str) -> None:
        """Remove a row soon.  Never waits."""
        self._offer(_Gone(message_id))

    def rows(self, ids: Sequence[str]) -> dict[str, Row]:
        """The rows of these messages, as far as there are any."""
        return {row.id: row for row in self._asked(messages.c.id.in_(ids))}

    def copies(self, same: Sequence[str]) -> list[str]:
        """The ids of messages that are the same as one of these, newest first."""
        found: set[str] = set()
        for start in range(0, len(same), BATCH):
            wanted = copies.c.same.in_(same[start : start + BATCH])
            found.update(one for (one,) in self._ask(select(copies.c.id).where(wanted)))
        return sorted(found, reverse=True)

    def ids(self) -> set[str]:
        """The ids of all rows."""
        return {row.id for row in self._asked()}

    def flush(self, seconds: float = 10.0) -> bool:
        """Wait until all that was put is written; false if that takes too long."""
        return self._wait(_Order(rebuild=False), seconds)

    def rebuild(self, seconds: float) -> bool:
        """Fill the table from the folders; false if it failed or takes too long."""
        return self._wait(_Order(rebuild=True), seconds)

    def close(self, seconds: float = 10.0) -> None:
        """Write what is waiting, and end the thread; a second call does nothing."""
        if not self._thread.is_alive():
            return
        self.flush(seconds)
        self._waiting.put(None)
        self._thread.join(seconds)
        self._engine.dispose()

    def _wait(self, order: _Order, seconds: float) -> bool:
        if not self._thread.is_alive():
            return False
        return self._offer(order) and order.done.wait(seconds) and order.well

    def _offer(self, task: Row | _Gone | _Order) -> bool:
        try:
            self._waiting.put_nowait(task)
        except queue.Full:
            self._failed("too many rows wait for the writer")
            return False
        return True

    def _asked(self, *conditions: ColumnElement[bool]) -> list[Row]:
        found = self._ask(select(messages).where(*conditions))
        return [Row(message_id, stamp, summary) for message_id, stamp, summary in found]

    def _ask(self, question: Select[Any]) -> list[tuple[str, ...]]:
        # A retry that comes right after a start waits for the migration.
        self._opened.wait(self._patience)
        try:
            return self._read(question)
        except _TROUBLE as error:
            self._failed(error)
            if _code(error) in _DAMAGED and not self._mending.is_set():
                self._mending.set()
                self._offer(_Order(rebuild=True))
            return []

    def _read(self, question: Select[Any]) -> list[tuple[str, ...]]:
        with self._engine.connect() as connection:
            found = connection.execute(question)
            # One flipped bit makes a blob of a text; such a row is as good as none.
            return [tuple(row) for row in found if all(isinstance(one, str) for one in row)]

    def _failed(self, why: object) -> None:
        self.failures += 1
        log.error("quarantine index %s: %s", self._path, getattr(why, "orig", why))

    # What only the thread does.

    def _write_all(self) -> None:
        self._attempt(self._open)
        self._opened.set()
        ended = False
        while not ended:
            batch, orders, ended = self._next()
            well = not batch or self._attempt(partial(self._write, batch))
            for order in orders:
                order.well = well and (not order.rebuild or self._attempt(self._rebuild))
                order.done.set()
            self._behind.clear()

    def _next(self) -> tuple[list[Row | _Gone], list[_Order], bool]:
        """What to write together, what is ordered after that, and whether to end."""
        batch, orders, is_full = list[Row | _Gone](), list[_Order](), False
        while not is_full:
            task = self._waiting.get()
            if task is None:
                return batch, orders, True
            if isinstance(task, _Order):
                orders.append(task)
            else:
                batch.append(task)
            is_full = len(batch) == BATCH or self._waiting.empty() or _rebuilds(task)
        return batch, orders, False

    def _attempt(self, work: Callable[[], None]) -> bool:
        """Do it, mending or waiting for what stands in the way; false if that fails."""
        for _ in range(TRIES):
            try:
                work()
            except _TROUBLE as error:
                self._failed(error)
                if not (_code(error) in _BUSY or self._mended(error)):
                    return False
            else:
                return True
        return False

    def _mended(self, error: Exception) -> bool:
        # What a later version of us wrote is of no use either.
        damaged = _code(error) in _DAMAGED or isinstance(error, UnknownLayout)
        try:
            if damaged:
                self._set_aside()
            elif not _is_missing_table(error):
                return False
            self._open()
        except _TROUBLE as another:
            self._failed(another)
            return False
        return True

    def _open(self) -> None:
        # Where it is missing, that is a new file, or the layout of an earlier version.
        fresh = not inspect(self._engine).has_table(copies.name)
        migrate(self._engine)
        if fresh:
            self._rebuild()
        else:
            self._put_all(self._rows_but(self._ids()))

    def _set_aside(self) -> None:
        aside = f"{self._path.name}.damaged-{self._clock():%Y%m%dT%H%M%S.%f}"
        # The log goes along: read by a new file it would be taken for its own.
        for end in ("", "-wal", "-shm"):
            part = self._path.with_name(self._path.name + end)
            if part.exists():
                part.rename(part.with_name(aside + end))
        log.error("quarantine index is damaged: kept as %s, a new one is made", aside)

    def _rebuild(self) -> None:
        # Asked for before the folders are read: what another process adds meanwhile stays.
        gone = self._ids()
        gone -= self._put_all(self._rows_but(()))
        self._write(map(_Gone, sorted(gone)))
        self._mending.clear()

    def _ids(self) -> set[str]:
        return {one for (one,) in self._read(select(messages.c.id))}

    def _put_all(self, rows: Iterable[Row]) -> set[str]:
        """Write rows, batch by batch; gives their ids."""
        left, ids = iter(rows), set[str]()
        while batch := list(islice(left, BATCH)):
            self._write(batch)
            ids.update(row.id for row in batch)
        return ids

    def _write(self, tasks: Iterable[Row | _Gone]) -> None:
        with self._engine.execution_options(writes=True).begin() as connection:
            for is_gone, some in groupby(tasks, lambda task: isinstance(task, _Gone)):
                batch = list(some)
                named = [{"gone": task.id} for task in batch]
                connection.execute(_DELETE_COPIES, named)
                if is_gone:
                    connection.execute(_DELETE, named)
                else:
                    _put(connection, [task for task in batch if isinstance(task, Row)])


def _put(connection: Connection, tasks: Sequence[Row]) -> None:
    rows = {row.id: row for row in tasks}.values()
    written = [{"id": row.id, "stamp": row.stamp, "summary": row.summary} for row in rows]
    connection.execute(_INSERT, written)
    if pairs := [{"same": same, "id": row.id} for row in rows for same in row.same]:
        connection.execute(_INSERT_COPIES, pairs)


def _rebuilds(task: Row | _Gone | _Order) -> bool:
    return isinstance(task, _Order) and task.rebuild


def _code(error: Exception) -> int | None:
    cause = error.orig if isinstance(error, DatabaseError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    # The low octet is the error, the rest tells more of it (https://sqlite.org/rescode.html).
    return None if code is None else code & 0xFF


def _is_missing_table(error: Exception) -> bool:
    return isinstance(error, DatabaseError) and "no such table" in str(error.orig)
