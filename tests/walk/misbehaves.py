"""Be a scanner of somebody else's that does what the text it is shown says.

What is not a deed it finds as it stands there; so it says something before it fails.
"""

import ctypes
import os
import sys
import threading
import time

from pratique.scanners.v1 import Finding, Limits


def hang():
    while True:
        time.monotonic()


def eat_memory():
    eaten = []
    while True:
        eaten.append(bytearray(1 << 20))


def open_a_file():
    with open("/etc/passwd") as file:
        return file.read()


def import_something():
    import xmlrpc.client

    return xmlrpc.client


def start_a_thread():
    threading.Thread(target=hang).start()


def recurse():
    return recurse()


DEEDS = {
    "hang": hang,
    "eat": eat_memory,
    "end": sys.exit,
    "die": lambda: os._exit(3),
    "crash": lambda: ctypes.string_at(0),
    "open": open_a_file,
    "import": import_something,
    "thread": start_a_thread,
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "raise": {}.popitem,
    "recurse": recurse,
}


class Misbehaves:
    """Finds words, and does what the last of them says."""

    name = "misbehaves"
    limits = Limits(octets=2 * 1024 * 1024, kinds=("text",))

    def scan(self, part):
        words = part.octets[:1000].split()
        if words[:1] != [b"do"]:
            return
        yield Finding("Said", "information", part.octets[:60].decode("utf-8", "replace"))
        for word in words[1:]:
            if word == b"nonsense":
                yield "nonsense"
            if word == b"slow":
                slow(1.2)
            DEEDS.get(word.decode(), int)()
        yield Finding("Done", "information")


def slow(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
