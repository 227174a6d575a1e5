"""Send numbered mail, kill what carries it at random moments, and see that none is lost.

Each message has a number, a third of them is of a kind that the policy holds.  Clients
send under load, each number again until they hear 250.  In the end each number with 250
must have arrived: in the next hop, a process of its own that is killed as well, or in
the quarantine.  What is drawn (which is killed after how many messages) comes from a
fixed seed; the moments are the machine's own.

A number may arrive twice in the next hop where a reply was lost after the message had
been taken (RFC 1047): that is counted, and no harm.  To be held and delivered is one; it can
happen to one message only: its worker died, so it was held, and the reply was lost too.

A module for the fixture `no_loss`, which is `trial`.
"""

import contextlib
import hashlib
import json
import os
import random
import re
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from pratique.milter.supervisor import control

SEED = 20261122
CLIENTS = 3
# A client hears within this time or hangs up: more than Postfix or we ever take.
PATIENCE = 120
# A client comes again after this time.
PAUSE = 0.1
# Behind a queue 250 comes before anything was looked into; who sends must not run away.
MOST_UNDER_WAY = 40
# A supervisor would take the answer to the reload with it.
KILLED_AMID = ("door", "milter", "nursery", "worker")
NUMBER = re.compile(rb"^X-Number: (\d+)\r$", re.MULTILINE)
PROGRAM = str(Path(__file__).with_name("next_hop_process.py"))


def is_held(number):
    """Whether the policy holds the message of this number."""
    return number % 3 == 0


def body_of(number):
    if is_held(number):
        return b"7z\xbc\xaf\x27\x1c" + b"x" * 40 + b"\r\n"
    return b"hello, number %d\r\n" % number * (1 + number % 500)


def message(number):
    """Always the same octets, so that the next try is a retry of the same message."""
    kind = "application/octet-stream; name=x.7z" if is_held(number) else "text/plain"
    fields = (
        "From: <a@sender.example>",
        "To: <b@corp.example>",
        "Date: Sun, 22 Nov 2026 05:00:00 +0000",
        f"Message-ID: <{number}@sender.example>",
        f"X-Number: {number}",
        f"Content-Type: {kind}",
    )
    return "\r\n".join((*fields, "", "")).encode() + body_of(number)


def is_whole(number, digest):
    return hashlib.sha256(body_of(number)).hexdigest() == digest


class NextHop:
    """The next hop: its process, and what it has on its disk."""

    def __init__(self, port, folder):
        self.port, self.folder = port, folder
        folder.mkdir()
        self.running = None
        self._read = {}
        self._lines = []
        self._lock = threading.Lock()

    def start(self):
        self.running = subprocess.Popen([sys.executable, PROGRAM, str(self.port), self.folder])
        end = time.monotonic() + 20
        while not self.listens():
            assert self.running.poll() is None, "the next hop ended by itself"
            assert time.monotonic() < end, "no next hop"
            threading.Event().wait(0.01)

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        if self.running is not None:
            self.running.kill()
            self.running.wait(20)

    def lines(self):
        """Number ("-": none), digest and reverse-path of all that it said 250 for."""
        with self._lock:
            for file in self.folder.iterdir():
                with file.open("rb") as kept:
                    kept.seek(self._read.get(file, 0))
                    whole, end, _ = kept.read().rpartition(b"\n")
                    self._read[file] = self._read.get(file, 0) + len(whole + end)
                    self._lines += [line.decode().split(" ") for line in whole.split(b"\n") if line]
            return list(self._lines)


class Client(threading.Thread):
    """Sends one message after the other, each until it hears 250, until told to stop."""

    def __init__(self, trial, number):
        super().__init__(name=f"client {number}")
        self.trial, self.number = trial, number
        self.taken = []
        # What it heard instead of 250.
        self.refused = []

    def run(self):
        while not self.trial.stop.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", self.trial.port, timeout=PATIENCE) as client:
                    self.converse(client)
            except smtplib.SMTPResponseException as error:
                self.refused.append((error.smtp_code, error.smtp_error))
            except (OSError, smtplib.SMTPException) as error:
                self.refused.append((0, repr(error)))
            self.trial.stop.wait(PAUSE)

    def converse(self, client):
        must_be(250, client.ehlo("client.example"))
        while not self.trial.stop.is_set():
            if self.trial.crowded():
                self.trial.stop.wait(PAUSE)
                continue
            must_be(250, client.mail("a@sender.example"))
            must_be(250, client.rcpt("b@corp.example"))
            must_be(250, client.data(message(self.number)))
            self.taken.append(self.number)
            self.number += CLIENTS


def must_be(wanted, heard):
    code, said = heard
    if code != wanted:
        raise smtplib.SMTPResponseException(code, said)


