"""A place in a table that never leaves it."""

import pytest

from pratique.scanners.containers.cursor import Cursor
from pratique.scanners.containers.gather import Damaged


def test_what_is_read_moves_the_place_on():
    cursor = Cursor(memoryview(b"\1\2\3\4\5\6name\0rest"))

    assert (cursor.octet(), cursor.little(2), cursor.big(2), cursor.take(1)) == (
        1,
        0x0302,
        0x0405,
        b"\6",
    )
    assert cursor.until_zero(4) == b"name"
    assert (cursor.at, cursor.left) == (11, 4)


@pytest.mark.parametrize("count", [5, -1, 1 << 70])
def test_nothing_is_read_past_the_end(count):
    cursor = Cursor(b"abcd")

    with pytest.raises(Damaged):
        cursor.take(count)
    assert cursor.take(4) == b"abcd"


def test_a_name_without_an_end_is_damage():
    with pytest.raises(Damaged):
        Cursor(b"abcd\0").until_zero(3)
    with pytest.raises(Damaged):
        Cursor(b"abcd").until_zero(9)


@pytest.mark.parametrize(("number", "believed"), [(5, True), (6, False)])
def test_a_count_is_held_against_what_is_left(number, believed):
    cursor = Cursor(b"abcd")
    if believed:
        assert cursor.count(number) == number
    else:
        with pytest.raises(Damaged):
            cursor.count(number)
