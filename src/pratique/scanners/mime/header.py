"""Find a header section's end, read its fields, and tell where it breaks the grammar.

RFC 5322 2.2: a field is a name, a colon and a body that may be folded over lines; the
section ends at the first empty line.  Stored mail has LF alone for a line end, so LF
with or without CR is one here.  A line that is neither a field nor a fold of one is
kept as `junk` and passed over: some readers end the header there, none of the rest do.

The search is one forward pass.  It stops at a delimiter line of an open multipart (a
part may lack its empty line), so that many parts without one cost no more than one.

Whether all readers would find the same fields is asked of one pattern that only a header
of the plain grammar matches (`breaks`); what does not match is read in further ways by
`sections.py`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from pratique.scanners.budget import Limits, OverBudget

# An empty line, or a line that may be a delimiter.
_STOP = re.compile(rb"\n(?:(\r?\n)|--)")
# Where no multipart is open, lines of dashes are passed over without a stop at each.
_EMPTY_LINE = re.compile(rb"\n(\r?\n)")
# A field with its folds, or else any line.  RFC 5322 4.5: blanks may stand before the colon.
_LINE = re.compile(rb"(?:([!-9;-~]++)([ \t]*+):([^\n]*+(?>\n[ \t][^\n]*+)*+)|([^\n]*+))(?:\n|\Z)")
_NAME = rb"[!-9;-~]++[ \t]*+:"
_FIELD = re.compile(_NAME)
# A bare CR ends a line for some readers, and a NUL is no part of a name.
_ANY_FIELD = re.compile(
    rb"(?:^|\r)(?:" + _NAME + rb"|content-(?:type|transfer-encoding|disposition)[^\r\n:]{0,8}+:)",
    re.MULTILINE | re.IGNORECASE,
)


def _plain(end: bytes) -> re.Pattern[bytes]:
    """Fields and nothing else, each line with that one end; a fold holds more than blanks."""
    text = rb"[^\r\n\x00]*+"
    fold = end + rb"[ \t]++[^\r\n\x00]" + text
    return re.compile(rb"(?>" + _NAME + text + rb"(?>" + fold + rb")*+(?:" + end + rb"|\Z))*+\Z")


_PLAIN_CRLF, _PLAIN_LF = _plain(rb"\r\n"), _plain(rb"\n")
_BARE_CR = re.compile(rb"\r(?!\n)")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_BLANK_LINE = re.compile(rb"\n[ \t\x00]++\r?(?:\n|\Z)")
# A byte order mark, empty lines, and mbox separators (RFC 4155), escaped ones too.
_BEFORE = re.compile(rb"(?>\xef\xbb\xbf)?+(?>\r?\n)*+(?>>?From [^\n]*+\n)*+")

IsDelimiter = Callable[[int], bool]


class Field(NamedTuple):
    """A header field: name in lower case, body as it stands, offsets with the line end."""

    name: bytes
    value: bytes
    start: int
    end: int
    # Blanks stood before the colon: readers that follow RFC 5322 3.6.8 take no field there.
    spaced: bool = False


@dataclass(slots=True)
class Header:
    """A header section from `start`, its text, and where the body begins."""

    start: int
    body: int
    text: bytes = b""
    _lines: tuple[list[Field], list[int]] | None = None
    _named: dict[bytes, list[Field]] | None = None

    @property
    def fields(self) -> list[Field]:
        """The fields in order; read when they are asked for, since few ask."""
        return self._read()[0]

    @property
    def junk(self) -> list[int]:
        """Offsets of lines that are no fields."""
        return self._read()[1]

    @property
    def named(self) -> dict[bytes, list[Field]]:
        """The fields by name, of a repeated one all in order; once all of them are read."""
        if self._named is None:
            self._named = {}
            for each in self.fields:
                self._named.setdefault(each.name, []).append(each)
        return self._named

    def _read(self) -> tuple[list[Field], list[int]]:
        if self._lines is None:
            self._lines = [], []
            for found in _LINE.finditer(self.text) if self.text else ():
                _add(self._lines, found, self.start)
        return self._lines


def _add(lines: tuple[list[Field], list[int]], line: re.Match[bytes], start: int) -> None:
    name, blanks, value, _ = line.groups()
    if name is not None:
        lines[0].append(
            Field(name.lower(), value, start + line.start(), start + line.end(), bool(blanks))
        )
    elif line[0]:
        lines[1].append(start + line.start())


def skip_before(octets: bytes | memoryview, start: int, end: int) -> int:
    """Where a message's header begins: after a byte order mark, empty lines, mbox lines."""
    found = _BEFORE.match(octets, start, end)
    return found.end() if found is not None else start


