"""Run one door in a process of its own, and do what the supervisor orders.

    pratique.milter.serving.door_process KIND SECTION CONTROL

KIND is `smtp`, `milter` or `libmilter`, SECTION the milter's name; CONTROL is the number of an
inherited socket; supervisor/orders.py describes what is said on it.  The first order
is `serve`.  The door ends when it is told to drain, and when its supervisor is gone:
nothing new is taken, what is in flight is finished.  A signal meant for the service
(SIGTERM, SIGINT) does the same.
"""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from pratique.milter import counters, logs
from pratique.milter.config import Settings
from pratique.milter.doors.places import DoorError
from pratique.milter.journal.entry import PolicyText
from pratique.milter.keeping import kept
from pratique.milter.sent.keyring import handed
from pratique.milter.sent.keys import KeysError
from pratique.milter.serving import loop
from pratique.milter.serving.house import Charge, HandedNurseries
from pratique.milter.serving.milter import MilterServing
from pratique.milter.serving.smtp import SmtpServing
from pratique.milter.stores.key import NoKeyError
from pratique.milter.supervisor.charge import Policies
from pratique.milter.supervisor.orders import Channel, Order, OrderError, close_all
from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
from pratique.milter.wall.workers import Nurseries
from pratique.policies.policy import Policy

log = logging.getLogger("pratique.door")


_ERROR_OUTPUT = 2
# How often the supervisor is told what was counted; Prometheus asks every few seconds.
COUNT_SECONDS = 1.0


class Serving(Protocol):
    """What a door does in its process."""

    def begun(self, end: Callable[[], object]) -> None:
        """Note that the loop runs; `end`, called in it, makes the process drain and end."""

    async def serve(
        self, charge: Charge, nurseries: Nurseries, sockets: Sequence[socket.socket]
    ) -> None:
        """Take mail.  Raises NurseryLost, NurseryUnfit, OSError."""

    async def drain(self, patience: float = 0.0) -> None:
        """Take nothing new, finish what is in flight, close everything.

        Connections that exist may begin messages for `patience` seconds more, or until
        `hurry`, if their clients cannot connect anew in between.
        """

    def hurry(self) -> None:
        """End all patience with connections.  Called while it drains, or after that."""


class Obedience:
    """Does what is ordered, one order after another."""

    def __init__(self, serving: Serving, channel: Channel) -> None:
        self._serving = serving
        self._channel = channel
        self._nurseries = HandedNurseries(self._lost)
        # What the order `drain` said.
        self.patience = 0.0

    async def obey(self) -> None:
        """Obey until told to drain, or until the supervisor is gone."""
        try:
            await self._obey()
        finally:
            # A message that waits for a worker of a lost nursery would hold up the end.
            self._nurseries.end()

    async def _obey(self) -> None:
        while (order := await self._channel.hear()) is not None:
            match order.word:
                case "drain":
                    self.patience = float(order.body.get("patience", 0.0))
                    return
                case "serve":
                    await self._channel.say(await self._serve(order))
                case "nursery":
                    self._nurseries.put(order.descriptors[0])
                case _:
                    close_all(order.descriptors)
                    raise OrderError(f"{order.word!r} is no order")

    async def _serve(self, order: Order) -> Order:
        control, policies, *listening = order.descriptors
        # The workers of what was served so far stay with the nursery that they have.
        before, self._nurseries = self._nurseries, HandedNurseries(self._lost)
        self._nurseries.put(control)
        try:
            sockets = [socket.socket(fileno=descriptor) for descriptor in listening]
            # A list of a million entries takes seconds to read; mail goes on meanwhile.
            charge = await asyncio.to_thread(_charge, order, policies)
            await self._serving.serve(charge, self._nurseries, sockets)
        except (NurseryLost, NurseryUnfit, DoorError, KeysError, NoKeyError, OSError) as error:
            self._nurseries.close()
            self._nurseries = before
            # If the nursery was killed, the order is not to blame.
            word = "alone" if isinstance(error, NurseryLost) else "unfit"
            return Order(word, {"why": str(error)})
        # The former workers get no other nursery.
        before.end()
        loop.settle()
        return Order("ready")

    async def _lost(self, pid: int) -> None:
        # If the supervisor is gone, it hands nothing over, and this door ends.
        with contextlib.suppress(OSError):
            await self._channel.say(Order("lost", {"pid": str(pid)}))


