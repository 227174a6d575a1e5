"""Put a new content together as a worker says, and hold what it says against what can be true.

A worker that is asked to rewrite a message answers which octets of the old content stay
and which come between them (`Rewritten` in wall.proto).  The new content is made here, of
the old one as it lies in its memfd.  So whatever speaks through a worker, what it did not
name stays as it is, and the new content is ours: sealed, and of a size that we chose.

Like any answer of a worker it may be a lie (`Lie`): a span that there is not, octets
without end, a header field that is none.
"""

from pratique.milter.content import ContentWriter
from pratique.milter.mail import Content, Rewritten
from pratique.milter.wall.sighting import Lie
from pratique.scanners import wall_pb2 as wall

# Quoted-printable makes three octets of one at the worst, and line ends come besides.  A
# part that a note replaces may be empty, so there is room for some notes.
MOST_TIMES = 4
MOST_BESIDES = 4 * 1024 * 1024
# Ten times the header that is read by default (scanners/budget.py); more is none of ours.
MOST_ADDED = 1024 * 1024 + 64 * 1024
_SEPARATORS = frozenset({b"", b"\n", b"\r\n"})


class Making:
    """A content while it is made of the answers of one worker."""

    def __init__(self, content: Content) -> None:
        # "done", "died", "late" or "lied".
        self.end, self.detail = "died", ""
        # Why the worker does not do it; empty if it does.
        self.refused = ""
        self._content = content
        self._writer = ContentWriter()
        self._most = MOST_TIMES * content.size + MOST_BESIDES
        self._header: wall.NewHeader | None = None
        self._tail = self._body = self._reached = 0

    def take(self, said: wall.Rewritten) -> None:
        """Add what the worker says next.  Raises Lie."""
        if self.refused or not (said.refused or said.pieces or said.HasField("header")):
            raise Lie("it is refused, or something comes")
        if said.refused:
            self.refused = said.refused
            return
        if said.HasField("header") == (self._header is not None):
            raise Lie("a new content has one header, and it comes first")
        if self._header is None:
            self._begin(said.header)
        for piece in said.pieces:
            self._add(piece)

    def finish(self) -> None:
        """The worker has said all.  Raises Lie."""
        if self._header is None and not self.refused:
            raise Lie("neither a new content nor why there is none")
        self.end = "done"

    def made(self) -> Rewritten:
        """The new content, once the end is "done" and nothing was refused."""
        assert self._header is not None
        cut = tuple((span.start, span.end) for span in self._header.cut)
        return Rewritten(
            self._writer.seal(), self._header.end, cut, self._header.added, self._tail, self._body
        )

    def discard(self) -> None:
        """Drop what was made; after `made` this does nothing."""
        self._writer.discard()

    def _begin(self, header: wall.NewHeader) -> None:
        _check_header(self._content, header)
        self._header = header
        reached = 0
        for span in header.cut:
            self._copy(reached, span.start)
            reached = span.end
        self._copy(reached, header.end)
        self._tail = self._writer.size
        self._writer.write(header.added)
        self._writer.write(header.separator)
        self._body, self._reached = self._writer.size, header.end

    def _add(self, piece: wall.Piece) -> None:
        if piece.HasField("old"):
            start, end = piece.old.start, piece.old.end
            if not self._reached <= start < end <= self._content.size:
                raise Lie(f"octets {start} to {end} cannot be next in the body")
            self._copy(start, end)
            self._reached = end
        elif self._writer.size + len(piece.new) > self._most:
            raise Lie(f"more than {self._most} octets of a new content")
        elif piece.new:
            self._writer.write(piece.new)
        else:
            raise Lie("a piece of nothing")

    def _copy(self, start: int, end: int) -> None:
        for chunk in self._content.span(start, end):
            self._writer.write(chunk)


def _check_header(content: Content, header: wall.NewHeader) -> None:
    """Only whole lines are cut, and what comes is whole lines."""
    reached = 0
    if not 0 <= header.end <= content.size:
        raise Lie(f"a header that ends at octet {header.end}")
    for span in header.cut:
        if not reached <= span.start < span.end <= header.end:
            raise Lie(f"a cut from {span.start} to {span.end} that cannot be made")
        if not _is_lines(content, span):
            raise Lie(f"a cut from {span.start} to {span.end} that is no line")
        reached = span.end
    whole = not header.added or header.added.endswith(b"\n")
    if len(header.added) > MOST_ADDED or not whole:
        raise Lie("what comes into the header are no whole lines")
    if header.separator not in _SEPARATORS:
        raise Lie("between header and body there is an empty line")


def _is_lines(content: Content, span: wall.Span) -> bool:
    """Whole lines; or a byte order mark before the first, which is no line by itself."""
    if span.start == 0 and content.peek(0, min(span.end, 4)) == b"\xef\xbb\xbf":
        return True
    begins = span.start == 0 or content.peek(span.start - 1, 1) == b"\n"
    return begins and content.peek(span.end - 1, 1) == b"\n"
