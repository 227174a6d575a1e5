"""Take turns at a file that several processes write: one lock, one transaction.

All doors write to the SQLite files of the journal and the ledger of sent mail, and to tables
of fixed size: who has which message already, and what alerts count.
"""

import contextlib
import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator

_TURN = 0.01


def lock(descriptor: int, patience: float) -> None:
    """Lock a file (flock) until it is closed.  Raises BlockingIOError after `patience` seconds."""
    deadline, turn = time.monotonic() + patience, threading.Event()
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            turn.wait(_TURN)


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all or nothing."""
    # A transaction that begins as a reader could not write if another wrote in between.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        # A full disk may have ended it already (https://sqlite.org/lang_transaction.html).
        if connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
