"""Send numbered mail, kill what carries it at random moments, and see that none is lost.

Clients (no_loss_client.py) send under load, each message (no_loss_mail.py) again until they
hear 250 or are refused for good.  What carries it is killed and started again, the next hop
answers 4yz, 5yz, late or not at all, the disk is full for a while.  In the end all is reckoned up
(no_loss_reckoning.py).  What is drawn (which is killed after how many messages) comes from a
fixed seed; the moments are the machine's own.

A module for the fixture `no_loss`, which is `trial`.
"""

import contextlib
import os
import random
import runpy
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from pratique.milter.supervisor import control


def beside(name):
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name(name))))


MAIL = beside("no_loss_mail.py")
CLIENT = beside("no_loss_client.py")
CLAMD = beside("clamd_process.py")
HOP = beside("no_loss_next_hop.py")
Reckoning = beside("no_loss_reckoning.py").Reckoning

Client, CLIENTS, PATIENCE = CLIENT.Client, CLIENT.CLIENTS, CLIENT.PATIENCE
SEED = int(os.environ.get("PRATIQUE_SEED", "20261122"))
# Behind a queue 250 comes before anything was looked into; who sends must not run away.
MOST_UNDER_WAY = 40
# A supervisor would take the answer to the reload with it.
KILLED_AMID = ("door", "milter", "nursery", "worker")
SMALL_DISK = "64m"


