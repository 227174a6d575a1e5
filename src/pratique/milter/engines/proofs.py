"""Rely on engines only as long as they find what they must find (proof.py).

Each is tried when a door starts, again every ten minutes, and when it has other signatures.
One that misses a test file is down: each message gets the failure `engine_unproven`, once,
and what it finds all the same is taken.

One that is away tells so itself, on each message (`engine_away`).  But what comes back may be
another one, or one whose database is half loaded; so the first message that it answers again
waits, within its time, until it has found the test files.  All that come meanwhile wait for
the same trial, which takes an engine some milliseconds.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence

from pratique.milter.counters import ENGINE_PROVEN
from pratique.milter.engines.engine import Engine, Proof
from pratique.scanners import facts_pb2 as facts

log = logging.getLogger("pratique.engines")

# A door that starts takes mail after this time, though an engine be slow: a scanner that is a
# command loads its database for each file.  Messages wait for it within theirs.
START_SECONDS = 5.0
# Engines are tried again this often: what an admin has mended is believed soon.
TICK_SECONDS = 15.0
# Ten minutes: as often clamd looks for a new database itself (SelfCheck).  A trial is six
# questions at most.
TICKS = 40
# Facts are about the message as a whole.
_NO_PART = -1
_NOBODY = frozenset[str]()
_RELIED_ON = frozenset({"proven", "exempt"})
_AWAY = Proof("away", "it was away, and has not been tried since")


class Standing:
    """What is known of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # Of the last trial that came to its end; before the first one there is none.
        self._proof = Proof("away", "it has not been tried yet")
        # Nothing has happened since that speaks against it.
        self.holds = False
        self._told = ""
        self._trial: asyncio.Task[None] | None = None
        self._sources: tuple[facts.Source, ...] = ()
        self._ticks = self._doubts = 0

    @property
    def has_missed(self) -> bool:
        """It let a test file pass when it was tried last."""
        return self._proof.state == "missed"

    def was_away(self) -> None:
        """What comes back may be another one, for better or worse."""
        self.holds = False
        self._proof = _AWAY
        self._doubts += 1

    def begin(self, *, first: bool = False) -> "asyncio.Task[None]":
        """Have it tried, unless that is being done."""
        if self._trial is None or self._trial.done():
            self._trial = asyncio.create_task(self._try(first=first))
        return self._trial

    async def proof(self, until: float) -> Proof:
        """Whether it can be relied on, tried anew where nobody knows; at `until` at the latest."""
        if not (self.holds or self.has_missed):
            patience = until - asyncio.get_running_loop().time()
            done, _ = await asyncio.wait([self.begin()], timeout=max(0.0, patience))
            if not done:
                return Proof("away", "it was being tried when the message's time was over")
        return self._proof

    def tick(self) -> None:
        """Have it tried where it is time to."""
        self._ticks += 1
        if not self.holds or self._ticks >= TICKS or self._engine.sources != self._sources:
            self.begin()

    async def close(self) -> None:
        """It is tried no more."""
        if self._trial is not None:
            self._trial.cancel()
            await asyncio.wait([self._trial])

    async def _try(self, *, first: bool) -> None:
        if first:
            log.info("%s", await self._engine.start())
        doubts = self._doubts
        proof = await self._engine.prove()
        if doubts != self._doubts:
            # It went in midst of that; once more is enough, or a trial would never end.
            proof = await self._engine.prove()
        self._proof, self._ticks = proof, 0
        self._sources = self._engine.sources
        self.holds = proof.state in _RELIED_ON
        if proof.state != "exempt":
            ENGINE_PROVEN.labels(self._engine.name).set(proof.state == "proven")
        if proof.state != self._told:
            self._told = proof.state
            self._tell(proof)

    def _tell(self, proof: Proof) -> None:
        name, more = self._engine.name, f"; {proof.detail}" if proof.detail else ""
        if proof.state == "proven":
            log.info("%s: finds what it must find%s", name, more)
        elif proof.state == "exempt":
            log.info("%s: is relied on untried (self_test = false)%s", name, more)
        elif proof.state == "away":
            log.warning("%s: could not be tried: %s", name, proof.detail)
        else:
            log.error(
                "%s: is down: %s; until it does, each message has the failure engine_unproven",
                name,
                proof.detail,
            )


class Proofs:
    """What is known of all engines of a door."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._standings = {engine.name: Standing(engine) for engine in engines}

    async def start(self, seconds: float = START_SECONDS) -> None:
        """Try all at the same time; what takes longer goes on."""
        if trials := [standing.begin(first=True) for standing in self._standings.values()]:
            await asyncio.wait(trials, timeout=seconds)

    @property
    def hold(self) -> bool:
        """All can be relied on."""
        return all(standing.holds for standing in self._standings.values())

    @property
    def down(self) -> frozenset[str]:
        """Who let a test file pass when tried last."""
        # Asked of each message, and hardly ever there.
        missed = [name for name, one in self._standings.items() if one.has_missed]
        return frozenset(missed) if missed else _NOBODY

    def doubt(self, names: Iterable[str]) -> None:
        """Rely on these no more before they are tried: another one may answer now."""
        for name in names:
            self._standings[name].was_away()

    async def add(
        self,
        seen: facts.Facts,
        answered: Collection[str],
        away: Collection[str],
        until: float,
        down: Collection[str] = (),
    ) -> None:
        """Add a failure for each engine that cannot be relied on, and is not away.

        One that was not asked about this message is not tried for it.  `down` are those that
        were so when they were asked.
        """
        for name, standing in self._standings.items():
            if name in away:
                standing.was_away()
                continue
            is_asked, why = name in answered, ""
            if standing.has_missed or (is_asked and not standing.holds):
                proof = await standing.proof(until)
                why = "" if proof.state in _RELIED_ON else proof.detail or proof.state
            if is_asked and name in down:
                why = why or "it was down when it was asked"
            if why:
                words = f"{name}: {why}"
                seen.failures.add(class_="engine_unproven", part=_NO_PART, detail=words)

    def tick(self) -> None:
        """Have those tried for which it is time."""
        for standing in self._standings.values():
            standing.tick()

    async def close(self) -> None:
        """Try no more."""
        for standing in self._standings.values():
            await standing.close()
