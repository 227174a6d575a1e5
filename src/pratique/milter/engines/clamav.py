"""Ask clamd, ClamAV's daemon, what it finds in a message.

A question is begun at once where nothing has to be waited for, and its answer lies in the
socket until it is wanted; else it waits for its turn (inquiry.py).

What it says becomes facts: a name that it found is malicious, and suspicious where clamd
itself only supposes (`Heuristics.`) or where many want the program (`PUA.`).  It gives one name
of a message, so a suspicious one is a limit as well: what else lies there it has not said.  A
limit that it reached is a limit, and never clean.  Where clamd would not tell its limits
(version.py), "OK" is believed of messages that are well below them (measured.py), or of none,
or of all: as an admin says.
"""

import asyncio
import contextlib
import logging
import socket
import time
from dataclasses import dataclass
from typing import ClassVar

from pratique.milter.config import Settings
from pratique.milter.engines import proof, version
from pratique.milter.engines.anew import Anew
from pratique.milter.engines.cache import Cache
from pratique.milter.engines.clamd import Answer, Clamd
from pratique.milter.engines.engine import Proof, Said, Show, Waits
from pratique.milter.engines.inquiry import Inquiry
from pratique.milter.engines.streams import OPEN_SECONDS
from pratique.milter.engines.troubles import Away, Closed, NoAnswer
from pratique.milter.engines.turns import Turns
from pratique.milter.engines.version import LIMITS, Version
from pratique.milter.mail import Content, Envelope
from pratique.milter.sections.engines import Limits
from pratique.scanners import facts_pb2 as facts

log = logging.getLogger("pratique.engines")

# clamd looks for a new database every ten minutes (SelfCheck), and asking takes 25 ms.
VERSION_SECONDS = 60.0
# A door that starts waits no longer for a clamd that is busy.
START_SECONDS = 5.0

SILENT = (
    "clamd does not tell when it stops at a limit of its own: clamd.conf needs "
    "`AlertExceedsMax yes` (and `ScanArchive yes`)"
)
# What clamd only supposes, or many want.
_SUPPOSED = ("Heuristics.", "PUA.")
# It says one name, and stops at it: a worm, or a limit, behind that one is not told.
_ONE_ONLY = "clamd may have stopped at {}, and says nothing of the rest"
_NOTHING = Said()
_UNSURE = Said(unsure="clamd does not tell its limits, and this message may have passed them")
# What becomes of mail until then.
_UNTIL_THEN = {
    "told": "each message counts as not seen",
    "measured": "a large message, or one with programs, counts as not seen to its end",
}


@dataclass(frozen=True, slots=True)
class ClamavSettings:
    """Where clamd is, what it is shown, and how long it may take."""

    socket: str
    show: Show = "message"
    stream: bool = False
    limits: Limits = "measured"
    waits: Waits = "busy"
    seconds: float = 30.0
    connections: int = 10
    # It must find the test files; False: it is not asked for them.
    self_test: bool = True


def clamav_of(settings: Settings) -> "list[Clamav]":
    """The engine that the settings name, if they do."""
    section = settings.clamav
    if section.socket is None:
        return []
    found = ClamavSettings(
        section.socket,
        section.show,
        section.send == "stream",
        section.limits,
        "busy" if section.ask == "undecided" else "never",
        section.seconds,
        section.connections,
        section.self_test,
    )
    return [Clamav(found)]


