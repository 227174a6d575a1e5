"""Start and kill a next hop, have it fail, and read what it has on its disk."""

import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

PROGRAM = str(Path(__file__).with_name("next_hop_process.py"))
DELIVERED_TO = re.compile(rb"^Delivered-To: (\w+)@", re.MULTILINE)
# What can go wrong in a next hop: stage and how (next_hop_process.py).
PASSING = (
    *("MAIL-451", "MAIL-421", "MAIL-close", "MAIL-slow", "RCPT-451", "RCPT-close", "DATA-451"),
    *("DATA-close", "content-close", "end-451", "end-421", "end-close", "end-slow", "end-taken"),
)
FOR_GOOD = ("MAIL-550", "RCPT-550", "DATA-554", "end-554")


class Copy(NamedTuple):
    """A message as it arrived."""

    number: str
    digest: str
    reverse_path: str
    program: str
    names: list


class NextHop:
    """The next hop: its process, what it has on its disk, and what shall go wrong in it."""

    def __init__(self, port, folder, program=PROGRAM):
        self.program = program
        self.port, self.folder, self.faults = port, folder / "kept", folder / "faults"
        for one in (folder, self.folder, self.faults):
            one.mkdir()
        self.running = None
        self._read = {}
        self._copies = []
        self._lock = threading.Lock()

    def start(self):
        command = [sys.executable, self.program, str(self.port), self.folder, self.faults]
        self.running = subprocess.Popen(command)
        end = time.monotonic() + 60
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
        """All that it said 250 for, or meant to."""
        with self._lock:
            for file in self.folder.iterdir():
                with file.open("rb") as kept:
                    kept.seek(self._read.get(file, 0))
                    whole, end, _ = kept.read().rpartition(b"\n")
                    self._read[file] = self._read.get(file, 0) + len(whole + end)
                    lines = [line.decode().split(" ") for line in whole.split(b"\n") if line]
                    self._copies += [Copy(*rest, names.split(",")) for *rest, names in lines]
            return list(self._copies)


def copy_of(octets, mail):
    """A message in a Maildir."""
    header, _, body = octets.partition(b"\r\n\r\n")
    number = mail.NUMBER.search(header + b"\r\n")[1].decode()
    program = "1" if b"\r\nMZ\r\n" in body else "0"
    names = [name.decode() for name in DELIVERED_TO.findall(header)]
    return Copy(number, mail.digest(body), "", program, names)
