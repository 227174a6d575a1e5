"""What proves something, and what is used too often to."""

import pytest

from pratique.milter.lookups.bounces.proof import (
    AGE,
    MORE_USES,
    OWNER,
    RECIPIENT,
    WEAK,
    WEIGHTS,
    Found,
    judge,
)
from pratique.scanners import facts_pb2 as facts


def told(found, *uses):
    verdict = judge([(found, uses or [1] * len(found.limits))])
    return verdict.verified, {one.kind: one.weight for one in verdict.evidence}


def test_each_word_that_is_known_on_this_side_has_its_weight():
    words = {word for word, number in facts.EvidenceKinds.Word.items() if number >= 16}
    assert set(WEIGHTS) == words


def test_nothing_proves_nothing():
    assert judge([]).verified is False
    assert judge([]).evidence == ()


def test_what_fits_proves_it():
    assert told(Found("sent_message", "x", "x")) == (True, {"sent_message": 10.0})


@pytest.mark.parametrize("recipients", [0, 1, 30])
@pytest.mark.parametrize("more", [0, 1])
def test_a_proof_may_be_used_once_a_recipient_and_some_times_more(recipients, more):
    uses = MORE_USES + max(recipients, 1) + more
    found = Found("watermark", "x", "x", recipients)
    weak = {"watermark": WEAK, "replayed": 0.0}
    assert told(found, uses) == ((False, weak) if more else (True, {"watermark": 10.0}))


@pytest.mark.parametrize("fault", [OWNER, RECIPIENT])
def test_what_was_sent_by_or_to_somebody_else_proves_nothing(fault):
    assert told(Found("sent_message", "x", "x", fault=fault)) == (False, {})


def test_what_is_too_old_is_told_so():
    found = Found("sent_message", "sent 8 days ago", "x", fault=AGE)
    assert told(found) == (False, {"too_old": -1.0})


def test_one_proof_is_enough_and_each_kind_is_told_once():
    old, good = Found("watermark", "x", "x", fault=AGE), Found("sent_message", "y", "y")
    verdict = judge([(old, ()), (good, [1]), (good, [9])])
    assert verdict.verified
    kinds = [one.kind for one in verdict.evidence]
    assert kinds == ["too_old", "sent_message", "replayed"]
    assert {one.kind: one.weight for one in verdict.evidence}["sent_message"] == 10.0


def test_the_numbers_are_those_of_the_page():
    assert (MORE_USES, WEAK) == (5, 3.0)
    assert Found("watermark", "x", "x").limits == (("x", 6),)


def test_uses_of_one_recipient_are_counted_beside_those_of_all():
    one = Found("sent_message", "x", "key", 300, "who")
    assert one.limits == (("key", 305), ("key who", 6))
    assert Found("sent_message", "x", "key", 1, "who").limits == (("key", 6),)
    assert Found("watermark", "x", "key", 300).limits == (("key", 305),)
    assert told(one, 305, 6)[0]
    assert not told(one, 306, 1)[0]
    assert not told(one, 7, 7)[0]


def test_of_two_that_weigh_the_same_the_first_is_told():
    first, second = Found("sent_message", "a", "a"), Found("sent_message", "b", "b")
    (one,) = judge([(first, [1]), (second, [1])]).evidence
    assert one.detail == "a"