class Trial:
    """A service, its next hop and its clients, and what happens to them."""

    # The number of its first message: two trials of one service count from afar.
    first = 0

    def __init__(self, service, next_hop):
        self.service, self.next_hop = service, next_hop
        self.until = service.until
        self.clamd = CLAMD.ClamdProcess(self.until)
        self.policy = service.folder / "policy.toml"
        self.policy.write_text(MAIL.POLICY)
        self.port = 0
        self.stop = threading.Event()
        self.clients = [Client(self, self.first + each) for each in range(CLIENTS)]
        self.chance = random.Random(SEED)
        # How often each of the two was done, and deferrals while nothing but a reload was.
        self.done, self.spent = Counter(), Counter()
        self.deferred_by_reload = 0
        # Whether a Postfix stands before us, and whether it has said 250 by then.
        self.is_relayed, self.is_queue = False, False
        # Deferrals that no client hears, where a queue stands between: by number.
        self.unheard = Counter
        # Messages that are taken, and neither arrived nor held yet.
        self.under_way = int
        # Another next hop than ours: what is in it.
        self.elsewhere = list
        self.passing, self.for_good = HOP.PASSING, HOP.FOR_GOOD
        self.faults = self.passing + self.for_good
        self.events = {
            "supervisor": self.kill_supervisor,
            "everything": self.kill_everything,
            "next hop": self.kill_next_hop,
            "next hop at fault": self.fault,
            "clamd": self.kill_clamd,
            "full disk": self.fill_disk,
            "reload": self.reload,
            "amid a reload": self.kill_amid_reload,
            "stop": self.restart,
        }
        for kind in ("door", "milter", "nursery", "worker"):
            self.events[kind] = lambda kind=kind: self.kill_one(kind)
        self.begun = 0.0
        self.mounted = False

    def sections(self, *more, processes=2):
        """The sections that all trials have."""
        self.clamd.start()
        return "\n".join(
            (
                f"[doors]\nprocesses = {processes}",
                f'[policy]\nfile = "{self.policy}"\ntest_before = false',
                f'[clamav]\nsocket = "unix:{self.clamd.socket}"',
                *more,
            )
        )

    def on_small_disk(self):
        """Give the service a disk of its own, one that can be filled.  Only root can."""
        self.service.state.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "none"]
        subprocess.run([*command, self.service.state], check=True)
        self.mounted = True

    def begin(self, port):
        """Load from now on: clients send to this port."""
        self.port, self.begun = port, time.monotonic()
        for client in self.clients:
            client.start()

    def end(self):
        """Leave nothing running."""
        self.stop.set()
        for client in self.clients:
            if client.is_alive():
                client.join(PATIENCE)
        self.next_hop.kill()
        self.clamd.close()
        if self.service.running is not None and not self.service.ended():
            self.service.stop()
        if self.mounted:
            subprocess.run(["umount", "--lazy", self.service.state], check=True)

    # What is counted.

    def is_ours(self, _number):
        """Whether a message that is held is one of this trial."""
        return True

    def arrived(self):
        return len(self.next_hop.lines()) + len(self.elsewhere()) + len(self.held_folders())

    def crowded(self):
        return self.under_way() > MOST_UNDER_WAY

    def deferrals(self):
        return sum(len(client.heard.deferrals) for client in self.clients) + self.unheard().total()

    def copies_in(self, folder):
        """The messages that are files in this folder."""
        with contextlib.suppress(FileNotFoundError):
            return [HOP.copy_of(file.read_bytes(), MAIL) for file in folder.iterdir()]
        return []

    def held_folders(self):
        with contextlib.suppress(FileNotFoundError):
            return list((self.service.state / "quarantine/held").iterdir())
        return []

    # What happens.

    def storm(self, weights, rounds):
        """Do this to the service, at random moments, each as often as its weight says."""
        deck = [name for name, weight in weights.items() for _ in range(weight)]
        drawn = []
        while len(drawn) < rounds:
            drawn += self.chance.sample(deck, len(deck))
        for name in drawn[:rounds]:
            self.await_mail(self.chance.randrange(1, 12))
            # A message takes some ten milliseconds: at any of its steps.
            self.stop.wait(self.chance.random() * 0.03)
            begun = time.monotonic()
            self.events[name]()
            self.done[name] += 1
            self.spent[name] += time.monotonic() - begun

    def await_mail(self, count):
        goal = self.arrived() + count
        self.until(lambda: self.arrived() >= goal, self, 180)

    def __str__(self):
        """What is awaited, and how it went so far."""
        said = [client.heard.deferrals[-2:] for client in self.clients]
        there = f"{self.under_way()} under way, processes {self.service.pids()}"
        return f"mail that arrives, after {dict(self.done)}; clients heard {said}; {there}"

    def kill_one(self, kind):
        found = []
        # Of one look: what an earlier kill has ended may be there still, and gone at the next.
        self.until(lambda: found.extend(self.service.pids()[kind]) or found, f"{kind} to kill", 60)
        kill(self.chance.choice(found))

    def kill_supervisor(self):
        kill(self.service.running.pid)
        self.service.running.wait(20)
        self.service.start()

    def kill_everything(self):
        for pids in self.service.pids().values():
            for pid in pids:
                kill(pid)
        self.service.running.wait(20)
        self.service.start()

    def kill_next_hop(self):
        self.next_hop.kill()
        self.stop.wait(self.chance.random() * 0.5)
        self.next_hop.start()

    def kill_clamd(self):
        self.clamd.stop(signal.SIGKILL)
        self.stop.wait(self.chance.random() * 0.5)
        self.clamd.start()

    def fault(self):
        """Have the next hop fail once or a few times, each time in one way."""
        how = self.chance.choice(self.faults)
        for number in range(self.chance.randrange(1, 4)):
            (self.next_hop.faults / f"{how}-{number}").touch()

    def fill_disk(self):
        """Leave no room until somebody was told to come again; a door may be killed meanwhile."""
        filler, before = self.service.state / "filler", self.deferrals()
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as full:
            while True:
                full.write(bytes(4096))
        self.until(lambda: self.deferrals() >= before + 2, "word of the full disk", 120)
        pids = self.service.pids()
        if self.chance.random() < 0.5:
            kill(self.chance.choice(pids["door"] + pids["milter"] + pids["worker"]))
            self.until(lambda: self.deferrals() >= before + 4, "word of the full disk", 120)
        filler.unlink()

    def restart(self):
        assert self.service.stop() == 0
        self.service.start()

    def reload(self):
        """Reload, and count who was told to come again because of it."""
        self.calm()
        before = self.deferrals()
        said = control.ask(self.service.state, "reload")
        assert said.done, said.lines
        self.await_mail(5 * CLIENTS)
        if self.deferrals() > before:
            self.deferred_by_reload += self.deferrals() - before
            print("deferred by a reload, the last of it:", self)

    def kill_amid_reload(self):
        """Reload, and meanwhile kill one of all that there are, old and new."""
        asking = threading.Thread(target=control.ask, args=(self.service.state, "reload"))
        asking.start()
        # It takes a second or two.
        self.stop.wait(self.chance.random() * 1.5)
        found = self.service.pids()
        kill(self.chance.choice([pid for kind in KILLED_AMID for pid in found.get(kind, [])]))
        asking.join(PATIENCE)
        assert not asking.is_alive(), "a reload without an answer"

    def calm(self):
        """Wait until what was killed is back and nobody is deferred because of it."""
        for _ in range(20):
            before = self.deferrals()
            self.await_mail(5 * CLIENTS)
            if self.deferrals() == before:
                return
        raise AssertionError(f"no calm, but {self}")

    def settle(self, is_empty=lambda: True):
        """Let what is under way arrive; `is_empty` tells whether a queue has."""
        self.stop.set()
        for client in self.clients:
            client.join(PATIENCE)
            assert not client.is_alive()
        for fault in self.next_hop.faults.iterdir():
            fault.unlink(missing_ok=True)
        self.until(is_empty, "empty queue", 180)

    def reckon(self):
        """See that nothing is lost; give the figures."""
        reckoning = Reckoning(self, MAIL)
        figures = {
            "seconds": round(time.monotonic() - self.begun),
            "rounds": self.done.total(),
            "done": dict(self.done),
            "seconds each": {one: round(self.spent[one] / self.done[one], 1) for one in self.done},
            "deferrals": self.deferrals(),
            "deferred by a reload": self.deferred_by_reload,
            **reckoning.figures(),
        }
        # Seen too where the check fails.
        print(figures)
        reckoning.check()
        return figures


def kill(pid):
    """Kill a process that may have ended by itself."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def trial(service, port, folder):
    """A trial of this service, with a next hop on this port; ended at the end."""
    made = Trial(service, HOP.NextHop(port, folder / "next hop"))
    yield made
    made.end()