async def _count_aloud(channel: Channel) -> None:
    """Report what was counted, whenever it has changed, but at most once a second."""
    said = ""
    with contextlib.suppress(OSError):
        while True:
            said = await _said(channel, said)
            await asyncio.sleep(COUNT_SECONDS)


async def _said(channel: Channel, before: str) -> str:
    now = counters.counted()
    if now != before:
        await channel.say(Order("counted", {"counted": now}))
    return now


def _charge(order: Order, descriptor: int) -> Charge:
    policies = Policies.taken_over(descriptor)
    settings = Settings.model_validate_json(order.body["settings"])
    found, shadow = policies.enforced, policies.shadow
    policy = Policy.load(found.text, found.name, found.beside)
    text = PolicyText(found.name, policy.hash, found.text)
    beside = Policy.load(shadow.text, shadow.name, shadow.beside) if shadow else None
    return Charge(settings, policy, text, handed(order.body), beside)


async def run(serving: Serving, control: int) -> None:
    """Obey orders on this socket until the end, then drain."""
    channel = Channel(socket.socket(fileno=control))
    obedience = Obedience(serving, channel)
    obeying = asyncio.create_task(obedience.obey())
    counting = asyncio.create_task(kept("counters", lambda: _count_aloud(channel)))
    serving.begun(obeying.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await obeying
    except OSError as error:
        log.warning("the supervisor is gone: %s", error)
    finally:
        await _drained(serving, obedience.patience, channel)
        counting.cancel()
        with contextlib.suppress(OSError):
            await _said(channel, "")
        channel.close()


async def _drained(serving: Serving, patience: float, channel: Channel) -> None:
    """Drain: patiently while there is a supervisor, whose other process serves meanwhile.

    Without one, no process serves, and the next service waits until the last door has ended.
    """
    watching = asyncio.create_task(_until_alone(channel))
    watching.add_done_callback(lambda _: serving.hurry())
    try:
        await serving.drain(patience)
    finally:
        watching.cancel()


async def _until_alone(channel: Channel) -> None:
    with contextlib.suppress(OSError, OrderError):
        while (order := await channel.hear()) is not None:
            close_all(order.descriptors)


def _inherit_no_further() -> None:
    """Keep from child processes what this one inherited: its orders, the state's lock.

    A child gets what it is given by name, and under uvloop (0.22) also
    whatever is inheritable: one that unpacks a stranger's file would have the channel to the
    supervisor, and one that outlives its door would keep the next service from starting.
    """
    for descriptor in [int(each.name) for each in Path("/proc/self/fd").iterdir()]:
        # The descriptor that read the list is closed by now.
        with contextlib.suppress(OSError):
            os.set_inheritable(descriptor, descriptor <= _ERROR_OUTPUT)


def main(arguments: Sequence[str]) -> None:
    """Be a door; return at its end."""
    kind, section, control = arguments
    _inherit_no_further()
    logs.set_up()
    if kind != "libmilter":
        serving = SmtpServing() if kind == "smtp" else MilterServing(section)
        loop.run(run(serving, int(control)))
        return
    # Imported late: it needs pymilter, which is an extra.
    from pratique.milter.serving.libmilter import LibmilterServing, in_main_thread

    by_libmilter = LibmilterServing(section)
    in_main_thread(by_libmilter, lambda: loop.run(run(by_libmilter, int(control))))
    # libmilter leaves threads behind; they must not wake up while Python is being torn
    # down.  All that is ours is closed by now.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
