"""Remember who has a message although its client was told to come again.

One message may go out in several transactions, each with what its recipients get, and an
LMTP server answers for each recipient (RFC 2033 4.2).  When some have it and the rest must
come later, the client hears one 4yz for all of them and sends all again.  Whoever is written
down here is left out then: nobody gets two, and the 250 of the retry is true for all.

It is on the disk before the 4yz is said, and before the next transaction of that message is
begun; so it holds after a kill at any moment but one, between the next hop's 250 and our
writing (RFC 1047).  It is struck out once the message is done with, before the 250 is said:
who sends the same octets once more then means another mail.

If it cannot be written the reply stays 4yz.  Then somebody may get the message twice; with
250 somebody would never get it, and with 5yz a sender would be told of a failure that was
none.  A full disk does not come to that: the file has its full size from the start, so
nothing that is written later needs room (on a file system that writes in place).

    a header, 64 octets     magic, a number that each change makes larger, slots in use
    slots, 64 octets each   in use?, until when, who (reverse-path, recipient), which message

A slot never crosses a sector of a disk, so it is there whole or not at all.  All doors of a
service share the file: changes are made under flock(2), and whoever wants to know reads the
number in the header first, which is all that an ordinary message costs.
"""

import asyncio
import fcntl
import hashlib
import json
import logging
import os
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from pratique.milter.durable import Disk
from pratique.milter.identity import identity_of
from pratique.milter.mail import Content, Envelope
from pratique.milter.stores import turns

log = logging.getLogger(__name__)

# A sender tries for five days by default (Postfix, maximal_queue_lifetime); some for a week.
LIFETIME = timedelta(days=7)

# The recipients of the largest message (50,000) fit; 4 MB of disk.  Past it the oldest goes:
# its retry is the least likely to come yet.
SLOTS = 65_536

# A process holds the file for a millisecond, or some seconds while a busy disk syncs it.  One
# that takes longer was stopped or hangs, and nobody's mail waits for that.
PATIENCE = 10.0

_MAGIC = b"pratique delivered 0001\n"
_HEADER = struct.Struct("<24sQQ24x")
_SLOT = struct.Struct("<Q24s32s")
_SIZE = _HEADER.size + SLOTS * _SLOT.size
_FREE = 0

# Who, and which message.
Key = tuple[bytes, bytes]


