"""Undo the predictors of PDF's Flate and LZW filters (ISO 32000-2, 7.4.4.4).

A predictor makes a row of octets from its neighbours before it is packed: TIFF's one way,
or one of PNG's five (PNG, third edition, 9.2), named in front of each row.
"""

from collections.abc import Iterator

from pratique.scanners.budget import Budget
from pratique.scanners.containers.gather import Damaged

_TIFF, _PNG = 2, 10
# A row of a picture with 100,000 points of four colours of 16 bits.
ROW = 1 << 20


def undo(
    pieces: Iterator[bytes], predictor: int, layout: tuple[int, int, int], budget: Budget
) -> Iterator[bytes]:
    """The rows as they were; `layout` is columns, colours, and bits of each."""
    columns, colours, bits = layout
    row = -(-columns * colours * bits // 8)
    step = max(1, colours * bits // 8)
    if not 0 < row <= ROW:
        raise Damaged(f"a predictor with rows of {row} octets")
    if predictor < _PNG and (predictor != _TIFF or bits != 8):
        raise Damaged(f"no reader for the predictor {predictor} with {bits} bits")
    mark = 1 if predictor >= _PNG else 0
    left, above = b"", bytes(row)
    for piece in pieces:
        octets, at, done = left + piece, 0, bytearray()
        budget.check_clock()
        while at + row + mark <= len(octets):
            form = octets[at] if mark else 1
            above = _row(form, octets[at + mark : at + mark + row], above, step)
            done += above
            at += row + mark
        left = octets[at:]
        yield bytes(done)
    if len(left) > mark:
        last = left[mark:].ljust(row, b"\0")
        yield _row(left[0] if mark else 1, last, above, step)[: len(left) - mark]


def _row(form: int, raw: bytes, above: bytes, step: int) -> bytes:
    """One row by its form: none, left, above, the mean of both, or Paeth's choice."""
    if form == 0:
        return raw
    if form == 2:
        return bytes((one + other) & 255 for one, other in zip(raw, above, strict=True))
    row = bytearray(raw)
    for at in range(len(row)):
        before = row[at - step] if at >= step else 0
        if form == 1:
            guess = before
        elif form == 3:
            guess = (before + above[at]) // 2
        else:
            guess = _paeth(before, above[at], above[at - step] if at >= step else 0)
        row[at] = (row[at] + guess) & 255
    return bytes(row)


def _paeth(before: int, above: int, corner: int) -> int:
    likely = before + above - corner
    distances = abs(likely - before), abs(likely - above), abs(likely - corner)
    return (before, above, corner)[distances.index(min(distances))]
