"""What the tests of a replay share: messages in a journal, and policies that differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pratique.milter.journal.day_file import DayFiles
from pratique.milter.journal.entry import Entry, PolicyText, Shadowed
from pratique.milter.journal.record import encode
from pratique.milter.lookups import addresses
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.replay.sides import Chosen
from pratique.milter.stores.day_folder import DayFolder
from pratique.policies.policy import Policy
from pratique.policies.verdict import Verdict
from pratique.policies.written.beside import NOTHING, hash_of
from pratique.scanners.facts_pb2 import Facts, Recipient

DAY = date(2026, 11, 20)

OLD = """
[[rule]]
name = "program"
when = 'any_kind("executable")'
actions = ["reject"]
reason = "a program"
[[rule]]
name = "rest"
actions = ["accept"]
"""
NEW = """
[[rule]]
name = "program"
when = 'any_kind(["executable", "script"])'
actions = ["quarantine"]
reason = "a program or a script"
[[rule]]
name = "sales"
when = 'rcpt.domain == "sales.example" && mail.size > 1000'
actions = ["accept", { add_header = "X-Large: yes" }]
[[rule]]
name = "all others"
actions = ["accept"]
"""


def chosen(text: str, name: str = "policy.toml") -> Chosen:
    return Chosen(name, text, NOTHING, hash_of(text, NOTHING))


def known_of(kinds: Sequence[str], size: int, text: str) -> Facts:
    """Facts with parts of these kinds below the message."""
    known = Facts()
    known.mail.size, known.mail.subject = size, text
    known.envelope.reverse_path = "ann@else.example"
    for number, kind in enumerate(("message", *kinds)):
        known.parts.add(id=number, parent=number and 0, kind=kind)
    return known


def said_beside(shadow: Chosen, known: Facts, recipients: Sequence[Recipient]) -> Shadowed:
    """What a policy in the shadow says."""
    return Shadowed(shadow.hash, Policy.load(shadow.text).decide_all(known, recipients))


@dataclass
class Written:
    """A journal that is written to as a test likes."""

    folder: Path
    count: int = 0
    entries: list[Entry] = field(default_factory=list)

    def message(
        self,
        *kinds: str,
        to: Sequence[str] = ("bob@our.example",),
        size: int = 10,
        at: datetime | None = None,
        policy: Chosen | None = None,
        shadow: Chosen | None = None,
        rule: str = "",
        action: str = "",
        verdicts: tuple[Verdict, ...] | None = None,
        text: str = "hello",
    ) -> Entry:
        """One message, decided by a policy; it is written by `write`."""
        self.count += 1
        known = known_of(kinds, size, text)
        used, forwards = policy or chosen(OLD), tuple(map(Forward, to))
        recipients = [addresses.to_facts(forward) for forward in forwards]
        own = Policy.load(used.text).decide_all(known, recipients)
        said = own if verdicts is None else verdicts
        beside = None if shadow is None else said_beside(shadow, known, recipients)
        made = Entry(
            envelope=Envelope(
                queue_id=f"Q{self.count:04}",
                received_at=at or datetime(2026, 11, 20, 12, 0, self.count % 60, tzinfo=UTC),
                reverse_path="ann@else.example",
                recipients=forwards,
            ),
            facts=known,
            verdicts=said,
            action=action or (str(said[0].action) if said else "defer"),
            rule=rule or (said[0].rule if said else ""),
            outcome="delivered",
            reply=Reply(250, ("2.0.0 Ok",)),
            milliseconds=1.0,
            policy=PolicyText(used.name, used.hash, used.text),
            shadowed=beside,
        )
        self.entries.append(made)
        return made

    def write(self, day: date = DAY, privacy: str = "plain") -> Path:
        """Write what waits into the file of a day."""
        files = DayFiles(DayFolder(self.folder, lambda: datetime.now(UTC)))
        files.write(day, [encode(entry, privacy) for entry in self.entries])
        self.entries.clear()
        return self.folder / f"{day}.sqlite3"


@pytest.fixture
def journal(tmp_path: Path) -> Written:
    return Written(tmp_path / "journal")


@pytest.fixture
def old() -> Chosen:
    return chosen(OLD, "old.toml")


@pytest.fixture
def new() -> Chosen:
    return chosen(NEW, "new.toml")


@pytest.fixture
def a_policy() -> Callable[..., Chosen]:
    return chosen
