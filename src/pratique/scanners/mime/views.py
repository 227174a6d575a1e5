"""Read a stretch of a message in every way in which some program is known to read it.

The standard's reading (`multipart.py`) goes first, and what fails its gate comes here: an
entity, or a gap between entities.  Nothing is chosen: what comes out are leaves, each a
place and an encoding, and those that were given before are not given again.

The cut is flat: any line that some reader takes for a delimiter of any boundary that was
named so far begins a new segment, whatever is open.  A line counts with one dash or three,
with blanks or NULs before it, behind a bare CR, in other letter case, and with anything
behind the boundary that some reader passes over.  This one rule covers inner multiparts
that use the outer's boundary, were never closed, or go on behind their last delimiter.
Each segment is then a header by each reading (`sections.py`), in each of which the fields
have all of their meanings (`candidates.py`).

Lines of dashes are listed once; a segment is looked at twice at most.  So the time is
linear in the stretch, and no stretch is read twice.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pratique.scanners.budget import Budget
from pratique.scanners.mime import candidates
from pratique.scanners.mime.encoding import IDENTITY
from pratique.scanners.mime.entity import MESSAGE_TYPES, Said
from pratique.scanners.mime.fields import Value, read_value
from pratique.scanners.mime.sections import begins_cut, sections, structural

# Lines of dashes in one stretch; a mail of so many parts is over its limits before.
DASH_LINES = 50_000
# Boundaries that are sought at once in addition to those around: eight of each of eight entities.
BOUNDARIES = 64
# An encoding is guessed from so many octets.
_LOOKED_AT = 4096
_DASHES = re.compile(rb"[\r\n][ \t\x00]*+[^\r\n-]{0,4}?(-{1,3}[^\r\n]{0,4096}+)")
_DASHES_LF = re.compile(rb"\n[ \t\x00]*+(-{1,3}[^\r\n]{1,4096}+)")
_DASHES_CR = re.compile(rb"\r[ \t\x00]*+(-{1,3}[^\r\n]{1,4096}+)")
_LINE_END = re.compile(rb"\r?\n|\r|\Z")
_LINE_ENDS = re.compile(rb"[\r\n]")
_OTHER_FIELD = rb"[!-9;-~]{1,60}:[^\r\n]*+[\r\n]{1,2}+(?>[ \t][^\r\n]*+[\r\n]{1,2}+)*+"
_FIELD_BELOW = re.compile(rb"\s{0,4}(?:" + _OTHER_FIELD + rb"){0,8}?content-", re.IGNORECASE)
_FIELD_LINE = re.compile(rb"[\r\n]content-(?:type|transfer-encoding|disposition)")
# A line above a Content- field is a delimiter with any few octets around its dashes.
_LOOSE = re.compile(rb"[ \t\x00]*+[^\r\n-]{0,4}?-{1,3}[- \t\x00\"'<]{0,8}+")
# What some reader passes over behind a boundary; with more letters it is another boundary.
_TAIL = re.compile(rb"-*+[ \t\x00]*+\Z|[ \t\x00;,(\"']|[^A-Za-z0-9]\Z")
# Other fields may stand between a delimiter and the field that is sought: so many lines.
_ABOVE = 8 * 1024
_FIELDS = 16
_FOLD = (b" ", b"\t")
_OTHER = re.compile(rb"[!-9;-~]{1,60}:")
# A boundary of so many letters is in no line by chance; some readers look for no dashes.
_TELLING = 8
# `boundary="`, with blanks around the sign.
_PARAMETER = 16
# White space is passed over in pieces of so many octets.
_PIECE = 4096
_BLANK = b" \t\r\n\x0b\x0c"


class Stretch(NamedTuple):
    """The octets from `start` to `end`, inside of multiparts with these boundaries."""

    start: int
    end: int
    outer: tuple[bytes, ...]
    # What an entity is here that does not say it.
    default: Value
    # It is no entity: it has no header before its first delimiter.
    bare: bool = False


class Leaf(NamedTuple):
    """A leaf by one reading: its body, in one encoding."""

    said: Said
    start: int
    end: int
    encoding: str
    # A multipart that is encoded as a whole, which none may be.
    whole: bool = False


class Over(Exception):
    """There is more in a stretch than is looked at; says what."""


class _Line(NamedTuple):
    """A line of dashes: where it begins, where its text stands."""

    start: int
    begin: int
    end: int


@dataclass(slots=True)
class Boundaries:
    """The boundaries that were named, as lines are compared with them."""

    # So many are taken; without a limit where the depth of nesting is one.
    most: int | None = None
    known: set[bytes] = field(default_factory=set)
    _lengths: list[int] = field(default_factory=list)

    def add(self, more: Iterable[bytes]) -> set[bytes]:
        """Take boundaries over; gives those that are new."""
        new = {each.strip(_BLANK).lstrip(b"-").lower() for each in more} - self.known
        if new:
            self.known |= new
            if self.most is not None and len(self.known) > self.most:
                raise Over(f"more than {BOUNDARIES} boundaries")
            self._lengths = sorted({len(each) for each in self.known} - {0}, reverse=True)
        return new

    def named_in(self, text: bytes) -> bytes | None:
        """The boundary that a line of dashes gives, or None."""
        core = text.lstrip(b"-")
        lower = core[: self._lengths[0]].lower() if self._lengths else b""
        for length in self._lengths:
            name = lower[:length]
            known = len(name) == length and name in self.known
            if known and _TAIL.match(core, length) is not None:
                return name
        return b"" if b"" in self.known and not core.strip(_BLANK) else None

    def above_field(self, text: bytes) -> bytes | None:
        """The boundary that a line gives which stands above a Content- field, or None."""
        if not self._lengths:
            return None
        clean = text.replace(b"\0", b"").lower()
        dashes = _LOOSE.match(clean)
        begin = dashes.end() if dashes is not None else clean.rfind(b"--") + 2
        cuts = (clean[begin : begin + length] for length in self._lengths)
        whole = (name for name in self.known if len(name) >= _TELLING and name in clean)
        return next((name for name in cuts if name in self.known), None) or next(whole, None)


def near(octets: bytes, start: int, end: int, boundaries: Boundaries) -> bool:
    """Tell whether a line in a leaf is a delimiter to somebody."""
    if octets.find(b"-", start, end) < 0:
        return False
    before = max(start - 1, 0)
    for pattern in (_DASHES_LF, _DASHES_CR):
        for count, found in enumerate(pattern.finditer(octets, before, end)):
            # Of too many lines nobody says that none is a delimiter.
            if count > DASH_LINES or boundaries.named_in(found[1]) is not None:
                return True
    return _above_field(octets, start, end, boundaries)


def _above_field(octets: bytes, start: int, end: int, boundaries: Boundaries) -> bool:
    """Tell whether what stands above some Content- field in a leaf is a delimiter to somebody."""
    lower = octets[start:end].lower()
    if b"content-" not in lower:
        return False
    for count, found in enumerate(_FIELD_LINE.finditer(lower)):
        above = octets[max(start, start + found.start() - _ABOVE) : start + found.start()]
        line = _above_fields(above)
        if count > DASH_LINES:
            return True
        if boundaries.above_field(line) is not None and not _is_named(lower, line):
            return True
    return False


def _above_fields(above: bytes) -> bytes:
    """The last line that is not blank, and no field either."""
    lines = _LINE_ENDS.split(above.rstrip())
    for line in reversed(lines[-_FIELDS:]):
        if line and not line.startswith(_FOLD) and _OTHER.match(line) is None:
            return line
    return b""


def _is_named(lower: bytes, line: bytes) -> bool:
    """Tell whether a message in the leaf names this boundary: what has it in front is longer."""
    at = lower.find(line.lstrip(b"-").lower())
    return b"boundary" in lower[max(at - _PARAMETER, 0) : at]


def place(octets: bytes, leaf: tuple[int, int, str]) -> tuple[int, int, str]:
    """The place of a leaf, without the white space that changes nothing."""
    start, end, encoding = leaf
    encoding = "" if encoding in IDENTITY else encoding
    while start < end:
        last = octets[max(start, end - _PIECE) : end]
        kept = len(last.rstrip(_BLANK))
        end -= len(last) - kept
        if kept:
            break
    while encoding == "base64" and start < end:
        first = octets[start : min(end, start + _PIECE)]
        kept = len(first.lstrip(_BLANK))
        start += len(first) - kept
        if kept:
            break
    return start, end, encoding


@dataclass(slots=True)
class Views:
    """Reads stretches of one message."""

    octets: bytes
    budget: Budget
    # The places of leaves that were given.
    given: set[tuple[int, int, str]]
    _named: Boundaries = field(default_factory=Boundaries)

    def read(self, stretch: Stretch) -> Iterator[Leaf]:
        """Every leaf that some reader finds; those that were given are left out."""
        lines = self._lines(stretch)
        self._named = Boundaries(most=BOUNDARIES + len(stretch.outer))
        self._named.add(stretch.outer)
        if stretch.bare:
            self._named.add(self._guess(lines))
        at, index, default = stretch.start, 0, stretch.default
        bare = stretch.bare
        while True:
            self.budget.check_clock()
            outer, _ = self._next(lines, index, stretch.end)
            heads = self._heads(at, self._before(outer), default, bare=bare)
            own = self._own(heads, lines[index:], outer)
            stop, found = self._next(lines, index, stretch.end) if own else (outer, _)
            if own and stop < outer:
                heads = self._heads(at, self._before(stop), default, bare=bare)
            for said, body in heads:
                yield from self._leaves(said, body, (stop, outer))
            if found is None:
                return
            default = self._default(heads, default)
            index, bare = found + 1, False
            at = self._behind(lines[found])

    def _lines(self, stretch: Stretch) -> list[_Line]:
        """Every line of dashes, in order."""
        lines: list[_Line] = []
        start = max(stretch.start - 1, 0)
        if self.octets.startswith(b"-", start):
            text = _first_line(self.octets, start, stretch.end)
            lines.append(_Line(start, start, start + len(text)))
        for found in _DASHES.finditer(self.octets, start, stretch.end):
            lines.append(_Line(found.start() + 1, found.start(1), found.end(1)))
            if len(lines) > DASH_LINES:
                raise Over(f"more than {DASH_LINES} lines of dashes")
        return lines

    def _next(self, lines: list[_Line], index: int, end: int) -> tuple[int, int | None]:
        """Where the next delimiter from a line on begins, and which line it is."""
        for number in range(index, len(lines)):
            line = lines[number]
            if self._name(line) is not None:
                return line.start, number
        return end, None

    def _name(self, line: _Line) -> bytes | None:
        """The boundary that a line of dashes gives; above a field it may be looser."""
        name = None
        if not self.octets[line.start : line.begin].strip(b" \t\x00"):
            name = self._named.named_in(self.octets[line.begin : line.end])
        if name is None and _FIELD_BELOW.match(self.octets, line.end) is not None:
            name = self._named.above_field(self.octets[line.start : line.end])
        return name

    def _own(self, heads: list[tuple[Said, int]], lines: list[_Line], stop: int) -> set[bytes]:
        """Take over the boundaries that heads name; gives the new ones."""
        new: set[bytes] = set()
        for said, _ in heads:
            new |= self._named.add(said.boundaries)
        multipart = any(
            value.main.startswith(b"multipart/") for said, _ in heads for value in said.types
        )
        lost = any(begins_cut(self.octets, body, stop) for _, body in heads)
        if (multipart or lost) and self._next(lines, 0, stop)[0] >= stop:
            within = [line for line in lines if line.start < stop]
            new |= self._named.add(self._guess(within))
        return new

    def _guess(self, lines: list[_Line]) -> list[bytes]:
        """Lines that would be delimiters, by the Content- field that stands below."""
        found: dict[bytes, None] = {}
        for line in lines:
            if _FIELD_BELOW.match(self.octets, line.end) is not None:
                found[self.octets[line.begin : line.end]] = None
                if len(found) == candidates.BOUNDARIES:
                    break
        return list(found)

    def _before(self, stop: int) -> int:
        """Without the line end before a delimiter."""
        if self.octets.endswith(b"\r\r\n", 0, stop):
            return stop - 3
        if self.octets.endswith((b"\r\n", b"\n\r"), 0, stop):
            return stop - 2
        return stop - 1 if self.octets.endswith((b"\n", b"\r"), 0, stop) else stop

    def _behind(self, line: _Line) -> int:
        """Where the entity behind a delimiter begins: perhaps on the same line."""
        text = self.octets[line.begin : line.end]
        name = self._name(line) or b""
        dashes = len(text) - len(text.lstrip(b"-"))
        if b"content" in text[dashes + len(name) :].lower():
            return line.begin + dashes + len(name)
        found = _LINE_END.match(self.octets, line.end)
        return found.end() if found is not None else line.end

    def _heads(self, at: int, end: int, default: Value, *, bare: bool) -> list[tuple[Said, int]]:
        """What the header that begins here says, by each reading of where it ends."""
        end = max(at, end)
        if bare:
            return [(Said([default], [""], []), at)]
        return [
            (_said(section.text, default), section.body)
            for section in sections(self.octets, at, end)
        ]

    def _default(self, heads: list[tuple[Said, int]], default: Value) -> Value:
        """RFC 2046 5.1.5: in a digest an entity is a message."""
        digest = any(value.main == b"multipart/digest" for said, _ in heads for value in said.types)
        return Value(b"message/rfc822") if digest else default

    def _leaves(self, said: Said, body: int, stops: tuple[int, int]) -> Iterator[Leaf]:
        """The leaf that a head is of, by each of its types and encodings."""
        stop, outer = (max(body, self._before(each)) for each in stops)
        multiparts = [each for each in said.types if each.main.startswith(b"multipart/")]
        leaf = _as_leaf(said)
        end = outer if leaf is not None and multiparts else stop
        names: dict[str, None] = {}
        for name in said.encodings:
            looked_at = self.octets[body : min(end, body + _LOOKED_AT)]
            names.update(dict.fromkeys(candidates.guesses(name, looked_at)))
        for name in names:
            if multiparts and name not in IDENTITY:
                yield from self._new(Leaf(said, body, outer, name, whole=True))
            if leaf is not None:
                yield from self._new(Leaf(leaf, body, end, name))
            elif stop == outer:
                yield from self._new(Leaf(Said([_TEXT], [""], []), body, end, name))

    def _new(self, leaf: Leaf) -> Iterator[Leaf]:
        """The leaf, if none was given at its place."""
        key = place(self.octets, (leaf.start, leaf.end, leaf.encoding))
        if leaf.whole:
            key = (*key[:2], f"multipart {key[2]}")
        if key[0] < key[1] and key not in self.given:
            self.given.add(key)
            yield leaf


_TEXT = Value(b"text/plain")


def _first_line(octets: bytes, start: int, end: int) -> bytes:
    found = re.compile(rb"[^\r\n]{0,4096}+").match(octets, start, end)
    return found[0] if found is not None else b""


def _said(text: bytes, default: Value) -> Said:
    """All that the fields of a section may mean."""
    readings = [structural(text)]
    if b"\0" in text:
        # For C a value ends there.
        readings.append(structural(text.replace(b"\0", b" ")))
    types = candidates.types(value for each in readings for value in each.types)
    values = [value for each in readings for value in each.encodings]
    said = Said(
        types=types or [default],
        encodings=candidates.encodings(values) or [""],
        dispositions=[read_value(value) for each in readings for value in each.dispositions],
    )
    said.boundaries = candidates.boundaries(value for each in readings for value in each.types)
    return said


def _as_leaf(said: Said) -> Said | None:
    """The same with a type first that is no multipart; a message before all others."""
    others = [each for each in said.types if not each.main.startswith(b"multipart/")]
    others.sort(key=lambda each: each.main.decode("ascii", "replace") not in MESSAGE_TYPES)
    if not others:
        return None
    return Said([*others], said.encodings, said.dispositions)
