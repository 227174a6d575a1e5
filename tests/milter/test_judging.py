"""What was seen is judged: with all evidence of a bounce added up."""

from dataclasses import replace

import pytest

from pratique.milter.judging import judge, weigh
from pratique.milter.shadowing import Shadowing
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action
from pratique.scanners.facts_pb2 import Evidence, Facts

HEAVY = """
[[rule]]
name = "genuine"
when = "bounce.weight > 4.0"
actions = ["accept"]

[[rule]]
name = "rest"
actions = ["quarantine"]
reason = "held"
"""


@pytest.mark.parametrize(("weights", "told"), [((10.0, -5.0), 5.0), ((-3.0,), -3.0), ((), 0.0)])
def test_the_weights_of_all_evidence_are_added_up(weights, told):
    seen = Facts()
    seen.bounce.evidence.extend(Evidence(weight=one) for one in weights)
    weigh(seen)
    weigh(seen)
    assert seen.bounce.weight == told


def test_where_there_is_no_bounce_nothing_is_said_of_one():
    seen = Facts()
    weigh(seen)
    assert not seen.HasField("bounce")


def test_a_rule_can_ask_for_the_sum(envelope):
    seen = Facts(envelope=envelope.to_facts())
    policy = Policy.load(HEAVY)
    assert judge(seen, envelope, policy).verdicts[0].action is Action.QUARANTINE
    seen.bounce.evidence.extend([Evidence(weight=3.0), Evidence(weight=1.5)])
    assert judge(seen, envelope, policy).verdicts[0].action is Action.ACCEPT


def test_a_policy_in_the_shadow_judges_the_same_and_decides_nothing(envelope):
    seen = Facts(envelope=envelope.to_facts())
    seen.bounce.evidence.extend([Evidence(weight=4.5)])
    two = replace(envelope, recipients=envelope.recipients * 2)
    other = Policy.load(HEAVY.replace("> 4.0", "> 4.9"))
    alone = judge(Facts.FromString(seen.SerializeToString()), two, Policy.load(HEAVY))
    both = judge(seen, two, Policy.load(HEAVY), Shadowing(other))
    assert alone.shadowed is None
    assert both.verdicts == alone.verdicts
    assert both.shadowed.policy == other.hash
    assert {one.action for one in both.shadowed.verdicts} == {Action.QUARANTINE}
    assert len(both.shadowed.verdicts) == len(two.recipients)
