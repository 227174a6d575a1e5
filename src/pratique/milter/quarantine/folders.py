"""Keep each held message in a folder of its own that appears and goes as a whole.

    held/ID/content   the octets as they came, unread
    held/ID/record    what is known of them (record.py)
    held/ID/state     where the message stands (state.py)
    tmp/              what is being written, and what is being removed

Whoever works on a folder holds flock(2) on the folder itself: the lock goes with it
through the rename, needs no file of its own, and ends with the process.  So a lock
that can be had means that nobody alive is at it, in this process or in another.
"""

import fcntl
import hashlib
import logging
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pratique.milter.durable import Disk, withdraw
from pratique.milter.quarantine.record import Record
from pratique.milter.quarantine.state import State

log = logging.getLogger(__name__)

_ID = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{8}")


class QuarantineError(Exception):
    """What was asked for cannot be done; the text is for the admin who asked."""


def new_id(now: datetime) -> str:
    """An id in the order of time; `now` is in UTC."""
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of all held messages."""

    root: Path
    disk: Disk

    @property
    def _held(self) -> Path:
        return self.root / "held"

    @property
    def _fresh(self) -> Path:
        return self.root / "tmp"

    def make(self) -> None:
        """Make what is missing."""
        self.disk.make_folder(self.root)
        self.disk.make_folder(self._held)
        self.disk.make_folder(self._fresh)

    def of(self, message_id: str) -> Path:
        """The folder of a message; an id that is none never reaches the file system."""
        if not _ID.fullmatch(message_id):
            raise QuarantineError(f"{message_id!a} is no id of a held message")
        return self._held / message_id

    def exists(self, message_id: str) -> bool:
        """True if there is such a message; an id that is none is nobody's."""
        return _ID.fullmatch(message_id) is not None and self.of(message_id).exists()

    def ids(self) -> list[str]:
        """The ids of all held messages, oldest first."""
        names = sorted(entry.name for entry in os.scandir(self._held))
        known = [name for name in names if _ID.fullmatch(name)]
        if len(known) < len(names):
            log.warning("%s: %d foreign names", self._held, len(names) - len(known))
        return known

    def add(self, record: Record, state: State, chunks: Iterable[bytes]) -> ExitStack:
        """Put a message on the disk; it is there, whole, when this returns.

        Nobody else can have it until what is returned is closed: that is its lock.
        """
        fresh = self._fresh / record.id
        fresh.mkdir(mode=0o700)
        with ExitStack() as lock:
            lock.enter_context(_locked(fresh))
            try:
                self.disk.write_file(fresh / "content", chunks)
                octets = record.encode()
                self.disk.write_file(fresh / "record", (octets,))
                sealed = replace(state, record_sha256=_sha256(octets))
                self.disk.write_file(fresh / "state", (sealed.encode(),))
            except BaseException:
                withdraw(fresh)
                raise
            self.disk.publish_folder(fresh, self.of(record.id))
            return lock.pop_all()

    def read(self, message_id: str) -> tuple[Record, State]:
        """What is known of a message, and where it stands: each held against the others.

        A disk that turns one bit of an address would have it sent to somebody else.
        Raises OSError, or ValueError for what is damaged.
        """
        folder = self.of(message_id)
        octets = (folder / "record").read_bytes()
        record, state = Record.decode(octets), self.state(message_id)
        if record.id != message_id:
            raise ValueError(f"the record is that of {record.id!a}")
        if state.record_sha256 not in ("", _sha256(octets)):
            raise ValueError("its record is not what was written (SHA-256 differs)")
        if state.recipients != {one.address for one in record.envelope.recipients}:
            raise ValueError("its record and its state name different recipients")
        content = (folder / "content").lstat()
        if not stat.S_ISREG(content.st_mode) or content.st_size != record.size:
            raise ValueError(f"its content has {content.st_size} octets of {record.size}")
        return record, state

    def state(self, message_id: str) -> State:
        """Where a message stands, as it is written."""
        return State.decode((self.of(message_id) / "state").read_bytes())

    def put_state(self, message_id: str, state: State) -> None:
        """Write down where a message stands; the caller holds the lock."""
        self.disk.replace_file(self.of(message_id) / "state", state.encode())

    def stamp(self, message_id: str) -> str:
        """Changes whenever a file of it is written; empty where one is missing."""
        folder = self.of(message_id)
        try:
            found = [(folder / name).lstat() for name in ("state", "record", "content")]
        except OSError:
            return ""
        return " ".join(f"{one.st_mtime_ns}-{one.st_ino}" for one in found)

    def open_content(self, message_id: str) -> int:
        """A descriptor of the content."""
        return os.open(self.of(message_id) / "content", os.O_RDONLY | os.O_NOFOLLOW)

    @contextmanager
    def locked(self, message_id: str) -> Iterator[None]:
        """Hold the lock of a message, or say who cannot have it and why."""
        with ExitStack() as stack:
            try:
                stack.enter_context(_locked(self.of(message_id)))
            except BlockingIOError as error:
                raise QuarantineError(f"{message_id} is being worked on just now") from error
            except FileNotFoundError as error:
                raise QuarantineError(f"{message_id} is not in quarantine") from error
            yield

    def is_alive(self, message_id: str) -> bool:
        """True while somebody works on the message."""
        try:
            with _locked(self.of(message_id)):
                return False
        except BlockingIOError:
            return True

    def remove(self, message_id: str) -> None:
        """Remove a message as a whole; the caller holds the lock."""
        grave = self._fresh / f"{message_id}.gone-{secrets.token_hex(4)}"
        self.disk.remove_folder(self.of(message_id), grave)

    def sweep(self) -> int:
        """Remove what somebody who died left half written or half removed."""
        left = 0
        for path in sorted(self._fresh.iterdir()):
            try:
                with _locked(path):
                    withdraw(path)
                    left += 1
            except (BlockingIOError, FileNotFoundError):
                log.debug("%s is in use", path)
            except NotADirectoryError:
                # Nothing that we leave is a plain file; a start must not fail for one.
                log.warning("%s is none of ours", path)
        return left


def _sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between the two calls somebody may have removed it: then what is locked has
        # no name any more, or the name is that of another folder.
        if not os.path.samestat(os.fstat(descriptor), folder.stat()):
            raise FileNotFoundError(f"{folder} went away")
        yield
    finally:
        os.close(descriptor)


def swept(root: Path) -> int:
    """Remove what a crash left half written under a quarantine's root; once at a start."""
    folders = Folders(root, Disk())
    folders.make()
    return folders.sweep()
