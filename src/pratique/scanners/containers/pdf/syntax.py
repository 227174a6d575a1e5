"""Read PDF's objects (ISO 32000-2, 7.2 and 7.3) from octets, one value at a time.

Names are `Name`, strings are bytes, a reference is a `Ref`; what is none of PDF's words is
None.  Nothing here trusts a length or nests calls: a value of more than `DEEP` levels ends
where it gets too deep, an unclosed one where its octets end.
"""

import re
from binascii import unhexlify
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from pratique.scanners.containers.office.ole_objects import ansi

# Readers refuse less (pdf.js: 500 calls); a filespec lies five levels deep.
DEEP = 100
_SPACE = rb"\0\t\n\f\r "
_APART = _SPACE + rb"()<>\[\]{}/%"
GAP = rb"(?>[" + _SPACE + rb"]++|%[^\r\n]*+)*+"
GAPS = re.compile(GAP)
_TOKEN = re.compile(
    GAP + rb"(?:(?P<mark><<|>>|[<>()\[\]{}])"
    rb"|/(?P<name>[^" + _APART + rb"]*+)|(?P<word>[^" + _APART + rb"]++))"
)
_DIGITS = 18
_NUMBER = re.compile(rb"[+-]?[0-9]{1,%d}\Z" % _DIGITS)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
# A name, behind its slash, with a letter that is written as a number (7.3.5).  All names that
# mean something are letters and digits; were others passed over on the way to a `#`, one would
# stand in every fourth kilobyte of packed octets.
IN_NUMBERS = rb"[A-Za-z0-9]{0,32}#[0-9A-Fa-f]{2}"
# Each way begins with one octet: so `re` looks for these before it tries any.
_IN_STRING = re.compile(rb"\((?:\(*+)|\)(?:\)*+)|\\")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|[\0-\xff]))|\r\n?")
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f",
            b"\r\n": b"", b"\n": b"", b"\r": b""}  # fmt: skip
