"""The lists that are measured are of each kind, the same each time, and really asked."""

import itertools

import pytest

from pratique.policies.lists.entries import KINDS, key_of
from pratique.scanners import facts_pb2 as facts

NOBODY = facts.Recipient()


@pytest.fixture(scope="module")
def named_lists(bench):
    return bench("named_lists")


@pytest.mark.parametrize("kind", ["addresses", "domains", "networks", "hashes"])
def test_entries_are_of_their_kind_and_the_same_each_time(named_lists, kind):
    made = list(named_lists.entries(kind, 500))
    assert made == list(named_lists.entries(kind, 500))
    assert len({key_of(KINDS[kind], each) for each in made}) == 500


@pytest.mark.parametrize("kind", ["addresses", "domains", "networks", "hashes"])
def test_a_message_for_an_entry_is_on_the_list(named_lists, kind):
    text = "".join(f"{one}\n" for one in named_lists.entries(kind, 50))
    policy = named_lists.policy_of(kind, text)
    for one in itertools.islice(named_lists.lines_of(text), 20):
        assert policy.decide(named_lists.message(kind, one), NOBODY).rule == "on the list"
    other = named_lists.message(kind, named_lists.OTHER[kind])
    assert policy.decide(other, NOBODY).rule == "all other mail"


def test_a_line_has_what_was_measured(named_lists):
    assert named_lists.row("none", {"MB": 0.0, "seconds": 5.5}) == ["none", "-", "5.5"]
