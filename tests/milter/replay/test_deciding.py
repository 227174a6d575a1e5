"""Two decisions are held against each other for each recipient."""

from datetime import UTC, datetime

import pytest

from pratique.milter.journal.glance import Glance, Judged
from pratique.milter.replay.deciding import (
    as_decided,
    by_policy,
    by_shadow,
    changes,
    example_of,
    why_left_out,
)
from pratique.milter.replay.tally import Change
from pratique.milter.replay.treatment import Treatment
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

ACCEPT, REJECT = Treatment("accept"), Treatment("reject")
TWO = Verdict(Action.ACCEPT, "a", ""), Verdict(Action.REJECT, "b", "")


def message(numbers=(0, 1, 0), verdicts=TWO, rule="b", **known):
    addresses = tuple(f"r{at}@{'x' if at % 2 else 'y'}.example" for at in range(len(numbers)))
    judged = Judged(verdicts, "reject", rule)
    facts = Facts(**known)
    facts.mail.subject, facts.envelope.reverse_path = "hello", "ann@a.example"
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    return Glance("Q1", moment, "ab", judged, addresses, numbers, facts, is_hashed=False)


def test_each_recipient_has_what_was_decided_for_him():
    assert as_decided(message()) == [("a", ACCEPT), ("b", REJECT), ("a", ACCEPT)]


@pytest.mark.parametrize("condition", ['rcpt.domain == "x.example"', "mail.size > 3"])
def test_a_policy_is_asked_for_each_recipient_where_it_asks_for_him(condition, a_policy):
    rules = (
        f"[[rule]]\nname = 'one'\nwhen = '''{condition}'''\nactions = ['reject']\nreason = 'x'\n"
    )
    side = by_policy(a_policy(f"{rules}[[rule]]\nname = 'rest'\nactions = ['accept']\n").load())
    said = [rule for rule, _ in side(message())]
    assert said == (["rest", "one", "rest"] if "rcpt" in condition else ["rest"] * 3)


def test_recipients_that_differ_fall_into_groups_of_their_own():
    before = [("a", ACCEPT), ("a", ACCEPT), ("a", ACCEPT), ("b", REJECT)]
    after = [("a", ACCEPT), ("a", REJECT), ("a", REJECT), ("c", REJECT)]
    assert changes(before, after, ("w", "x", "y", "z")) == {
        Change("a", "accept", "a", "reject"): (2, "x"),
        Change("b", "reject", "c", "reject"): (1, "z"),
    }
    assert changes(before, before, "wxyz") == {}


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (message(), ""),
        (message(numbers=(-1, -1)), "never judged"),
        (message(numbers=()), "never judged"),
        (message(rule="mail loop"), "mail loop"),
        (message(rule="released 20261122T1-0a"), "released"),
        (message(rule="releasedly"), ""),
        # What the next hop refuses, and what could not be stripped, the policy decided.
        (message(rule="refused by the next hop"), ""),
    ],
)
def test_what_pratique_decides_is_left_out(one, why):
    assert why_left_out(one) == why


def test_a_whole_policy_in_the_shadow_is_a_side(journal, old, new):
    entry = journal.message("script", policy=old, shadow=new)
    one = message()
    one.shadowed = entry.shadowed
    assert [rule for rule, _ in by_shadow(one)] == ["program"]


def test_an_example_says_whom_it_was_from_and_about_what():
    example = example_of(message())
    assert (example.id, example.reverse_path, example.subject) == ("Q1", "ann@a.example", "hello")
