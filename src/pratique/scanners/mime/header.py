"""Read a header section: its fields in order, with their place, and where it ends.

RFC 5322 2.2: a field is a name, a colon and a body that may be folded over lines; the
section ends at the first empty line.  Stored mail has LF alone for a line end, so LF
with or without CR is one here.  A line that is neither a field nor a fold of one is
kept as `junk` and passed over: some readers end the header there, none of the rest do.

The search is one forward pass.  It stops at a delimiter line of an open multipart (a
part may lack its empty line), so that many parts without one cost no more than one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from pratique.scanners.budget import Limits, OverBudget

# An empty line, or a line that may be a delimiter.
_STOP = re.compile(rb"\n(?:(\r?\n)|--)")
# Where no multipart is open, lines of dashes are passed over without a stop at each.
_EMPTY_LINE = re.compile(rb"\n(\r?\n)")
# A field with its folds, or else any line.  RFC 5322 4.5: blanks may stand before the colon.
_LINE = re.compile(rb"(?:([!-9;-~]++)([ \t]*+):([^\n]*+(?:\n[ \t][^\n]*+)*+)|([^\n]*+))(?:\n|\Z)")
# A byte order mark, empty lines, and mbox separators (RFC 4155), escaped ones too.
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?+(?:\r?\n)*+(?:>?From [^\n]*+\n)*+")

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
    """A header section from `start`; the body begins at `body`."""

    start: int
    body: int
    fields: list[Field] = field(default_factory=list)
    # Offsets of lines that are no fields.
    junk: list[int] = field(default_factory=list)


def skip_before(octets: bytes | memoryview, start: int, end: int) -> int:
    """Where a message's header begins: after a byte order mark, empty lines, mbox lines."""
    found = _BEFORE.match(octets, start, end)
    return found.end() if found is not None else start


def read_header(
    octets: bytes, start: int, end: int, *, limits: Limits, is_delimiter: IsDelimiter | None = None
) -> Header:
    """The header section that begins at `start`, within `end` and the limits."""
    if octets.startswith((b"\r\n", b"\n"), start, end):
        return Header(start, octets.index(b"\n", start) + 1)
    if is_delimiter is not None and is_delimiter(start):
        return Header(start, start)
    last, body = find_end(octets, start, end, limits.header_octets, is_delimiter)
    if last - start > limits.header_octets:
        raise OverBudget("header", f"a header of more than {limits.header_octets} octets")
    header = Header(start, body)
    if not read_fields(octets, header, last, limits.header_fields):
        raise OverBudget("header", f"a header of more than {limits.header_fields} fields")
    if not header.fields and header.junk and header.junk[0] == start:
        # Text where a header should be: every reader shows it as the body.
        header.body = start
    return header


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
    match = _LINE.match
    while at < last and (line := match(octets, at, last)) is not None:
        if len(fields) + len(junk) == limit:
            return False
        name, blanks, value, _ = line.groups()
        if name is None:
            junk.append(at)
        else:
            fields.append(Field(name.lower(), value, at, line.end(), bool(blanks)))
        at = line.end()
    return True


def unfold(value: bytes) -> bytes:
    """A field's body on one line: line ends taken out (RFC 5322 2.2.3), blanks trimmed."""
    if b"\n" in value:
        value = value.replace(b"\r\n", b"").replace(b"\n", b"")
    return value.strip(b" \t\r\n")
