"""Deliver into a Maildir of our own, so that `make run` needs no mail server.

One message is one file: written to `tmp`, fsynced, renamed to `new`, the folder
fsynced; only then 250 is said (https://cr.yp.to/proto/maildir.html).  All recipients
share it: this Maildir stands for "the next hop", not for a person's mailbox.

In front of the content go `Return-Path` (RFC 5321 4.4: the server that makes the final
delivery writes it) and one `Delivered-To` per recipient, since the envelope would
be lost otherwise.  By custom the files of a Maildir have LF line ends.  Ours keep the
CRLF that came: octets scanned are octets forwarded, and a file can be compared with
what was sent.  Mail programs read both.
"""

import asyncio
import itertools
import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pratique.milter.durable import Disk, apart, reply_to
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply, Transaction

log = logging.getLogger(__name__)

# Deliveries that wait for the disk at the same time: a disk combines the fsyncs of
# a few into one, and more would only queue there.
_WRITERS = 8

_EXTENSIONS = frozenset({"8BITMIME", "SMTPUTF8"})
_MAIL_TAKEN = Reply(250, ("2.1.0 Ok",))
_RECIPIENT_TAKEN = Reply(250, ("2.1.5 Ok",))
_DELIVERED = Reply(250, ("2.0.0 Ok: delivered",))
_BAD_REVERSE_PATH = Reply(501, ("5.1.7 Bad sender address syntax",))
_BAD_FORWARD_PATH = Reply(501, ("5.1.3 Bad recipient address syntax",))
_NO_RECIPIENT = Reply(503, ("5.5.1 No valid recipients",))


class Maildir:
    """A next hop that is a folder on this machine."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        host: str = "",
        disk: Disk | None = None,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._host = _file_safe(host or socket.gethostname())
        self._disk = disk or Disk()
        self._made = False
        self._numbers = itertools.count(1)
        self._executor = ThreadPoolExecutor(_WRITERS, thread_name_prefix="maildir")

    async def begin(self, envelope: Envelope) -> tuple[Reply, Transaction | None]:
        """Take the reverse-path."""
        path = envelope.reverse_path or ""
        if not _fits_a_line(path):
            return _BAD_REVERSE_PATH, None
        return _MAIL_TAKEN, _Delivery(self, path)

    async def resume(
        self, envelope: Envelope, forwards: Sequence[Forward]
    ) -> tuple[Reply, Transaction | None]:
        """Take the reverse-path and all recipients."""
        reply, transaction = await self.begin(envelope)
        if transaction is None:
            return reply, None
        for forward in forwards:
            reply = await transaction.recipient(forward)
            if not reply.accepted:
                return reply, None
        return reply, transaction

    async def extensions(self) -> frozenset[str]:
        """Return what a file can take: all octets, and addresses in any script."""
        return _EXTENSIONS

    async def close(self) -> None:
        """Wait until all pending writes are done."""
        await asyncio.to_thread(self._executor.shutdown)

    async def deliver(self, outgoing: Outgoing, trace: bytes) -> Reply:
        """Write one message with `trace` in front."""
        try:
            name = await apart(self._executor, outgoing, lambda own: self._write(own, trace))
        except OSError as error:
            # The folders may have been removed: make them again next time.
            self._made = False
            log.error("maildir %s: not delivered: %s", self._folder, error)
            return reply_to(error)
        log.info("maildir %s: delivered as %s", self._folder, name)
        return _DELIVERED

    def _write(self, outgoing: Outgoing, trace: bytes) -> str:
        if not self._made:
            self._make()
        name = self._unique_name()
        fresh = self._folder / "tmp" / name
        self._disk.write_file(fresh, itertools.chain((trace,), outgoing.chunks()))
        self._disk.publish_file(fresh, self._folder / "new" / name)
        return name

    def _make(self) -> None:
        self._disk.make_folder(self._folder)
        for room in ("tmp", "new", "cur"):
            self._disk.make_folder(self._folder / room)
        self._made = True

    def _unique_name(self) -> str:
        # Seconds, then what is unique within one: microsecond, process, count; the host.
        now = self._clock()
        within = f"M{now.microsecond:06d}P{os.getpid()}Q{next(self._numbers)}"
        return f"{int(now.timestamp())}.{within}.{self._host}"


@dataclass(slots=True)
class _Delivery:
    maildir: Maildir
    reverse_path: str
    recipients: list[str] = field(default_factory=list)

    async def recipient(self, forward: Forward) -> Reply:
        """Take a recipient: any, since all go to one folder."""
        if not _fits_a_line(forward.address):
            return _BAD_FORWARD_PATH
        self.recipients.append(forward.address)
        return _RECIPIENT_TAKEN

    async def send(self, outgoing: Outgoing) -> Reply:
        """Write the message for all recipients."""
        if not self.recipients:
            return _NO_RECIPIENT
        return await self.maildir.deliver(outgoing, b"".join(self._trace()))

    async def give_up(self) -> None:
        """Do nothing: nothing was begun on the disk."""

    def _trace(self) -> Iterator[bytes]:
        yield b"Return-Path: <%b>\r\n" % _octets(self.reverse_path)
        for address in self.recipients:
            yield b"Delivered-To: %b\r\n" % _octets(address)


def _octets(address: str) -> bytes:
    return address.encode("utf-8", "surrogateescape")


def _fits_a_line(address: str) -> bool:
    # The doors have checked it against RFC 5321 4.1.2 already.  Here a line end would
    # become a header field of its own, so it is checked once more.
    try:
        octets = _octets(address)
    except UnicodeEncodeError:
        return False
    return all(octet >= 0x20 and octet != 0x7F for octet in octets)


def _file_safe(host: str) -> str:
    # As the Maildir convention says: "/" is \057 and ":" is \072.
    return host.replace("/", "\\057").replace(":", "\\072")
