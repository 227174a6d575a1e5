"""What became of a message: the action is what was to be done, the outcome what came of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.became import Became
from pratique.milter.journal.entry import Shadowed
from pratique.milter.mail import Envelope
from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, Edit, HeaderField, Verdict
from pratique.scanners.facts_pb2 import Facts

ENVELOPE = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC))


@pytest.mark.parametrize(
    ("action", "code", "outcome"),
    [
        ("accept", 250, "delivered"),
        ("accept", 421, "deferred"),
        ("accept", 552, "refused"),
        ("quarantine", 250, "held"),
        ("quarantine", 452, "deferred"),
        ("discard", 250, "dropped"),
        ("reject", 554, "refused"),
        ("defer", 451, "deferred"),
    ],
)
def test_an_outcome_is_what_came_of_what_was_decided(action, code, outcome):
    reply = Reply(code, ("x",))
    assert Became(ENVELOPE, 1, 0.0, 0.0, Facts(), (), action, "", reply).outcome == outcome


@pytest.mark.parametrize(
    ("outcomes", "outcome", "differs"),
    [
        (("held",), "held", False),
        (("delivered", "delivered"), "delivered", False),
        (("delivered", "held"), "split", True),
        (("deferred", "delivered", "deferred"), "split", True),
    ],
)
def test_where_recipients_differ_it_was_split(outcomes, outcome, differs):
    reply = Reply(250, ("x",))
    became = Became(ENVELOPE, 1, 0.0, 0.0, Facts(), (), "quarantine", "", reply, outcomes=outcomes)
    assert (became.outcome, became.differs) == (outcome, differs)


ACCEPT = Verdict(Action.ACCEPT, "a", "b")
STRIP = Edit("strip", "c", "d", (2,))


@pytest.mark.parametrize(
    ("one", "other", "agrees"),
    [
        (ACCEPT, Verdict(Action.ACCEPT, "another rule", "of another reason"), True),
        (ACCEPT, replace(ACCEPT, failures=("x",), reply="5.7.1 x"), True),
        (ACCEPT, replace(ACCEPT, action=Action.QUARANTINE), False),
        (ACCEPT, replace(ACCEPT, edits=(STRIP,)), False),
        (ACCEPT, replace(ACCEPT, add_header=(HeaderField("X-A", "b"),)), False),
        (replace(ACCEPT, edits=(STRIP,)), replace(ACCEPT, edits=(replace(STRIP, rule="e"),)), True),
        (replace(ACCEPT, redirect="a@x.example"), replace(ACCEPT, redirect="b@x.example"), False),
    ],
)
def test_policies_agree_where_the_same_becomes_of_a_message(one, other, agrees):
    reply = Reply(250, ("x",))
    became = Became(
        *(ENVELOPE, 1, 0.0, 0.0, Facts(), (ACCEPT, one), "accept", "", reply),
        shadowed=Shadowed("0" * 64, (ACCEPT, other)),
    )
    assert became.agrees is agrees