_ENDS = frozenset({b"endobj", b"stream", b"endstream"})
# Longer names are not kept read.
_KEPT = 64
_NO_HEX = re.compile(rb"[^0-9A-Fa-f]+")
_MARKS = ((b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"), (b"\xef\xbb\xbf", "utf-8"))


class Name(str):
    """A name, without its slash and unescaped."""

    __slots__ = ()


class Ref(NamedTuple):
    """A reference to an object."""

    number: int
    generation: int


Value = Name | bytes | Ref | int | None | list["Value"] | dict[str, "Value"]


def parse(octets: bytes, at: int = 0, end: int | None = None) -> tuple[Value, int]:
    """The value that begins there, and where what follows it begins."""
    return _Parser(octets, at, len(octets) if end is None else end).value()


class _Parser:
    def __init__(self, octets: bytes, at: int, end: int) -> None:
        self._octets, self._at, self._end = octets, at, end
        # Of each open array or dictionary its mark and what it holds so far.
        self._open: list[tuple[bytes, list[Value]]] = [(b"", [])]

    def value(self) -> tuple[Value, int]:
        while (token := _TOKEN.match(self._octets, self._at, self._end)) is not None:
            self._at = token.end()
            if not self._take(token.lastgroup, token):
                break
            if len(self._open) == 1 and self._open[0][1]:
                return self._open[0][1][0], self._at
        else:
            # Nothing but a gap is left, and what follows begins behind it.
            gap = GAPS.match(self._octets, self._at, self._end)
            self._at = gap.end() if gap is not None else self._at
        while len(self._open) > 1:
            self._close()
        outermost = self._open[0][1]
        return (outermost[0] if outermost else None), self._at

    def _take(self, kind: str | None, token: re.Match[bytes]) -> bool:
        """Take one token; false where the value cannot go on."""
        held = self._open[-1][1]
        if kind == "name":
            held.append(_name(token["name"]))
            return True
        if kind == "word":
            return self._word(token["word"], held)
        return self._mark(token["mark"], held)

    def _mark(self, mark: bytes, held: list[Value]) -> bool:
        if mark == b"(":
            return self._string(held)
        if mark == b"<":
            return self._hex(held)
        if mark in {b"<<", b"["}:
            if len(self._open) > DEEP:
                return False
            self._open.append((mark, []))
        elif mark in {b">>", b"]"}:
            return self._close()
        return True

    def _word(self, word: bytes, held: list[Value]) -> bool:
        if word.isdigit() and len(word) <= _DIGITS:
            held.append(int(word))
        elif word in _ENDS or (word == b"obj" and len(self._open) == 1):
            # Readers step over a head that stands in a dictionary.
            return False
        elif _NUMBER.match(word):
            held.append(int(word))
        elif word == b"R" and len(held) >= 2 and _are_numbers(held[-2:]):
            generation, number = held.pop(), held.pop()
            # Both are numbers, as was just asked; the checker cannot see it.
            held.append(Ref(int(number), int(generation)))  # type: ignore[arg-type]
        else:
            held.append({b"true": 1, b"false": 0}.get(word))
        return True

    def _close(self) -> bool:
        mark, held = self._open[-1]
        if not mark:
            return False
        self._open.pop()
        self._open[-1][1].append(_pairs(held) if mark == b"<<" else held)
        return True

    def _hex(self, held: list[Value]) -> bool:
        end = self._octets.find(b">", self._at, self._end)
        if end < 0:
            return False
        digits = _NO_HEX.sub(b"", self._octets[self._at : end])
        held.append(unhexlify(digits + b"0" * (len(digits) % 2)))
        self._at = end + 1
        return True

    def _string(self, held: list[Value]) -> bool:
        """7.3.4.2: parentheses in it are in pairs or escaped."""
        start, end = self._at, string_end(self._octets, self._at, self._end)
        if end < 0:
            self._at = self._end
            return False
        held.append(_ESCAPE.sub(_unescape, self._octets[start : end - 1]))
        self._at = end
        return True


def string_end(octets: bytes, at: int, end: int) -> int:
    """Behind what closes a string that begins there; -1 if nothing does."""
    depth = 1
    while depth:
        found = _IN_STRING.search(octets, at, end)
        if found is None:
            return -1
        run = len(found[0])
        if found[0] == b"\\":
            at = found.end() + 1
        elif found[0][:1] == b"(":
            at, depth = found.end(), depth + run
        else:
            at, depth = found.start() + min(run, depth), depth - min(run, depth)
    return at


# Few names are in use, and every object has some.
@lru_cache(maxsize=512)
def _short_name(raw: bytes) -> Name:
    if b"#" in raw:
        raw = _ESCAPED.sub(lambda found: unhexlify(found[1]), raw)
    return Name(raw.decode("latin-1"))


def _name(raw: bytes) -> Name:
    return _short_name(raw) if len(raw) <= _KEPT else _short_name.__wrapped__(raw)


def _are_numbers(values: list[Value]) -> bool:
    return all(isinstance(value, int) for value in values)


def _unescape(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes([int(found[1], 8) & 255])
    if found[2] is None:
        return b"\n"
    return _LETTERS.get(found[2], found[2])


def _pairs(held: list[Value]) -> dict[str, Value]:
    """A dictionary of what stands in one; what has no name is stepped over."""
    pairs: dict[str, Value] = {}
    at = 0
    while at + 1 < len(held):
        key = held[at]
        if isinstance(key, Name):
            pairs[str(key)] = held[at + 1]
            at += 2
        else:
            at += 1
    return pairs


def dictionaries(value: Value) -> Iterator[dict[str, Value]]:
    """Every dictionary in a value, the outermost first."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def texts_of(raw: bytes) -> list[str]:
    """What a text string says (7.9.2.2): UTF-16 or UTF-8 with a mark, or some code page."""
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return [raw[len(mark) :].decode(codec, "replace").rstrip("\0")]
    return ansi(raw) or [""]