def read_header(
    octets: bytes, start: int, end: int, *, limits: Limits, is_delimiter: IsDelimiter | None = None
) -> tuple[int, bytes]:
    """Where the body begins, and the text of the header section that begins at `start`."""
    if octets.startswith((b"\r\n", b"\n"), start, end):
        return octets.index(b"\n", start) + 1, b""
    if is_delimiter is not None and is_delimiter(start):
        return start, b""
    last, body = find_end(octets, start, end, limits.header_octets, is_delimiter)
    if last - start > limits.header_octets:
        raise OverBudget("header", f"a header of more than {limits.header_octets} octets")
    text = octets[start:last]
    if text.count(b"\n") >= limits.header_fields and not read_fields(
        text, Header(0, 0), len(text), limits.header_fields
    ):
        raise OverBudget("header", f"a header of more than {limits.header_fields} fields")
    if _FIELD.match(text) is None and _ANY_FIELD.search(text) is None:
        # Text where a header should be: every reader shows it as the body.
        return start, b""
    return body, text


def breaks(text: bytes) -> list[tuple[str, str]]:
    """Where a header section breaks the grammar, and readers differ about its fields.

    Each is a word of `Ambiguities` and the reason.
    """
    if (_PLAIN_CRLF if b"\r" in text else _PLAIN_LF).match(text) is not None:
        return []
    found: list[tuple[str, str]] = []
    if b"\0" in text:
        found.append(("nul_in_header", "a NUL octet in the header"))
    if _BARE_CR.search(text) is not None:
        found.append(("mixed_line_ends", "a bare CR in the header"))
    elif b"\r\n" in text and _BARE_LF.search(text) is not None:
        found.append(("mixed_line_ends", "some lines of the header end with CRLF, some with LF"))
    if _BLANK_LINE.search(text) is not None:
        found.append(("header_end", "a line of blanks in the header"))
    header = Header(0, 0)
    read_fields(text, header, len(text), len(text))
    if header.junk:
        line = text[header.junk[0] :].partition(b"\n")[0][:40]
        found.append(("header_end", f"{line!r} is no field"))
    return found


def find_end(
    octets: bytes, start: int, end: int, limit: int, is_delimiter: IsDelimiter | None = None
) -> tuple[int, int]:
    """Where the last field ends and where the body begins; not far past the limit."""
    at, window = start, min(end, start + limit + 2)
    pattern = _EMPTY_LINE if is_delimiter is None else _STOP
    while (stop := pattern.search(octets, at, window)) is not None:
        at = stop.start() + 1
        if stop.group(1) is not None:
            return at, stop.end()
        if is_delimiter is not None and is_delimiter(at):
            return at, at
    return end, end


def read_fields(octets: bytes, header: Header, last: int, limit: int) -> bool:
    """Read lines up to `last` into the header; False if there are more than the limit."""
    fields, junk, at = header.fields, header.junk, header.start
    match, count = _LINE.match, len(fields) + len(junk)
    last = min(last, len(octets))
    while at < last and (line := match(octets, at, last)) is not None:
        if count == limit:
            return False
        name, blanks, value, _ = line.groups()
        end = line.end()
        if name is not None:
            fields.append(Field(name.lower(), value, at, end, bool(blanks)))
        else:
            junk.append(at)
        at, count = end, count + 1
    return True


def unfold(value: bytes) -> bytes:
    """A field's body on one line: line ends taken out (RFC 5322 2.2.3), blanks trimmed."""
    if b"\n" in value:
        value = value.replace(b"\r\n", b"").replace(b"\n", b"")
    return value.strip(b" \t\r\n")
