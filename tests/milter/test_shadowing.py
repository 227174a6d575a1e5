"""A policy in the shadow says what it would have done, and whatever it does costs no message."""

import logging

import pytest

from pratique.milter import counters
from pratique.milter.shadowing import Shadowing
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action
from pratique.scanners.facts_pb2 import Facts, Recipient

POLICY = Policy.load('[[rule]]\nname = "all"\nactions = ["quarantine"]\nreason = "a trial"\n')


def failed():
    return counters.REGISTRY.get_sample_value("pratique_shadow_policy_total", {"result": "failed"})


def test_it_decides_for_each_recipient():
    two = [Recipient(address="a@example.net"), Recipient(address="b@example.net")]
    shadowed = Shadowing(POLICY).decided(Facts(), two)
    assert shadowed.policy == POLICY.hash
    assert [one.action for one in shadowed.verdicts] == [Action.QUARANTINE] * 2


def test_one_whose_mode_is_shadow_says_what_it_would_do():
    text = 'mode = "shadow"\n[[rule]]\nname = "all"\nactions = ["reject"]\nreason = "a trial"\n'
    shadowed = Shadowing(Policy.load(text)).decided(Facts(), [Recipient()])
    assert [one.action for one in shadowed.verdicts] == [Action.REJECT]


class Fails:
    name, hash = "broken.toml", "0" * 64

    def __init__(self, *errors):
        self.errors = list(errors)

    def as_enforced(self):
        return self

    def decide_all(self, known, recipients):
        raise self.errors.pop(0)


def test_an_error_of_its_own_is_counted_each_time_and_told_once_a_kind(caplog):
    shadowing = Shadowing(Fails(KeyError("x"), KeyError("y"), MemoryError()))
    before = failed() or 0
    with caplog.at_level(logging.ERROR):
        assert [shadowing.decided(Facts(), []) for _ in range(3)] == [None] * 3
    assert failed() == before + 3
    assert caplog.text.count("broken.toml, has failed; mail goes on without it") == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_the_end_of_the_process_is_no_error_of_its_own(error):
    with pytest.raises(error):
        Shadowing(Fails(error())).decided(Facts(), [])
