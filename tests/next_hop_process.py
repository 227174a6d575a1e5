"""Be a next hop that has on its disk what it says 250 for, whatever kills it.

    next_hop_process.py PORT FOLDER FAULTS

Each start writes a file of its own in FOLDER, one line a message, synced before 250:

    NUMBER DIGEST REVERSE_PATH PROGRAM NAMES

NUMBER is that of the field X-Number, or "-"; DIGEST is the SHA-256 of the body, in hex;
REVERSE_PATH stands in its angle brackets; PROGRAM is 1 if a program is in it; NAMES are the
local parts of its recipients.  A last line without its end was never answered.

A file in FAULTS is one fault, and gone with it; its name is STAGE-HOW-ANYTHING.  STAGE is a
verb, `content` (in the middle of it) or `end` (after the final dot).  HOW is a code to answer
with, `close` to hang up without an answer, `slow` to answer late, or `taken`: to keep the
message and hang up without an answer.
"""

import contextlib
import hashlib
import os
import re
import socketserver
import sys
import threading

NUMBER = re.compile(rb"^X-Number: (\d+)\r\n", re.MULTILINE)
OFFERED = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES"
REPLIES = {"EHLO": OFFERED, "DATA": b"354 go on", "QUIT": b"221 2.0.0 bye"}
SLOW_SECONDS = 2.0


class HungUpError(Exception):
    """The connection ends here, by a fault or by the other side."""


def line_of(content, reverse_path, names):
    header, _, body = content.partition(b"\r\n\r\n")
    found = NUMBER.search(header + b"\r\n")
    number = found[1] if found else b"-"
    digest = hashlib.sha256(body).hexdigest().encode()
    program = b"1" if b"\r\nMZ\r\n" in body else b"0"
    return b" ".join((number, digest, reverse_path, program, b",".join(names))) + b"\n"


class Session(socketserver.StreamRequestHandler):
    """One client: one command a line, content up to CRLF.CRLF."""

    def handle(self):
        with contextlib.suppress(HungUpError):
            self.converse()

    def converse(self):
        reverse_path, names = b"", []
        self.say(b"220 sink.example ESMTP")
        while command := self.rfile.readline():
            verb = command[:4].decode("latin-1").upper()
            fault = self.fault(verb)
            if fault:
                self.say(fault)
                continue
            path = command.partition(b":")[2].split()[:1]
            # Who pipelines says DATA before it hears that nobody was taken.
            if (verb == "RCPT" and not reverse_path) or (verb == "DATA" and not names):
                self.say(b"503 5.5.1 not now")
                continue
            if verb == "MAIL":
                reverse_path, names = path[0], []
            elif verb == "RCPT":
                names.append(path[0].strip(b"<>").partition(b"@")[0])
            self.say(REPLIES.get(verb, b"250 2.0.0 ok"))
            if verb == "DATA":
                self.take(reverse_path, names)
            if verb in ("DATA", "RSET"):
                reverse_path, names = b"", []
            if verb == "QUIT":
                return

    def take(self, reverse_path, names):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise HungUpError
            lines.append(line.removeprefix(b"."))
            if len(lines) == 2:
                self.fault("content")
        fault = self.fault("end", lambda: self.keep(b"".join(lines), reverse_path, names))
        if not fault:
            self.keep(b"".join(lines), reverse_path, names)
        self.say(fault or b"250 2.0.0 taken")

    def keep(self, content, reverse_path, names):
        os.write(self.server.kept, line_of(content, reverse_path, names))
        os.fsync(self.server.kept)

    def fault(self, stage, keep=lambda: None):
        """What goes wrong now: an answer instead of ours, or nothing."""
        how = self.drawn(stage)
        if how == "slow":
            threading.Event().wait(SLOW_SECONDS)
            return b""
        if how == "taken":
            keep()
        if how in ("taken", "close"):
            raise HungUpError
        return f"{how} {how[0]}.3.0 injected".encode() if how else b""

    def drawn(self, stage):
        for name in os.listdir(self.server.faults):
            if name.startswith(f"{stage}-"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(f"{self.server.faults}/{name}")
                    return name.split("-")[1]
        return ""

    def say(self, reply):
        self.wfile.write(reply + b"\r\n")


class Server(socketserver.ThreadingTCPServer):
    """Listens on 127.0.0.1, one thread a session."""

    daemon_threads, allow_reuse_address, request_queue_size = True, True, 128

    def handle_error(self, *_):
        """Stay silent when a peer is gone: peers are killed on purpose."""


def main(port, folder, faults):
    with Server(("127.0.0.1", int(port)), Session) as server:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        server.kept = os.open(f"{folder}/{os.getpid()}", flags, 0o600)
        server.faults = faults
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
