"""Say how the new content is put together: the nouns of this folder.

The header of the message keeps its fields where they stand, but for those that are cut,
and new ones come after the last: a mail server that is asked by milter can do just that.
The body is a row of pieces, each a span of the old content or octets that are new.
"""

from dataclasses import dataclass, field

# A span of the old content, from the first octet up to, not including, the second.
Span = tuple[int, int]
Piece = Span | bytes


class Refused(Exception):
    """The edit cannot be made for certain, so it is not made; says why."""


@dataclass(slots=True)
class Recipe:
    """The new content."""

    # Where the last field of the old header ends.
    end: int
    # The empty line after the header; nothing where there is none.
    separator: bytes = b""
    # Header fields that go.
    cut: list[Span] = field(default_factory=list)
    # Header fields that come.
    added: bytes = b""
    pieces: list[Piece] = field(default_factory=list)
