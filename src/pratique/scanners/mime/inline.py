"""Find a returned message that stands inline in a text: header and body, as it was.

Of 821 genuine bounces 31 % return the message not as a MIME part but below a line of
text (qmail, Exim, old Sendmail, Gmail, Yahoo and others).  A worm that is bounced by
those lies there in full, and so does the Message-ID by which a bounce can be verified.

A block counts as a header if it follows an empty line, a ruler or the text's begin, has
three fields or more, two of the KNOWN ones, and one of the TRANSPORT ones.  The last
condition keeps out what mail programs quote above a reply (From, Sent, To, Subject).

No mail program shows such a block as a message, so this is a further view, and what is
odd in it is no ambiguity of the mail.
"""

import re
from collections.abc import Iterator

from pratique.scanners.budget import Budget

# More than one message in a text is rare (a bounce of a bounce); each is read to the end.
MESSAGES = 4
_KNOWN = frozenset(
    {
        *(b"received", b"from", b"to", b"subject", b"date", b"message-id", b"mime-version"),
        b"content-type",
    }
)
_TRANSPORT = frozenset(
    {
        *(b"received", b"message-id", b"mime-version", b"content-type", b"return-path"),
        b"content-transfer-encoding",
    }
)
_NAMES = tuple(sorted(_TRANSPORT))
_FIRST = re.compile(rb"\n(?:" + b"|".join(_NAMES) + rb")[ \t]*+:")
# A returned header has up to 100 lines in the samples, the longest 24 KB.
_LINES = 400
_BLOCK_OCTETS = 64 * 1024
# A server says what went wrong in a few KB, then returns the message: one that begins later
# is not opened.  Whoever asks states either limit where there is more.
SEARCHED = 1024 * 1024
# A ruler ("--- Below this line is a copy of the message.") or an empty line, and after it a
# field or mbox's separator.
_ABOVE = rb"(?:[ \t>]*\r?\n|[ \t]*[-=*_]{2}[^\n]*\n)"
_BELOW = rb"(?=[A-Z][A-Za-z-]{1,30}:|From [^\n]*\n[A-Z])"
_START = re.compile(rb"(?:\A" + _ABOVE + rb"?|\n" + _ABOVE + rb")" + _BELOW)
_FIELD = re.compile(rb"([A-Za-z][!-9;-~]{0,60})[ \t]*:|[ \t]+\S|>?From ")


def may_hold(lower: bytes) -> bool:
    """Tell whether a text in small letters has a field without which no message is found."""
    return lower.startswith(_NAMES) or _FIRST.search(lower) is not None


def find_messages(octets: bytes, budget: Budget) -> Iterator[int]:
    """Where in a text a message begins, however many there are."""
    at = 0
    while (begin := _START.search(octets, at)) is not None:
        budget.check_clock()
        is_header, after = _block(octets, begin.end())
        if is_header:
            yield begin.end()
        # One line end back: the empty line that ends this block may begin the next.
        at = max(after - 2, begin.end())


def _block(octets: bytes, at: int) -> tuple[bool, int]:
    """Whether the lines from `at` on are a header, and where they end."""
    names: list[bytes] = []
    stop = min(len(octets), at + _BLOCK_OCTETS)
    for _ in range(_LINES):
        line = _FIELD.match(octets, at, stop)
        if line is None:
            break
        if line[1] is not None:
            names.append(line[1].lower())
        line_end = octets.find(b"\n", at, stop)
        at = line_end + 1 if line_end >= 0 else stop
    kinds = set(names)
    enough = len(names) >= 3 and len(kinds & _KNOWN) >= 2 and bool(kinds & _TRANSPORT)
    return enough, at
