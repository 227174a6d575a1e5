"""Cut what a client sends into commands, and keep what is not yet asked for.

A command is a line that ends in CRLF (RFC 5321 2.3.8).  A line that ends in a bare LF
is refused as a whole: servers that disagree on where a line ends are how one message
becomes two.  The refused line is consumed, so client and server stay in step.
After DATA the rest of the stream is content, which `take_rest` takes out.
"""

import re

from pratique.milter.doors.smtp.command import CommandError
from pratique.milter.next_hop import Reply

# RFC 5321 4.5.3.1.4 says 512 octets, plus what extensions add (RFC 6531: 10, RFC 1870:
# 26, XFORWARD: four attributes of 255 each); Postfix takes 2048.
MAX_COMMAND = 2048

TOO_LONG = Reply(500, ("5.5.2 command line is too long",))
BARE_LINE_END = Reply(500, ("5.5.2 a command line ends with CR LF",))
NOT_TEXT = Reply(500, ("5.5.2 command line is not text",))

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class Inbox:
    """Octets in, commands out."""

    def __init__(self, max_command: int = MAX_COMMAND) -> None:
        self._max_command = max_command
        # What came and was not taken begins at `_at`: a chunk that holds nothing but whole
        # commands is never copied.
        self._octets = b""
        self._at = 0
        self._looked_at = 0
        self._swallowing = False

    @property
    def is_empty(self) -> bool:
        """True if nothing came after the last command."""
        return self._at == len(self._octets)

    def feed(self, octets: bytes) -> None:
        """Take octets from the wire."""
        if not self._octets:
            self._octets = octets
            return
        self._octets = self._octets[self._at :] + octets
        self._looked_at = max(0, self._looked_at - self._at)
        self._at = 0

    def command(self) -> tuple[str, str] | None:
        """Return the next verb, in upper case, and its argument; None if more octets are needed."""
        if self._at == len(self._octets):
            self._octets, self._at, self._looked_at = b"", 0, 0
            return None
        line = self._line()
        if line is None:
            return None
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise CommandError(NOT_TEXT) from None
        if _CONTROL.search(text):
            raise CommandError(NOT_TEXT)
        verb, _, argument = text.strip(" ").partition(" ")
        # Some letters beyond ASCII have an ASCII letter as their upper case.
        return verb.upper() if verb.isascii() else verb, argument.strip(" ")

    def take_rest(self) -> bytes:
        """Take all octets that came and were not taken as commands."""
        rest = self._octets[self._at :]
        self._octets = b""
        self._at = self._looked_at = 0
        return rest

    def _line(self) -> bytes | None:
        end = self._octets.find(b"\n", self._looked_at)
        if end < 0:
            # No chunk is kept while the rest of a line is waited for.
            self._octets = self._octets[self._at :]
            if len(self._octets) > self._max_command:
                self._swallowing = True
                self._octets = b""
            self._at, self._looked_at = 0, len(self._octets)
            return None
        line = self._octets[self._at : end + 1]
        self._at = self._looked_at = end + 1
        swallowed, self._swallowing = self._swallowing, False
        if swallowed or len(line) > self._max_command:
            raise CommandError(TOO_LONG)
        if not line.endswith(b"\r\n"):
            raise CommandError(BARE_LINE_END)
        return line[:-2]