class Delivered:
    """The file, and what stands in it as this process last read it."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], datetime],
        disk: Disk | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._patience = patience
        self._path = path
        self._clock = clock
        self._disk = disk or Disk()
        self._descriptor = -1
        # flock tells processes apart, but not the threads of one.
        self._lock = threading.Lock()
        self._change = -1
        # The slot of each delivery, and its last second.
        self._slots: dict[Key, tuple[int, int]] = {}
        self._who: frozenset[bytes] = frozenset()

    def prepare(self) -> None:
        """Make the file, so that nothing later needs room; a failure is told and no more."""
        try:
            with self._locked():
                self._read()
        except OSError as error:
            log.error("%s: no delivery can be remembered: %s", self._path, error)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    async def known(self, content: Content, envelope: Envelope) -> frozenset[str]:
        """Those of its recipients who have this message already."""
        try:
            if self._is_new():
                await asyncio.to_thread(self._read_again)
            addresses = [one.address for one in envelope.recipients] if self._who else []
            asked = {who: one for one in addresses if (who := _who(envelope, one)) in self._who}
            if not asked:
                return frozenset()
            message = await asyncio.to_thread(_message, content)
        except OSError as error:
            log.error("%s: who has a message is not known: %s", self._path, error)
            return frozenset()
        now = self._clock().timestamp()
        has = (who for who in asked if self._slots.get((who, message), (0, 0))[1] > now)
        return frozenset(asked[who] for who in has)

    async def note(self, content: Content, envelope: Envelope, addresses: Iterable[str]) -> None:
        """Write down that these have it: on the disk when this returns.  Raises OSError."""
        await asyncio.shield(
            asyncio.to_thread(self._note, content.again(), envelope, tuple(addresses))
        )

    async def strike(self, content: Content, envelope: Envelope) -> None:
        """Forget a message: nobody comes with it again.  What cannot be is told in the log."""
        await asyncio.shield(asyncio.to_thread(self._strike, content.again(), envelope))

    # In threads.

    def _note(self, content: Content, envelope: Envelope, addresses: tuple[str, ...]) -> None:
        with closing(content):
            message = _message(content)
        expires = int((self._clock() + LIFETIME).timestamp())
        with self._locked():
            self._read()
            now = self._clock().timestamp()
            keys = dict.fromkeys((_who(envelope, address), message) for address in addresses)
            fresh = [key for key in keys if self._slots.get(key, (0, 0))[1] <= now]
            slots = self._free_slots(len(fresh))
            for key, slot in zip(fresh, slots, strict=False):
                self._slots[key] = slot, expires
                self._put(slot, expires, key)
            self._changed()

    def _strike(self, content: Content, envelope: Envelope) -> None:
        with closing(content):
            message = _message(content)
        asked = {(_who(envelope, one.address), message) for one in envelope.recipients}
        try:
            with self._locked():
                self._read()
                if noted := asked & self._slots.keys():
                    for key in noted:
                        self._put(self._slots.pop(key)[0], _FREE, key)
                    self._changed()
        except OSError as error:
            log.error(
                "%s: %s is not struck out; the same octets to the same recipients are taken for "
                "delivered until %s: %s",
                *(self._path, envelope.queue_id, self._clock() + LIFETIME, error),
            )

    def _free_slots(self, count: int) -> list[int]:
        """So many slots, the first ones that are free or out of date, then the oldest."""
        now = self._clock().timestamp()
        by_age = sorted(self._slots, key=lambda key: self._slots[key][1])
        old = [key for key in by_age if self._slots[key][1] <= now]
        room = SLOTS - len(self._slots) + len(old)
        if count > room:
            log.error("%s is full: its oldest deliveries are forgotten", self._path)
            old = by_age[: len(old) + count - room]
        for key in old:
            del self._slots[key]
        used = {slot for slot, _ in self._slots.values()}
        free = (slot for slot in range(SLOTS) if slot not in used)
        return [slot for slot, _ in zip(free, range(count), strict=False)]

    def _put(self, slot: int, expires: int, key: Key) -> None:
        who, message = key
        os.pwrite(
            self._descriptor, _SLOT.pack(expires, who, message), _HEADER.size + slot * _SLOT.size
        )

    def _changed(self) -> None:
        self._change += 1
        used = max((slot + 1 for slot, _ in self._slots.values()), default=0)
        os.pwrite(self._descriptor, _HEADER.pack(_MAGIC, self._change, used), 0)
        self._who = frozenset(who for who, _ in self._slots)
        self._disk.system.fsync(self._descriptor)

    # What stands in the file.

    def _is_new(self) -> bool:
        """True if another process changed it since it was read."""
        if self._descriptor < 0:
            return self._path.exists()
        header = os.pread(self._descriptor, _HEADER.size, 0)
        # One that was cut off is mended by whoever reads it again.
        return len(header) < _HEADER.size or _HEADER.unpack(header)[1] != self._change

    def _read_again(self) -> None:
        with self._locked():
            self._read()

    def _read(self) -> None:
        _, change, used = _HEADER.unpack(os.pread(self._descriptor, _HEADER.size, 0))
        if change == self._change:
            return
        octets = os.pread(self._descriptor, min(used, SLOTS) * _SLOT.size, _HEADER.size)
        self._slots = {
            (who, message): (slot, expires)
            for slot, (expires, who, message) in enumerate(_SLOT.iter_unpack(octets))
            if expires != _FREE
        }
        self._change, self._who = change, frozenset(who for who, _ in self._slots)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Be the only one who works on the file, and have it be there and whole."""
        with self._lock:
            if self._descriptor < 0:
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
                self._descriptor = os.open(self._path, flags, 0o600)
            turns.lock(self._descriptor, self._patience)
            try:
                self._make_whole()
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _make_whole(self) -> None:
        """Give the file its size and its header, where whoever made it died or the disk was full.

        One that has other octets is damaged: what stood in it is forgotten.
        """
        begin = os.pread(self._descriptor, len(_MAGIC), 0)
        if begin == _MAGIC and os.fstat(self._descriptor).st_size == _SIZE:
            return
        if begin.strip(b"\0"):
            log.error("%s is damaged: what stood in it is forgotten", self._path)
        os.ftruncate(self._descriptor, 0)
        try:
            os.posix_fallocate(self._descriptor, 0, _SIZE)
        except OSError:
            os.ftruncate(self._descriptor, 0)
            raise
        os.pwrite(self._descriptor, _HEADER.pack(_MAGIC, 0, 0), 0)
        self._disk.system.fsync(self._descriptor)
        self._disk.sync_folder(self._path.parent)
        self._change = -1


def _message(content: Content) -> bytes:
    return bytes.fromhex(identity_of(content))


def _who(envelope: Envelope, address: str) -> bytes:
    """The reverse-path and one recipient; 24 octets of a hash are more than enough."""
    written = json.dumps([envelope.reverse_path, address]).encode("ascii")
    return hashlib.sha256(written).digest()[:24]
