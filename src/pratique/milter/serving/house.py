"""Open what one door's process needs, in order, and close it in reverse order.

The policy is read, the stores are opened, workers are confined, and only then may a door
take mail.  At the end, what is in flight is finished first.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pratique.milter import counters
from pratique.milter.alerts.alerts import Alerts, to_log
from pratique.milter.alerts.bursts import Bursts
from pratique.milter.alerts.lately import Lately, open_lately
from pratique.milter.assembly import (
    next_hop_of,
    notices_hop_of,
    own_name,
    programs_of,
    release_hop_of,
    worker_settings,
)
from pratique.milter.became import Tell
from pratique.milter.config import Settings
from pratique.milter.deadline import for_looking
from pratique.milter.engines.asked import Asked, asked
from pratique.milter.journal.entry import PolicyText
from pratique.milter.journal.journal import Journal
from pratique.milter.judging import judge
from pratique.milter.mail import Envelope
from pratique.milter.next_hop import NextHop
from pratique.milter.notices.notices import Notices, open_notices
from pratique.milter.own_fields import OwnFields
from pratique.milter.pipeline import Options, Pipeline
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.sent.keyring import Keyring
from pratique.milter.sent.our_mail import OurMail, open_our_mail
from pratique.milter.sent.stamping import Stamping
from pratique.milter.sent.tags import Tags, tags_of
from pratique.milter.serving.telling import everybody, journal_of, ledger_of, log_of
from pratique.milter.shadowing import Shadowing
from pratique.milter.wall.nursery import Nursery
from pratique.milter.wall.workers import NoMoreNurseries, Nurseries, Workers
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action
from pratique.scanners.facts_pb2 import Facts

log = logging.getLogger("pratique.service")

# What waits for the journal at the end is written within this time, or reported as lost.
JOURNAL_SECONDS = 5.0


class HandedNurseries:
    """The nurseries that the supervisor hands over, one after the other."""

    def __init__(self, lost: Callable[[int], Awaitable[None]]) -> None:
        # Tells the supervisor that the nursery with this process id no longer answers.
        self._lost = lost
        self._last = 0
        # None: there will be no more.
        self._controls: asyncio.Queue[socket.socket | None] = asyncio.Queue()

    def put(self, descriptor: int) -> None:
        """Take over the control of a nursery; those that came before it have ended."""
        self._drop()
        self._controls.put_nowait(socket.socket(fileno=descriptor))

    def end(self) -> None:
        """Say that there will be no more, so that nothing waits for one."""
        self._controls.put_nowait(None)

    def close(self) -> None:
        """Close the controls that nothing will ask for."""
        self._drop()

    def _drop(self) -> None:
        while not self._controls.empty():
            if (control := self._controls.get_nowait()) is not None:
                control.close()

    async def __call__(self) -> Nursery:
        """Return the next one.  Raises NurseryLost (also NoMoreNurseries) or NurseryUnfit."""
        if self._last and self._controls.empty():
            await self._lost(self._last)
        control = await self._controls.get()
        if control is None:
            self.end()
            raise NoMoreNurseries("there will be no other nursery")
        nursery = await Nursery.join(control)
        self._last = nursery.pid
        return nursery


@dataclass(frozen=True, slots=True)
class Charge:
    """What a door serves by."""

    settings: Settings
    policy: Policy
    policy_text: PolicyText
    # None: secrets are read from their files.
    ring: Keyring | None = None
    # Asked in addition to the policy, without any effect.
    shadow: Policy | None = None


@dataclass(frozen=True, slots=True)
class House:
    """What a door sends its messages through."""

    pipeline: Pipeline
    quarantine: Quarantine
    next_hop: NextHop
    # Where released mail goes, if it goes anywhere.
    release_hop: NextHop | None = None
    # Tags our own reverse-paths, and recognizes them; None: there are no keys.
    tags: Tags | None = None


@contextlib.asynccontextmanager
async def open_house(charge: Charge, nurseries: Nurseries) -> AsyncIterator[House]:
    """Open all parts until the end.  Raises whatever keeps one from starting."""
    settings = charge.settings
    async with contextlib.AsyncExitStack() as parts:
        quarantine = Quarantine(settings.state / "quarantine")
        parts.callback(quarantine.close)
        quarantine.delivered.prepare()
        workers = await parts.enter_async_context(_working(settings, nurseries))
        next_hop = next_hop_of(settings)
        parts.push_async_callback(next_hop.close)
        release_hop = release_hop_of(settings)
        if release_hop is not None:
            parts.push_async_callback(release_hop.close)
        journal = Journal(settings.state / "journal", settings.journal)
        parts.push_async_callback(asyncio.to_thread, journal.close, JOURNAL_SECONDS)
        ends = contextlib.ExitStack()
        our_mail = ends.enter_context(
            open_our_mail(settings.sent, settings.state, settings.own_domains, charge.ring)
        )
        # What waits for a slow disk must not hold up the messages of the next process.
        parts.push_async_callback(asyncio.to_thread, ends.close)
        sees = await asked(workers, settings, refusing(charge.policy), our_mail)
        if isinstance(sees, Asked):
            parts.push_async_callback(sees.close)
        lately = open_lately(settings.state)
        parts.callback(lately.close)
        notices = await parts.enter_async_context(_telling(settings, next_hop))
        tell = everybody(
            log_of(settings.journal.privacy),
            counters.tell,
            journal_of(journal, charge.policy_text),
            ledger_of(our_mail),
            *_people(settings, lately, notices),
        )
        options = _options(charge, our_mail, lately)
        pipeline = Pipeline(sees, charge.policy, quarantine, tell, options)
        yield House(pipeline, quarantine, next_hop, release_hop, tags_of(our_mail))


def _people(settings: Settings, lately: Lately, notices: Notices | None) -> tuple[Tell, ...]:
    """Return what tells people: alerts, at least in the log, and notices."""
    if notices is None:
        return (Alerts(lately, settings.bursts).tell,)
    receivers = (to_log, notices.alert) if settings.notices.alerts else (to_log,)
    return Alerts(lately, settings.bursts, receivers).tell, notices.tell


def _options(charge: Charge, our_mail: OurMail | None, lately: Lately) -> Options:
    settings = charge.settings
    return Options(
        own_fields_of(settings, our_mail),
        Bursts(lately, settings.bursts, _settled(our_mail)),
        for_looking(settings.deadline.seconds),
        Shadowing(charge.shadow) if charge.shadow is not None else None,
    )


def own_fields_of(settings: Settings, our_mail: OurMail | None) -> OwnFields | None:
    """Return what puts our own fields in front; None if the settings want none."""
    section = settings.authentication
    authserv_id = (section.authserv_id if section is not None else None) or ""
    if our_mail is None:
        return OwnFields(None, authserv_id) if authserv_id else None
    # Settings with keys but without a domain are refused.
    host = our_mail.domains[0] if our_mail.domains else own_name()
    return OwnFields(Stamping(our_mail, host), authserv_id)


def _settled(our_mail: OurMail | None) -> Callable[[datetime], bool]:
    """Return a function that tells whether all mail that can still be bounced was stamped."""
    if our_mail is None:
        return lambda _: False
    return lambda now: our_mail.since.marks(now.astimezone(UTC).date())


def refusing(policy: Policy) -> Callable[[Facts, Envelope], bool]:
    """Return a function that tells whether each recipient is refused by the facts so far."""

    def refused(seen: Facts, envelope: Envelope) -> bool:
        # Judging adds what it asks to the facts, and will do so again.
        copied = Facts()
        copied.CopyFrom(seen)
        verdicts = judge(copied, envelope, policy).verdicts
        return bool(verdicts) and all(one.action is Action.REJECT for one in verdicts)

    return refused


@contextlib.asynccontextmanager
async def _telling(settings: Settings, next_hop: NextHop) -> AsyncIterator[Notices | None]:
    """Open what notifies our people, with a next hop of its own or that of all mail."""
    own_hop = notices_hop_of(settings)
    try:
        folder = settings.state / "outbox"
        hop = own_hop or next_hop
        async with open_notices(settings.notices, folder, hop, own_name()) as notices:
            yield notices
    finally:
        if own_hop is not None:
            await own_hop.close()


@contextlib.asynccontextmanager
async def _working(settings: Settings, nurseries: Nurseries) -> AsyncIterator[Workers]:
    programs = programs_of(settings)
    workers = Workers(nurseries, worker_settings(settings), programs)
    try:
        confinement = await workers.start()
        if settings.workers.confinement != "full":
            log.warning(
                "workers.confinement = %r: landlock is left out, workers are held by %s alone",
                settings.workers.confinement,
                confinement,
            )
        log.info("%d workers, confined by %s", settings.workers.count, confinement)
        yield workers
    finally:
        await workers.close()
