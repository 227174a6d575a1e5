"""Give every name that some mail program would show for a part.

A name may stand in four places: `filename` and `filename*` of Content-Disposition
(RFC 2183 2.3), `name` and `name*` of Content-Type (RFC 2045), and some programs take
either in either field.  Each may stand there once or several times, in plain octets, in
encoded-words (RFC 2047 forbids them there, most programs write and read them), in RFC
2231's form, or percent-encoded like a URL.  No reading is chosen over another: the most
usual one is `name`, all are in `names`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pratique.scanners import kinds
from pratique.scanners.mime.fields import Value, extended, percent_decode
from pratique.scanners.mime.words import decode_leniently, decode_words
from pratique.scanners.names import extension, shown_extension
from pratique.scanners.text import to_text

# Two fields with two forms each give four; 64 leaves room for every reading of each.
NAMES = 64
# Windows and Linux take 255 octets; UTF-8 in RFC 2231's form makes three of one.
NAME_OCTETS = 4096
# UAX #9: these turn any writing around; no honest name has them.
_OVERRIDES = frozenset("\u202d\u202e")
# A name of these characters is the same to all.
_ORDINARY = re.compile(r"[\w() -]*+(?>\.[\w() -]++)*+(?<=\w)", re.ASCII)
_NAMED = frozenset({b"filename", b"name"})
# One that has only one reading.
_PLAIN = re.compile(rb"[A-Za-z0-9_-][A-Za-z0-9_ -]{0,80}+(?<! )(?>\.[A-Za-z0-9_-]{1,20}+){0,4}+")
_AROUND_DOT = re.compile(r"(?<! ) *\. *(?=\w)")
# The longest that any program is run by has eleven characters ("application").
_ENDING = 12


class Reading(NamedTuple):
    """One reading of one name."""

    text: str
    octets: bytes
    bad: bool
    # Some program shows the octets undecoded: a name, but no opinion on what it means.
    literal: bool = False
    # What a forgiving reader makes of a broken encoded-word.
    lenient: bool = False
    # In a form that the standard does not have there, but that most programs read.
    irregular: bool = False


@dataclass(slots=True)
class Names:
    """The names of a part, most usual first, each once."""

    readings: list[Reading] = field(default_factory=list)
    # Which limit was reached, in words.
    cut: str = ""
    # A name was folded within its quotes: some programs keep the fold's blanks.
    folded: bool = False

    def conflict(self) -> str:
        """How the names differ in what they say the file is; empty if they do not."""
        if len(self.readings) < 2:
            return ""
        endings = {_ending(each.text) for each in self.readings if not each.literal} - {""}
        return " and ".join(sorted(endings)) if len(endings) > 1 else ""

    def odd(self) -> str:
        """How some programs show a name, if not as the system takes it; or nothing.

        Irregular forms are in half of all mail that is not in English, and mean nothing
        there; where the name is one that runs, they are told.
        """
        if self.folded or any(each.irregular for each in self.readings):
            for each in self.readings:
                if kinds.of_name(each.text) in kinds.DANGEROUS:
                    return f"{each.text!r} in a form that some do not read"
        for each in self.readings:
            if _ORDINARY.fullmatch(each.text) is not None:
                continue
            if _OVERRIDES & set(each.text):
                return f"{each.text!r} turns the writing around"
            if kinds.of_name(each.text) and extension(each.text) != shown_extension(each.text):
                return f"{each.text!r} ends otherwise than it seems"
        return ""

    def broken(self) -> str:
        """Which ending only a forgiving reader of encoded-words sees; empty if none does."""
        if not any(each.lenient for each in self.readings):
            return ""
        strict = {_ending(each.text) for each in self.readings if not each.lenient}
        lenient = {_ending(each.text) for each in self.readings if each.lenient}
        return ", ".join(sorted(lenient - strict - {""}))


def read_names(dispositions: Iterable[Value], types: Iterable[Value]) -> Names:
    """Collect the names, in the order in which programs prefer them."""
    dispositions = [value for value in dispositions if value.parameters]
    types = [value for value in types if value.parameters]
    names = Names(_simple(dispositions, types))
    if names.readings:
        return names
    seen: set[str] = set()
    for reading in _all(dispositions, types, names):
        if not reading.text or reading.text in seen:
            continue
        if len(names.readings) == NAMES:
            names.cut = f"more than {NAMES} names"
            break
        seen.add(reading.text)
        names.readings.append(reading)
    return names


def _simple(dispositions: list[Value], types: list[Value]) -> list[Reading]:
    """The names where each has one reading, which is nearly always; else nothing."""
    found: dict[bytes, None] = {}
    for value in (*dispositions, *types):
        for each in value.parameters:
            if each.name in _NAMED:
                if _PLAIN.fullmatch(each.value) is None or each.short is not None:
                    return []
                found[each.value] = None
            elif b"*" in each.name:
                return []
    if len(found) > 1:
        return []
    return [Reading(name.decode("ascii"), name, bad=False) for name in found]


def _all(dispositions: list[Value], types: list[Value], names: Names) -> Iterator[Reading]:
    literal: list[Reading] = []
    sources = [
        *((value, b"filename") for value in dispositions),
        *((value, b"name") for value in types),
        *((value, b"name") for value in dispositions),
        *((value, b"filename") for value in types),
    ]
    for value, name in sources:
        if any(b"*" in each.name for each in value.parameters):
            for joined in extended(value.parameters, name):
                yield from _shown(joined.octets, joined.charset or "utf-8", names, literal)
        for each in value.parameters:
            if each.name == name:
                yield from _shown(each.value, "utf-8", names, literal)
                if each.short is not None:
                    short = _plain(each.short[:NAME_OCTETS], "utf-8")
                    literal.append(short._replace(irregular=True))
    yield from literal


def _shown(octets: bytes, charset: str, names: Names, literal: list[Reading]) -> Iterator[Reading]:
    """The name as most programs show it; what some show instead goes to `literal`."""
    if len(octets) > NAME_OCTETS:
        names.cut = f"a name of more than {NAME_OCTETS} octets"
        literal.append(_plain(octets[-NAME_OCTETS:], charset))
        octets = octets[:NAME_OCTETS]
    text, bad = decode_words(octets, charset)
    yield Reading(text.strip(), octets, bad, irregular=b"=?" in octets)
    if "\0" in text:
        # For C the name ends there; others leave it out.
        literal.append(Reading(text.partition("\0")[0], octets, bad, literal=True))
        literal.append(Reading(text.replace("\0", ""), octets, bad, literal=True))
    if text.endswith((".", " ")):
        # Windows saves it without.
        literal.append(Reading(text.strip().rstrip(". "), octets, bad))
    if b"=?" in octets:
        literal.append(_plain(octets, charset))
    if "=?" in text:
        lenient = decode_leniently(text).strip()
        literal.append(Reading(lenient, octets, bad, literal=True, lenient=True))
    if '"' in text or "\t" in text:
        # A quote in the midst of a word, and the tab of a folded line, go with some readers.
        literal.append(_plain(octets.replace(b'"', b"").replace(b"\t", b""), charset))
    closer = _AROUND_DOT.sub(".", text).strip("'")
    if closer != text:
        # The blank of a fold goes with some readers, and so do single quotes.
        literal.append(Reading(closer, octets, bad, literal=True))
    if b"%" in octets:
        literal.append(_plain(percent_decode(octets), charset))


def _plain(octets: bytes, charset: str) -> Reading:
    text, bad = to_text(octets, charset)
    return Reading(text, octets, bad, literal=True)


def _ending(name: str) -> str:
    """What the name says the file is; words after a dot are no ending, nor is a version."""
    ending = name.rpartition(".")[2].strip().lower() if "." in name else ""
    kind = ending.isalnum() and not ending.isdigit() and len(ending) <= _ENDING
    return ending if kind else ""
