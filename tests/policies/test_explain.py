"""Why a policy decides so: the rules that were asked, and what each answered."""

import pytest

from pratique.policies.checks.unseen import RECIPIENT
from pratique.policies.explain import Became, explain
from pratique.policies.policy import Policy
from pratique.policies.why.proof import Answer
from pratique.scanners.facts_pb2 import Facts, Recipient

LAST = "[[rule]]\nname = 'last'\nactions = ['accept']\n"


def written(name, when, actions="['reject']", more=""):
    return (
        f"[[rule]]\nname = '{name}'\nwhen = '{when}'\nactions = {actions}\nreason = 'r'\n{more}\n"
    )


def explained(*rules, known=None, top="", recipient=RECIPIENT):
    policy = Policy.load("\n".join([top, *rules, LAST]))
    return policy, explain(policy, known or Facts(mail={"size": 9}), recipient)


def became(found):
    return {asked.rule.name: asked.became for asked in found.rules}


def test_rules_are_told_down_to_the_one_that_decided():
    _, found = explained(
        written("a", "bounce.claimed"),
        written("b", "mail.size > 5", "['note']"),
        written("c", "mail.size > 6"),
        written("d", "mail.size > 7"),
    )
    assert became(found) == {"a": Became.SILENT, "b": Became.NOTED, "c": Became.DECIDED}
    assert (found.deciding.rule.name, found.deciding.proof.text) == ("c", "mail.size > 6")


def test_rules_in_the_shadow_are_told_apart():
    shadow = "mode = 'shadow'"
    _, found = explained(
        written("a", "bounce.claimed", more=shadow),
        written("b", "mail.size > 5", "['quarantine']", shadow),
        written("c", 'envelope.macros["x"] == "y"', more=shadow),
    )
    assert became(found) == {
        "a": Became.WOULD_NOT, "b": Became.WOULD, "c": Became.WOULD, "last": Became.DECIDED,
    }  # fmt: skip
    assert [asked.would for asked in found.rules] == ["", "quarantine", "quarantine", ""]
    assert found.rules[2].proof.answer is Answer.NONE
    assert found.rules[2].failure


def test_a_rule_past_its_end_was_not_asked():
    known = Facts(mail={"size": 9})
    known.envelope.received_at.FromJsonString("2027-01-15T00:00:00Z")
    rule = written("a", "mail.size > 5", more="until = 2027-01-15")
    assert became(explained(rule, known=known)[1]) == {"a": Became.PAST, "last": Became.DECIDED}
    known.envelope.received_at.seconds -= 1
    assert became(explained(rule, known=known)[1]) == {"a": Became.DECIDED}


def test_a_rule_without_an_answer_holds_the_message():
    _, found = explained(written("a", 'mail.size > 5 && envelope.macros["x"] == "y"'))
    assert (found.deciding.became, found.verdict.action) == (Became.NO_ANSWER, "quarantine")
    assert [part.answer for part in found.deciding.proof.parts] == [Answer.TRUE, Answer.NONE]


def test_groups_of_the_policy_are_the_recipients():
    top = '[[group]]\nname = "board"\nmembers = ["ceo@our.example"]\n'
    ceo = Recipient(address="ceo@our.example", domain="our.example")
    _, found = explained(written("a", '"board" in rcpt.groups'), top=top, recipient=ceo)
    assert found.deciding.rule.name == "a"
    assert [one.name for one in found.deciding.proof.told.listed] == ["board"]


def test_a_policy_in_the_shadow_is_explained_as_if_it_were_in_force():
    policy, found = explained(written("a", "mail.size > 5"), top="mode = 'shadow'\n")
    assert policy.decide(Facts(mail={"size": 9}), RECIPIENT).action == "accept"
    assert found.verdict.action == "reject"


def test_what_is_told_is_what_is_decided(default, random_facts):
    for seed in range(60):
        known = random_facts(seed)
        found, verdict = explain(default, known, RECIPIENT), default.decide(known, RECIPIENT)
        assert (found.verdict, found.deciding.rule.name) == (verdict, verdict.rule)
        proof = found.deciding.proof
        assert proof is None or proof.answer is (Answer.NONE if verdict.failures else Answer.TRUE)
        silent = [asked for asked in found.rules if asked.became is Became.SILENT]
        assert all(asked.proof.answer is Answer.FALSE for asked in silent)


@pytest.mark.parametrize("field", ["values", "elements"])
def test_of_rules_that_did_not_hold_only_answers_are_told(field):
    _, found = explained(written("a", "mail.size > 50"), written("b", "mail.size > 5"))
    assert getattr(found.rules[0].proof.told, field) == ()
    assert found.deciding.proof.told.values != ()
