"""What the tests of the journal share: an entry, clocks, a journal that is closed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from pratique.milter.journal.backlog import Backlog
from pratique.milter.journal.entry import Entry, PolicyText
from pratique.milter.journal.journal import Journal, Pace
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, HeaderField, Note, Verdict
from pratique.scanners.facts_pb2 import Facts

NOON = datetime(2026, 11, 22, 12, 0, 0, 42, tzinfo=UTC)


@dataclass
class Section:
    keep_days: int = 30
    privacy: Literal["plain", "hashed"] = "plain"


ENVELOPE = Envelope(
    queue_id="06G8ZQK3W5T00AB",
    received_at=NOON,
    reverse_path="ann@example.org",
    parameters=("SIZE=1234", "BODY=8BITMIME"),
    recipients=(Forward("bob@example.net", ("NOTIFY=NEVER",)), Forward("carl@example.net")),
    client=Client("192.0.2.7", "mail.example.org", "helo.example.org"),
    door="smtp",
    mta_id="4gXyZ12345z1abc",
    macros=(("i", "4gXyZ12345z1abc"), ("mail_addr", "ann@example.org")),
)
HELD = Verdict(
    Action.QUARANTINE,
    "archives",
    "nobody looked into it",
    (HeaderField("X-Note", "odd"),),
    (Note("noted", "for a reason"),),
    ("rule 'x': no such key",),
)


@pytest.fixture
def entry() -> Callable[..., Entry]:
    """An entry with all that an entry can have; keywords replace fields of its envelope."""
    facts = Facts()
    facts.mail.subject = "Your invoice"
    facts.mail.size = 1234
    facts.parts.add(id=0, parent=-1, kind="message", path="")
    facts.parts.add(id=1, parent=0, kind="archive", name="a.zip", sha256="ab" * 32)

    def one(queue_id: str = "06G8ZQK3W5T00AB", **changed: Any) -> Entry:
        return Entry(
            envelope=replace(ENVELOPE, queue_id=queue_id, **changed),
            facts=facts,
            verdicts=(Verdict(Action.ACCEPT, "all other mail", ""), HELD),
            action="quarantine",
            rule="archives",
            outcome="held",
            reply=Reply(250, ("2.0.0 Ok: taken as 06G8ZQK3W5T00AB",)),
            milliseconds=12.3,
            policy=PolicyText("policy.toml", "ab" * 32, "[[rule]]\n"),
            held_as="20261122T120000-0a0b0c0d",
        )

    return one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def journal(folder: Path, clocks: Any) -> Iterator[Callable[..., Journal]]:
    """Make journals that are quick to try again; close them at the end."""
    made = []

    def make(
        section: Section | None = None, backlog: Backlog | None = None, **pace: Any
    ) -> Journal:
        quick = Pace(clocks.wall, clocks.monotonic, pause=0.01, retry=0.02, patience=0.05)
        made.append(Journal(folder, section or Section(), replace(quick, **pace), backlog))
        return made[-1]

    yield make
    for one in made:
        one.close(0.2)


@pytest.fixture
def section() -> type[Section]:
    return Section
