"""Make edits on a message: take parts out and leave a note, or write the whole anew.

What comes out is not a message but how to make one: which octets of the old one stay,
and which new ones come between them.  Whoever asked puts it together (milter/recipe.py).
So a strip changes nothing but what it names, whatever happens in here, and nothing needs
to be written in a process that may not write.

An edit that cannot be made for certain is refused, with the reason in words.  Refused is
never accepted: the message is held then.
"""

from collections.abc import Iterator

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.part import as_bytes
from pratique.scanners.rewriting.rebuild import rebuild
from pratique.scanners.rewriting.recipe import Recipe, Refused
from pratique.scanners.rewriting.strip import strip

# The octets of one frame, well below its limit (frames.MAX_FRAME).
_FRAME = 1024 * 1024
# A piece that refers to old octets takes no more than this in a frame.
_REFERENCE = 32


def rewrite(octets: memoryview, request: wall.Rewrite, budget: Budget) -> Iterator[wall.Rewritten]:
    """How the message is put together with the edits made; or why they are not made."""
    try:
        yield from _frames(_recipe(as_bytes(octets), request, budget))
    except Refused as refused:
        yield wall.Rewritten(refused=str(refused))
    except OverBudget as over:
        yield wall.Rewritten(refused=over.detail)
    except MemoryError:
        yield wall.Rewritten(refused="more memory than a worker may have")


def _recipe(octets: bytes, request: wall.Rewrite, budget: Budget) -> Recipe:
    if request.rebuild:
        return rebuild(octets, request.strip, budget)
    return strip(octets, request.strip, budget)


def _frames(recipe: Recipe) -> Iterator[wall.Rewritten]:
    header = wall.NewHeader(
        end=recipe.end,
        cut=[wall.Span(start=start, end=end) for start, end in recipe.cut],
        added=recipe.added,
        separator=recipe.separator,
    )
    frame, size = wall.Rewritten(header=header), len(recipe.added)
    for piece in _small(recipe):
        cost = _REFERENCE + len(piece.new)
        if size + cost > _FRAME:
            yield frame
            frame, size = wall.Rewritten(), 0
        frame.pieces.append(piece)
        size += cost
    yield frame


def _small(recipe: Recipe) -> Iterator[wall.Piece]:
    """The pieces of the body, each small enough for a frame."""
    for piece in recipe.pieces:
        if isinstance(piece, tuple):
            yield wall.Piece(old=wall.Span(start=piece[0], end=piece[1]))
            continue
        for start in range(0, len(piece), _FRAME // 2):
            yield wall.Piece(new=piece[start : start + _FRAME // 2])
