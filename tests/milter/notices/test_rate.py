"""So many an hour, and the rest is counted."""

import json
from random import Random

import pytest

from pratique.milter.notices import rate
from pratique.milter.notices.rate import HOUR, KINDS, Due, Rates

KIND, NOW = ("rule", "a@our.example"), 1_800_000_000


def test_so_many_go_and_one_more_does_not():
    rates = Rates()
    assert [rates.due(KIND, 3, NOW) for _ in range(3)] == [Due(0, 0)] * 3
    assert rates.due(KIND, 3, NOW) is None
    # Another rule, or another address, has its own.
    assert rates.due(("other", KIND[1]), 3, NOW) == Due(0, 0)
    assert rates.due((KIND[0], "b@our.example"), 3, NOW) == Due(0, 0)


def test_the_next_one_says_how_many_were_left_out_and_since_when():
    rates = Rates()
    rates.due(KIND, 1, NOW)
    assert rates.due(KIND, 1, NOW + 5) is None
    assert rates.due(KIND, 1, NOW + HOUR - 1) is None
    assert rates.due(KIND, 1, NOW + HOUR) == Due(2, NOW + 5)
    assert rates.due(KIND, 1, NOW + 2 * HOUR) == Due(0, 0)


def test_within_any_hour_there_are_no_more():
    rates = Rates()
    went = [at for at in range(0, 3 * HOUR, 60) if rates.due(KIND, 6, NOW + at) is not None]
    assert all(sum(one <= at < one + HOUR for at in went) <= 6 for one in went)
    assert len(went) == 18


def test_within_any_hour_there_are_no_more_in_whatever_order_messages_end():
    rates, chance = Rates(), Random(7)
    times = [chance.randrange(2 * HOUR) for _ in range(500)]
    for order in (times, sorted(times, reverse=True)):
        went = [at for at in order if rates.due(KIND, 6, NOW + at) is not None]
        assert len(went) >= 6
        assert all(sum(one <= at < one + HOUR for at in went) <= 6 for one in went)
        rates = Rates()


def test_what_could_not_be_told_is_one_that_was_left_out():
    rates = Rates()
    rates.due(KIND, 1, NOW)
    rates.due(KIND, 1, NOW + 1)
    due = rates.due(KIND, 1, NOW + HOUR)
    rates.take_back(KIND, due, NOW + HOUR)
    assert rates.due(KIND, 1, NOW + HOUR + 1) == Due(2, NOW + 1)
    rates = Rates()
    rates.take_back(KIND, rates.due(KIND, 1, NOW), NOW)
    assert rates.due(KIND, 1, NOW + 1) == Due(1, NOW)


def test_a_clock_that_went_back_silences_nobody():
    rates = Rates()
    rates.due(KIND, 1, NOW + 10 * HOUR)
    assert rates.due(KIND, 1, NOW) == Due(0, 0)


def test_it_is_the_same_after_a_restart():
    rates = Rates()
    rates.due(KIND, 1, NOW)
    rates.due(KIND, 1, NOW + 1)
    again = rate.load(rates.dump())
    assert again.due(KIND, 1, NOW + HOUR) == Due(1, NOW + 1)


def test_of_too_many_kinds_the_one_of_longest_ago_is_forgotten():
    rates = Rates()
    for number in range(KINDS):
        rates.due((f"rule {number}", "a"), 1, NOW + number)
    assert rates.due(("rule 0", "a"), 1, NOW + KINDS) is None
    rates.due(("one more", "a"), 1, NOW + KINDS)
    # Rule 0 was counted since, so rule 1 went.
    assert rates.due(("rule 0", "a"), 1, NOW + KINDS) is None
    assert rates.due(("rule 1", "a"), 1, NOW + KINDS) is not None


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": 2}',
        b'{"format": 1}',
        b"\xff",
        b'{"format": 1, "kinds": [["a"]]}',
        b'{"format": 1, "kinds": 3}',
        b'{"format": 1, "kinds": [["a", "b", [Infinity], 0, 0]]}',
        b'{"format": 1, "kinds": [["a", "b", [], 1, 253402300800]]}',
        b'{"format": 1, "kinds": [["a", "b", [], 1, -1]]}',
        b'{"format": 1, "kinds": [["a", "b", [], -1, 0]]}',
        b'{"format": 1, "kinds": [["a", "b", [%b1], 0, 0]]}' % (b"1," * 400),
        b"[" * 100_000,
    ],
)
def test_what_is_no_count_of_ours_is_told(octets):
    with pytest.raises(ValueError, match=r"."):
        rate.load(octets)


def test_counts_of_the_greatest_size_are_ours():
    row = ["a", "b", [NOW] * 400, 7, 253_402_300_799]
    octets = json.dumps({"format": 1, "kinds": [row]}).encode("ascii")
    assert rate.load(octets).due(("a", "b"), 1, NOW) is None
