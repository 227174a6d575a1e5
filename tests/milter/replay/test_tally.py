"""Tallies add up to the same in any order, and keep the newest messages as examples."""

import itertools
from datetime import UTC, datetime

import pytest

from pratique.milter.journal.pages import Unread
from pratique.milter.replay.tally import MOST_UNREAD, Change, Example, Group, Tally

OTHERWISE = Change("a", "accept", "b", "reject")
RULE_ONLY = Change("a", "accept", "b", "accept")


def example(number):
    return Example(datetime(2026, 11, 1, 0, number, tzinfo=UTC), f"Q{number}", "", "", "")


def test_a_message_counts_once_and_in_each_of_its_groups():
    tally = Tally()
    tally.count({OTHERWISE: (2, "x@a"), RULE_ONLY: (1, "y@a")}, "2026-11-01", example(1))
    tally.count({RULE_ONLY: (3, "z@a")}, "2026-11-01", example(2))
    tally.count({}, "2026-11-02", None)
    assert (tally.same, tally.other_rule, tally.otherwise, tally.compared) == (1, 1, 1, 3)
    group = tally.groups[RULE_ONLY]
    assert (group.messages, group.recipients) == (2, 4)
    assert [(one.id, one.recipient) for one in group.newest] == [("Q2", "z@a"), ("Q1", "y@a")]
    days = {day: (one.messages, one.otherwise) for day, one in tally.days.items()}
    assert days == {"2026-11-01": (2, 1), "2026-11-02": (1, 0)}


@pytest.mark.parametrize(
    ("changes", "differs"),
    [({}, False), ({RULE_ONLY: (1, "")}, True), ({OTHERWISE: (1, "")}, True)],
)
def test_nothing_differs_only_if_all_is_the_same(changes, differs):
    tally = Tally()
    tally.count(changes, "2026-11-01", example(1))
    assert tally.differs == differs


def parts():
    for number in range(4):
        tally = Tally(most=2)
        tally.count({OTHERWISE: (1, "x")}, f"2026-11-0{number % 2 + 1}", example(number))
        tally.left_out["mail loop"] += number
        tally.policies["ab"] += 1
        tally.hashed += number
        tally.name([Unread(f"f{number}", "why")])
        yield tally


def test_parts_add_up_to_the_same_in_any_order():
    sums = []
    for order in itertools.permutations(range(4)):
        made, total = list(parts()), Tally(most=2)
        for number in order:
            total.add(made[number])
        total.unread.sort(key=lambda one: one.where)
        total.groups[OTHERWISE].examples.sort()
        sums.append(total)
    assert all(one == sums[0] for one in sums)
    assert [one.id for one in sums[0].groups[OTHERWISE].newest] == ["Q3", "Q2"]
    assert (sums[0].hashed, sums[0].left_out["mail loop"], sums[0].policies["ab"]) == (6, 6, 4)


@pytest.mark.parametrize("most", [0, 1, 3])
def test_no_more_examples_are_kept_than_asked_for(most):
    group = Group()
    for number in (3, 1, 4, 0, 2):
        group.keep(example(number), most)
    assert [one.id for one in group.newest] == ["Q4", "Q3", "Q2"][:most]


def test_so_many_places_are_named_and_the_rest_is_counted():
    tally = Tally()
    tally.name([Unread("f", "why")] * MOST_UNREAD)
    assert (len(tally.unread), tally.more_unread) == (MOST_UNREAD, 0)
    tally.name([Unread("f", "why")])
    other = Tally()
    other.name([Unread("g", "why")] * 2)
    tally.add(other)
    assert (len(tally.unread), tally.more_unread) == (MOST_UNREAD, 3)


def test_the_largest_groups_come_first_and_what_is_otherwise_before_all():
    tally = Tally()
    small = Change("c", "accept", "b", "reject")
    for change, count in ((RULE_ONLY, 9), (small, 1), (OTHERWISE, 2)):
        tally.groups[change] = Group(messages=count)
    assert [change for change, _ in tally.sorted_groups()] == [OTHERWISE, small, RULE_ONLY]
