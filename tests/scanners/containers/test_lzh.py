"""What LHA and ARJ pack: stored, of a method without a reader, and cut."""

import pytest

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.lzh import PIECE, unpacked


@pytest.mark.parametrize("method", [b"-lh0-", b"-lz4-", b"-pm0-"])
def test_what_is_stored_comes_in_bounded_pieces(method):
    octets = b"ab" * PIECE
    given = list(unpacked(method, memoryview(octets + b"more"), len(octets)))

    assert b"".join(given) == octets
    assert max(map(len, given)) <= PIECE


@pytest.mark.parametrize(
    ("method", "packed", "size"),
    [(b"-lh0-", b"abc", 4), (b"-lh1-", b"abc", 4), (b"-lh5-", b"", 4), (b"-lh5-", b"\xff" * 9, 4)],
)
def test_what_cannot_be_unpacked_is_damage(method, packed, size):
    with pytest.raises(Damaged):
        list(unpacked(method, memoryview(packed), size))
