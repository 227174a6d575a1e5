"""All that the no-loss run runs: one service with two entrances, and what stands around it.

    milter   clients, a Postfix of our own that asks the service, a next hop behind Postfix
    smtp     clients, the service's SMTP door as a relay, another next hop behind that

Both share the service, its workers, its quarantine and clamd.  Each next hop fails at random:
the one of Postfix for a while only, since Postfix would answer 5yz with a bounce, the other
one for good as well.  The parts are those of the tests, as they are (tests/no_loss*.py).
"""

import contextlib
import os
import runpy
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

TESTS = Path(__file__).resolve().parents[1] / "tests"


def of_tests(name: str) -> SimpleNamespace:
    """What a module of the tests holds."""
    return SimpleNamespace(**runpy.run_path(str(TESTS / f"{name}.py")))


free_port = of_tests("ports").free_port
FIXTURES, DESK = of_tests("conftest"), of_tests("desk/conftest")
NO_LOSS, AT_POSTFIX = of_tests("no_loss"), of_tests("desk/test_no_loss_postfix")
# Messages by SMTP count from here on: further than any run comes, and a multiple of the kinds.
BY_SMTP = 8_000_000
# What is held stays for the reckoning: 20 KB a message.  Memory is taken as it is written.
DISK = 4 << 30
# When the disk is to be full it shrinks to what is in it and so much more.
MARGIN = 1 << 20
PATIENCE = 300.0  # seconds for mail to go on, on a machine that others use as well


class NoDiskError(Exception):
    """No disk of a service's own: says why."""


def until(condition: Callable[[], object], awaited: object, seconds: float = 20.0) -> None:
    """Wait until a condition holds; TimeoutError, and what was awaited, if it never does."""
    deadline, tick = time.monotonic() + seconds, threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds:g} s still no {awaited}")
        tick.wait(0.01)


class Entrance(NO_LOSS.Trial):  # type: ignore[misc]
    """One of the two ways into the service: its clients and its next hop."""

    def __init__(self, name: str, service: Any, folder: Path, program: str) -> None:
        self.name, self.first = name, BY_SMTP if name == "smtp" else 0
        hop = NO_LOSS.HOP.NextHop(free_port(), folder / f"next hop of {name}", program)
        super().__init__(service, hop)

    def is_ours(self, number: int) -> bool:
        """Whether a message came this way."""
        return (number >= BY_SMTP) == (self.name == "smtp")

    def on_small_disk(self) -> None:
        """A disk of the service's own; where nobody may mount one it has none."""
        self.service.state.mkdir()
        mount = ("mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(self.service.state))
        self.mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0

    def fill_disk(self) -> None:
        """Leave no room until somebody was told to come again."""
        there = os.statvfs(self.service.state)
        used = (there.f_blocks - there.f_bfree) * there.f_frsize
        self._resize(used + MARGIN)
        try:
            super().fill_disk()
        finally:
            self._resize(DISK)

    def _resize(self, octets: int) -> None:
        resize = ("mount", "-o", f"remount,size={octets}", str(self.service.state))
        subprocess.run(resize, check=True)

    def has_gone_on(self, begun: float, delivered: int) -> bool:
        """Whether a message begun later was taken, and another one delivered."""
        taken = max(client.heard.went_on for client in self.clients)
        return taken > begun and len(self.next_hop.lines()) > delivered

    def busy(self) -> int:
        """Messages that are on their way in: clients amid a transaction, and queued mail."""
        return sum(client.is_amid for client in self.clients) + self.under_way()


class House:
    """The service, its entrances, its Postfix, and what may be done to them."""

    def __init__(self, service: Any, entrances: list[Entrance], place: Any) -> None:
        self.service, self.entrances, self.place = service, entrances, place
        self.milter, self.smtp = entrances
        self.chance = self.milter.chance

    def start(self) -> None:
        """Start all, and the load."""
        for entrance in self.entrances:
            entrance.next_hop.start()
        self.service.start()
        self.place.relay.start()
        self.milter.begin(self.place.port)
        self.smtp.begin(self.service.port)

    def do(self, name: str) -> None:
        """Kill one of a kind, or do something else that is no good."""
        of_a_hop = name.startswith("next hop")
        (self.chance.choice(self.entrances) if of_a_hop else self.milter).events[name]()

    def under_way(self) -> int:
        """Messages on their way at both entrances."""
        return sum(entrance.busy() for entrance in self.entrances)

    def arrived(self) -> int:
        """Messages that were delivered or held."""
        held = 0
        with contextlib.suppress(FileNotFoundError):
            held = sum(1 for _ in (self.service.state / "quarantine/held").iterdir())
        return held + sum(self.delivered().values())

    def delivered(self) -> dict[str, int]:
        """Messages that each next hop has."""
        return {one.name: len(one.next_hop.lines()) for one in self.entrances}

    def await_mail(self, count: int) -> None:
        """Wait until so many more have arrived."""
        goal = self.arrived() + count
        until(lambda: self.arrived() >= goal, self, PATIENCE)

    def await_going_on(self, begun: float) -> None:
        """Wait until mail that is begun later goes through at both entrances."""
        before = self.delivered()
        until(
            lambda: all(one.has_gone_on(begun, before[one.name]) for one in self.entrances),
            self,
            PATIENCE,
        )

    def settle(self) -> None:
        """End the load, and let what is under way arrive."""
        for entrance in self.entrances:
            entrance.stop.set()
        self.smtp.settle()
        self.milter.settle(self.place.is_done)

    def reckonings(self) -> dict[str, Any]:
        """What became of all mail, by entrance."""
        return {one.name: NO_LOSS.Reckoning(one, NO_LOSS.MAIL) for one in self.entrances}

    def bounces(self) -> list[str]:
        """Lines in which Postfix says that it told a sender of a failure."""
        lines = self.place.relay.log().splitlines()
        return [line for line in lines if AT_POSTFIX.BOUNCE.search(line)]

    def __str__(self) -> str:
        """What is awaited, and how it went so far."""
        return "; ".join(f"{one.name}: {one}" for one in self.entrances)


def _configure(house: House, folder: Path) -> None:
    socket = f"unix:{folder}/milter.sock"
    house.place.hands_on(house.smtp.next_hop.port)
    config = house.service.config
    milter = f'[[milter]]\nreply = "sender"\nsocket = "{socket}"\nsocket_mode = "0666"\n'
    # What some recipients get otherwise than others, a milter's service sends by itself.
    release = f'[release]\nnext_hop = "127.0.0.1:{house.milter.next_hop.port}"\n'
    config.write_text(f"{config.read_text()}\n{milter}{release}")
    settings = {"smtpd_milters": socket, "milter_default_action": "tempfail"}
    house.place.relay.listen(house.place.port, **settings)


@contextmanager
def house(program: str = NO_LOSS.HOP.PROGRAM) -> Iterator[House]:
    """All of it, configured and not started; another program may stand in for the next hops."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="pratique-no-loss-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        # The user postfix enters it for the socket.
        folder.chmod(0o755)
        make = stack.enter_context(contextmanager(DESK.make_postfix)(until, FIXTURES.accepts))
        service = FIXTURES.Service(folder, free_port(), until)
        entrances = [Entrance(name, service, folder, program) for name in ("milter", "smtp")]
        for entrance in entrances:
            stack.callback(entrance.end)
        place = AT_POSTFIX.Place(entrances[0], make, free_port)
        entrances[1].faults = NO_LOSS.HOP.PASSING + NO_LOSS.HOP.FOR_GOOD
        made = House(service, entrances, place)
        _configure(made, folder)
        yield made
