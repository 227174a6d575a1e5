"""What the tests of held messages share: a clock, a message, a quarantine, a next hop."""

import errno
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pratique.milter.content import content_of
from pratique.milter.durable import Disk
from pratique.milter.mail import Client, Content, Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply, Transaction
from pratique.milter.quarantine.folders import Folders
from pratique.milter.quarantine.record import Held, Record
from pratique.milter.quarantine.state import State
from pratique.milter.quarantine.store import Quarantine
from pratique.policies.verdict import Action, HeaderField, Note, Verdict
from pratique.scanners.facts_pb2 import Facts

NOON = datetime(2025, 11, 22, 12, 0, 0, 42, tzinfo=UTC)
CONTENT = b"Subject: hello\r\nX-Pratique-Seen: forged\r\n\r\nbody\r\n"


@dataclass
class Clock:
    """Tells the time that a test sets."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)


@dataclass
class Failing:
    """A disk that does what it is told, but fails at one step, or never syncs."""

    fails_at: int = -1
    error: int = errno.ENOSPC
    syncs: bool = True
    steps: int = 0

    def _step(self) -> None:
        self.steps += 1
        if self.steps - 1 == self.fails_at:
            raise OSError(self.error, os.strerror(self.error))

    def write(self, descriptor: int, octets: bytes | memoryview) -> int:
        self._step()
        return os.write(descriptor, octets)

    def fsync(self, descriptor: int) -> None:
        self._step()
        if self.syncs:
            os.fsync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self._step()
        source.rename(target)


TAKEN = Reply(250, ("2.0.0 Ok",))


@dataclass
class Hop:
    """A next hop that keeps what it was sent, and answers as it is told."""

    to_begin: Reply = TAKEN
    to_recipient: dict[str, Reply] = field(default_factory=dict)
    to_send: Reply = TAKEN
    envelopes: list[Envelope] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    given_up: int = 0
    # Called before the reply to the end of data.
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def begin(self, envelope: Envelope) -> tuple[Reply, Transaction | None]:
        self.envelopes.append(envelope)
        return self.to_begin, self if self.to_begin.accepted else None

    async def recipient(self, forward: Forward) -> Reply:
        self.recipients.append(forward.address)
        return self.to_recipient.get(forward.address, TAKEN)

    async def send(self, outgoing: Outgoing) -> Reply:
        self.sent.append(b"".join(outgoing.chunks()))
        assert len(self.sent[-1]) == outgoing.size
        if self.meanwhile:
            await self.meanwhile()
        return self.to_send

    async def give_up(self) -> None:
        self.given_up += 1

    async def close(self) -> None:
        pass


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def failing() -> type[Failing]:
    return Failing


@pytest.fixture
def hop() -> type[Hop]:
    return Hop


@pytest.fixture
def make_held() -> Iterator[Callable[..., Held]]:
    """Make a message to hold, for these recipients."""
    contents: list[Content] = []

    def make(
        *recipients: str, content: bytes = CONTENT, reverse_path: str | None = "ann@example.org"
    ) -> Held:
        contents.append(content_of((content,)))
        addresses = recipients or ("bob@example.org", "carl@example.net")
        forwards = tuple(Forward(address, ("NOTIFY=NEVER",)) for address in addresses)
        envelope = Envelope(
            "Q1",
            NOON,
            reverse_path,
            ("SIZE=12", "BODY=8BITMIME"),
            forwards,
            Client("192.0.2.1", "mx.example.org", "helo"),
            "smtp",
            "TLSv1.3",
        )
        facts = Facts()
        facts.mail.subject = "hello"
        facts.parts.add(id=0, parent=-1, name="invoice\u202efdp.exe", raw_name=b"\xff\x00")
        outgoing = Outgoing(contents[-1], b"Received: by us\r\n", ((16, 41),))
        verdict = Verdict(
            Action.QUARANTINE,
            "programs",
            "carries a program",
            (HeaderField("X-Seen", "no"),),
            (Note("n", "noted"),),
            ("a condition failed",),
        )
        return Held(outgoing, envelope, (verdict,) * len(forwards), facts)

    yield make
    for content in contents:
        content.close()


@pytest.fixture
def make_record(make_held: Callable[..., Held]) -> Callable[..., Record]:
    """Make the record of such a message."""

    def make(*recipients: str, **changed: Any) -> Record:
        held = make_held(*recipients, **changed)
        out = held.outgoing
        return Record(
            "20251122T120000-00000001",
            NOON,
            "ab" * 32,
            out.content.size,
            held.envelope,
            held.verdicts,
            held.facts,
            out.prepend,
            out.cut,
        )

    return make


@pytest.fixture
def open_store(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Quarantine]]:
    """Open the quarantine of this test, as often as one likes."""
    opened: list[Quarantine] = []

    def open_it(system: Failing | None = None, patience: float = 1.0) -> Quarantine:
        disk = Disk(system) if system else Disk()
        folder = tmp_path / "quarantine"
        opened.append(Quarantine(folder, clock=clock, disk=disk, patience=patience))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., Quarantine]) -> Quarantine:
    return open_store()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "quarantine"


@pytest.fixture
def folders(folder: Path) -> Folders:
    made = Folders(folder, Disk())
    made.make()
    return made


@pytest.fixture
def added(folders: Folders, make_record: Callable[..., Record]) -> Folders:
    """The folders with one message in them."""
    folders.add(
        make_record(), State(("bob@example.org", "carl@example.net")), (CONTENT[:7], CONTENT[7:])
    )
    return folders
