"""Hand out to engines what they do not reach by themselves.

An engine (clamd) is shown the message and unpacks it with readers of its own.  Some parts it
never comes to: what a password opened, what only a further reading of the message shows, what
had to be decoded tolerantly, what lies in a container that it does not open or that is damaged,
and all parts of some kinds of multipart (clamd 1.4 goes past a `multipart/signed`).

Where the octets of the message would be too many for it each time, large attachments are cut
out of what it is shown, and shown to it decoded: they repeat from message to message, and
clamd takes half as long again, or twice as long, to come to them in base64.  All else of the
message stands there as it came, so what is looked for in a header and a text is found.
Only base64 is cut out that everybody reads alike.

Nor does it come to the parts of every message: by its first octets it must know it for one
(it was tried with clamd 1.4; of another it reads the text as it stands, base64 and all).

So a part is handed out where no way leads to it from something that was shown.  What lies in
it is reached from it then, by the same rule.  What is not handed out because there is too
much of it is a limit that was reached: unseen is not clean.

Where some engines are shown parts and others the message, a part says for which it is: what
is hidden is for all of them.  An engine that opens no mail reaches nothing in a message that
is attached to one.
"""

import re
from collections.abc import Sequence

from pratique.scanners import frames
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.part import Member, Part, as_bytes
from pratique.scanners.report import Report

# Containers that clamd has opened since long: tests/desk/test_clamav.py has the real one find
# what lies in each.  What it opens in part only (7z, PDF, RTF, TNEF, pages), or since lately,
# is missing here, and costs a further question; so is what it knows at the first octet of a
# file alone and we find in any text (BinHex, uuencode).
REACHED = frozenset("arj bzip2 cab cpio gzip iso mime ole tar xz zip".split())
# A message that begins so, clamd knows for one; or one that has both of these in its header.
_BEGINS = (
    b"Received: ", b"From: ", b"To: ", b"Date: ", b"Subject: ", b"Message-ID: ", b"Message-Id: ",
    b"Return-Path: ", b"Return-path: ", b"Delivered-To: ", b"Envelope-to: ", b"X-Original-To: ",
    b"X-Envelope-From: ", b"From ", b">From ",
)  # fmt: skip
_FIELDS = tuple(
    re.compile(rb"(?im)^" + name + rb": ") for name in (b"mime-version", b"content-type")
)
# What clamd takes for the first line of uuencode, in whatever text it stands; in the midst of a
# line as well, for it cuts long ones.
_UUENCODED = re.compile(rb"begin [0-9]{3}")
_HEADER_END = re.compile(rb"\n\r?\n")
# Fields in which it reads quotes, with their folds.
_QUOTING = re.compile(rb"(?im)^content-[a-z-]{1,40}[ \t]*:[^\n]*+(?>\n[ \t][^\n]*+)*+")
_ODD = re.compile(rb"\\|=\s")
# How far a header is read for them: real ones have both by then.
_HEADER = 16 * 1024
# One frame's piece: it is copied a few times on its way, and stays in the caches (with a
# mebibyte a worker takes 7 ms more for a part of 5 MB).
PIECE = 128 * 1024
# Base64 of so many octets is cut out: to have clamd asked about one more costs it and us
# half a millisecond, as do some 25 KB of base64 that it comes to by itself.
CUT_OCTETS = 24 * 1024
_NOTHING = Member("")


class _Reach:
    """What an engine reaches, from what it is shown."""

    def __init__(self, shown: set[int], *, opens_mail: bool = True) -> None:
        # Parts that it was shown, or comes to from such a one.
        self._reached = shown
        self._opens_mail = opens_mail
        # Messages in it, and whether it knows each for one.
        self._messages: dict[int, bool] = {}

    def add(self, part: Part) -> None:
        """Note that it comes to this one."""
        self._reached.add(part.known.id)

    def opens(self, container: Part, reader: str) -> bool:
        """Whether it comes to a container, and opens it."""
        number = container.known.id
        if number not in self._reached or reader not in REACHED:
            return False
        if reader != "mime":
            return True
        if not self._opens_mail:
            return False
        known = self._messages.get(number)
        if known is None:
            known = self._messages[number] = _is_known(container.octets)
        return known


