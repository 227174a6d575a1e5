"""What the tests of `pratique quarantine` share: a session, held messages, a command line."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pratique.milter.cli.quarantine import quarantine
from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import NextHop
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.release import Leaving, as_it_is
from pratique.milter.quarantine.store import Quarantine
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

CONTENT = b"Subject: \x1b]0;owned\x07\r\n\r\n\x1b[2J body\r\n"
HOSTILE = "\x1b[2J\u202e[bold]x[/]\udcff"


@dataclass
class Section:
    keep_days: int = 30


@dataclass
class Settings:
    state: Path
    quarantine: Section = field(default_factory=Section)


@dataclass
class Session:
    chosen: Settings
    next_hop: NextHop | None = None

    def settings(self) -> Settings:
        return self.chosen

    def release_next_hop(self) -> NextHop | None:
        return self.next_hop

    def leaving(self) -> Leaving:
        return as_it_is


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Settings(tmp_path))


@pytest.fixture
def hold(tmp_path: Path) -> Callable[..., str]:
    """Hold one message, as the service would, and say its id."""

    def one(*recipients: str, reverse_path: str | None = HOSTILE) -> str:
        forwards = tuple(Forward(address) for address in recipients or ("bob@example.org",))
        envelope = Envelope("Q1", datetime.now(UTC), reverse_path, (), forwards)
        facts = Facts()
        facts.mail.subject = "\x1b[31msubject [red]"
        facts.parts.add(id=0, name="invoice\u202efdp.exe", size=7)
        verdicts = (Verdict(Action.QUARANTINE, "programs", "carries a program"),) * len(forwards)
        store, content = Quarantine(tmp_path / "quarantine"), content_of((CONTENT,))
        try:
            return asyncio.run(store.hold(Held(Outgoing(content), envelope, verdicts, facts)))
        finally:
            store.close()
            content.close()

    return one


@pytest.fixture
def run(session: Session) -> Callable[..., Result]:
    """Run a command line."""

    def one(*arguments: str, answer: str = "") -> Result:
        return CliRunner().invoke(quarantine, list(arguments), obj=session, input=answer)

    return one


@pytest.fixture
def content() -> bytes:
    """What a held message holds."""
    return CONTENT


@pytest.fixture
def hostile() -> str:
    """A reverse-path that would do harm on a terminal, and is no UTF-8."""
    return HOSTILE


@pytest.fixture
def is_harmless() -> Callable[[str], bool]:
    """Tell whether a terminal would show this output and obey nothing in it."""
    return lambda output: all(line.replace("\t", "").isprintable() for line in output.splitlines())
