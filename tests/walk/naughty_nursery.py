"""Be a real nursery whose inspector does what the message says: each a thing it may not.

A message is one line: the name of a deed.  What came of it is a finding.  The deeds are
tried by the real worker, after its real confinement; only the inspector is not ours.
"""

# The system calls themselves are what is tried, and any refusal counts.
# ruff: noqa: BLE001
import ctypes
import os
import signal
import socket
import sys
import threading
import time

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.nursery import main
from pratique.scanners.wall_pb2 import Done, HandedOut, Hello, NewHeader, Piece, Rewritten, Span

PARENT = os.getppid()
# Opened before confinement in a nursery that is careless: closed in each worker.
LEFT_OPEN = os.open("/etc/passwd", os.O_RDONLY)
LEFT_OPEN_FILE = os.fstat(LEFT_OPEN).st_ino
LISTENER = socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def open_a_file():
    with open("/etc/passwd") as file:
        return file.read(1)


def write_a_file():
    with open("/tmp/pratique-was-here", "w") as file:
        file.write("x")


def signal_the_nursery():
    os.kill(os.getppid(), 0)


def signal_by_fcntl():
    # F_SETSIG (10) makes the kernel send a signal of one's choice to F_SETOWN's process.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.fcntl(3, 8, ctypes.c_long(os.getppid())) == -1:
        raise OSError(ctypes.get_errno(), "F_SETOWN")


def read_own_memory():
    with open("/proc/self/mem", "rb") as file:
        file.seek(id(file))
        return file.read(1)


def take_a_gigabyte():
    return len(bytearray(1 << 30))


def start_a_thread():
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()


def import_something():
    import xmlrpc.client

    return xmlrpc.client.__name__


def tell_about_a_path():
    return os.stat("/etc/passwd").st_size


def use_what_was_left_open():
    # The number may have come again, for the message itself.
    if os.fstat(LEFT_OPEN).st_ino != LEFT_OPEN_FILE:
        raise OSError("another file has this number now")
    return os.read(LEFT_OPEN, 1)


def exec_a_program():
    os.execv("/bin/true", ["true"])


DEEDS = {
    "open": open_a_file,
    "list": lambda: os.listdir("/"),
    "write": write_a_file,
    "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "unix-socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "connect": lambda: LISTENER.connect(("127.0.0.1", 25)),
    "fork": os.fork,
    "exec": exec_a_program,
    "thread": start_a_thread,
    "signal": signal_the_nursery,
    "signal-parent": lambda: os.kill(PARENT, 0),
    "signal-by-fcntl": signal_by_fcntl,
    "memory": read_own_memory,
    "gigabyte": take_a_gigabyte,
    "import": import_something,
    "stat": tell_about_a_path,
    "left-open": use_what_was_left_open,
    "chmod": lambda: os.chmod("/tmp", 0o777),
    "chdir": lambda: os.chdir("/"),
    "root-again": lambda: os.setuid(0),
    "ptrace": lambda: ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0),
    "memfd": lambda: os.memfd_create("x"),
    "nothing": lambda: "all is well",
    "map-a-lot": lambda: len(bytearray(64 << 20)),
}


class Naughty:
    """Does what the message says, or fails as it says."""

    looking = ("first", "second")
    # Whom its workers may speak for.
    scanners, sources = (*looking, "early", *DEEDS), ("feed",)

    def inspect(self, octets, request, tell, extras=()):
        word, _, rest = bytes(octets).decode().strip().partition(" ")
        if word == "silence":
            return
        tell.found(facts.Facts(mail=facts.Mail(size=len(octets)), parts=[facts.Part(id=0)]))
        tell.found(facts.Facts(findings=[facts.Finding(scanner="early", name="seen")]))
        for name in self.looking:
            if name in request.without:
                continue
            tell.started(name, 0)
            if name == rest or not rest:
                self.do(word, tell)
            tell.found(facts.Facts(findings=[facts.Finding(scanner=name, name="spoke")]))

    def rewrite(self, octets, request):
        word = bytes(octets).decode().strip()
        yield Rewritten(header=NewHeader(end=0))
        if word in {"die", "crash", "hang", "raise"}:
            MISDEEDS[word](None)
        while word == "babble":
            yield Rewritten(pieces=[Piece(new=b"x" * 1_000_000)])
        while word == "mumble":
            yield Rewritten(pieces=[])
        if word == "reach":
            yield Rewritten(pieces=[Piece(old=Span(start=0, end=len(octets) + 1))])
        if word == "refuse":
            yield Rewritten(refused="it is as it is")
        yield Rewritten(pieces=[Piece(old=Span(start=0, end=len(octets)))])

    def do(self, word, tell):
        if word in MISDEEDS:
            MISDEEDS[word](tell)
        if word in DEEDS:
            tell.found(facts.Facts(findings=[facts.Finding(scanner=word, name=outcome(word))]))


def hang(tell):
    while True:
        time.monotonic()


def babble(tell):
    while True:
        tell.found(facts.Facts(findings=[facts.Finding(scanner="first", note="x" * 1000000)]))


def fail(tell):
    raise ValueError("a bug of ours")


def noise(tell):
    tell._connection.sendall(b"\xff" * 8)
    # Where it is when it is ended is what is blamed.
    hang(tell)


def greet(tell):
    tell._send(hello=Hello(pid=1))
    hang(tell)


def hand_out(tell):
    tell.handed_out(HandedOut(type="x", size=1, octets=b"x"))
    hang(tell)


def flood(tell):
    for number in range(300):
        said = facts.Finding(scanner="first", name=f"{number}", note="x" * 900)
        tell.found(facts.Facts(findings=[said]))
    os._exit(3)


def scribble(tell):
    # More than the page has room for, of which nothing is a fact.
    tell._page._mapped[:8] = b"\0\0\0\0\xff\xff\xff\xff"
    tell._page._mapped[80:] = b"\xff" * (len(tell._page._mapped) - 80)


def boast(tell):
    tell.started("\x1b[2J" * 1000, 0)
    os._exit(3)


# What is another's to say.
FORGED = {
    "forge": facts.Facts(findings=[facts.Finding(scanner="clamav", name="Worm")]),
    "date": facts.Facts(sources=[facts.Source(name="clamav")]),
    "link": facts.Facts(links=[facts.Link(listed=["dbl"])]),
}


def forge(word):
    def forge(tell):
        tell.found(FORGED[word])
        os._exit(3)

    return forge


# What a worker does to the side that watches it.
MISDEEDS = {
    "die": lambda tell: os._exit(3),
    "crash": lambda tell: ctypes.string_at(0),
    "hang": hang,
    "babble": babble,
    "noise": noise,
    "greet": greet,
    "raise": fail,
    "hand-out": hand_out,
    "boast": boast,
    "hasten": lambda tell: tell._send(done=Done()),
    "flood": flood,
    "scribble": scribble,
    "date-own": lambda tell: tell.found(facts.Facts(sources=[facts.Source(name="feed")])),
    **{word: forge(word) for word in FORGED},
}


def outcome(word):
    try:
        result = DEEDS[word]()
    except BaseException as error:
        return f"refused: {type(error).__name__}"
    return f"done: {result!r}"


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(main(sys.argv[1:], load=lambda setup: Naughty()))
