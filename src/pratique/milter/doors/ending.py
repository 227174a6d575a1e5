"""Read content up to its end: octets in, content out, and only CRLF.CRLF ends it.

Servers that take LF.LF, LF.CRLF or CR.CR for the end as well can be made to see two
messages in one ("SMTP smuggling", 2023).  So the end is the five octets CR LF . CR LF
(RFC 5321 4.1.1.4), where the CRLF of the DATA command counts as the first two, and
nothing else.  The dot of a line that starts with one is taken away (4.5.2); a line
starts after CRLF, never after a bare LF.

A bare CR or LF is never passed on (RFC 5321 2.3.8): the content is refused at its end,
or each is made CRLF here, before anybody looks.  Too large, refused or without room to
keep it, content is still read to its end, in bounded memory: to break off in the
middle would leave content to be read as commands.

How: the octets at the end of a chunk that may begin CRLF.CRLF are held back for the
next one, so no CRLF and no stuffed dot is ever cut in two.  No loop per line: this runs
at memory speed.
"""

import re
from enum import StrEnum
from typing import Protocol

END = b"\r\n.\r\n"
# Every way in which a chunk may end within END; the longest first.
_BEGINNINGS = tuple(END[:length] for length in range(len(END) - 1, 0, -1))
_LINE_END = re.compile(rb"\r\n|\r|\n")


class Sink(Protocol):
    """Takes content as it comes."""

    @property
    def size(self) -> int:
        """Octets written."""

    def write(self, octets: bytes) -> None:
        """Append octets; OSError if there is no room."""

    def discard(self) -> None:
        """Drop what was written."""


class Fault(StrEnum):
    """Why content cannot be taken."""

    TOO_LARGE = "too large"
    BARE_LINE_END = "bare CR or LF"
    NO_ROOM = "no room"
    # Not found here, but by who reads the stream.
    NO_END = "client left before the end of data"
    TOO_SLOW = "content took too long"
    DESERTED = "client left before the reply to the end of data"


class ContentReader:
    """Writes un-stuffed content to a sink until the end of data."""

    def __init__(self, sink: Sink, max_size: int, *, repair: bool) -> None:
        self._sink = sink
        self._max_size = max_size
        self._repair = repair
        # The CRLF of the DATA command: it may begin the end, but is no content.
        self._held = b"\r\n"
        self._before_content = len(self._held)
        self.bare_line_ends = 0
        self.fault: Fault | None = None

    def feed(self, octets: bytes) -> bytes | None:
        """Take octets; None: more are needed; else the octets that follow the end."""
        octets = self._held + octets
        end = octets.find(END)
        if end >= 0:
            self._take(octets[: end + 2])
            return octets[end + len(END) :]
        for beginning in _BEGINNINGS:
            if octets.endswith(beginning):
                self._held = beginning
                self._take(octets[: -len(beginning)])
                return None
        self._held = b""
        self._take(octets)
        return None

    def _take(self, octets: bytes) -> None:
        """Un-stuff whole line starts and whole line ends, and pass them on."""
        if self.fault is not None or not octets:
            return
        text = octets.replace(b"\r\n.", b"\r\n")[self._before_content :]
        self._before_content = 0
        pairs = octets.count(b"\r\n")
        bare = octets.count(b"\r") + octets.count(b"\n") - 2 * pairs
        if bare:
            self.bare_line_ends += bare
            if not self._repair:
                self._fail(Fault.BARE_LINE_END)
                return
            text = _LINE_END.sub(b"\r\n", text)
        self._write(text)

    def _write(self, text: bytes) -> None:
        if self._sink.size + len(text) > self._max_size:
            self._fail(Fault.TOO_LARGE)
            return
        try:
            self._sink.write(text)
        except OSError:
            self._fail(Fault.NO_ROOM)

    def _fail(self, fault: Fault) -> None:
        self.fault = fault
        self._sink.discard()
