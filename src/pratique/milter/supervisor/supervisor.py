"""Run the service: what it is made of, how it starts, takes new settings, and ends.

It starts from the inside out, so that nothing is taken before it can be inspected, decided and
kept: the folder is locked, sockets are opened, the nursery has loaded its rules, and
only then doors serve.  What keeps a part from starting stops the start, in words.  From
then on nothing of that kind ends a running service: what dies is restarted, and a
reload that fails leaves everything as it was.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from pratique.milter.assembly import setup_of
from pratique.milter.config import Settings
from pratique.milter.config_problems import ConfigError
from pratique.milter.policy_file import NoPolicy
from pratique.milter.quarantine.folders import swept
from pratique.milter.sent import keyring
from pratique.milter.sent.keys import KeysError
from pratique.milter.stores.key import NoKeyError
from pratique.milter.supervisor import control, health, state
from pratique.milter.supervisor.accepting import Accepting, digest_of
from pratique.milter.supervisor.charge import Charge, Policies
from pratique.milter.supervisor.control import Said
from pratique.milter.supervisor.counters import Totals
from pratique.milter.supervisor.door import Door
from pratique.milter.supervisor.giving_up import GivenUp, Result, unless
from pratique.milter.supervisor.names import SMTP, DoorName, doors_of, places_of
from pratique.milter.supervisor.notify import notify
from pratique.milter.supervisor.nurseries import FIRST_TRIES, KeptNursery
from pratique.milter.supervisor.orders import Order, OrderError
from pratique.milter.supervisor.process import DoorProcess, Inherited, Lost, Unfit
from pratique.milter.supervisor.sockets import CannotListen, Sockets
from pratique.milter.supervisor.trial import TestsNotMet
from pratique.milter.versions import Versions
from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
from pratique.milter.wall.nursery import Nursery
from pratique.milter.wall.workers import own_nursery
from pratique.policies.written.problem import PolicyError, one_line

log = logging.getLogger("pratique.service")


class NeedsRestart(Exception):
    """A setting has changed that a running service cannot take."""


# What an admin must fix before a service starts.
CANNOT_START = (
    *(ConfigError, state.StateInUse, CannotListen, Unfit, Lost),
    *(KeysError, NoKeyError, TestsNotMet),
)

# ... and before a reload succeeds.
_REFUSALS = (
    *(ConfigError, NoPolicy, PolicyError, NurseryUnfit, NurseryLost, CannotListen),
    *(Unfit, Lost, OSError, NeedsRestart, KeysError, NoKeyError, TestsNotMet, GivenUp),
)


@dataclass(frozen=True, slots=True)
class InForce:
    """What the service runs by."""

    settings: Settings
    policies: Policies
    charge: Charge
    nursery: KeptNursery

    @property
    def policy(self) -> str:
        """The policies, for the log: name, short hash, and which one is in the shadow."""
        both = (self.policies.enforced, self.policies.shadow)
        told = [f"{one.name} ({digest_of(one)[:12]})" for one in both if one is not None]
        return ", in the shadow ".join(told)


class Supervisor:
    """A service from its start to its end.  `load` reads the settings."""

    def __init__(self, load: Callable[[], Settings]) -> None:
        self._load = load
        self._sockets = Sockets()
        self._doors: dict[DoorName, Door] = {}
        self._chores: set[asyncio.Task[None]] = set()
        self._left: set[KeptNursery] = set()
        self._changing = asyncio.Lock()
        # Set once the service is told to end.
        self._ending = asyncio.Event()
        self._totals = Totals()
        # True once the start is done.
        self.serving = False
        self._inherited: Inherited
        self._in_force: InForce | None = None

    async def serve(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set.  Raises whatever keeps a part from starting."""
        settings = self._load()
        async with contextlib.AsyncExitStack() as parts:
            folder = settings.state
            had = state.own_state(folder, lambda: control.answers(folder))
            lock = await parts.enter_async_context(had)
            self._inherited = Inherited(lock, self._heard)
            # Only the doors open the whole quarantine; its index (SQLAlchemy) stays out of here.
            await asyncio.to_thread(swept, folder / "quarantine")
            parts.push_async_callback(self._end)
            await self._begin(settings)
            await self._accepting(settings).enter(self._now.policies, "start")
            await parts.enter_async_context(control.listening(folder, self._obey))
            await parts.enter_async_context(health.listening(settings.health.address, self))
            log.info("policy %s, next hop %s", self._now.policy, settings.next_hop.kind)
            notify("READY=1")
            self.serving = True
            await stop.wait()
            self._ending.set()
            log.info("stopping: finishing what is in flight")
            notify("STOPPING=1")

    @property
    def _now(self) -> InForce:
        assert self._in_force is not None
        return self._in_force

    # Called by health.py.

    def missing(self) -> list[str]:
        """Return what is not ready, in words; empty if the service is ready."""
        doors = tuple(self._doors.values())
        said = [f"{door.name} does not serve" for door in doors if not door.ready]
        return [*said, "no nursery"] if self._now.nursery.lost else said

    def metrics(self) -> bytes:
        """Return the counters of all doors ever started, and how often each was restarted."""
        restarts = {door.name: door.restarts for door in tuple(self._doors.values())}
        return self._totals.text(restarts)

    # Start and end.

    async def _begin(self, settings: Settings) -> None:
        self._sockets.want(places_of(settings))
        self._doors = {name: self._door(name) for name in doors_of(settings)}
        # Loading takes a second for a door's libraries, and as long for the nursery.
        warm = [asyncio.create_task(door.warm_up()) for door in self._doors.values()]
        try:
            policies = await self._accepting(settings).accepted(settings)
            self._in_force = await self._prepared(settings, policies, FIRST_TRIES)
        finally:
            await asyncio.gather(*warm)
        for door in self._doors.values():
            await door.open(FIRST_TRIES)

    async def _add(self, name: DoorName) -> None:
        door = self._doors[name] = self._door(name)
        try:
            await door.open()
        except BaseException:
            del self._doors[name]
            raise

    async def _end(self) -> None:
        async with self._changing:
            await asyncio.gather(*(door.drain() for door in self._doors.values()))
            for kept in self._left:
                kept.now.kill()
            await asyncio.gather(*self._chores, return_exceptions=True)
        if self._in_force is not None:
            await self._in_force.nursery.close()
        self._sockets.keep(())

    def _accepting(self, settings: Settings) -> Accepting:
        return Accepting(Versions(settings.state / "policies"))

    async def _prepared(self, settings: Settings, policies: Policies, tries: int = 1) -> InForce:
        charge = _charge(settings, policies)
        nursery = KeptNursery(own_nursery(setup_of(settings)), self._hand_over)
        await nursery.start(tries)
        return InForce(settings, policies, charge, nursery)

    async def _hand_over(self, nursery: Nursery) -> None:
        # A door that still follows the nursery of former settings knows only their rules.
        if nursery is self._now.nursery.now:
            for door in tuple(self._doors.values()):
                await door.hand_over(nursery)

    async def _heard(self, process: DoorProcess, said: Order) -> None:
        """Handle what a door says unasked."""
        if said.word == "counted":
            self._take_counted(process, said)
        elif said.word == "lost":
            kept = self._now.nursery
            # If there is none, or it was this one, the next one is handed over to all doors.
            if not kept.replace(int(said.body["pid"])) and not kept.lost:
                with contextlib.suppress(Lost, NurseryLost, OSError):
                    await process.hand_over(kept.now)

    def _take_counted(self, process: DoorProcess, said: Order) -> None:
        try:
            self._totals.take(process, said.body["counted"])
        except (KeyError, ValueError, TypeError) as error:
            raise OrderError(f"no counters: {error!r}") from error
        # A door counts even before its first order, while the nursery still loads its rules.
        now = self._in_force
        if now and self._totals.messages(process) >= now.settings.doors.retire_after:
            for door in tuple(self._doors.values()):
                self._begin_chore(door.retire(process))

    def _door(self, name: DoorName) -> Door:
        async def start() -> DoorProcess:
            return await DoorProcess.start((name.kind, name.section), self._inherited)

        async def serve(process: DoorProcess) -> None:
            now = self._now
            sockets = self._sockets.descriptors(name.places(now.settings))
            await process.serve(now.charge, await now.nursery.living(), sockets)

        return Door(str(name), start, serve)

    # Reload.

    async def _obey(self, word: str) -> Said:
        if word != "reload":
            return Said(False, (f"{word!r} is nothing that this service does",))
        async with self._changing:
            notify("RELOADING=1")
            try:
                return await self._reload()
            except _REFUSALS as error:
                lines = _in_words(error)
                log.error("not reloaded, all stays as it was: %s", "; ".join(lines))
                return Said(False, ("not reloaded, all stays as it was:", *lines))
            except Exception:
                # Whatever it was: the caller gets an answer, and the service goes on.
                log.exception("not reloaded, by an error of ours")
                return Said(False, ("not reloaded, by an error of ours: see the log",))
            finally:
                notify("READY=1")

    async def _reload(self) -> Said:
        settings, was = self._load(), self._now
        _check_change(was.settings, settings)
        accepting = self._accepting(settings)
        # Ending doors do not wait for tests or rules; what follows these takes only a moment.
        policies = await self._unless_ending(accepting.accepted(settings, was.policies))
        self._sockets.want(places_of(settings))
        try:
            self._in_force = await self._unless_ending(self._prepared(settings, policies))
            await self._change()
        except BaseException:
            await self._take_back(was)
            raise
        finally:
            self._sockets.keep(places_of(self._now.settings))
        self._leave(was.nursery)
        await accepting.enter(policies, "reload")
        log.info("reloaded: policy %s", self._now.policy)
        return Said(True, (f"reloaded, policy {self._now.policy}",))

    async def _unless_ending(self, work: Coroutine[Any, Any, Result]) -> Result:
        return await unless(self._ending, "the service ends", work)

    async def _change(self) -> None:
        """Have all doors serve by what is in force now; drain those that are no longer wanted."""
        wanted = doors_of(self._now.settings)
        for name in wanted:
            if name not in self._doors:
                await self._add(name)
            elif name.kind == SMTP:
                await self._doors[name].replace()
            else:
                await self._doors[name].serve_anew()
        for name in set(self._doors) - set(wanted):
            self._begin_chore(self._doors.pop(name).drain())

    async def _take_back(self, was: InForce) -> None:
        """Have all doors serve by what was in force before, after a reload failed on the way."""
        refused, self._in_force = self._now, was
        if refused is was:
            return
        try:
            await self._change()
        except (Unfit, Lost, NurseryLost, OSError) as error:
            log.error("a door could not go back to the settings of before: %s", error)
        self._leave(refused.nursery)

    def _leave(self, kept: KeptNursery) -> None:
        """Let a nursery end with the last door that uses it."""

        async def until_it_ends() -> None:
            self._left.add(kept)
            await kept.leave()
            self._left.discard(kept)

        self._begin_chore(until_it_ends())

    def _begin_chore(self, chore: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


def _charge(settings: Settings, policies: Policies) -> Charge:
    # Settings that were not set are left out: a section may refuse those that conflict.
    said = settings.model_dump_json(exclude_unset=True)
    return Charge(said, policies.written(), keyring.read(settings.sent, settings.state))


def _in_words(error: Exception) -> tuple[str, ...]:
    if isinstance(error, PolicyError):
        return tuple(one_line(problem) for problem in error.problems)
    return tuple(str(error).splitlines())


def _check_change(was: Settings, settings: Settings) -> None:
    """Raise NeedsRestart for what cannot change under a running service."""
    if settings.state != was.state:
        raise NeedsRestart("`state` has changed: that needs a restart")
    if settings.health != was.health:
        raise NeedsRestart("[health] has changed: that needs a restart")


def run(load: Callable[[], Settings]) -> None:
    """Serve until SIGTERM or SIGINT; `load` reads the settings, now and on each reload."""

    async def until_told() -> None:
        stop, supervisor = asyncio.Event(), Supervisor(load)
        serving = asyncio.create_task(supervisor.serve(stop))

        def end() -> None:
            stop.set()
            # A start that waits, for a lock or for rules to load, is cancelled.
            if not supervisor.serving:
                serving.cancel()

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, end)
        try:
            await serving
        except asyncio.CancelledError:
            log.info("told to stop before it served")

    asyncio.run(until_told())
