"""Try one part with the programs that know its type, and with the words that may open it.

The first program that opens all of it is enough; if none does, the result of the one that got
furthest is used.  Words are tried only where a program asks for a password: one by one, each in
its own sandbox, as long as the part has time.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pratique.milter.content import content_of
from pratique.milter.mail import Content
from pratique.milter.programs import sandbox
from pratique.milter.programs.handed import Handed, Unpacked
from pratique.milter.programs.run import Ended, run
from pratique.milter.programs.sandbox import FOLDER, PART, Room
from pratique.milter.programs.table import Program
from pratique.scanners.wall_pb2 import Extra

log = logging.getLogger("pratique.programs")

# The limit of a fact's text (scanners/report.py).
_WHY = 300
# An archive's password is typed by a person.
_PASSWORD = 256
# A program given less time than its start takes reveals nothing about the part.
_LEAST_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, its path, and that of bubblewrap."""

    program: Program
    path: str
    bubblewrap: str


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one run: a word of Unopened and why, or neither; and what it wrote."""

    program: str
    content: Content
    unopened: str
    why: str
    password: str = ""
    # What bubblewrap said of itself.
    words: str = ""
    late: bool = False


class Trial:
    """One part, until it is open or its room is used up."""

    def __init__(self, part: Handed, room: Room) -> None:
        self._part = part
        self._room = room
        self._clock = asyncio.get_running_loop().time
        self._end = self._clock() + room.seconds
        self._made: list[Result] = []

    async def unpacked(self, tools: Sequence[Tool]) -> Unpacked:
        """Return what came out; the caller must close its content, all others are closed."""
        chosen: Result | None = None
        try:
            for tool in tools:
                result = await self._by(tool)
                if chosen is None or _further(result, chosen):
                    chosen = result
                if not chosen.unopened:
                    break
            # No part is handed out without a program for its type.
            assert chosen is not None
            self._made.remove(chosen)
            return Unpacked(_extra(self._part, chosen), chosen.content)
        finally:
            for result in self._made:
                result.content.close()

    async def _by(self, tool: Tool) -> Result:
        """Run one program, with the word that opens the part if one is needed."""
        first = await self._run(tool, "")
        if first.unopened != "archive_password":
            return first
        tried = 0
        for word in self._part.passwords:
            if not word or len(word) > _PASSWORD:
                continue
            if self._left() < _LEAST_SECONDS:
                break
            tried += 1
            result = await self._run(tool, word)
            if result.unopened in {"", "over_budget"} and not result.late:
                return result
        words = f"none of {tried} words of the message opens it" if tried else "no word is known"
        told = Result(first.program, first.content, first.unopened, f"{first.why}; {words}")
        self._made[self._made.index(first)] = told
        return told

    async def _run(self, tool: Tool, word: str) -> Result:
        left = self._left()
        if left < _LEAST_SECONDS:
            name = tool.program.name
            result = Result(name, content_of([]), "needs_program", f"no time was left for {name}")
        else:
            room = Room(self._room.octets, self._room.files, self._room.memory, left)
            result = await run_by(tool, word, self._part.content, room)
        self._made.append(result)
        return result

    def _left(self) -> float:
        return self._end - self._clock()


async def run_by(tool: Tool, word: str, part: Content, room: Room) -> Result:
    """Run it once, and interpret the outcome."""
    name = tool.program.name
    arguments = tool.program.arguments(tool.path, PART, FOLDER, word)
    try:
        ended = await run(tool.bubblewrap, arguments, part, room)
    except OSError as error:
        log.warning("%s could not be started: %s", name, error)
        ended = Ended(content_of([]), sandbox.NO_PROGRAM, words=str(error))
    unopened, why = meaning(name, ended, room)
    return Result(name, ended.content, unopened, why, word, ended.words, ended.late)


def meaning(name: str, ended: Ended, room: Room) -> tuple[str, str]:
    """Return a word of Unopened and why, by how a run ended; both empty if all is there."""
    if ended.late:
        return "over_budget", f"{name} took more than {room.seconds:.1f} s"
    if ended.cut:
        return "over_budget", f"{name} unpacked more than {room.octets} octets"
    return {
        sandbox.WHOLE: ("", ""),
        sandbox.FAILED: ("unreadable", f"{name} could not read all of it"),
        sandbox.LOCKED: ("archive_password", f"{name} asks for a password"),
        sandbox.FULL: (
            "over_budget",
            f"{name} unpacked more than {room.octets} octets or {room.files} files",
        ),
        sandbox.KILLED: ("unreadable", f"{name} died on it"),
    }.get(ended.status, ("needs_program", f"{name} could not be started"))


def _further(one: Result, other: Result) -> bool:
    """Whether the first of two got further."""
    if not one.unopened or not other.unopened:
        return not one.unopened
    return one.content.size > other.content.size


def _extra(part: Handed, result: Result) -> Extra:
    return Extra(
        sha256=part.sha256,
        program=result.program,
        password="" if result.unopened == "archive_password" else result.password,
        unopened=result.unopened,
        why=result.why[:_WHY],
    )
