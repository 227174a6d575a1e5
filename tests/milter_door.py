"""Run a milter door in a process of its own, as libmilter wants it, and talk with it.

As a program (`milter_door.py SETTINGS`) it serves, and obeys orders on its standard
input, one JSON list a line, each answered by a line.  What becomes of a message is
said by the local part of its first recipient: see `Taker.take`.

As a module (through runpy, by the fixtures) it gives `DoorProcess`, which starts that
program and stops it, and `MilterClient`, which speaks the protocol as a mail server does
and lies where it is told to.  It knows no pymilter.
"""

import asyncio
import base64
import contextlib
import json
import logging
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

OK = (250, "2.0.0 Ok")
REPLIES = {
    "reject": (550, "5.7.1 100% refused"),
    "defer": (451, "4.7.1 come again"),
    "lines": (550, "5.7.1 one", "5.7.1 two"),
    "odd": (550, "4.2.1 a\u00e9\x07b" + "x" * 2000),
    "bare": (450, "no enhanced code"),
}
FIELDS = b"X-Pratique: one\r\nX-Pratique-Long: two\r\n\tfolded\r\n"


class DoorProcess:
    """A door that serves on a unix socket in a folder."""

    def __init__(self, folder, **settings):
        self.folder = folder
        self.path = folder / "milter.sock"
        given = {"socket": f"unix:{self.path}", "socket_mode": 0o666, **settings}
        self.socket = given["socket"]
        self.log = (folder / "door.log").open("a+")
        self.running = subprocess.Popen(
            [sys.executable, __file__, json.dumps(given)],
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


class MilterClient:
    """One connection of a mail server."""

    def __init__(self, where):
        tcp = isinstance(where, tuple)
        self.socket = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX)
        self.socket.settimeout(20)
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
        return struct.unpack(">III", self.hear()[1:13])[1:]

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
        """Say a content to its end; chunks are answered, the last comes with the end."""
        for name, value in fields:
            self.field(name, value)
        self.packet(b"N")
        for chunk in chunks:
            self.packet(b"B", chunk)
            assert self.hear() == b"c"
        self.packet(b"E", last)

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


class Taker:
    """Decides by the first recipient, and remembers what came."""

    def __init__(self, name="first"):
        self.name, self.messages = name, []
        self.go_on = asyncio.Event()

    async def take(self, content, envelope, left_out):
        """`MilterTake`."""
        from pratique.milter.content import content_of
        from pratique.milter.doors.milter_ending import Ending
        from pratique.milter.mail import Outgoing
        from pratique.milter.next_hop import Reply

        whole = b"".join(content.span(0, content.size))
        self.messages.append(self.seen(whole, envelope, left_out))
        order = envelope.recipients[0].address.partition("@")[0]
        if order == "slow":
            await self.go_on.wait()
        elif order == "fail":
            raise ValueError("the taker fails")
        said = REPLIES.get(order, OK)
        changed = {
            "discard": {"outgoing": None},
            "fields": {"outgoing": Outgoing(content, FIELDS, foreign(whole))},
            "half": {"outgoing": Outgoing(content, b"", ((1, 3),))},
            "without": {"without": envelope.recipients[1:2]},
            "nobody": {"without": envelope.recipients},
            "tagged": tagged(envelope),
            "hold": {"hold": "a program, 100% \u00e9"},
        }.get(order, {})
        if order in {"anew", "unsayable"}:
            changed = rewritten(content, whole, order)
        if order in {"body", "empty"}:
            changed["body"] = content_of([b"new\r\n" * 30_000] if order == "body" else [])
        return Ending(Reply(said[0], said[1:]), **{"outgoing": Outgoing(content), **changed})

    def seen(self, whole, envelope, left_out):
        return {
            "taker": self.name,
            "content": base64.b64encode(whole).decode(),
            "left_out": left_out,
            "reverse_path": envelope.reverse_path,
            "parameters": envelope.parameters,
            "recipients": [each.address for each in envelope.recipients[:100]],
            "count": len(envelope.recipients),
            "rcpt_parameters": envelope.recipients[0].parameters,
            "client": [envelope.client.ip, envelope.client.name, envelope.client.helo],
            "tls": envelope.tls,
            "authenticated": envelope.authenticated,
            "protocol": envelope.protocol,
            "mta_id": envelope.mta_id,
            "macros": dict(envelope.macros),
            "queue_id": envelope.queue_id,
            "door": envelope.door,
            "facts": len(envelope.to_facts().SerializeToString()),
        }


