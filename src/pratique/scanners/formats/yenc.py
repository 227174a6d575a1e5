"""Open yEnc (yenc.org, draft 1.3): files of Usenet, one octet a letter.

`=ybegin` with a length and a name, lines, `=yend` with a length and a checksum.  A large
file is cut into parts, each with a `=ypart` that says where it belongs.  Parts that stand
in one text are joined; where some are missing, what is there is given and is said to be
one piece of something that is elsewhere.
"""

import re
from binascii import crc32
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.archive import fill_from
from pratique.scanners.containers.gather import Gather, pieces_of
from pratique.scanners.containers.members import too_many
from pratique.scanners.part import Found, Member, Part, Recognized, Signs, as_bytes
from pratique.scanners.text import to_text

_MARK = b"=ybegin "
_BEGIN = re.compile(
    rb"=(?<![^\r\n].)ybegin (?=[^\r\n]{0,200}?line=)"
    rb"([^\r\n]{0,300}?)(?:name=([^\r\n]{0,1024}))?\r?\n"
    rb"(?:=ypart ([^\r\n]{0,200})\r?\n)?"
)
_END = re.compile(rb"[\r\n]=yend([^\r\n]{0,300})")
_NUMBER = re.compile(rb"\b(size|part|total|begin|end|pcrc32|crc32)=([0-9a-fA-F]{1,16})")
# As many as a mail program offers to save; a file of a gigabyte has more, but no mail.
FILES = 1000
_PLAIN = bytes((octet - 42) & 255 for octet in range(256))
_ESCAPED = bytes((octet - 42 - 64) & 255 for octet in range(256))


@dataclass(slots=True)
class _Piece:
    """One `=ybegin` to `=yend`, decoded."""

    raw_name: bytes
    octets: bytes
    # Where it belongs in the whole, from 0, and how long that is.
    start: int
    whole: int
    partial: bool = False
    why: str = ""


class Yenc:
    """Gives the files that stand in a text."""

    name: ClassVar[str] = "yenc"
    signs: ClassVar[Signs] = Signs(marks=(_MARK,))
    smallest: ClassVar[bytes] = b"=ybegin line=128 size=1 name=a\r\n*\r\n=yend size=1\r\n"

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the form has no encryption",
        "bomb": "it does not compress",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by its first line, at the beginning or in the midst of a text."""
        known = part.known
        if known.kind in {"message", "multipart", "image"} or part.lacks(_MARK):
            return ""
        octets = as_bytes(part.octets)
        at = octets.find(_MARK)
        if at < 0 or _BEGIN.search(octets, max(0, at - 1)) is None:
            return ""
        return "whole" if not octets[:at].strip() else "within"

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file, joined of its pieces."""
        gather = Gather(budget, len(part.octets))
        files: dict[tuple[bytes, int], list[_Piece]] = {}
        for count, piece in enumerate(_pieces(as_bytes(part.octets), budget)):
            if count == FILES:
                yield too_many(part, f"more than {FILES} pieces of yEnc")
                break
            files.setdefault((piece.raw_name, piece.whole), []).append(piece)
        if not files:
            part.known.unopened, part.known.why = "unreadable", "it is cut off"
        for (raw_name, whole), pieces in files.items():
            yield from _file(part, gather, raw_name, _Joined.of(pieces, whole))


@dataclass(frozen=True, slots=True)
class _Joined:
    """What the pieces of one file are together; the word for what is missing, and why."""

    octets: bytes
    unopened: str = ""
    why: str = ""

    @classmethod
    def of(cls, pieces: list[_Piece], whole: int) -> "_Joined":
        """Join pieces in their order, each once."""
        joined, broken = bytearray(), next((piece.why for piece in pieces if piece.why), "")
        for piece in sorted(pieces, key=lambda piece: piece.start):
            if piece.start > len(joined):
                break
            joined += piece.octets[len(joined) - piece.start :]
        if len(joined) < whole and any(piece.partial for piece in pieces):
            return cls(_all(pieces), "elsewhere", "other pieces of it are not in this text")
        if broken or len(joined) != whole:
            return cls(bytes(joined), "unreadable", broken or "it is not as long as it says")
        return cls(bytes(joined))


def _all(pieces: list[_Piece]) -> bytes:
    return b"".join(piece.octets for piece in sorted(pieces, key=lambda piece: piece.start))


def _file(part: Part, gather: Gather, raw_name: bytes, joined: _Joined) -> Iterator[Found]:
    name, bad = to_text(raw_name)
    member = Member(step=f"yenc:{name}", name=name, raw_name=raw_name if bad else b"")
    octets = memoryview(joined.octets)
    for found in fill_from(member, pieces_of(octets), len(octets), gather):
        if found is member and joined.unopened and not member.unopened:
            member.unopened, member.why = joined.unopened, joined.why
            part.known.unopened, part.known.why = joined.unopened, joined.why
        yield found


def _pieces(octets: bytes, budget: Budget) -> Iterator[_Piece]:
    at = 0
    while (begin := _BEGIN.search(octets, at)) is not None:
        budget.check_clock()
        end = _END.search(octets, begin.end() - 1)
        body = octets[begin.end() : end.start() if end else len(octets)]
        at = end.end() if end else len(octets)
        said, place = _numbers(begin[1]), _numbers(begin[3] or b"")
        closed = _numbers(end[1]) if end else {}
        decoded = _decode(body)
        partial = begin[3] is not None or said.get("total", 1) > 1
        why = "" if end else "it is cut off"
        sum_ = closed.get("pcrc32" if partial else "crc32")
        if sum_ is not None and crc32(decoded) != sum_:
            why = "its checksum is wrong"
        start = place.get("begin", 1) - 1
        raw_name = (begin[2] or b"").strip(b' \t"')
        yield _Piece(raw_name, decoded, max(0, start), said.get("size", 0), partial, why)


def _numbers(words: bytes) -> dict[str, int]:
    return {
        name.decode("ascii"): int(value, 16 if name.endswith(b"crc32") else 10)
        for name, value in _NUMBER.findall(words)
        if name.endswith(b"crc32") or value.isdigit()
    }


def _decode(body: bytes) -> bytes:
    """Undo what the draft calls the encoding; a dot that was doubled for the wire is one."""
    body = body.replace(b"\n..", b"\n.").translate(None, b"\r\n")
    first, *escaped = body.split(b"=")
    decoded = bytearray(first.translate(_PLAIN))
    for piece in escaped:
        decoded += piece[:1].translate(_ESCAPED)
        decoded += piece[1:].translate(_PLAIN)
    return bytes(decoded)
