"""Keep a table of fixed size for all doors of a service, in a file or, where that fails, in memory.

    a header, 256 octets     magic, and the random key that entries are hashed with
    8,192 buckets            8 entries of 32 octets each: what they mean is told in lately.py

An entry lies in the bucket that its hash names, so nothing is ever searched for; who has not
the key cannot choose what lies beside what.  A bucket is locked by a range of the file
(fcntl(2)), for some microseconds; the locks of a process that is killed are gone with it.

The file has its full size from the start, so a full disk is told then.  It is read and written
by system calls and not mapped: whatever happens to it later (somebody cuts it off, a file
system that copies on write has no room) is an error that can be caught, and never SIGBUS,
which would end the door.  Nothing is synced: after a power cut old counts are worth nothing.
"""

import fcntl
import os
import secrets
import stat
import time
from pathlib import Path
from typing import Protocol

from pratique.milter.durable import Disk
from pratique.milter.stores import turns

ENTRY = 32
WAYS = 8
BUCKETS = 8192
BUCKET = WAYS * ENTRY

_MAGIC = b"pratique lately 0001\n".ljust(32, b"\0")
_KEY = 32
# As large as a bucket, so that none lies across two pages.
_HEADER = BUCKET
SIZE = _HEADER + BUCKETS * BUCKET

# Seconds.  A process holds a bucket for microseconds; one that is stopped holds it for ever,
# and the loop waits for nobody.
PATIENCE = 0.002
# Seconds that are waited at the start for whoever makes the file, who needs some milliseconds.
_AT_START = 1.0
# As many doors as may find one damaged file at the same time, and set it aside.
_TRIES = 8


class Buckets(Protocol):
    """A table, and the key of its hashes."""

    key: bytes

    def read(self, bucket: int) -> bytes:
        """The octets of a bucket.  Raises OSError."""

    def write(self, bucket: int, place: int, entry: bytes) -> None:
        """Put an entry at its place in a bucket that is locked.  Raises OSError."""

    def lock(self, bucket: int) -> bool:
        """Be the only one who writes in a bucket; false if somebody else is.  Raises OSError."""

    def unlock(self, bucket: int) -> None:
        """Let others write in it.  Raises OSError."""

    def close(self) -> None:
        """Close the file, if there is one."""


class MemoryBuckets:
    """A table of one process."""

    def __init__(self) -> None:
        self.key = secrets.token_bytes(_KEY)
        self._octets = bytearray(BUCKETS * BUCKET)

    def read(self, bucket: int) -> bytes:
        """The octets of a bucket."""
        return bytes(self._octets[bucket * BUCKET : (bucket + 1) * BUCKET])

    def write(self, bucket: int, place: int, entry: bytes) -> None:
        """Put an entry at its place in a bucket."""
        start = bucket * BUCKET + place * ENTRY
        self._octets[start : start + ENTRY] = entry

    def lock(self, _bucket: int) -> bool:
        """Nobody else has it."""
        return True

    def unlock(self, _bucket: int) -> None:
        """Nobody else wants it."""

    def close(self) -> None:
        """There is nothing to close."""


class FileBuckets:
    """A table in a file, for all who open it."""

    def __init__(self, descriptor: int, key: bytes) -> None:
        self.key = key
        self._descriptor = descriptor

    def read(self, bucket: int) -> bytes:
        """The octets of a bucket.  Raises OSError."""
        octets = os.pread(self._descriptor, BUCKET, _HEADER + bucket * BUCKET)
        if len(octets) < BUCKET:
            raise OSError("the file was cut off")
        return octets

    def write(self, bucket: int, place: int, entry: bytes) -> None:
        """Put an entry at its place in a bucket that is locked.  Raises OSError."""
        start = _HEADER + bucket * BUCKET + place * ENTRY
        if os.pwrite(self._descriptor, entry, start) < ENTRY:
            raise OSError("an entry was not written whole")

    def lock(self, bucket: int) -> bool:
        """Be the only one who writes in a bucket; false if somebody else is.  Raises OSError."""
        start = _HEADER + bucket * BUCKET
        end = 0.0
        while True:
            try:
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, BUCKET, start)
            except BlockingIOError:
                now = time.monotonic()
                end = end or now + PATIENCE
                if now > end:
                    return False
                # The process that holds it may wait for this processor.
                os.sched_yield()
            else:
                return True

    def unlock(self, bucket: int) -> None:
        """Let others write in it.  Raises OSError."""
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, BUCKET, _HEADER + bucket * BUCKET)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def open_file(path: Path) -> tuple[FileBuckets, str]:
    """The table in a file, made if need be, and why another that stood there was set aside.

    Raises OSError.
    """
    Disk().make_folder(path.parent)
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    told = ""
    for _ in range(_TRIES):
        descriptor, key = os.open(path, flags, 0o600), b""
        try:
            turns.lock(descriptor, _AT_START)
            if not _stands_at(descriptor, path):
                continue
            if problem := _problem(descriptor):
                told = f"{problem}: set aside as {_set_aside(path)}"
                continue
            key = _key_of(descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        finally:
            if not key:
                os.close(descriptor)
        return FileBuckets(descriptor, key), told
    raise OSError("somebody puts other files in its place, again and again")


def _stands_at(descriptor: int, path: Path) -> bool:
    """False if the file was set aside while we waited for it."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _problem(descriptor: int) -> str:
    """What is wrong with the file, once it is made whole if it is new."""
    known = os.fstat(descriptor)
    if not stat.S_ISREG(known.st_mode):
        return "it is no regular file"
    os.fchmod(descriptor, 0o600)
    if known.st_size == 0:
        _make(descriptor)
    elif known.st_size != SIZE:
        return f"it has {known.st_size} octets and should have {SIZE}"
    if os.pread(descriptor, len(_MAGIC), 0) != _MAGIC or not _key_of(descriptor).strip(b"\0"):
        return "it is damaged, or of another program"
    return ""


def _make(descriptor: int) -> None:
    try:
        os.posix_fallocate(descriptor, 0, SIZE)
        os.pwrite(descriptor, _MAGIC + secrets.token_bytes(_KEY), 0)
    except OSError:
        # The next start shall find a new file again, and not half of one.
        os.ftruncate(descriptor, 0)
        raise


def _key_of(descriptor: int) -> bytes:
    return os.pread(descriptor, _KEY, len(_MAGIC))


def _set_aside(path: Path) -> Path:
    """Give the file another name; one that had it goes, so there is never more than one."""
    aside = path.with_name(f"{path.name}.damaged")
    path.replace(aside)
    return aside
