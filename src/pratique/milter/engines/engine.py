"""Say what an engine is: a program elsewhere that looks at octets, and answers findings.

An engine is shown the message itself while a worker looks at it, or parts that the worker
handed out.  It is not trusted to answer, nor to answer in time, nor to say the truth about
what it left out: each of these it must state, and nothing that it does raises an error.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from pratique.milter.mail import Content
from pratique.scanners import facts_pb2 as facts

# The message once, with what cannot be reached in it; or its parts, remembered by hash.
Show = Literal["message", "parts"]


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

    name: ClassVar[str]

    @property
    def show(self) -> Show:
        """What it wants to be shown."""

    @property
    def waits(self) -> bool:
        """Whether it is asked about a small message only if that is not refused anyway."""

    async def start(self) -> str:
        """Try it once; say for the log what answers there.  Raises nothing."""

    def ask(self, content: Content, sha256: str, until: float) -> Question:
        """Have it look at a content, until `until` of the loop's clock at the latest.

        The content stays open until the question is dropped.  `sha256` is of a part, as this
        side computed it; empty for a whole message, which does not come again.
        """
