"""Find every place where some reader would end a header section, and its structural fields.

RFC 5322 knows one line end and one empty line.  Readers in use also take for a line end a
bare CR, a bare LF, CR CR LF or LF CR; end the header at a line of blanks or NULs, or at the
first line that is no field; go on behind an empty line if Content- fields follow there; or
begin behind empty lines.  Each such end is a `Section`, the most usual first.

Its structural fields are then sought anywhere in it, by name: so a name is found behind a
blank or a NUL, with blanks in it or before its colon, folded into a field of somebody
else's, in a comment, and behind another field on the same line.  Every value that is found
is a reading; `candidates.py` says what it may mean.

All of this looks at a bounded window and at each line once.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# A header that is read in many ways is looked at so far; real ones with MIME fields that
# are broken have a few KB.
WINDOW = 64 * 1024
LINES = 1000
# Kinds of ends: the usual one, blanks, CR twice, junk with the line and without, twice.
SECTIONS = 8
# How far behind an empty line a structural field is sought, in octets and in empty lines:
# behind eight other fields, of which one may be long.
_BEHIND = 8 * 1024
_EMPTY_LINES = 4
# Values of one field that are read further.
VALUES = 8

_LINE = re.compile(rb"([^\r\n]*+)(\r\r\n|\r\n|\n\r(?!\n)|\n|\r|\Z)")
_NUL_OR_BLANK = b" \t\x00\x0b\x0c"
_FIELD = re.compile(rb"[ \t\x00]*+[!-9;-~][!-9;-~ \t\x00]*+:")
_NAME = (
    rb"content[ \t]*+-\s*+(?:(type)|(transfer[ \t]*+-\s*+encoding)|(disposition))"
    rb"[\s\x7f-\xff]*+:"
)
_STRUCTURAL = re.compile(_NAME, re.IGNORECASE)
# Behind the empty line: further ones, stray octets, fields, and then a structural one.
# Whatever stands in the place of a name counts as one, if no letter or blank makes it prose.
_CONTINUES = re.compile(
    rb"[\s\x00]{0,16}+(?:[^\s\x00-\x1f]|[\x00-\x1f\x7f-\xff]{0,16}?)[\s\x00]{0,4}+"
    rb"(?:[^\s:]{1,60}:[^\r\n]*+(?>[\r\n]++[ \t][^\r\n]*+)*+[\r\n]{1,3}+){0,8}?"
    rb"[ \t\x00\x0b\x0c]{0,4}+" + _NAME,
    re.IGNORECASE,
)
# Right behind a line or two of anything: one that says how what is below it is encoded.
_ENCODED_BELOW = re.compile(
    rb"(?:[^\r\n]{1,998}+(?:\r\n|\n|\r)){1,2}?"
    rb"content-transfer-encoding[ \t]{0,4}+:\s{0,4}+(?:base64|quoted-printable|x?-?uue)",
    re.IGNORECASE,
)
# A delimiter that no header names, with an entity's fields below it.
_CUT = re.compile(
    rb"[\r\n](--[^\r\n]{1,200}+)[\r\n]{1,2}+"
    rb"(?:[!-9;-~]{1,60}:[^\r\n]*+[\r\n]{1,2}+(?>[ \t][^\r\n]*+[\r\n]{1,2}+)*+){0,8}?" + _NAME,
    re.IGNORECASE,
)
_CUT_WITHIN = 1024
_VALUE = re.compile(rb"[^\r\n]*+(?>[\r\n]++[ \t][^\r\n]*+)*+")
_NEXT_LINE = re.compile(rb"[\r\n]++([^\r\n]*+)")


class Section(NamedTuple):
    """A header section by one reading: its text, and where its body begins."""

    text: bytes
    body: int


class Fields(NamedTuple):
    """Every value of the structural fields, as it stands."""

    types: list[bytes]
    encodings: list[bytes]
    dispositions: list[bytes]


def sections(octets: bytes, start: int, end: int) -> list[Section]:
    """The readings of the header that begins at `start`, each place of the body once."""
    found: dict[int, Section] = {}
    for stop, body in _ends(octets, start, min(end, start + WINDOW)):
        if body not in found:
            found[body] = Section(octets[start:stop], body)
        if len(found) == SECTIONS:
            break
    return list(found.values()) or [Section(b"", start)]


def _ends(octets: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the header may end, and where its body then begins; in order."""
    at, junk, first = start, 0, True
    for _ in range(LINES):
        line = _LINE.match(octets, at, end)
        if line is None or at >= end:  # pragma: no branch - the pattern matches everything
            break
        text, after = line[1], line.end()
        if not text.strip(_NUL_OR_BLANK):
            yield at, after
            if not text and not continues(octets, after, end):
                return
        elif text[:1] in {b" ", b"\t"} and not first:
            pass
        elif _FIELD.match(text) is None and junk < 2:
            junk += 1
            yield at, at
            yield at, after
        if line[2] == b"\r\r\n":
            yield at + len(text), after
        at, first = after, False
    yield min(at, end), min(at, end)


def continues(octets: bytes, at: int, end: int) -> bool:
    """Tell whether some reader takes what follows an empty line for more of the header."""
    window = octets[at : min(end, at + _BEHIND)]
    if b"content" not in window.lower():
        return False
    return any(pattern.match(window) is not None for pattern in (_CONTINUES, _ENCODED_BELOW))


def begins_cut(octets: bytes, at: int, end: int) -> bool:
    """Tell whether a body is a multipart's that lost its header: the delimiter stands twice."""
    window = octets[max(at - 1, 0) : min(end, at + _CUT_WITHIN)]
    if b"--" not in window or (cut := _CUT.search(window)) is None:
        return False
    # Where a message stands in a text, its header names the boundary.
    named = b"boundary" in window[: cut.start()].lower()
    return not named and octets.find(b"\n" + cut[1], at + cut.end(1), end) >= 0


def structural(text: bytes) -> Fields:
    """Every value of every structural field in a section, NULs left out."""
    text = text.replace(b"\0", b"")
    found: tuple[dict[bytes, None], ...] = ({}, {}, {})
    hits = list(_first(_STRUCTURAL.finditer(text)))
    for hit, following in zip(hits, [*hits[1:], None], strict=False):
        value = _VALUE.match(text, hit.end())
        whole = value[0] if value is not None else b""
        if not whole.strip():
            # The blank of its fold was lost.
            line = _NEXT_LINE.match(text, hit.end())
            whole = line[1] if line is not None else b""
        kind = found[(hit.lastindex or 1) - 1]
        if following is not None:
            kind[whole[: max(following.start() - hit.end(), 0)]] = None
        kind[whole] = None
    return Fields(*(list(each)[:VALUES] for each in found))


def _first(found: Iterator[re.Match[bytes]]) -> Iterator[re.Match[bytes]]:
    """As many values as are read of all three fields."""
    for count, each in enumerate(found):
        if count == 3 * VALUES:
            return
        yield each
