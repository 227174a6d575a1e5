"""Try a scanner that is not ours, part by part, in a confined worker, and say what is wrong.

Its code is never run on this side: a nursery of its own loads it (scanners/trial.py), and
its workers are asked.  What is looked for is what would go wrong in a service on some mail,
one day: an error, a thing that is no finding, a file opened too late, a part that takes
seconds, memory that is never given back.  Whether it finds what it is meant to find only
its author knows: samples beside it say that.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from resource import getpagesize
from typing import Any

from pratique.milter.content import content_of
from pratique.milter.wall.looks import in_words
from pratique.milter.wall.nursery import COMMAND, Nursery
from pratique.milter.wall.sighting import Sighting
from pratique.milter.wall.worker import Worker
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.wall_pb2 import Inspect, OwnScanner, Setup

TRIAL = (*COMMAND[:-1], "pratique.scanners.trial")

# A worker has 25 seconds for a whole message; a scanner that needs this for a part hangs.
HANGS_SECONDS = 10.0
# Of a part of a megabyte: mail of 25 MB must be seen within a worker's time.
SLOW_SECONDS = 1.0
# It is shown so many megabytes; what keeps a third of that keeps all.
_BEFORE, GROWTH_PARTS = 4, 24
GROWN_OCTETS = 8 * 1024 * 1024
# One that ends a worker again and again has been told enough of.
_MOST_ENDS = 3
_MOST_PARTS = 1000
# As much as a part may have (budget.py).
_SAMPLE_OCTETS = 64 * 1024 * 1024

_LATE = ("PermissionError", "ModuleNotFoundError", "ImportError", "Operation not permitted")
_TOO_LATE = (
    " (a worker opens, imports and starts nothing: do it at the top of the file, or in `setup`)"
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A scanner as a nursery has it."""

    name: str
    is_own: bool
    version: str = ""
    file: str = ""
    # Which parts it wants.
    wants: str = ""


@dataclass(slots=True)
class Tried:
    """What came of a trial."""

    scanner: Loaded
    problems: list[str] = field(default_factory=list)
    shown: int = 0
    findings: int = 0
    slowest: str = ""
    seconds: float = 0.0
    grown: int = 0
    speech: int = 0
    silence: int = 0

    def to_json(self) -> dict[str, Any]:
        """What `--json` says: a contract that others rely on."""
        return {
            "scanner": self.scanner.name,
            "version": self.scanner.version,
            "file": self.scanner.file,
            "sound": not self.problems,
            "problems": self.problems,
            "shown": self.shown,
            "findings": self.findings,
            "slowest": {"sample": self.slowest, "milliseconds": round(self.seconds * 1000, 3)},
            "memory_growth": self.grown,
            "speech": self.speech,
            "silence": self.silence,
        }


class _Bench:
    """A nursery for trials, and one worker of it at a time."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self._worker: Worker | None = None
        self.ends = 0

    @property
    def pid(self) -> int:
        """The worker's; 0 where there is none."""
        return self._worker.pid if self._worker is not None else 0

    async def ask(self, order: dict[str, Any], beside: Sequence[bytes] = ()) -> Sighting:
        """Have one order done.  Raises NurseryLost."""
        if self._worker is None:
            self._worker = await self._nursery.spawn()
        content = content_of([json.dumps(order).encode()])
        extras = [content_of([octets]) for octets in beside]
        try:
            seen = await self._worker.inspect(
                content, Inspect(), HANGS_SECONDS, _MOST_PARTS, extras
            )
        finally:
            for each in (content, *extras):
                each.close()
        if seen.end != "done":
            self._worker, self.ends = None, self.ends + 1
        return seen

    def close(self) -> None:
        """End both."""
        if self._worker is not None:
            self._worker.kill()
        self._nursery.close()


async def loaded(setup: Setup) -> list[Loaded]:
    """All scanners, ours and the others.  Raises NurseryUnfit or NurseryLost."""
    bench = _Bench(await Nursery.start(setup, TRIAL))
    try:
        return _listed((await bench.ask({})).known)
    finally:
        bench.close()


def _listed(known: facts.Facts) -> list[Loaded]:
    return [
        Loaded(one.scanner, one.name == "own", one.engine_version, one.reference, one.note)
        for one in known.findings
    ]


async def tried(scanner: OwnScanner, setup: Setup, samples: Path | None) -> Tried:
    """Try one scanner.  Raises NurseryUnfit, NurseryLost, or OSError for a sample."""
    alone = Setup(confinement=setup.confinement, memory=setup.memory, own_scanners=[scanner])
    bench = _Bench(await Nursery.start(alone, TRIAL))
    try:
        return await _Trial(bench).run(samples)
    finally:
        bench.close()


