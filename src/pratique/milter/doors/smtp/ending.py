"""Read content up to its end: octets in, content out, and only CRLF.CRLF ends it.

Servers that also take LF.LF, LF.CRLF or CR.CR for the end can be made to see two
messages in one ("SMTP smuggling", 2023).  So the end is the five octets CR LF . CR LF
(RFC 5321 4.1.1.4), where the CRLF of the DATA command counts as the first two, and
nothing else.  The leading dot of a line is removed (4.5.2); a line
starts after CRLF, never after a bare LF.

A bare CR or LF is never passed on (RFC 5321 2.3.8): the content is refused at its end,
or each is made CRLF here, before anything inspects it.  Content that is too large, refused or
without room is still read to its end, in bounded memory: breaking off in the
middle would leave content to be read as commands.

How: octets at the end of a chunk that may begin CRLF.CRLF are held back for the
next one, so no CRLF and no stuffed dot is ever cut in two.  There is no loop per line: this
runs at memory speed.  A chunk of ordinary mail is read through twice: for a line that begins
with a dot, and for line ends other than CRLF, which Python's own reader of text files
detects in a third of the time that counting them takes.
"""

import io
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

END = b"\r\n.\r\n"
# Every way in which a chunk may end within END; the longest first.
_BEGINNINGS = tuple(END[:length] for length in range(len(END) - 1, 0, -1))
_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT = b"\r\n."


def _first_dot(octets: bytes) -> int:
    """Return where the first line end followed by a dot is; -1 if there is none.

    Usually there is one, that of the end.  Python finds it several times faster backwards:
    forwards, each line end is half a match.
    """
    last = octets.rfind(_DOT)
    if last <= 0 or octets.rfind(_DOT, 0, last) < 0:
        return last
    return octets.find(_DOT)


def _has_bare_line_end(octets: bytes) -> bool:
    """Tell whether a CR or LF stands alone; no CRLF may be cut in two."""
    lines = io.IncrementalNewlineDecoder(None, translate=False)
    lines.decode(octets.decode("latin-1"), final=True)
    return lines.newlines not in _SOUND


_SOUND = (None, "\r\n")


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
    # Found by forms.py, where an admin does not want them.
    LONG_LINE = "a line of more than 998 octets"
    EIGHT_BIT_HEADER = "eight bits in the header, without SMTPUTF8"
    NUL = "a NUL octet"
    # Found not here, but by the reader of the stream.
    NO_END = "client left before the end of data"
    TOO_SLOW = "content took too long"
    DESERTED = "client left before the reply to the end of data"


# Inspects content as it is written, and says what is wrong with it so far.
Look = Callable[[bytes], Fault | None]


class ContentReader:
    """Writes un-stuffed content to a sink until the end of data.

    What `look` finds wrong is reported at the end like any fault.
    """

    def __init__(
        self, sink: Sink, max_size: int, *, repair: bool, look: Look | None = None
    ) -> None:
        self._sink = sink
        self._max_size = max_size
        self._repair = repair
        self._look = look
        # The CRLF of the DATA command: it may begin the end, but is not content.
        self._held = b"\r\n"
        self._before_content = len(self._held)
        # True if no line of the content begins with a dot, so it need not be stuffed again.
        self.dotless = True
        self.fault: Fault | None = None

    def feed(self, octets: bytes) -> bytes | None:
        """Take octets; return None if more are needed, else the octets that follow the end."""
        octets = self._held + octets
        dot = _first_dot(octets)
        end = octets.find(END, dot) if dot >= 0 else -1
        if end >= 0:
            self._take(octets[: end + 2], stuffed=dot < end)
            return octets[end + len(END) :]
        for beginning in _BEGINNINGS:
            if octets.endswith(beginning):
                self._held, octets = beginning, octets[: -len(beginning)]
                self._take(octets, stuffed=0 <= dot < len(octets))
                return None
        self._held = b""
        self._take(octets, stuffed=dot >= 0)
        return None

    def _take(self, octets: bytes, *, stuffed: bool) -> None:
        """Un-stuff whole line starts and whole line ends, and pass them on."""
        if self.fault is not None or not octets:
            return
        text = octets.replace(_DOT, b"\r\n") if stuffed else octets
        text = text[self._before_content :]
        self._before_content = 0
        self.dotless &= not stuffed
        if _has_bare_line_end(octets):
            if not self._repair:
                self._fail(Fault.BARE_LINE_END)
                return
            # What follows a bare CR or LF may be a dot.
            self.dotless = False
            text = _LINE_END.sub(b"\r\n", text)
        wrong = self._look(text) if self._look is not None else None
        if wrong is not None:
            self._fail(wrong)
        else:
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
