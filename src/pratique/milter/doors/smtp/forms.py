"""Find forms of content that an admin may refuse: long lines, eight bits in the header, NUL.

Each breaks a rule that real mail breaks too: a line has at most 998 octets (RFC 5322
2.1.1), a header is ASCII unless SMTPUTF8 was said (RFC 6532), and there is no NUL (RFC 5321
2.3.1 with RFC 5322 2.2).  So a form is searched for only if it is to be refused, and then
at memory speed, without a loop per line.

Chunks come as cut by the search for the end of data: CRLF is never cut in two.
"""

from collections.abc import Callable, Collection, Mapping

from pratique.milter.doors.smtp.ending import Fault

# RFC 5322 2.1.1, without CRLF.
MAX_LINE = 998


class LongLine:
    """Detects a line that is too long, across chunks."""

    def __init__(self) -> None:
        # Octets of the line that earlier chunks began.
        self._carried = 0

    def __call__(self, text: bytes) -> bool:
        """Return True if a line is too long by the end of this chunk."""
        start, end = -self._carried, len(text)
        # Steps of almost a thousand octets: to the last line end that a legal line may reach.
        while end - start > MAX_LINE:
            last = text.rfind(b"\n", max(start, 0), max(start + MAX_LINE + 2, 0))
            if last < 0:
                return True
            start = last + 1
        last = text.rfind(b"\n", max(start, 0))
        self._carried = end - (start if last < 0 else last + 1)
        return False


class EightBitHeader:
    """Detects an octet above 127 in the header, across chunks."""

    def __init__(self) -> None:
        self._at_line_start = True
        self._over = False

    def __call__(self, text: bytes) -> bool:
        """Return True if the header has such an octet in this chunk."""
        if self._over or not text:
            return False
        if self._at_line_start and text.startswith(b"\r\n"):
            self._over = True
            return False
        end = text.find(b"\r\n\r\n")
        self._over = end >= 0
        self._at_line_start = text.endswith(b"\r\n")
        return not (text[:end] if self._over else text).isascii()


def _nul(text: bytes) -> bool:
    return b"\0" in text


_LOOK: Mapping[Fault, Callable[[], Callable[[bytes], bool]]] = {
    Fault.LONG_LINE: LongLine,
    Fault.EIGHT_BIT_HEADER: EightBitHeader,
    Fault.NUL: lambda: _nul,
}


class Forms:
    """The forms that one content must not have."""

    def __init__(self, unwanted: Collection[Fault], *, refuses: bool = True) -> None:
        self._unwanted = {fault: _LOOK[fault]() for fault in unwanted}
        # If False, a form is noted, and the content is taken nevertheless.
        self._refuses = refuses
        # The first form that was found.
        self.found: Fault | None = None

    def look(self, text: bytes) -> Fault | None:
        """Return why the content is refused, with these octets next."""
        if self.found is None:
            found = [fault for fault, has in self._unwanted.items() if has(text)]
            self.found = found[0] if found else None
        return self.found if self._refuses else None
