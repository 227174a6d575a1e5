"""Be a next hop that has on its disk what it says 250 for, whatever kills it.

    next_hop_process.py PORT FOLDER

Each start writes a file of its own in FOLDER, one line a message, synced before 250:

    NUMBER DIGEST REVERSE_PATH

NUMBER is that of the field X-Number, or "-"; DIGEST is the SHA-256 of the body, in hex;
REVERSE_PATH stands in its angle brackets.  A last line without its end was never answered.
"""

import hashlib
import os
import re
import socketserver
import sys

NUMBER = re.compile(rb"^X-Number: (\d+)\r\n", re.MULTILINE)
OFFERED = b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES"
REPLIES = {b"EHLO": OFFERED, b"DATA": b"354 go on", b"QUIT": b"221 2.0.0 bye"}


def line_of(content, reverse_path):
    header, _, body = content.partition(b"\r\n\r\n")
    found = NUMBER.search(header + b"\r\n")
    number = found[1] if found else b"-"
    digest = hashlib.sha256(body).hexdigest().encode()
    return b" ".join((number, digest, reverse_path)) + b"\n"


class Session(socketserver.StreamRequestHandler):
    """One client: one command a line, content up to CRLF.CRLF."""

    def handle(self):
        reverse_path = b""
        self.say(b"220 sink.example ESMTP")
        while command := self.rfile.readline():
            verb = command[:4].upper()
            if verb == b"MAIL":
                reverse_path = command.partition(b":")[2].split()[0]
            self.say(REPLIES.get(verb, b"250 2.0.0 ok"))
            if verb == b"DATA" and not self.take(reverse_path):
                return
            if verb == b"QUIT":
                return

    def take(self, reverse_path):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line.removeprefix(b"."))
        os.write(self.server.kept, line_of(b"".join(lines), reverse_path))
        os.fsync(self.server.kept)
        self.say(b"250 2.0.0 taken")
        return True

    def say(self, reply):
        self.wfile.write(reply + b"\r\n")


class Server(socketserver.ThreadingTCPServer):
    """Listens on 127.0.0.1, one thread a session."""

    daemon_threads, allow_reuse_address, request_queue_size = True, True, 128

    def handle_error(self, *_):
        """Stay silent when a peer is gone: peers are killed on purpose."""


def main(port, folder):
    with Server(("127.0.0.1", int(port)), Session) as server:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        server.kept = os.open(f"{folder}/{os.getpid()}", flags, 0o600)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
