"""Hand out to engines what they do not reach by themselves.

An engine (clamd) is shown the message and unpacks it with readers of its own.  Some parts it
never comes to: what a password opened, what only a further reading of the message shows, what
had to be decoded tolerantly, and what lies in a container that it does not open.  Where the
octets of the message would be too many for it each time, it is shown the outermost decoded
parts instead, which repeat from message to message, and of these it unpacks what it can.

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

from pratique.scanners import frames
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.part import Part
from pratique.scanners.report import Report

# Containers that clamd has opened since long: tests/desk/test_clamav.py has the real one find
# what lies in each.  What it opens in part only (7z, PDF, pages), or since lately, is missing
# here, and costs a further question; so is what it knows at the first octet of a file alone
# and we find in any text (BinHex, uuencode).
REACHED = frozenset("arj bzip2 cab cpio gzip iso mime ole rtf tar tnef xz zip".split())
# A message that begins so, clamd knows for one; or one that has both of these in its header.
_BEGINS = (
    b"Received: ", b"From: ", b"To: ", b"Date: ", b"Subject: ", b"Message-ID: ", b"Message-Id: ",
    b"Return-Path: ", b"Return-path: ", b"Delivered-To: ", b"Envelope-to: ", b"X-Original-To: ",
    b"X-Envelope-From: ", b"From ", b">From ",
)  # fmt: skip
_FIELDS = tuple(
    re.compile(rb"(?im)^" + name + rb": ") for name in (b"mime-version", b"content-type")
)
# How far a header is read for them: real ones have both by then.
_HEADER = 16 * 1024
# One frame's piece: it is copied a few times on its way, and stays in the caches (with a
# mebibyte a worker takes 7 ms more for a part of 5 MB).
PIECE = 128 * 1024


class _Reach:
    """What an engine reaches, from what it is shown."""

    def __init__(self, shown: set[int], *, opens_mail: bool = True) -> None:
        # Parts that it was shown, or comes to from such a one.
        self._reached = shown
        self._opens_mail = opens_mail
        # Messages in it, and whether it knows each for one.
        self._messages: dict[int, bool] = {}

    def add(self, part: Part) -> None:
        """It comes to this one."""
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
        # For who is shown the message; and for who is shown parts, where somebody is.
        self._whole = _Reach({0})
        by_parts = show in {"parts", "apart"}
        self._apart = _Reach(set(), opens_mail=show == "parts") if by_parts else None
        self._parts = self._octets = 0
        self._told = False

    def look(self, part: Part, container: Part, reader: str, *, tolerant: bool = False) -> None:
        """Hand a part out that came of a container, if no engine reaches it there."""
        if not self._wanted:
            return
        known = part.known
        odd = tolerant or known.password or known.encrypted or "further" in known.views
        hidden = bool(odd) or not self._whole.opens(container, reader)
        if not hidden:
            self._whole.add(part)
        if not odd and self._apart is not None and self._apart.opens(container, reader):
            self._apart.add(part)
        elif (hidden or self._apart is not None) and len(part.octets) and self._affords(part):
            # Whoever is shown parts is shown this one, and who is shown all, if it is hidden.
            self._whole.add(part)
            if self._apart is not None:
                self._apart.add(part)
            self._send(part.octets, hidden=hidden)

    def _affords(self, part: Part) -> bool:
        """Count it; the first for which there is no room any more is told."""
        self._parts += 1
        self._octets += len(part.octets)
        if self._parts <= frames.SHOWN_PARTS and self._octets <= frames.SHOWN_OCTETS:
            return True
        if not self._told:
            self._told = True
            most = f"more than {frames.SHOWN_PARTS} parts, or than {frames.SHOWN_OCTETS} octets"
            self._report.limit("engine", part.known.id, f"not shown to engines: {most}")
        return False

    def _send(self, octets: memoryview, *, hidden: bool) -> None:
        size = len(octets)
        for start in range(0, size, PIECE):
            piece = bytes(octets[start : start + PIECE])
            frame = wall.HandedOut(size=size, octets=piece, shown=True, hidden=hidden)
            self._report.handed_out(frame)


def _is_known(octets: memoryview) -> bool:
    """Whether clamd takes the octets for a message."""
    head = bytes(octets[:_HEADER])
    return head.startswith(_BEGINS) or all(field.search(head) for field in _FIELDS)
