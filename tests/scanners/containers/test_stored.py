"""Members of a container: limits, cuts, and what a container is marked with."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.stored import Giver
from pratique.scanners.part import Member, Part, Reached


def giver(**limits: int) -> Giver:
    octets = b"0123456789"
    return Giver(
        Part(facts.Part(), memoryview(octets)), Gather(Budget(Limits(**limits)), len(octets))
    )


def pieces(*said: bytes, damage: str = ""):
    yield from said
    if damage:
        raise Damaged(damage)


def test_a_slice_is_given_as_it_lies():
    one = giver()
    (member,) = one.slice(Member("a"), 2, 3)

    assert bytes(member.octets) == b"234"
    assert (member.unopened, one.part.known.unopened) == ("", "")


def test_a_slice_that_is_cut_off_keeps_what_there_is():
    one = giver()
    (member,) = one.slice(Member("a"), 8, 3)

    assert bytes(member.octets) == b"89"
    assert (member.unopened, one.part.known.unopened) == ("unreadable", "unreadable")


@pytest.mark.parametrize(("limit", "unopened"), [(3, ""), (2, "over_budget")])
def test_a_slice_is_held_against_the_limit_of_a_part(limit, unopened):
    member, *told = giver(part_octets=limit).slice(Member("a"), 2, 3)

    assert member.unopened == unopened
    assert bool(told) == bool(unopened)
    assert all(isinstance(one, Reached) for one in told)


def test_slices_are_charged():
    one = giver(octets=5)
    list(one.slice(Member("a"), 0, 5))

    with pytest.raises(OverBudget):
        list(one.slice(Member("b"), 0, 1))


def test_damage_in_the_pieces_keeps_what_came_before():
    one = giver()
    (member,) = one.pieces(Member("a"), pieces(b"ab", damage="odd"), 3)

    assert (bytes(member.octets), member.why, one.part.known.why) == (b"ab", "odd", "odd")


@pytest.mark.parametrize(("size", "raised"), [(3, False), (None, True)])
def test_a_limit_goes_on_up_where_it_costs_to_step_over(size, raised):
    one, found = giver(part_octets=2), []
    try:
        found += one.pieces(Member("a"), pieces(b"abc"), size)
        went_up = False
    except OverBudget:
        went_up = True

    assert went_up == raised


@pytest.mark.parametrize(
    ("why", "class_"),
    [
        ("it is cut off", "unreadable"),
        ("Unsupported method", "needs_program"),
        ("no reader for -lh1-", "needs_program"),
        ("solid archive support unavailable", "needs_program"),
    ],
)
def test_what_has_no_reader_wants_a_program(why, class_):
    one = giver()
    one.mark(why)
    one.mark("another")

    assert (one.part.known.unopened, one.part.known.why) == (class_, why)
