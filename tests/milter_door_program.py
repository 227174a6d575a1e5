"""Be a milter door in a process of its own: ours, or libmilter's.

`milter_door_program.py SETTINGS` serves, and obeys orders on its standard input, one JSON list a
line, each answered by a line.  What becomes of a message is said by the local part of its first
recipient: see `Taker.take`.
"""

import asyncio
import base64
import json
import logging
import os
import signal
import socket
import sys
import threading
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


class Taker:
    """Decides by the first recipient, and remembers what came."""

    def __init__(self, name="first"):
        self.name, self.messages = name, []
        self.go_on = asyncio.Event()

    async def take(self, content, envelope, left_out):
        """`MilterTake`."""
        from pratique.milter.content import content_of
        from pratique.milter.doors.milter.ending import Ending
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
            answer = left(door, settings)
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
        door.heard(order)


def left(door, settings):
    taken = max(settings.max_in_flight, settings.max_size) - door.room_left
    memfds = sum("memfd:content" in where(fd) for fd in os.listdir("/proc/self/fd"))
    return [door.connections, taken + memfds, len(os.listdir("/proc/self/task"))]


def where(descriptor):
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""


def opened(settings):
    """The settings of a door, and the socket that it shall listen on."""
    from pratique.milter.doors.milter.settings import MilterSettings
    from pratique.milter.supervisor.sockets import Place, listening

    place = Place(
        settings["socket"], settings.pop("socket_mode"), settings.pop("socket_group", None)
    )
    shared = settings.pop("descriptor", 0)
    given = MilterSettings(**settings)
    return given, socket.socket(fileno=shared) if shared else listening(place)


def told(error):
    print(json.dumps({"error": str(error)}), flush=True)
    return 1


def serve_by_libmilter(settings):
    """A door, a loop in a second thread, orders in a third."""
    from pratique.milter.doors.libmilter.door import DoorError, MilterDoor, block_signals
    from pratique.milter.supervisor.sockets import CannotListen

    block_signals()
    loop, taker = asyncio.new_event_loop(), Taker()
    try:
        given, listening = opened(settings)
        door = MilterDoor(given, taker.take, loop)
        door.heard = lambda order: None
        door.open(listening)
    except (DoorError, CannotListen) as error:
        return told(error)
    threading.Thread(target=loop.run_forever, daemon=True).start()
    threading.Thread(target=obey, args=(door, taker, loop, given), daemon=True).start()
    print(json.dumps("open"), flush=True)
    door.run()
    print(json.dumps("ended"), flush=True)
    return 0


class OwnDoor:
    """Our own server, and when its program ends: libmilter ends by itself."""

    def __init__(self, door, loop):
        self.door, self.loop, self.ended = door, loop, asyncio.Event()

    def __getattr__(self, name):
        return getattr(self.door, name)

    def heard(self, order):
        if order == "drained":
            self.loop.call_soon_threadsafe(self.ended.set)

    def stop(self):
        drain = asyncio.run_coroutine_threadsafe(self.drain(1.0), self.loop)
        drain.add_done_callback(lambda _: self.heard("drained"))


async def serve(settings):
    """A door in the loop, orders in a thread."""
    from pratique.milter.doors.milter.server import MilterServer
    from pratique.milter.doors.places import DoorError
    from pratique.milter.supervisor.sockets import CannotListen

    loop, taker = asyncio.get_running_loop(), Taker()
    try:
        given, listening = opened(settings)
        door = OwnDoor(MilterServer(given, taker.take), loop)
        await door.open(listening)
    except (DoorError, CannotListen) as error:
        return told(error)
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, door.stop)
    threading.Thread(target=obey, args=(door, taker, loop, given), daemon=True).start()
    print(json.dumps("open"), flush=True)
    await door.ended.wait()
    # Who has a message that waits for its answer still gets it.
    await door.drain(20.0, patience=20.0)
    print(json.dumps("ended"), flush=True)
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    wanted = json.loads(sys.argv[1])
    if wanted.pop("server", "own") == "own":
        status = asyncio.run(serve(wanted))
    else:
        status = serve_by_libmilter(wanted)
    sys.stdout.flush()
    os._exit(status)
