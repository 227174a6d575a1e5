"""What lies around an archive: marks found across pieces, and what is filling."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers import around
from pratique.scanners.part import Member, Oddity, Part

PIECE = 1 << 20


@pytest.mark.parametrize("at", [0, 5, PIECE - 3, PIECE - 1, PIECE, 2 * PIECE + 7])
def test_a_mark_is_found_wherever_it_stands(at):
    octets = memoryview(bytes(at) + b"MARK" + bytes(10))

    assert around.find(octets, b"MARK") == at
    assert around.find(octets, b"MARK", at + 1) == -1


@pytest.mark.parametrize(("most", "found"), [(2, [1, 4]), (3, [1, 4, 8]), (9, [1, 4, 8])])
def test_so_many_marks_are_found(most, found):
    assert list(around.find_all(memoryview(b"xMMxMMxxMM"), b"MM", most)) == found


@pytest.mark.parametrize(
    ("rest", "given"),
    [
        (b"", b""),
        (bytes(99), b""),
        (b"\r\n", b""),
        (b"\x1a" * 16, b""),
        (b"\x1a" * 17, b"\x1a" * 17),
        (bytes(9) + b"MZ", b"MZ"),
        (b"x", b"x"),
    ],
)
def test_filling_is_nothing_and_all_else_is_given_and_stated(rest, given):
    found = list(around.behind(memoryview(b"abc" + rest), 3, Budget(Limits())))

    assert [bytes(one.octets) for one in found if isinstance(one, Member)] == [given][: bool(given)]
    assert [one.class_ for one in found if isinstance(one, Oddity)] == ["extra_octets"][
        : bool(given)
    ]


def test_what_lies_behind_is_charged():
    budget = Budget(Limits(octets=9))

    assert len(list(around.behind(memoryview(b"x" * 9), 0, budget))) == 2
    with pytest.raises(OverBudget):
        list(around.behind(memoryview(b"x"), 0, budget))


@pytest.mark.parametrize(
    ("type_", "kind", "carries"),
    [
        ("application/x-dosexec", "executable", True),
        ("image/png", "image", True),
        ("", "other", True),
        ("application/pdf", "document", True),
        ("application/x-arc", "archive", True),
        ("application/x-wim", "disk_image", True),
        ("application/zip", "archive", False),
        ("application/java-archive", "executable", False),
        ("application/x-rpm", "executable", False),
        ("text/plain", "text", False),
    ],
)
def test_what_may_carry_another_form(type_, kind, carries):
    part = Part(facts.Part(type=type_, kind=kind), memoryview(b""))

    assert around.carries(part) == carries


@pytest.mark.parametrize("place", [4094, 4095, 4096, 12_286, 12_287, 12_288, (1 << 21) - 3])
def test_a_mark_that_lies_over_the_end_of_a_piece_is_found(place):
    octets = memoryview(bytes(place) + b"mark" + bytes(99))

    assert around.find(octets, b"mark") == place
    assert around.skip_zeros(octets, 0) == place
