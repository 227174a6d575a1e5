"""Open BinHex 4.0 (RFC 1741): an old Macintosh file as text, its two forks and its name.

Six bits a letter from an alphabet of its own; runs of one octet are packed (0x90, a
count); the header, the data fork and the resource fork each have a checksum behind them.
It stands in the midst of text, so all that stands around it may be anything.

A wrong checksum is no reason to see less, but most programs refuse the file then: it is
given, and said to be damaged.
"""

import re
from binascii import Error, a2b_base64, crc_hqx
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.archive import fill_from
from pratique.scanners.containers.gather import Damaged, Gather, pieces_of
from pratique.scanners.containers.members import too_many
from pratique.scanners.part import Found, Member, Part, Recognized, Signs, as_bytes
from pratique.scanners.text import to_text

_MARK = b"(This file must be converted with BinHex"
_ALPHABET = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_AS_BASE64 = bytes.maketrans(_ALPHABET, _BASE64)
_BLANKS = b" \t\r\n"
_BEGIN = re.compile(rb"(?:\A|[\r\n])[ \t]{0,16}:(?=[!-,0-9@-Z\[`a-r\r\n-]{16})")
_RUN = 0x90
_PIECE = 64 * 1024
# RFC 1741, appendix A: a name of 1 to 63 octets, with its length before it; then a zero,
# type, creator, flags and the lengths of both forks.
_NAME, _HEADER = 64, 1 + 1 + 4 + 4 + 2 + 4 + 4
# More than one stands in a text seldom; more than that nobody sends.
FILES = 64
_DECLARED = frozenset({"application/mac-binhex40", "application/binhex", "application/mac-binhex"})
_TYPE = "application/mac-binhex40"
# Types of which text may stand around it.
_TEXTS = frozenset({"text/plain", "application/octet-stream", ""})


class Binhex:
    """Gives the forks of the files that stand in a text."""

    name: ClassVar[str] = "binhex"
    signs: ClassVar[Signs] = Signs(
        types=frozenset({_TYPE}),
        declared=_DECLARED,
        extensions=frozenset({"hqx"}),
        marks=(_MARK,),
    )
    smallest: ClassVar[bytes] = (
        b"(This file must be converted with BinHex 4.0)\r\n\r\n"
        b":!@%!2cmr2cmr2cm!!!!!!!!!!!!!cPd!!!!!:\r\n"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the form has no encryption",
        "bomb": "three octets become 255 at most, and no part is so large that this matters",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the type, by what it is said to be, or by its first line in a text."""
        known = part.known
        if known.type == _TYPE:
            return "whole"
        said = known.declared_type in _DECLARED or "hqx" in part.extensions
        if said and _BEGIN.search(part.octets):
            return "whole"
        text = known.kind == "text" or known.type in _TEXTS
        if not text or part.lacks(_MARK):
            return ""
        return "within" if _MARK in as_bytes(part.octets) else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file's forks, the data fork first."""
        octets = as_bytes(part.octets)
        at = max(0, octets.find(_MARK))
        count = 0
        while (begin := _BEGIN.search(octets, at)) is not None:
            count += 1
            if count > FILES:
                yield too_many(part, f"more than {FILES} BinHex files")
                return
            end = octets.find(b":", begin.end())
            at = len(octets) if end < 0 else end
            yield from _File(part, octets[begin.end() : at], budget, count).members()
            following = octets.find(_MARK, at)
            if following < 0:
                return
            at = following
        if not count:
            _unreadable(part, "nothing stands behind its first line")


def _unreadable(part: Part, why: str) -> None:
    part.known.unopened, part.known.why = "unreadable", why


class _File:
    """One file while it is decoded."""

    def __init__(self, part: Part, letters: bytes, budget: Budget, count: int) -> None:
        self._part = part
        self._letters = letters
        self._gather = Gather(budget, len(part.octets))
        self._count = count

    def members(self) -> Iterator[Found]:
        """Give the data fork, and the resource fork if there is one."""
        decoded, why = self._decode()
        length = decoded[0] if len(decoded) else 0
        header = _HEADER + length
        if len(decoded) < header + 2 or not 0 < length < _NAME:
            _unreadable(self._part, why or "its header is cut off")
            return
        raw = bytes(decoded[1 : 1 + length])
        name, bad = to_text(raw, "mac_roman")
        if not _is_right(decoded[:header], decoded[header : header + 2]):
            why = why or "the checksum of its header is wrong"
        at = header + 2
        for fork, place in (("", header - 8), ("/resources", header - 4)):
            size = int.from_bytes(decoded[place : place + 4], "big")
            content, sum_ = decoded[at : at + size], decoded[at + size : at + size + 2]
            if not _is_right(content, sum_):
                why = why or ("a checksum is wrong" if len(sum_) == 2 else "it is cut off")
            at += size + 2
            if size or not fork:
                member = Member(step=f"binhex:{name}{fork}", raw_name=raw if bad else b"")
                member.name = "" if fork else name
                yield from fill_from(member, pieces_of(content), len(content), self._gather)
        if why:
            _unreadable(self._part, why)

    def _decode(self) -> tuple[memoryview, str]:
        """Header and forks; only the forks are parts, and are held against their limit."""
        budget, gathered = self._gather.budget, bytearray()
        try:
            for piece in _expanded(_six_bits(self._letters)):
                budget.charge_octets(len(piece))
                gathered += piece
        except Damaged as damage:
            return memoryview(gathered), str(damage)
        return memoryview(gathered), ""


def _is_right(octets: memoryview, sum_: memoryview) -> bool:
    return len(sum_) == 2 and crc_hqx(octets, 0) == int.from_bytes(sum_, "big")


def _six_bits(letters: bytes) -> tuple[bytes, str]:
    plain = letters.translate(None, _BLANKS)
    foreign = plain.translate(None, _ALPHABET)
    why = "letters that are none of BinHex" if foreign else ""
    if foreign:
        plain = plain[: next(at for at, each in enumerate(plain) if each in foreign)]
    mapped = plain.translate(_AS_BASE64)
    mapped = mapped[: len(mapped) - (len(mapped) % 4 == 1)]
    try:
        return a2b_base64(mapped + b"=" * (-len(mapped) % 4)), why
    except Error as error:
        return b"", str(error)


def _expanded(decoded: tuple[bytes, str]) -> Iterator[bytes]:
    """RFC 1741, appendix A: 0x90 and a count repeat the octet before; 0x90 0x00 is itself."""
    packed, why = decoded
    at, piece, last = 0, bytearray(), b""
    while at < len(packed):
        mark = packed.find(_RUN, at)
        end = len(packed) if mark < 0 else mark
        piece += packed[at:end]
        last = packed[end - 1 : end] if end > at else last
        if mark >= 0:
            count = packed[mark + 1] if mark + 1 < len(packed) else 1
            last = last if count else bytes([_RUN])
            piece += last * (count - 1 if count else 1)
            end = mark + 2
        at = end
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
    if why:
        raise Damaged(why)
