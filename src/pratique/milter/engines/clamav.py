"""Ask clamd, ClamAV's daemon, what it finds in a message.

Questions wait for their turn, within the message's time: clamd has so many threads, and what
is more would wait in its queue, unseen from here.  A connection that closes unanswered is
tried once more, since clamd may have been restarted; the second time the message is to blame.

What it says becomes facts: a name that it found is malicious, and suspicious where clamd
itself only supposes (`Heuristics.`) or where many want the program (`PUA.`).  A limit that it
reached is a limit, and never clean.  Where clamd would not tell its limits (version.py), "OK"
is believed of messages that are well below them (measured.py), or of none, or of all: as an
admin says.

A question that takes too long is the message's fault (`engine`): it would do so each time.
One that found no turn before the message's own deadline is not (`engine_late`), nor is a
clamd that is away (`engine_away`): another time it may be answered.
"""

import asyncio
import contextlib
import logging
import re
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import ClassVar

from pratique.milter.config import Settings
from pratique.milter.engines import measured, version
from pratique.milter.engines.cache import Cache
from pratique.milter.engines.clamd import Answer, Away, Clamd, Closed, NoAnswer
from pratique.milter.engines.engine import Said, Show
from pratique.milter.engines.version import LIMITS, Version
from pratique.milter.mail import Content
from pratique.milter.sections.engines import Limits
from pratique.scanners import facts_pb2 as facts

log = logging.getLogger("pratique.engines")

# clamd looks for a new database every ten minutes (SelfCheck), and asking takes 25 ms.
VERSION_SECONDS = 60.0
# A door that starts waits no longer for a clamd that is busy.
START_SECONDS = 5.0
# A fact's words (scanners/report.py).
_DETAIL = 300

SILENT = (
    "clamd does not tell when it stops at a limit of its own: clamd.conf needs "
    "`AlertExceedsMax yes` (and `ScanArchive yes`)"
)
_NOTHING = Said()
_UNSURE = Said(unsure="clamd does not tell its limits, and this message may have passed them")
# What becomes of mail until then.
_UNTIL_THEN = {
    "told": "each message counts as not seen",
    "measured": "a large message, or one with programs, counts as not seen to its end",
}
# "Win.Worm.Mydoom-5": platform, category, name, and a number of its signature.
_FAMILY = re.compile(r"[A-Za-z0-9]+\.[A-Za-z]+\.(\w+)-[\d-]+(?:\.UNOFFICIAL)?")


@dataclass(frozen=True, slots=True)
class ClamavSettings:
    """Where clamd is, what it is shown, and how long it may take."""

    socket: str
    show: Show = "message"
    stream: bool = False
    limits: Limits = "measured"
    waits: bool = True
    seconds: float = 30.0
    connections: int = 10


def clamav_of(settings: Settings) -> "Clamav | None":
    """The engine that the settings name."""
    section = settings.clamav
    if section.socket is None:
        return None
    return Clamav(
        ClamavSettings(
            section.socket,
            section.show,
            section.send == "stream",
            section.limits,
            section.ask == "undecided",
            section.seconds,
            section.connections,
        )
    )


@dataclass(slots=True)
class _Known:
    """What is known of clamd, and until when that is believed."""

    version: Version = field(default_factory=Version)
    until: float = 0.0


class Clamav:
    """clamd, asked by one door."""

    name: ClassVar[str] = "clamav"

    def __init__(self, settings: ClamavSettings) -> None:
        self._settings = settings
        self._clamd = Clamd(settings.socket, stream=settings.stream)
        # A turn is one of these.
        self._turns: asyncio.Queue[None] = asyncio.Queue()
        for _ in range(settings.connections):
            self.give_back()
        self._cache = Cache(time.monotonic)
        self._known = _Known()
        self._asking = asyncio.Lock()

    @property
    def show(self) -> Show:
        """The message, or its parts."""
        return self._settings.show

    @property
    def waits(self) -> bool:
        """Asked about all, or about what is not refused anyway."""
        return self._settings.waits

    async def start(self) -> str:
        """Try it once; say for the log what answers there."""
        try:
            async with asyncio.timeout(START_SECONDS):
                return f"clamav: {await self._version()} at {self._clamd.address}"
        except (Away, Closed, NoAnswer, TimeoutError) as error:
            why = str(error) or f"no answer within {START_SECONDS:g} s"
            return f"clamav: not there yet: {why}"

    def ask(self, content: Content, sha256: str, until: float) -> "Asked":
        """Have clamd look at a content, at once where that is possible."""
        return Asked(self, content, sha256, until)

    def begin(self, content: Content, sha256: str) -> socket.socket | None:
        """Ask without waiting; None where that cannot be.  Raises Away.

        Whoever has the connection has a turn, and gives it back.
        """
        fresh = time.monotonic() < self._known.until
        if not fresh or self._remembered(sha256, self._known.version) is not None:
            return None
        if self._turns.empty():
            return None
        connection = self._clamd.begin(content)
        if connection is not None:
            self._turns.get_nowait()
        return connection

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

    async def turn(self) -> None:
        """Wait for a turn; it is given back."""
        await self._turns.get()

    def give_back(self) -> None:
        """Let the next have this turn."""
        self._turns.put_nowait(None)

    def doubt(self) -> None:
        """Ask clamd what it is before it is asked anything else."""
        self._known.until = 0.0

    @property
    def seconds(self) -> float:
        """How long clamd may look at one content."""
        return self._settings.seconds

    def _remembered(self, sha256: str, known: Version) -> str | None:
        return self._cache.get(sha256, _key(known)) if sha256 else None

    @property
    def version(self) -> Version:
        """What clamd was when it was asked last."""
        return self._known.version

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
        """What clamd is, asked anew from time to time.  Raises Away, Closed or NoAnswer."""
        if time.monotonic() < self._known.until:
            return self._known.version
        async with self._asking:
            if time.monotonic() >= self._known.until:
                try:
                    found = await version.ask(self._clamd)
                except Closed as error:
                    # No message of a stranger's was in it.
                    raise Away(str(error)) from error
                if not self._is_believed(found) and found != self._known.version:
                    until_then = _UNTIL_THEN[self._settings.limits]
                    log.error("clamav: %s; until then %s", SILENT, until_then)
                self._known = _Known(found, time.monotonic() + VERSION_SECONDS)
            return self._known.version