class _Trial:
    """One scanner's trial."""

    def __init__(self, bench: _Bench) -> None:
        self._bench = bench
        self._tried: Tried

    async def run(self, samples: Path | None) -> Tried:
        listing = await self._bench.ask({})
        (own,) = (one for one in _listed(listing.known) if one.is_own)
        self._tried = Tried(own)
        parts = [listing.parts[number] for number in sorted(listing.parts)]
        for part in parts:
            await self._show(part.path, {"sample": part.id})
        if samples is not None:
            self._tried.speech = await self._show_files(samples / "speech", speaks=True)
            self._tried.silence = await self._show_files(samples / "silence", speaks=False)
        await self._grow(max((part for part in parts if part.kind), key=lambda part: part.size))
        return self._tried

    async def _show(
        self, label: str, order: dict[str, Any], beside: Sequence[bytes] = ()
    ) -> Sighting | None:
        """Show one part, and note what goes wrong; None: no more is shown."""
        if self._bench.ends >= _MOST_ENDS:
            return None
        seen, tried = await self._bench.ask(order, beside), self._tried
        tried.shown += 1
        tried.findings += len(seen.known.findings)
        if seen.seconds > tried.seconds:
            tried.slowest, tried.seconds = label, seen.seconds
        if seen.end != "done":
            self._problem(label, in_words(seen))
            if self._bench.ends == _MOST_ENDS:
                tried.problems.append(f"the trial ends: it has ended {_MOST_ENDS} workers")
        elif seen.seconds > SLOW_SECONDS:
            most = f"more than {SLOW_SECONDS:g} s is too long for one part"
            self._problem(label, f"it takes {seen.seconds:.1f} s; {most}")
        for failure in seen.known.failures:
            late = _TOO_LATE if any(word in failure.detail for word in _LATE) else ""
            self._problem(label, failure.detail + late)
        return seen

    def _problem(self, label: str, problem: str) -> None:
        self._tried.problems.append(f"{label}: {problem}")

    async def _show_files(self, folder: Path, *, speaks: bool) -> int:
        """Show each file of a folder, which shall be found, or shall not; how many there are."""
        files = _files_in(folder)
        for file in files:
            label = f"{folder.name}/{file.name}"
            seen = await self._show(label, {"name": file.name}, [_octets(file)])
            if seen is not None and seen.end == "done" and not seen.known.failures:
                self._judge(label, seen, speaks=speaks)
        return len(files)

    def _judge(self, label: str, seen: Sighting, *, speaks: bool) -> None:
        found = seen.known.findings
        if speaks and not found:
            limits = [limit.detail for limit in seen.known.limits]
            why = "; ".join(filter(None, (seen.parts[0].why, *limits)))
            self._problem(label, f"nothing is found in it{f' ({why})' if why else ''}")
        accused = [one.name for one in found if one.severity != "information"]
        if not speaks and accused:
            self._problem(label, f"found in it, where nothing should be: {', '.join(accused)}")

    async def _grow(self, largest: facts.Part) -> None:
        """Show many large parts, no two alike, and see what is left of them in memory."""
        before = 0
        for number in range(GROWTH_PARTS):
            noise = hashlib.shake_256(b"%d" % number).digest(max(largest.size, 0))
            order = {"name": f"noise {number}", "kind": largest.kind}
            if self._bench.ends or await self._show("memory", order, [noise]) is None:
                return
            if number == _BEFORE:
                before = _resident(self._bench.pid)
        if self._bench.ends:
            return
        self._tried.grown = max(0, _resident(self._bench.pid) - before)
        if self._tried.grown > GROWN_OCTETS:
            grown = f"{self._tried.grown / 1024**2:.0f} MB"
            octets = (GROWTH_PARTS - _BEFORE - 1) * largest.size / 1024**2
            self._problem("memory", f"it keeps {grown} of {octets:.0f} MB that it was shown")


def _files_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.is_file()) if folder.is_dir() else []


def _octets(file: Path) -> bytes:
    if file.stat().st_size > _SAMPLE_OCTETS:
        raise OSError(f"{file}: no part has more than {_SAMPLE_OCTETS} octets")
    return file.read_bytes()


def _resident(pid: int) -> int:
    """Memory in use.  proc(5), /proc/pid/statm: the second number, in pages."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * getpagesize()


def all_of(setups: Iterable[OwnScanner]) -> list[OwnScanner]:
    """One for each scanner: a folder is as many as there are files in it."""
    found = []
    for one in setups:
        folder = Path(one.path)
        if one.path and folder.is_dir():
            files = sorted(folder.glob("[!_]*.py"))
            found += [OwnScanner(path=str(file), places=one.places) for file in files]
        else:
            found.append(one)
    return found
