r"""Open the objects in RTF (Rich Text Format 1.9.1) as Word reads them.

An object's octets are written in hexadecimal in the destination `\objdata`, and Word takes
the digits wherever they stand: around blanks, control words, groups and `\bin`, which
brings octets as they are.  `\'hh` takes the digit before it away if it was the first of
two (Word does so, and worms use it).  Where groups are nested in the destination readers
differ on what belongs to it, so each reading that gives an object is given.

What is written so is an object of OLE 1 ([MS-OLEDS] 2.2): a package, a link, or a compound
file, which becomes a part and is opened by the reader of its own form.

Limitations: pictures (`\pict`) and the XML that Word keeps for itself (`\datastore`,
`\themedata`) are left in the document.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.members import counted, fitted
from pratique.scanners.containers.office.ole_objects import Object, first_version
from pratique.scanners.part import Found, Oddity, Part, Recognized, as_bytes

_BEGINS = b"{\\rt"
_OBJECT = b"\\objdata"
_TYPES = frozenset({"text/rtf", "application/rtf"})
# Where a beginning is looked for, behind blanks.
_HEAD = 64
_TOKEN = re.compile(
    rb"\\(?:(?P<word>[A-Za-z]{1,64})(?P<number>-?[0-9]{1,12})? ?|(?P<octet>'.{0,2})|(?P<symbol>.))"
    rb"|(?P<open>\{+)|(?P<close>\}+)|(?P<text>[^\\{}]+)",
    re.DOTALL,
)
_NO_HEX = bytes(octet for octet in range(256) if octet not in b"0123456789abcdefABCDEF")
# An object's header is longer than this.
_SHORTEST = 12
# The clock is looked at once in so many tokens.
_TOKENS = 4096


@dataclass(slots=True)
class _Digits:
    """The digits of one object: those of its own group, and those of groups within."""

    depth: int
    # Each piece with where it stood: 0 in its own group, 1 in a group within, 2 in one
    # that begins with `\\*`.
    pieces: list[tuple[int, bytes]] = field(default_factory=list)
    count: int = 0

    def take(self, octets: bytes, place: int) -> None:
        digits = octets.translate(None, _NO_HEX)
        if digits:
            self.pieces.append((place, digits))
            self.count += len(digits)

    def drop(self) -> None:
        r"""Drop the last digit, if it is the first of two: Word does so before `\'`."""
        if self.count % 2 and self.pieces:
            place, digits = self.pieces.pop()
            self.pieces.append((place, digits[:-1]))
            self.count -= 1

    def readings(self) -> list[bytes]:
        """What the digits mean with more and more of the groups within, each once."""
        found: dict[bytes, None] = {}
        for most in (1, 0, 2):
            digits = b"".join(piece for place, piece in self.pieces if place <= most)
            found[bytes.fromhex(digits[: len(digits) & ~1].decode("ascii"))] = None
        return list(found)


class Rtf:
    """Gives the objects of an RTF document."""

    name: ClassVar[str] = "rtf"
    smallest: ClassVar[bytes] = b"{\\rtf1}"

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the type, or by the beginning behind blanks."""
        if part.known.type in _TYPES:
            return "whole"
        if part.known.kind in {"message", "multipart"}:
            return ""
        return "within" if bytes(part.octets[:_HEAD]).lstrip().startswith(_BEGINS) else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each object in the order of the text."""
        octets = as_bytes(part.octets)
        reading = _Reading(octets, budget)
        yield from counted(_objects(part, reading), budget)
        if reading.cut or not octets.rstrip(b"\0\t\r\n\f \x1a").endswith(b"}"):
            part.known.unopened, part.known.why = "unreadable", "it is cut off"


def _objects(part: Part, reading: "_Reading") -> Iterator[Found]:
    number = 0
    for digits in reading.digits():
        readings = [octets for octets in digits.readings() if len(octets) >= _SHORTEST]
        reading.budget.charge_octets(sum(map(len, readings)))
        told = [one for one in (first_version(memoryview(octets)) for octets in readings) if one]
        if not told and readings:
            told = [Object((), memoryview(readings[0]), "no object in its digits")]
        different = {(bytes(one.octets), one.names): one for one in told}
        for place, one in enumerate(different.values()):
            number += 1
            member = one.member("rtf")
            if not one.names:
                member.step = f"rtf:object {number}"
            member.view = "further" if place else "standard"
            if member.unopened == "unreadable":
                part.state_unopened(member.why)
            yield from fitted(member, reading.budget)
            if place:
                yield Oddity("archive_directories", "digits in groups within", at=member)


class _Reading:
    """Walks over a document's objects; `cut` is set where one has no end."""

    def __init__(self, octets: bytes, budget: Budget) -> None:
        self._octets = octets
        self.budget = budget
        self.cut = False
        self._at = 0
        self._depth = 0
        self._open: list[_Digits] = []
        # The depths of groups that begin with `\*` within an object.
        self._marked: list[int] = []

    def digits(self) -> Iterator[_Digits]:
        """The digits of each object, once it ends."""
        count, match = 0, _TOKEN.match
        while True:
            if not self._open:
                self._at = self._octets.find(_OBJECT, self._at)
                if self._at < 0:
                    return
            count += 1
            if count % _TOKENS == 0:
                self.budget.check_clock()
            token = match(self._octets, self._at)
            if token is None:
                break
            self._at = token.end()
            if token.lastgroup == "close":
                yield from self._close(len(token["close"]))
            else:
                self._take(token)
        self.cut = True
        yield from self._open[::-1]

    def _close(self, groups: int) -> Iterator[_Digits]:
        self._depth -= groups
        self._marked = [depth for depth in self._marked if depth <= self._depth]
        while self._open and self._depth < self._open[-1].depth:
            yield self._open.pop()

    def _take(self, token: re.Match[bytes]) -> None:
        kind = token.lastgroup
        if kind == "text":
            self._text(token["text"])
        elif kind == "open":
            self._depth += len(token["open"])
        elif kind == "octet":
            for one in self._open[-1:]:
                one.drop()
        elif kind in {"word", "number"}:
            self._word(token)
        elif token["symbol"] == b"*" and self._open and self._depth > self._open[-1].depth:
            self._marked = self._marked or [self._depth]

    def _text(self, text: bytes) -> None:
        for one in self._open[-1:]:
            place = 0 if self._depth == one.depth else 2 if self._marked else 1
            one.take(text, place)

    def _word(self, token: re.Match[bytes]) -> None:
        word = token["word"]
        if word == b"objdata":
            if not self._open:
                self._depth = 0
                self._marked = []
            self._open.append(_Digits(self._depth))
        elif word == b"bin" and self._open:
            size = max(0, int(token["number"] or 0))
            piece = self._octets[self._at : self._at + size]
            self.budget.charge_octets(len(piece) * 2)
            self._open[-1].take(
                piece.hex().encode(), 0 if self._depth == self._open[-1].depth else 1
            )
            self._at += size