class Trial:
    """A service, its next hop and its clients; what happens to them, and the reckoning."""

    def __init__(self, service, next_hop):
        self.service, self.next_hop = service, next_hop
        self.until = service.until
        self.port = 0
        self.stop = threading.Event()
        self.clients = [Client(self, first) for first in range(CLIENTS)]
        self.chance = random.Random(SEED)
        # How often each of the two was done, and deferrals while nothing but a reload was.
        self.done, self.spent = Counter(), Counter()
        self.deferred_by_reload = 0
        # Deferrals that no client hears, where a queue stands between.
        self.unheard = lambda: 0
        # Another next hop than ours: the numbers in it.
        self.elsewhere = list
        self.events = {
            "supervisor": self.kill_supervisor,
            "everything": self.kill_everything,
            "next hop": self.kill_next_hop,
            "reload": self.reload,
            "amid a reload": self.kill_amid_reload,
            "stop": self.restart,
        }
        for kind in ("door", "milter", "nursery", "worker"):
            self.events[kind] = lambda kind=kind: self.kill_one(kind)
        self.begun = 0.0

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

    # What is counted.

    def taken(self):
        return [number for client in self.clients for number in client.taken]

    def arrived(self):
        return len(self.next_hop.lines()) + len(self.elsewhere()) + len(self.held_folders())

    def crowded(self):
        return len(self.taken()) - self.arrived() > MOST_UNDER_WAY

    def deferrals(self):
        return sum(len(client.refused) for client in self.clients) + self.unheard()

    def numbers_in(self, folder):
        """The numbers of the messages that are files in this folder."""
        with contextlib.suppress(FileNotFoundError):
            return [int(NUMBER.search(file.read_bytes())[1]) for file in folder.iterdir()]
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
        self.until(lambda: self.arrived() >= goal, self, 120)

    def __str__(self):
        """What is awaited, and how it went so far."""
        said = [client.refused[-2:] for client in self.clients]
        return f"mail that arrives, after {dict(self.done)}; clients heard last {said}"

    def kill_one(self, kind):
        self.until(lambda: self.service.pids()[kind], f"{kind} to kill", 60)
        kill(self.chance.choice(self.service.pids()[kind]))

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
        self.next_hop.start()

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
        self.deferred_by_reload += self.deferrals() - before

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

    # The reckoning.

    def settle(self, is_empty=lambda: True):
        """Let what is under way arrive; `is_empty` tells whether a queue has."""
        self.stop.set()
        for client in self.clients:
            client.join(PATIENCE)
            assert not client.is_alive()
        self.until(is_empty, "empty queue", 120)

    def reckon(self):
        """See that nothing is lost; give the figures."""
        lines, held = self.next_hop.lines(), list(map(Held, self.held_folders()))
        delivered = Counter([int(one) for one, *_ in lines if one != "-"] + self.elsewhere())
        kept, taken = Counter(one.number for one in held), set(self.taken())
        assert sorted(taken - delivered.keys() - kept.keys()) == [], "lost"
        assert [line for line in lines if line[0] == "-" or line[2] == "<>"] == [], "bounces"
        assert [line for line in lines if not is_whole(int(line[0]), line[1])] == [], "damaged"
        assert [one.number for one in held if not one.is_whole] == [], "damaged in quarantine"
        said = [heard for client in self.clients for heard in client.refused]
        assert [heard for heard in said if heard[0] >= 500] == [], "refused for good"
        assert [one for one in delivered if is_held(one)] == [], "delivered, not held"
        assert [one.number for one in held if not (is_held(one.number) or one.failed)] == []
        # Held for the death of a worker, and the reply was lost: the retry is seen, and goes.
        seen_later = {one.number for one in held if one.failed}
        both = delivered.keys() & kept.keys()
        assert sorted(both - seen_later) == [], "held and delivered"
        return {
            "seconds": round(time.monotonic() - self.begun),
            "rounds": self.done.total(),
            "done": dict(self.done),
            "seconds each": {one: round(self.spent[one] / self.done[one], 1) for one in self.done},
            "answered 250": len(taken),
            "delivered": len(delivered),
            "held": len(kept),
            "held for a failure": sum(not is_held(one.number) for one in held),
            "held for a failure, delivered by a retry": len(both),
            "delivered twice": delivered.total() - len(delivered),
            "held twice": kept.total() - len(kept),
            "deferrals": self.deferrals(),
            "deferred by a reload": self.deferred_by_reload,
        }


class Held:
    """A message in quarantine."""

    def __init__(self, folder):
        content = (folder / "content").read_bytes()
        self.number = int(NUMBER.search(content)[1])
        self.is_whole = content.endswith(b"\r\n\r\n" + body_of(self.number))
        self.failed = bool(json.loads((folder / "record").read_text())["facts"].get("failures"))


def kill(pid):
    """Kill a process that may have ended by itself."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def trial(service, port, folder):
    """A trial of this service, with a next hop on this port; ended at the end."""
    made = Trial(service, NextHop(port, folder / "next hop"))
    yield made
    made.end()