class Clamav:
    """clamd, asked by one door."""

    name: ClassVar[str] = "clamav"

    def __init__(self, settings: ClamavSettings) -> None:
        self._settings = settings
        # Sooner than the time for the message is over, for which that is to blame.
        patience = min(OPEN_SECONDS, settings.seconds / 2)
        self._clamd = Clamd(settings.socket, stream=settings.stream, patience=patience)
        self.turns = Turns(settings.connections)
        # The name that was found, empty for nothing.
        self._cache: Cache[str] = Cache(time.monotonic)
        self._known = Anew(Version())
        self._sources: tuple[facts.Source, ...] = ()

    @property
    def show(self) -> Show:
        """The message, or its parts."""
        return self._settings.show

    @property
    def waits(self) -> Waits:
        """Asked about all, or about what is not refused anyway."""
        return self._settings.waits

    @property
    def sources(self) -> tuple[facts.Source, ...]:
        """Its database, as told last; one of an admin's own has neither number nor date."""
        return self._sources

    async def prove(self) -> Proof:
        """Show it the test files.  Raises nothing."""
        if not self._settings.self_test:
            return Proof("exempt")
        return await proof.prove(self.show, self._shown, self.seconds)

    async def _shown(self, content: Content) -> Said:
        """What it says, remembered or not.  Raises Away, Closed or NoAnswer."""
        known = await self._version()
        return _read(await self._clamd.scan(content), known)

    async def start(self) -> str:
        """Try it once; say for the log what answers there."""
        try:
            async with asyncio.timeout(START_SECONDS):
                return f"clamav: {await self._version()} at {self._clamd.address}"
        except (Away, Closed, NoAnswer, TimeoutError) as error:
            why = str(error) or f"no answer within {START_SECONDS:g} s"
            return f"clamav: not there yet: {why}"

    def close(self) -> None:
        """Each question closes its own connection."""

    def ask(
        self,
        content: Content,
        sha256: str,
        until: float,
        envelope: Envelope | None = None,  # noqa: ARG002 - it looks at octets
    ) -> Inquiry:
        """Have clamd look at a content, at once where that is possible."""
        return Inquiry(self, content, sha256, until, self._begin(content, sha256))

    def _begin(self, content: Content, sha256: str) -> "_Begun | None":
        """Ask without waiting; None where that cannot be.  What is begun has a turn."""
        known = self._known.last
        remembered = self._remembered(sha256, known) is not None
        if remembered or not self._known.is_fresh or not self.turns.at_once():
            return None
        connection = None
        # The question that waits for its turn says that it is away.
        with contextlib.suppress(Away):
            connection = self._clamd.begin(content)
        if connection is None:
            self.turns.give_back()
            return None
        return _Begun(self, connection, sha256, known)

    async def finish(self, connection: socket.socket, until: float) -> Answer:
        """What clamd says where it was asked at once.

        Raises Closed or NoAnswer, and TimeoutError at `until` of the loop's clock.
        """
        return await self._clamd.finish(connection, until)

    async def look(self, content: Content, sha256: str) -> Said:
        """What clamd says of a content.  Raises Away, Closed or NoAnswer."""
        known = await self._version()
        if (name := self._remembered(sha256, known)) is not None:
            return _read(Answer(name), known)
        return self.kept(await self._clamd.scan(content), sha256, known)

    def doubt(self) -> None:
        """Ask clamd what it is before it is asked anything else."""
        self._known.doubt()

    @property
    def seconds(self) -> float:
        """How long clamd may look at one content."""
        return self._settings.seconds

    def _remembered(self, sha256: str, known: Version) -> str | None:
        return self._cache.get(sha256, _key(known)) if sha256 else None

    def kept(self, answer: Answer, sha256: str, known: Version) -> Said:
        """An answer as facts, remembered if it is whole.

        `known` is what clamd was before it was asked: it may have been another one since.
        """
        # What clamd left out unsaid is only missed where it found nothing.
        if not (answer.name or answer.limit or self._is_believed(known)):
            # Not remembered: in another message it may be unsure no more.
            told = self._settings.limits == "told"
            return Said(failure="engine", detail=SILENT) if told else _UNSURE
        if sha256 and not answer.limit and not answer.name.startswith(LIMITS):
            self._cache.put(sha256, _key(known), answer.name)
        return _read(answer, known)

    def _is_believed(self, known: Version) -> bool:
        return known.tells_limits or self._settings.limits == "silent"

    async def _version(self) -> Version:
        """What clamd is, asked anew from time to time.  Raises Away or NoAnswer."""
        return await self._known.get(self._ask_version)

    async def _ask_version(self) -> tuple[Version, float]:
        try:
            found = await version.ask(self._clamd)
        except Closed as error:
            # No message of a stranger's was in it.
            raise Away(str(error)) from error
        if not self._is_believed(found) and found != self._known.last:
            log.error("clamav: %s; until then %s", SILENT, _UNTIL_THEN[self._settings.limits])
        self._sources = (facts.Source(name=self.name, version=found.database, date=found.date),)
        return found, VERSION_SECONDS


@dataclass(frozen=True, slots=True)
class _Begun:
    """A question whose answer lies in a connection."""

    clamav: Clamav
    connection: socket.socket
    sha256: str
    # What clamd was before it was asked.
    known: Version

    async def said(self, until: float) -> Said:
        """Raises Closed or NoAnswer, and TimeoutError at `until`."""
        answer = await self.clamav.finish(self.connection, until)
        return self.clamav.kept(answer, self.sha256, self.known)

    def close(self) -> None:
        """Nobody waits for it any more."""
        self.connection.close()


def _key(known: Version) -> tuple[str, str, bool]:
    # What one that hides its limits was clean for, it may have stopped over.
    return known.engine, known.database, known.tells_limits


def _read(answer: Answer, known: Version) -> Said:
    """An answer as facts."""
    if answer.limit or answer.name.startswith(LIMITS):
        return Said(limits=(answer.limit or answer.name,))
    if not answer.name:
        return _NOTHING
    supposed = answer.name.startswith(_SUPPOSED)
    finding = facts.Finding(
        name=answer.name,
        severity="suspicious" if supposed else "malicious",
        engine_version=known.engine,
        database_version=known.database,
        database_date=known.date,
    )
    return Said(findings=(finding,), limits=(_ONE_ONLY.format(answer.name),) if supposed else ())
