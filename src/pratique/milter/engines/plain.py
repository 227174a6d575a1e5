"""Make an engine of whoever looks at octets: its turns, its time, and what it said before.

What the engines here have in common is all but their protocol: they are asked in a task
(inquiry.py), about parts once while the answer is remembered, and tried once at the start
with a few harmless octets of ours, so that the log says what answers, or why nobody does.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Protocol

from pratique.milter.content import content_of
from pratique.milter.engines import proof
from pratique.milter.engines.cache import Cache
from pratique.milter.engines.engine import Proof, Said, Show, Waits
from pratique.milter.engines.inquiry import Inquiry
from pratique.milter.engines.troubles import Away, Closed, NoAnswer
from pratique.milter.engines.turns import Turns
from pratique.milter.mail import Content, Envelope
from pratique.milter.sections.more_engines import EngineSection
from pratique.scanners import facts_pb2 as facts

# A door that starts waits no longer for an engine that is busy.
START_SECONDS = 5.0
TRIAL = b"Pratique asks whether you are there.\r\n"
# No name of a signature is longer, and what a policy and a log are shown has an end.
NAME, NOTE = 200, 300
# Of one content: a policy asks whether there is a finding, not for the hundredth.
FINDINGS = 20


@dataclass(frozen=True, slots=True)
class Terms:
    """How an engine is asked."""

    name: str
    show: Show
    seconds: float
    connections: int
    # How bad it is what it finds, where it does not say so itself.
    severity: str = "malicious"
    waits: Waits = "always"
    # It is not asked about what is larger; 0 is no limit.
    max_size: int = 0
    # It must find the test file; False: it knows none.
    self_test: bool = True


def terms_of(section: EngineSection, connections: int) -> Terms:
    """How the settings have one asked that opens no mail itself, or does."""
    return Terms(
        section.name,
        "apart" if section.show == "parts" else "message",
        section.seconds,
        connections,
        section.severity,
        "always" if section.ask == "undecided" else "never",
        section.max_size or 0,
        section.self_test,
    )


class Looker(Protocol):
    """Looks at octets elsewhere, by a protocol of its own."""

    @property
    def address(self) -> str:
        """Where, or what it is, for the log."""

    @property
    def signatures(self) -> str:
        """Which signatures it has, as it told last; empty where it does not."""

    async def version(self) -> object:
        """What names its answers: another one makes them forgotten.  Raises like `look`."""

    async def look(self, content: Content) -> Said:
        """What it says of a content.  Raises Away, Closed or NoAnswer."""

    def doubt(self) -> None:
        """Believe nothing that is known of it."""

    def close(self) -> None:
        """Keep nothing open."""


class Plain:
    """An engine, asked by one door."""

    def __init__(self, terms: Terms, looker: Looker, turns: Turns) -> None:
        self._terms = terms
        self._looker = looker
        self.turns = turns
        self._cache: Cache[tuple[facts.Finding, ...]] = Cache(time.monotonic)
        # Made anew where it has other ones.
        self._source = facts.Source()

    @property
    def name(self) -> str:
        """As the admin calls it."""
        return self._terms.name

    @property
    def show(self) -> Show:
        """The message, or its parts."""
        return self._terms.show

    @property
    def waits(self) -> Waits:
        """Asked about all, or about what is not refused anyway."""
        return self._terms.waits

    @property
    def seconds(self) -> float:
        """How long it may look at one content."""
        return self._terms.seconds

    @property
    def sources(self) -> tuple[facts.Source, ...]:
        """The signatures that it told of; how old they are it does not say."""
        version = self._looker.signatures
        if not version:
            return ()
        if self._source.version != version:
            self._source = facts.Source(name=self.name, version=version)
        return (self._source,)

    async def prove(self) -> Proof:
        """Show it the test files, or the one that it must find.  Raises nothing."""
        if not self._terms.self_test:
            return Proof("exempt")
        return await proof.prove(self.show, self._looker.look, self.seconds)

    async def start(self) -> str:
        """Try it once; say for the log what answers there."""
        try:
            async with asyncio.timeout(START_SECONDS):
                with contextlib.closing(content_of([TRIAL])) as trial:
                    said = await self._looker.look(trial)
        except (Away, Closed, NoAnswer, TimeoutError) as error:
            why = str(error) or f"no answer within {START_SECONDS:g} s"
            return f"{self.name}: not there yet: {why}"
        odd = [*said.limits, *(finding.name for finding in said.findings)]
        trouble = f", which says of harmless octets: {'; '.join(odd)}" if odd else ""
        return f"{self.name}: {self._looker.address}{trouble}"

    def close(self) -> None:
        """It is asked no more."""
        self._looker.close()

    def ask(
        self,
        content: Content,
        sha256: str,
        until: float,
        envelope: Envelope | None = None,  # noqa: ARG002 - it looks at octets
    ) -> Inquiry:
        """Have it look at a content."""
        return Inquiry(self, content, sha256, until)

    def doubt(self) -> None:
        """It may be another one now."""
        self._looker.doubt()

    async def look(self, content: Content, sha256: str) -> Said:
        """What it says of a content.  Raises Away, Closed or NoAnswer."""
        most = self._terms.max_size
        if most and content.size > most:
            return Said(limits=(f"not shown: more than max_size = {most} octets",))
        version = await self._looker.version()
        if sha256 and (known := self._cache.get(sha256, version)) is not None:
            return Said(findings=known)
        said = await self._looker.look(content)
        whole = not (said.limits or said.failure or said.unsure)
        # More would make a hostile engine's answers large; they are seldom.
        if sha256 and whole and len(said.findings) <= 1:
            self._cache.put(sha256, version, said.findings)
        return said


def clean(text: str, most: int) -> str:
    """Foreign words, fit for a fact: printable, in one line, and cut."""
    # What is cut first need not be gone through.
    words = "".join(each if each.isprintable() else " " for each in text[: 4 * most])
    return " ".join(words.split())[:most]