def tagged(envelope):
    """Two recipients in place of the first, and another reverse-path."""
    from pratique.milter.mail import Forward

    first = envelope.recipients[0].address
    plain = Forward("plain@corp.example", ("NOTIFY=NEVER", "ORCPT=rfc822;x"), first)
    also = Forward("also@corp.example", tagged=first)
    return {
        "without": envelope.recipients[:1],
        "instead": (plain, also),
        "reverse_path": "tag=a@b.example",
    }


def rewritten(content, whole, order):
    """A message whose Content-Type and body are others; one field cannot be said."""
    from pratique.milter.content import content_of
    from pratique.milter.mail import Outgoing, Rewritten

    start = whole.index(b"Content-Type")
    end = whole.index(b"\r\n\r\n") + 2
    added = b"Content-Type: text/plain;\r\n\tcharset=utf-8\r\n"
    added = b"A: \xff\r\n" if order == "unsayable" else added
    made = content_of([whole[:start], added, b"\r\nnew body\r\n"])
    new = Rewritten(made, end, ((start, end),), added, start, start + len(added) + 2)
    body = made.again()
    # As whoever made it does: the door has a descriptor of its own.
    made.close()
    return {"outgoing": Outgoing(content, b"X-Front: 1\r\n", rewritten=new), "body": body}


def foreign(whole):
    """The spans of all X-Pratique fields, as a worker would state them."""
    spans, place = [], 0
    header = whole.partition(b"\r\n\r\n")[0] + b"\r\n"
    lines = header.splitlines(keepends=True)
    for number, line in enumerate(lines):
        end = place + len(line)
        if line.lower().startswith(b"x-pratique"):
            for more in lines[number + 1 :]:
                if more[:1] not in b" \t":
                    break
                end += len(more)
            spans.append((place, end))
        place += len(line)
    return tuple(spans)


def obey(door, taker, loop, settings):
    """Answer the orders on standard input; runs in a thread of its own."""
    for line in sys.stdin:
        order, *words = json.loads(line)
        answer = None
        if order == "taken":
            answer = taker.messages
        elif order == "left":
            taken = max(settings.max_in_flight, settings.max_size) - door.room_left
            memfds = sum("memfd:content" in where(fd) for fd in os.listdir("/proc/self/fd"))
            threads = len(os.listdir("/proc/self/task"))
            answer = [door.connections, taken + memfds, threads]
        elif order == "memory":
            answer = int(Path("/proc/self/statm").read_text().split()[1]) * 4096
        elif order == "go on":
            loop.call_soon_threadsafe(taker.go_on.set)
        elif order == "use":
            other = Taker(*words)
            other.messages = taker.messages
            loop.call_soon_threadsafe(door.use, other.take, settings)
        elif order == "drain":
            drain = asyncio.run_coroutine_threadsafe(door.drain(*words), loop)
            # What is scheduled later begins later: the door is closing now.
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()
        elif order == "drained":
            answer = drain.result()
        elif order == "quit":
            door.stop()
            return
        print(json.dumps(answer), flush=True)


def where(descriptor):
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""


def serve(settings):
    """The program: a door, a loop in a second thread, orders in a third."""
    from pratique.milter.doors.milter import DoorError, MilterDoor, block_signals
    from pratique.milter.doors.milter_settings import MilterSettings
    from pratique.milter.supervisor.sockets import CannotListen, Place, listening

    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    block_signals()
    loop, taker = asyncio.new_event_loop(), Taker()
    place = Place(
        settings["socket"], settings.pop("socket_mode"), settings.pop("socket_group", None)
    )
    shared = settings.pop("descriptor", 0)
    settings = MilterSettings(**settings)
    door = MilterDoor(settings, taker.take, loop)
    try:
        door.open(socket.socket(fileno=shared) if shared else listening(place))
    except (DoorError, CannotListen) as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 1
    threading.Thread(target=loop.run_forever, daemon=True).start()
    threading.Thread(target=obey, args=(door, taker, loop, settings), daemon=True).start()
    print(json.dumps("open"), flush=True)
    door.run()
    print(json.dumps("ended"), flush=True)
    return 0


if __name__ == "__main__":
    status = serve(json.loads(sys.argv[1]))
    sys.stdout.flush()
    os._exit(status)
