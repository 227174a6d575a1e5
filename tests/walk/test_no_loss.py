"""Kill -9 anything at random moments under load: what was answered 250 is somewhere.

Each message carries a number.  Whoever hears 250 for it writes the number down; at the
end each of these must lie in the Maildir or in the quarantine.  The numbers are drawn
from a fixed seed, so that a failure can be looked at again; the moments are the
machine's own.
"""

import contextlib
import os
import random
import re
import signal
import smtplib
import threading

import pytest

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

ROUNDS = 50
NUMBER = re.compile(rb"X-Number: (\d+)")


def message(number):
    held = number % 3 == 0
    content_type = 'application/octet-stream; name="x.7z"' if held else "text/plain"
    text = "7z\xbc\xaf\x27\x1c" + "x" * 40 if held else "hello " * (number % 500)
    lines = [
        "From: <a@example.org>",
        f"X-Number: {number}",
        f"Content-Type: {content_type}",
        "",
        text,
        "",
    ]
    return "\r\n".join(lines).encode("latin-1")


class Sender(threading.Thread):
    """Sends messages one after the other until told to stop; remembers what was taken."""

    def __init__(self, port, first, step, stop):
        super().__init__()
        self.port, self.number, self.step, self.stop = port, first, step, stop
        self.taken = []

    def run(self):
        while not self.stop.is_set():
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self.converse()

    def converse(self):
        with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as client:
            client.helo("x")
            while not self.stop.is_set():
                self.send(client)

    def send(self, client):
        number, self.number = self.number, self.number + self.step
        client.mail("a@example.org")
        client.rcpt("b@example.net")
        code, _ = client.data(message(number))
        if code == 250:
            self.taken.append(number)


def numbers_in(folder, pattern):
    found = (NUMBER.search(file.read_bytes()) for file in folder.glob(pattern))
    return [int(number[1]) for number in found if number]


def test_what_was_answered_250_is_in_the_next_hop_or_in_quarantine(service, until):
    chance, stop = random.Random(20261122), threading.Event()
    service.start()
    senders = [Sender(service.port, first, 3, stop) for first in range(3)]
    for sender in senders:
        sender.start()
    killed = []
    for _ in range(ROUNDS):
        goal = sum(len(sender.taken) for sender in senders) + chance.randrange(1, 12)
        until(lambda goal=goal: sum(len(one.taken) for one in senders) >= goal, "taken mail", 60)
        victim = chance.choice(["door", "nursery", "worker", "worker"])
        pids = service.pids()[victim]
        for pid in pids[:1]:
            killed.append(victim)
            os.kill(pid, signal.SIGKILL)
        if victim == "door":
            service.running.wait()
            service.start()
    stop.set()
    for sender in senders:
        sender.join()
    taken = sorted(number for sender in senders for number in sender.taken)
    delivered = numbers_in(service.state, "maildir/new/*")
    held = numbers_in(service.state, "quarantine/held/*/content")
    assert set(killed) == {"door", "nursery", "worker"}
    assert len(taken) > ROUNDS
    assert sorted(set(taken) - set(delivered) - set(held)) == []
    assert set(delivered) & set(held) == set()
