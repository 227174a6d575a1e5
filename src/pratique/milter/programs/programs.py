"""Unpack what workers handed out, with the programs that are installed and work here.

At the start each program is rehearsed once, in the sandbox it will run in, on a file of our
own.  What is not installed or does not work here is reported then, in the log, and later on
each part that it would have opened; nothing else changes, and no mail waits for it.

There is a time limit per part, for all tries together, and one for all parts of a message.  If a
program fails, what it wrote until then is kept, and the part says so.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from pratique.milter.content import content_of
from pratique.milter.programs.handed import Handed, Unpacked
from pratique.milter.programs.sandbox import Room
from pratique.milter.programs.table import BY_TYPE, PROGRAMS, Program
from pratique.milter.programs.trial import Tool, Trial, run_by
from pratique.scanners import facts_pb2 as facts

BUBBLEWRAP = "/usr/bin/bwrap"

# The memory that a program may take, apart from what it writes: a dictionary of 64 MB and its
# working memory; an archive that needs a gigabyte is not for mail.
MEMORY = 512 * 1024 * 1024
# Even a busy machine starts a program within this time; a door waits for it.
REHEARSAL_SECONDS = 10.0
# An empty folder takes 10 KB as a tar archive; this leaves room for a small part of a mail.
LEAST_OCTETS = 64 * 1024
# The limit of a fact's text (scanners/report.py).
_WHY = 300


@dataclass(frozen=True, slots=True)
class ProgramSettings:
    """Which programs, how many at once, and how large one part may become."""

    use: tuple[str, ...] = tuple(program.name for program in PROGRAMS)
    count: int = 2
    seconds: float = 20.0
    octets: int = 128 * 1024 * 1024
    # The limit for all parts of a message together.
    octets_in_all: int = 256 * 1024 * 1024
    files: int = 10_000
    bubblewrap: str = BUBBLEWRAP
    programs: tuple[Program, ...] = PROGRAMS


class Programs:
    """The outside programs that work here; none, before `start`."""

    def __init__(self, settings: ProgramSettings = ProgramSettings()) -> None:
        self._settings = settings
        self._gate = asyncio.Semaphore(settings.count)
        self._tools: dict[str, Tool] = {}
        # Why a program is not used, in words for an admin.
        self._missing: dict[str, str] = {}
        # The types that one of them opens.
        self.types: list[str] = []

    async def start(self) -> str:
        """Rehearse each program; return a summary for the log."""
        for program in self._settings.programs:
            await self._rehearse(program)
        self.types = [kind for kind, names in BY_TYPE.items() if {*names} & {*self._tools}]
        missing = "; ".join(self._missing.values()) or "none is known"
        if not self._tools:
            return f"no outside program unpacks anything: {missing}"
        works = f"unpacked by outside programs, in bubblewrap: {', '.join(self._tools)}"
        return f"{works}; {missing}" if self._missing else works

    def explain(self, seen: facts.Facts) -> None:
        """Name, on each part that stayed closed, the missing program that would have opened it."""
        for part in seen.parts:
            names = BY_TYPE.get(part.type, ())
            missing = [self._missing[name] for name in names if name in self._missing]
            if part.unopened == "needs_program" and missing:
                part.why = "; ".join(filter(None, [part.why, *missing]))[:_WHY]

    async def unpack(self, handed: Sequence[Handed], taken: int, seconds: float) -> list[Unpacked]:
        """Unpack parts, and close them; the caller must close what is returned.

        `taken` counts the octets that other parts of the message have already become.
        """
        end = asyncio.get_running_loop().time() + seconds
        unpacked: list[Unpacked] = []
        try:
            for part in handed:
                unpacked.append(await self._unpack(part, taken, end))
                taken += unpacked[-1].content.size
        except BaseException:
            for each in unpacked:
                each.content.close()
            raise
        finally:
            for part in handed:
                part.content.close()
        return unpacked

    async def _unpack(self, part: Handed, taken: int, end: float) -> Unpacked:
        settings = self._settings
        octets = max(min(settings.octets, settings.octets_in_all - taken), LEAST_OCTETS)
        tools = [self._tools[name] for name in BY_TYPE[part.type] if name in self._tools]
        async with contextlib.AsyncExitStack() as gate:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(end):
                    await gate.enter_async_context(self._gate)
            # If others used up the time, none is left; the trial says so.
            seconds = min(settings.seconds, end - asyncio.get_running_loop().time())
            room = Room(octets, settings.files, MEMORY, seconds)
            return await Trial(part, room).unpacked(tools)

    async def _rehearse(self, program: Program) -> None:
        name, bubblewrap = program.name, self._settings.bubblewrap
        path = next(filter(shutil.which, program.paths), None)
        if name not in self._settings.use:
            self._missing[name] = f"programs.use leaves {name} out"
        elif path is None:
            self._missing[name] = f"Debian's package {program.package} ({name}) is not installed"
        elif not shutil.which(bubblewrap):
            self._missing[name] = f"{name} needs Debian's package bubblewrap, not installed"
        else:
            tool = Tool(program, path, bubblewrap)
            if trouble := await _rehearsed(tool, self._settings.files):
                self._missing[name] = f"{name} does not work in bubblewrap here ({trouble})"
            else:
                self._tools[name] = tool


async def _rehearsed(tool: Tool, files: int) -> str:
    """Return what went wrong with a file of our own; empty if nothing did."""
    room = Room(LEAST_OCTETS, files, MEMORY, REHEARSAL_SECONDS)
    with contextlib.closing(content_of([tool.program.sample])) as sample:
        result = await run_by(tool, "", sample, room)
    result.content.close()
    if not result.unopened:
        return ""
    return f"{result.why}: {result.words}" if result.words else result.why
