"""Run a milter door in a process of its own, ours or libmilter's, and talk with it.

A module that fixtures load through runpy: `DoorProcess` starts milter_door_program.py and
stops it, `MilterClient` speaks the protocol as a mail server does and lies where it is told
to.  It knows no pymilter.
"""

import base64
import contextlib
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

PROGRAM = Path(__file__).with_name("milter_door_program.py")


class DoorProcess:
    """A door that serves on a unix socket in a folder."""

    def __init__(self, folder, **settings):
        self.folder = folder
        self.path = folder / "milter.sock"
        given = {"socket": f"unix:{self.path}", "socket_mode": 0o666, **settings}
        self.socket = given["socket"]
        self.log = (folder / "door.log").open("a+")
        self.running = subprocess.Popen(
            [sys.executable, PROGRAM, json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            pass_fds=[given["descriptor"]] if "descriptor" in given else [],
        )

    def answer(self):
        """The next answer of the process; None at its end."""
        line = self.running.stdout.readline()
        return json.loads(line) if line else None

    def ask(self, *order):
        """Give an order and hear what it answers."""
        print(json.dumps(order), file=self.running.stdin, flush=True)
        return self.answer()

    def taken(self):
        """All messages so far: envelopes as dictionaries, with `content`."""
        messages = self.ask("taken")
        for message in messages:
            message["content"] = base64.b64decode(message["content"])
        return messages

    def logged(self):
        """What it has logged."""
        self.log.seek(0)
        return self.log.read()

    def idle(self):
        """Wait until no connection and no content is left."""
        until(lambda: self.ask("left")[:2] == [0, 0], "end of all connections")

    def under_way(self, count=1):
        """Wait until so many messages are being looked into."""
        until(lambda: len(self.ask("taken")) >= count, "message that was taken")

    def gone(self):
        """Wait until nobody listens any more."""
        until(lambda: not self.listens(), "end of the socket")

    def listens(self):
        """Whether a connection is taken."""
        with socket.socket(socket.AF_UNIX) as asking:
            return not asking.connect_ex(str(self.path))

    def stop(self):
        """End it, and give its exit status."""
        if self.running.poll() is None:
            with contextlib.suppress(OSError):
                print('["quit"]', file=self.running.stdin, flush=True)
            try:
                self.running.wait(10)
            except subprocess.TimeoutExpired:
                self.running.kill()
        # What it had not read when it ended cannot be said any more.
        with contextlib.suppress(BrokenPipeError):
            self.running.stdin.close()
        self.running.stdout.close()
        self.log.close()
        return self.running.wait()


def until(condition, awaited, seconds=20.0):
    """Wait until a condition holds; fail if it never does."""
    deadline, tick = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds:g} s still no {awaited}"
        tick.wait(0.01)


# Packets that end a message.
ENDS = b"acdrty"
# What Postfix 3.7 offers: all actions, all steps.
ACTIONS, STEPS, KEEPS_BLANKS = 0x1FF, 0x1FFFFF, 0x100000
BODY_UNANSWERED = 0x80000


class MilterClient:
    """One connection of a mail server."""

    def __init__(self, where):
        tcp = isinstance(where, tuple)
        self.socket = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX)
        self.socket.settimeout(20)
        self.steps = 0
        try:
            self.socket.connect(where if tcp else str(where))
        except OSError:
            self.socket.close()
            raise

    def send(self, octets):
        """Say octets as they are."""
        self.socket.sendall(octets)

    def packet(self, command, octets=b""):
        """Say a packet."""
        self.send(struct.pack(">I", len(octets) + 1) + command + octets)

    def hear(self):
        """The next packet, its command first; empty: the door has closed."""
        head = self.read(4)
        return self.read(struct.unpack(">I", head)[0]) if len(head) == 4 else b""

    def read(self, count):
        """So many octets; fewer if the door closes."""
        octets = b""
        with contextlib.suppress(ConnectionError):
            while len(octets) < count and (more := self.socket.recv(count - len(octets))):
                octets += more
        return octets

    def closed(self):
        """Tell whether the door closes without another word."""
        return self.hear() == b""

    def negotiate(self, actions=ACTIONS, steps=STEPS):
        """Begin, as Postfix does; gives the actions and the steps that are agreed on."""
        self.packet(b"O", struct.pack(">III", 6, actions, steps))
        agreed = struct.unpack(">III", self.hear()[1:13])[1:]
        self.steps = agreed[1]
        return agreed

    def macros(self, command, *pairs):
        """Say macros: name, value, name, value..."""
        self.packet(b"D", command + b"".join(each + b"\0" for each in pairs))

    def connect(self, name=b"mx.example", kind=b"4", port=1234, address=b"192.0.2.1"):
        """Say who the client is."""
        where = kind if kind == b"U" else kind + struct.pack(">H", port) + address + b"\0"
        self.packet(b"C", name + b"\0" + where)

    def helo(self, name=b"helo.example"):
        """Say what the client calls itself."""
        self.packet(b"H", name + b"\0")

    def envelope(self, *recipients, mail=(b"<a@b.example>",)):
        """Say MAIL and RCPT."""
        self.packet(b"M", b"".join(each + b"\0" for each in mail))
        for each in recipients or (b"<accept@corp.example>",):
            self.packet(b"R", each + b"\0")

    def field(self, name, value):
        """Say a header field."""
        self.packet(b"L", name + b"\0" + value + b"\0")

    def content(self, fields=((b"Subject", b" hi"),), *, chunks=(), last=b"hello\r\n"):
        """Say a content to its end; the last chunk comes with the end."""
        for name, value in fields:
            self.field(name, value)
        self.packet(b"N")
        for chunk in chunks:
            self.chunk(chunk)
        self.packet(b"E", last)

    def chunk(self, octets):
        """Say a chunk of the body, and hear its answer where that was agreed on."""
        self.packet(b"B", octets)
        if not self.steps & BODY_UNANSWERED:
            assert self.hear() == b"c"

    def answer(self):
        """All packets up to the one that ends the message; fewer if the door closes."""
        heard = [self.hear()]
        while heard[-1] and heard[-1][:1] not in ENDS:
            heard.append(self.hear())
        return heard

    def message(self, *recipients):
        """A whole message, and what is heard at its end."""
        self.envelope(*recipients)
        self.content()
        return self.answer()

    def close(self):
        """Vanish."""
        self.socket.close()