class Asked:
    """One question to clamd.

    It is begun at once where nothing has to be waited for, and its answer lies in the socket
    until it is wanted.  Else it waits for its turn in a task of its own.
    """

    def __init__(self, clamav: Clamav, content: Content, sha256: str, until: float) -> None:
        self._clamav = clamav
        self._content = content
        self._sha256 = sha256
        self._until = until
        self._clock = asyncio.get_running_loop().time
        self._begun = self._clock()
        self._has_turn = False
        self._version = clamav.version
        self._connection: socket.socket | None = None
        self._task: asyncio.Task[Said] | None = None
        with contextlib.suppress(Away):
            self._connection = clamav.begin(content, sha256)
        if self._connection is not None:
            self._has_turn = True
        else:
            self._task = asyncio.create_task(self._answer(self._in_turn))

    async def said(self) -> Said:
        """What clamd says, or why it said nothing."""
        if self._connection is not None:
            said = await self._answer(self._first)
        else:
            assert self._task is not None
            said = await self._task
        return measured.timed(said, self._clock() - self._begun) if said.unsure else said

    async def drop(self) -> None:
        """Close what is open, and give the turn back."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._connection is not None:
            self._connection.close()
        self._give_back()

    @property
    def _end(self) -> float:
        """When it is ended at the latest, once it has its turn."""
        return min(self._until, self._begun + self._clamav.seconds)

    async def _answer(self, saying: Callable[[], Awaitable[Said]]) -> Said:
        """What is said, or why nothing is."""
        try:
            return await saying()
        except TimeoutError:
            if self._has_turn and self._begun + self._clamav.seconds <= self._until:
                return _failed("engine", f"no answer within {self._clamav.seconds:g} s")
            return _failed("engine_late", "left out: the message's time was over")
        except Away as error:
            self._clamav.doubt()
            return _failed("engine_away", str(error))
        except (Closed, NoAnswer) as error:
            self._clamav.doubt()
            return _failed("engine", str(error))
        finally:
            # Others may wait for it, of this message too.
            self._give_back()

    async def _first(self) -> Said:
        """Raises Closed, NoAnswer or TimeoutError."""
        assert self._connection is not None
        try:
            answer = await self._clamav.finish(self._connection, self._end)
            return self._clamav.kept(answer, self._sha256, self._version)
        except Closed as first:
            return await self._again(first)

    async def _in_turn(self) -> Said:
        """Raises Away, Closed, NoAnswer or TimeoutError."""
        async with asyncio.timeout_at(self._until) as limit:
            await self._clamav.turn()
            self._has_turn = True
            self._begun = self._clock()
            limit.reschedule(self._end)
            try:
                return await self._clamav.look(self._content, self._sha256)
            except Closed as first:
                return await self._again(first)

    async def _again(self, first: Closed) -> Said:
        """Raises Closed, NoAnswer or TimeoutError."""
        # Restarted, perhaps; then it is another one now.
        self._clamav.doubt()
        try:
            async with asyncio.timeout_at(self._end):
                return await self._clamav.look(self._content, self._sha256)
        except Away:
            # Ended by this message, perhaps: to let it come again would end the next one.
            raise first from None

    def _give_back(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._clamav.give_back()


def _failed(word: str, detail: str) -> Said:
    return Said(failure=word, detail=detail[:_DETAIL])


def _key(known: Version) -> tuple[str, str]:
    return known.engine, known.database


def _read(answer: Answer, known: Version) -> Said:
    """An answer as facts."""
    if answer.limit or answer.name.startswith(LIMITS):
        return Said(limits=(answer.limit or answer.name,))
    if not answer.name:
        return _NOTHING
    supposed = answer.name.startswith(("Heuristics.", "PUA."))
    family = _FAMILY.fullmatch(answer.name)
    finding = facts.Finding(
        name=answer.name,
        family=family[1] if family and not supposed else "",
        severity="suspicious" if supposed else "malicious",
        engine_version=known.engine,
        database_version=known.database,
        database_date=known.date,
    )
    return Said(findings=(finding,))
