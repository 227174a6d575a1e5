"""Rows that were made of their neighbours."""

import pytest

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.pdf.predictor import ROW, undo

ROWS = [bytes(range(10)), bytes(range(5, 15)), bytes([7] * 10), bytes([250, 3] * 5)]


def paeth(a: int, b: int, c: int) -> int:
    return min((a, b, c), key=lambda one: abs(a + b - c - one))


def made(form: int) -> bytes:
    """PNG, third edition, 9.2, one octet a point."""
    done, above = b"", bytes(10)
    for row in ROWS:
        left, corner = b"\0" + row[:-1], b"\0" + above[:-1]
        guesses = {
            0: bytes(10),
            1: left,
            2: above,
            3: bytes((a + b) // 2 for a, b in zip(left, above, strict=True)),
            4: bytes(map(paeth, left, above, corner)),
        }[form]
        done += bytes([form]) + bytes((a - b) & 255 for a, b in zip(row, guesses, strict=True))
        above = row
    return done


@pytest.mark.parametrize("form", range(5))
@pytest.mark.parametrize("cut", [1, 7, 11, 1000])
def test_each_of_png_s_forms_in_pieces_of_any_size(form, cut, budget):
    octets = made(form)
    pieces = (octets[at : at + cut] for at in range(0, len(octets), cut))

    assert b"".join(undo(pieces, 15, (10, 1, 8), budget)) == b"".join(ROWS)


def test_tiff_s_form(budget):
    row = bytes([1, 2, 3]) + bytes([1, 1, 1])

    assert b"".join(undo(iter([row]), 2, (2, 3, 8), budget)) == bytes([1, 2, 3, 2, 3, 4])


def test_a_last_row_that_is_cut_off_is_given(budget):
    assert b"".join(undo(iter([b"\0abc"]), 15, (10, 1, 8), budget)) == b"abc"


@pytest.mark.parametrize(("columns", "fits"), [(ROW, True), (ROW + 1, False), (0, False)])
def test_a_row_is_so_long_and_no_longer(columns, fits, budget):
    if fits:
        assert b"".join(undo(iter([b"\0a"]), 15, (columns, 1, 8), budget)) == b"a"
    else:
        with pytest.raises(Damaged):
            list(undo(iter([b"\0a"]), 15, (columns, 1, 8), budget))
