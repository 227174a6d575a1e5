"""Make an engine of a spam filter: it is told the envelope, and what it says is an opinion.

It finds nothing and refuses nothing; the policy asks for its score.  It is shown each message
once and whole, also one with parts that others are shown apart, and nothing is remembered:
mail does not come again.  Not shown, away, or late is a fact, as of every engine.

Each knows GTUBE, a text that stands for spam as EICAR stands for malware: one that gives it
less than its own threshold, and does not name it either, is down.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Protocol

from pratique.milter.content import content_of
from pratique.milter.engines.engine import Proof, Said, Show, Waits
from pratique.milter.engines.inquiry import DETAIL, Inquiry
from pratique.milter.engines.plain import START_SECONDS, Terms
from pratique.milter.engines.troubles import Away, Closed, NoAnswer
from pratique.milter.engines.turns import Turns
from pratique.milter.mail import Content, Envelope
from pratique.scanners import facts_pb2 as facts

_HEADER = (
    b"From: Pratique <postmaster@localhost>\r\nTo: postmaster@localhost\r\n"
    b"Subject: Are you there?\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <self-test@pratique.invalid>\r\n\r\n"
)
TRIAL = _HEADER + b"Pratique asks whether you are there.\r\n"
# https://spamassassin.apache.org/gtube/
GTUBE = _HEADER + b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"


class Filter(Protocol):
    """A spam filter elsewhere, asked by a protocol of its own."""

    @property
    def address(self) -> str:
        """Where, for the log."""

    async def look(self, content: Content, envelope: Envelope | None) -> Said:
        """What it makes of a message.  Raises Away, Closed or NoAnswer."""

    def doubt(self) -> None:
        """Believe nothing that is known of it."""

    def close(self) -> None:
        """Keep nothing open."""


class Opinion:
    """A spam filter, asked by one door."""

    def __init__(self, terms: Terms, asked: Filter) -> None:
        self._terms = terms
        self._filter = asked
        self.turns = Turns(terms.connections)

    @property
    def name(self) -> str:
        """What scores, failures and the log call it."""
        return self._terms.name

    @property
    def show(self) -> Show:
        """Each message, and nothing of it apart."""
        return "whole"

    @property
    def waits(self) -> Waits:
        """Asked about all, or about what is not refused anyway."""
        return self._terms.waits

    @property
    def seconds(self) -> float:
        """How long it may look at one message."""
        return self._terms.seconds

    @property
    def sources(self) -> tuple[facts.Source, ...]:
        """Rules of its own, which it does not tell of."""
        return ()

    async def start(self) -> str:
        """Try it once; say for the log what answers there."""
        try:
            async with asyncio.timeout(START_SECONDS):
                said = await self._shown(TRIAL)
        except (Away, Closed, NoAnswer, TimeoutError) as error:
            why = str(error) or f"no answer within {START_SECONDS:g} s"
            return f"{self.name}: not there yet: {why}"
        thresholds = "".join(f", threshold {score.threshold:g}" for score in said.scores)
        return f"{self.name}: at {self._filter.address}{thresholds}"

    async def prove(self) -> Proof:
        """Show it GTUBE.  Raises nothing."""
        if not self._terms.self_test:
            return Proof("exempt")
        try:
            async with asyncio.timeout(self.seconds):
                said = await self._shown(GTUBE)
        except (Away, Closed, TimeoutError) as error:
            return Proof("away", (str(error) or f"no answer within {self.seconds:g} s")[:DETAIL])
        except NoAnswer as error:
            return Proof("missed", f"GTUBE: {error}"[:DETAIL])
        return _proof(said)

    async def _shown(self, octets: bytes) -> Said:
        """What it says of a message of ours.  Raises Away, Closed or NoAnswer."""
        with contextlib.closing(content_of([octets])) as content:
            try:
                return await self._filter.look(content, None)
            except Closed:
                return await self._filter.look(content, None)

    def close(self) -> None:
        """It is asked no more."""
        self._filter.close()

    def ask(
        self, content: Content, sha256: str, until: float, envelope: Envelope | None = None
    ) -> Inquiry:
        """Have it look at a message."""
        return Inquiry(_Told(self, envelope), content, sha256, until)

    def doubt(self) -> None:
        """It may be another one now."""
        self._filter.doubt()

    async def opinion(self, content: Content, envelope: Envelope | None) -> Said:
        """What it makes of a message.  Raises Away, Closed or NoAnswer."""
        most = self._terms.max_size
        if most and content.size > most:
            return Said(limits=(f"not shown: more than max_size = {most} octets",))
        return await self._filter.look(content, envelope)


def _proof(said: Said) -> Proof:
    """What an answer to GTUBE proves."""
    for score in said.scores:
        # rspamd gives it no score where its action `reject` is off; but it says that it knows it.
        knows = any(symbol.name == "GTUBE" for symbol in score.symbols)
        if score.value < score.threshold and not knows:
            return Proof("missed", f"it gives GTUBE {score.value:g} of {score.threshold:g}")
    return Proof("proven")


@dataclass(frozen=True, slots=True)
class _Told:
    """It, told the envelope of one message."""

    asked: Opinion
    envelope: Envelope | None

    @property
    def turns(self) -> Turns:
        return self.asked.turns

    @property
    def seconds(self) -> float:
        return self.asked.seconds

    async def look(self, content: Content, sha256: str) -> Said:  # noqa: ARG002 - it is no part
        """Raises Away, Closed or NoAnswer."""
        return await self.asked.opinion(content, self.envelope)

    def doubt(self) -> None:
        self.asked.doubt()
