"""Say what an engine is: a program elsewhere that looks at octets, and answers findings.

An engine is shown the message itself while a worker looks at it, or parts that the worker
handed out.  It is not trusted to answer, nor to answer in time, nor to say the truth about
what it left out: each of these it must state, and nothing that it does raises an error.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from pratique.milter.mail import Content, Envelope
from pratique.scanners import facts_pb2 as facts

# The message once, with what cannot be reached in it; or its parts, remembered by hash.
# `apart`: its parts also of a small message, for who does not open mail.  `whole`: the message
# once, and nothing else of it, for who has an opinion of it.
Show = Literal["message", "parts", "apart", "whole"]

# When it is asked about a small message.  "never": before a worker looks.  "always": behind that,
# and only if it is not refused anyway.  "busy": likewise while there are others to look at; if
# not, it is asked meanwhile, and not listened to if it is refused anyway.
Waits = Literal["never", "busy", "always"]


@dataclass(frozen=True, slots=True)
class Said:
    """What an engine says of octets.  Without any of these: it looked at all, and found nothing.

    `findings` name no part: whoever asked knows which it was.  `limits` are reasons for which
    it did not look at all of it.  `failure` is a word of `Failures`, with `detail` for a person.
    `unsure` is why nothing found may not mean that it looked at all: whoever asked knows what
    it is a message of (measured.py).
    """

    findings: tuple[facts.Finding, ...] = ()
    limits: tuple[str, ...] = ()
    failure: str = ""
    detail: str = ""
    unsure: str = ""
    # What a spam filter makes of it: an opinion, and no finding.
    scores: tuple[facts.Score, ...] = ()
    # It closed before it answered: what answers now may be another one.
    again: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether an engine finds what it must find: test files that harm nobody.

    "missed" is down: it answers, and lets through what each engine knows.  "exempt" is one
    whose admin said that it knows no test files.  `detail` is for a person.
    """

    state: Literal["proven", "missed", "away", "exempt"]
    detail: str = ""


class Question(Protocol):
    """What an engine was asked."""

    async def said(self) -> Said:
        """What it says, at the time that was given at the latest; awaited once at most."""

    async def drop(self) -> None:
        """Nobody wants to know any more, or knows: nothing of it is left.

        If this is cancelled it is called once more.
        """


class Engine(Protocol):
    """Looks at octets in a sealed memfd; one of it for all messages of a door."""

    @property
    def name(self) -> str:
        """What findings, failures and the log call it."""

    @property
    def show(self) -> Show:
        """What it wants to be shown."""

    @property
    def waits(self) -> Waits:
        """Whether it waits for a worker, before it is asked about a small message."""

    @property
    def sources(self) -> tuple[facts.Source, ...]:
        """The signatures that it looks with, as last known; empty where it has none."""

    async def start(self) -> str:
        """Try it once; say for the log what answers there.  Raises nothing."""

    async def prove(self) -> Proof:
        """Show it what it must find.  Raises nothing."""

    def close(self) -> None:
        """It is asked no more: nothing is kept open."""

    def ask(
        self, content: Content, sha256: str, until: float, envelope: Envelope | None = None
    ) -> Question:
        """Have it look at a content, until `until` of the loop's clock at the latest.

        The content stays open until the question is dropped.  `sha256` is of a part, as this
        side computed it; empty for a whole message, which does not come again.  `envelope` is
        of the message, for who has an opinion of that.
        """
