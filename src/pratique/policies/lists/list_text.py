"""Read the file of a list: one entry per line, with its options after a semicolon.

    # partners of the firmware team
    ann@partner.example
    @b.example ; owner=bob; reason=ticket 4711; expires=2027-01-15

A comment is a line of its own, or begins with ` #` after an entry (not in a list of texts,
where `#` is an ordinary character).  The text of a file is kept as it is (named.py), so each
line is read once for its mistakes, and once more when it is found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from pratique.policies.lists.entries import KINDS, NoEntryError, key_of
from pratique.policies.lists.named import Entry, Table

# A list needs at least 16 octets per entry in addition to its text, and a door reads it within
# some seconds; twice as many entries would hardly fit into the limit for all list files (48 MB).
MOST_ENTRIES = 1_000_000
# How many mistakes of one list are reported; a list with more is the wrong file.
MOST_TOLD = 20

_KEYS = ("owner", "reason", "expires")
# Where the options of an entry begin; a text may contain semicolons itself.
_OPTIONS = re.compile(r"\s*;(?=\s*\w+\s*=)")
_ANY_OPTIONS = re.compile(r"\s*;")
_COMMENT = re.compile(r"\s#.*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LINE = re.compile(rb"[^\n]+")


@dataclass(frozen=True, slots=True)
class Slip:
    """One thing that is wrong in a file; line and column count from 1."""

    line: int
    column: int
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What applies to each entry that does not say otherwise, and where the list is from."""

    kind: str
    file: str
    owner: str = ""
    reason: str = ""
    expires: date | None = None


def earlier(one: date | None, other: date | None) -> date | None:
    """Return the earlier day; None is never."""
    return min(one, other) if one and other else one or other


@dataclass(frozen=True, slots=True)
class Lines:
    """The entries of a file; the number of each is the offset of its line, in octets."""

    octets: bytes = field(repr=False)
    around: Around

    def key(self, number: int) -> str:
        """Return the key of the entry on a line."""
        return KINDS[self.around.kind].key(_cut(self._line(number), self.around.kind)[0])

    def entry(self, number: int) -> Entry:
        """Return the entry on a line."""
        text, options = _cut(self._line(number), self.around.kind)
        said = dict(_options(options))
        around, day = self.around, said.get("expires", "")
        return Entry(
            text,
            said.get("owner") or around.owner,
            said.get("reason") or around.reason,
            earlier(date.fromisoformat(day) if day else None, around.expires),
            around.file,
            self.octets.count(b"\n", 0, number) + 1,
        )

    def has_options(self, number: int) -> bool:
        """Whether the entry on a line has options."""
        return bool(_cut(self._line(number), self.around.kind)[1])

    def _line(self, number: int) -> str:
        end = self.octets.find(b"\n", number)
        return self.octets[number : end if end >= 0 else len(self.octets)].decode()


@dataclass(slots=True)
class Found:
    """What was read from a file."""

    lines: Lines
    table: Table
    slips: list[Slip] = field(default_factory=list)
    ages: bool = False
    is_whole: bool = True
    # For networks: version and length of each prefix, `4/24`.
    networks: set[str] = field(default_factory=set)

    def take(self, entry: str, options: str, number: int) -> None:
        """Add an entry, or raise NoEntryError."""
        lines, kind = self.lines, KINDS[self.lines.around.kind]
        key = key_of(kind, entry)
        if options:
            self.ages |= "expires" in _checked(options)
        there = self.table.add(key, number, lines.key)
        if there is None:
            if kind.name == "networks":
                length = key[: key.rindex("/")]
                if length in self.networks:
                    return
                self.networks.add(length)
            self.is_whole = self.is_whole and kind.is_whole(key)
        elif options or lines.has_options(there):
            line = lines.octets.count(b"\n", 0, there) + 1
            hint = "leave one of the two out"
            raise NoEntryError(f"`{entry}` stands on line {line} too", hint)


def read_lines(text: str, around: Around, most: int = MOST_ENTRIES) -> Found:
    """Read a file; if there are slips, it must not be used."""
    octets = text.encode()
    found = Found(Lines(octets, around), Table(min(most, octets.count(b"\n") + 1)))
    for begin, line in _lines(octets):
        entry, options = _cut(line, around.kind)
        if not entry and not options:
            continue
        if found.table.count == most:
            found.slips.append(_too_many(octets, begin, most))
            break
        try:
            found.take(entry, options, begin)
        except NoEntryError as error:
            found.slips.append(_slip(octets, begin, line, error))
            if len(found.slips) == MOST_TOLD:
                break
    return found


def _lines(octets: bytes) -> Iterator[tuple[int, str]]:
    for found in _LINE.finditer(octets):
        yield found.start(), found[0].decode()


def _cut(line: str, kind: str) -> tuple[str, str]:
    """Return the entry, and its options; both empty for a line without one."""
    if "#" in line:
        if line.lstrip().startswith("#"):
            return "", ""
        if kind != "texts":
            line = _COMMENT.sub("", line)
    if ";" in line and (found := _place_of_options(line, kind)):
        return line[: found.start()].strip(), line[found.end() :].strip() or ";"
    return line.strip(), ""


def _place_of_options(line: str, kind: str) -> re.Match[str] | None:
    return (_OPTIONS if kind == "texts" else _ANY_OPTIONS).search(line)


def _options(text: str) -> Iterator[tuple[str, str]]:
    """Yield names and values; either is empty if it is missing."""
    for each in text.split(";"):
        name, equals, value = each.partition("=")
        if each.strip():
            yield (name.strip(), value.strip()) if equals else ("", each.strip())


def _checked(text: str) -> dict[str, str]:
    said: dict[str, str] = {}
    form = "`ann@x.example ; owner=bob; reason=ticket 4711; expires=2027-01-15`"
    for name, value in _options(text):
        if name not in _KEYS:
            told = f"`{name}` is no" if name else f"`{value}` has no name, and is none"
            raise NoEntryError(f"{told} owner, reason or expires", form)
        if not value or name in said:
            raise NoEntryError(f"`{name}` {'is empty' if not value else 'stands twice'}", form)
        if name == "expires" and not is_day(value):
            hint = "a day is year, month, day: expires=2027-01-15"
            raise NoEntryError(f"`{value}` is no day", hint)
        said[name] = value
    return said


def is_day(text: str) -> bool:
    """Whether a text is a day: 2027-01-15."""
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _too_many(octets: bytes, begin: int, most: int) -> Slip:
    line = octets.count(b"\n", 0, begin) + 1
    hint = "make two lists of it, or shorter ones of networks and domains"
    return Slip(line, 1, f"a list has at most {most:,} entries", hint)


def _slip(octets: bytes, begin: int, line: str, error: NoEntryError) -> Slip:
    column = len(line) - len(line.lstrip()) + 1
    return Slip(octets.count(b"\n", 0, begin) + 1, column, str(error), error.hint)
