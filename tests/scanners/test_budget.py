"""Every limit, at it and one past it."""

import pytest

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import RATIO_FROM, Budget, Limits, OverBudget


def over(call, *arguments) -> str:
    try:
        call(*arguments)
    except OverBudget as limit:
        return limit.class_
    return ""


def test_octets_add_up_to_the_limit():
    budget = Budget(Limits(octets=100))

    assert over(budget.charge_octets, 60) == ""
    assert over(budget.charge_octets, 41) == "octets"
    assert over(budget.charge_octets, 40) == ""
    assert over(budget.charge_octets, 1) == "octets"


def test_parts_are_counted_to_the_limit():
    budget = Budget(Limits(parts=2))

    assert [over(budget.charge_part) for _ in range(3)] == ["", "", "parts"]


def test_entities_of_messages_are_counted_to_their_limit():
    budget = Budget(Limits(mime_parts=2))

    assert [budget.take_mime_part() for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(("count", "class_"), [(100, ""), (101, "part_octets")])
def test_one_part_has_its_own_limit(count, class_):
    assert over(Budget(Limits(part_octets=100)).check_part_octets, count) == class_


@pytest.mark.parametrize(
    ("packed", "unpacked", "class_"),
    [
        (1, RATIO_FROM, ""),
        (1, RATIO_FROM + 1, "ratio"),
        (RATIO_FROM, 200 * RATIO_FROM, ""),
        (RATIO_FROM, 200 * RATIO_FROM + 1, "ratio"),
    ],
)
def test_the_ratio_counts_from_a_certain_size_on(packed, unpacked, class_):
    assert over(Budget(Limits()).check_ratio, packed, unpacked) == class_


@pytest.mark.parametrize(("now", "class_"), [(5.0, ""), (5.001, "seconds")])
def test_the_clock_is_read_with_every_charge(now, class_):
    time = 0.0
    budget = Budget(Limits(seconds=5), lambda: time)
    time = now

    assert over(budget.check_clock) == class_
    assert over(budget.charge_octets, 1) == class_
    assert over(budget.charge_part) == class_


def test_a_zero_on_the_wall_is_the_default():
    asked = Limits.from_wall(wall.Budget(parts=7, seconds=1.5))

    assert asked == Limits(parts=7, seconds=1.5)
    assert Limits.from_wall(wall.Budget()) == Limits()