class Shown:
    """What of one message is handed out to engines."""

    def __init__(self, show: str, report: Report) -> None:
        self._report = report
        self._wanted = bool(show)
        # For an engine that is shown the message; and for one that is shown parts, if there is one.
        self._whole = _Reach({0})
        by_parts = show in {"parts", "apart"}
        # One that is shown parts comes to those left in the message, unless it opens none.
        self._shortens = show == "parts"
        rest = {0} if self._shortens else set()
        self._apart = _Reach(rest, opens_mail=self._shortens) if by_parts else None
        # What is left out there.
        self._cut: list[tuple[int, int]] = []
        self._parts = self._octets = 0
        self._told = False

    def look(self, part: Part, container: Part, reader: str, member: Member = _NOTHING) -> None:
        """Hand a part out that came of a container, if no engine reaches it there."""
        if not self._wanted:
            return
        odd = _is_odd(part, container, member)
        hidden = odd or not self._whole.opens(container, reader)
        if not hidden:
            self._whole.add(part)
        span = None if odd else self._span(part, container, member)
        reached = not odd and self._apart is not None and self._apart.opens(container, reader)
        if self._apart is not None and reached and span is None:
            self._apart.add(part)
        elif (hidden or self._apart is not None) and len(part.octets) and self._affords(part):
            # An engine for parts is shown this one; one for messages too, if it is hidden.
            self._whole.add(part)
            if self._apart is not None:
                self._apart.add(part)
            if span is not None:
                self._cut.append(span)
            self._send([part.octets], hidden=hidden)

    def rest(self, message: memoryview) -> None:
        """Hand out what is left of a message, once all its parts were looked at."""
        if not self._shortens:
            return
        left, end = [], 0
        for start, behind in self._cut:
            left.append(message[end:start])
            end = behind
        left.append(message[end:])
        if self._has_room(sum(map(len, left))):
            self._send(left, hidden=False)
        else:
            self._tell(0)

    def _span(self, part: Part, container: Part, member: Member) -> tuple[int, int] | None:
        """What is cut out of the message, if the part is to be shown by itself."""
        if not self._shortens or member.encoded is None or container.known.id:
            return None
        start, end = member.encoded
        large = end - start >= CUT_OCTETS and len(part.octets) > 0
        # Two more: what is left of the message must be shown as well.
        return (start, end) if large and self._has_room(len(part.octets), parts=2) else None

    def _has_room(self, octets: int, parts: int = 1) -> bool:
        """Whether so many more may be shown."""
        parts, octets = self._parts + parts, self._octets + octets
        return parts <= frames.SHOWN_PARTS and octets <= frames.SHOWN_OCTETS

    def _affords(self, part: Part) -> bool:
        """Count it; the first for which there is no room any more is told."""
        has_room = self._has_room(len(part.octets))
        self._parts += 1
        self._octets += len(part.octets)
        if not has_room:
            self._tell(part.known.id)
        return has_room

    def _tell(self, number: int) -> None:
        if not self._told:
            self._told = True
            most = f"more than {frames.SHOWN_PARTS} parts, or than {frames.SHOWN_OCTETS} octets"
            self._report.limit("engine", number, f"not shown to engines: {most}")

    def _send(self, slices: Sequence[memoryview], *, hidden: bool) -> None:
        size = sum(map(len, slices))
        for octets in slices:
            for start in range(0, len(octets), PIECE):
                piece = bytes(octets[start : start + PIECE])
                frame = wall.HandedOut(size=size, octets=piece, shown=True, hidden=hidden)
                self._report.handed_out(frame)


def _is_odd(part: Part, container: Part, member: Member) -> bool:
    """Whether we came to it by a way that others may not know."""
    known, around = part.known, container.known
    # Where a further view ends is our guess, and a damaged file others may leave alone.
    further = "further" in (*known.views, *around.views)
    damaged = member.tolerant or bool(known.unopened or around.unopened)
    return further or damaged or bool(known.password) or known.encrypted


def _is_known(octets: memoryview) -> bool:
    """Whether clamd takes the octets for a message, and comes to all of its parts."""
    whole = as_bytes(octets)
    head = whole[:_HEADER]
    known = head.startswith(_BEGINS) or all(field.search(head) for field in _FIELDS)
    return known and not _is_lost(whole)


def _is_lost(message: bytes) -> bool:
    """Whether clamd loses its way in a message: tried with 1.4, which says nothing of it."""
    # It takes all that follows such a line for uuencode, and past the text that it stands in.
    if _UUENCODED.search(message) is not None:
        return True
    # A quote that is not closed goes on for it past the end of the header, and a blank behind a
    # parameter's sign may end the parameter.
    end = _HEADER_END.search(message)
    fields = _QUOTING.findall(message, 0, end.end() if end is not None else len(message))
    return any(field.count(b'"') % 2 or _ODD.search(field) is not None for field in fields)
