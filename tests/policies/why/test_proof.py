"""Ask conditions piece by piece: the pieces come to what the whole answers."""

import pytest

from pratique.milter import policy_file
from pratique.policies.checks.unseen import RECIPIENT, ordinary_and_unseen
from pratique.policies.danger import reduce
from pratique.policies.language.clauses import clause_of
from pratique.policies.language.condition import Condition
from pratique.policies.policy import Policy
from pratique.policies.trials.trial import run
from pratique.policies.why.proof import Answer, Asking, failing, prove
from pratique.scanners.facts_pb2 import Facts

NO_ANSWER = 'envelope.macros["x"] == "y"'
ODD = (
    "mail.size > 0 && (bounce.claimed || !bounce.verified)",
    "!(mail.size > 0) || !!bounce.claimed",
    f"{NO_ANSWER} && bounce.claimed",
    f"bounce.claimed && {NO_ANSWER}",
    f"{NO_ANSWER} || mail.size >= 0",
    f"mail.size < 0 || ({NO_ANSWER} && true)",
    f"!({NO_ANSWER})",
    f"({NO_ANSWER} ? bounce.claimed : true) && mail.size >= 0",
    "(bounce.claimed ? mail.size > 0 : mail.size < 0) || false",
    'mail.subject == r"a && \\(b" || mail.subject == """x " || y""" && true',
    "mail.subject == 'a // b' // && false\n  || parts.exists(p, p.kind == \"text\" && p.id > 0)",
    'parts.all(p, p.kind != "script") && !parts.exists_one(p, p.kind == "text")',
    "[true, false][0] && {'a': true}['a']",
    "{'a': 1}['a'] == 1 && size(parts) + size(findings) > 1",
    "parts.filter(p, p.size > 1).size() == 0 && parts.map(p, p.id).exists(i, i == 1)",
    'any_kind(["text"]) && !any_name("(?i)[.]exe$")',
    "mail.size > 10KB || mail.size <= 1MB && true",
    "(((bounce.claimed)))",
    "parts[7].id == 7 || parts[0].id == 0",
    'rcpt.domain == "example.org" && !("board" in rcpt.groups)',
)


def facts_of_tests(policy):
    def seen(_):
        return Facts(parts=[{"id": 0, "parent": -1}])

    return [result.known for result in run(policy, seen)]


def answer(condition, known):
    return Asking.of(reduce(known), RECIPIENT).answer(condition)[0]


def joined(step):
    """What the leaves come to by CEL's rules alone, whatever was noted above them."""
    if step.kind == "leaf":
        return {Answer.TRUE: True, Answer.FALSE: False}.get(step.answer)
    answers = [joined(part) for part in step.parts]
    if step.kind == "not":
        return None if answers[0] is None else not answers[0]
    ends = step.kind == "or"
    if ends in answers:
        return ends
    return None if None in answers else not ends


@pytest.fixture(scope="module")
def messages(default, random_facts):
    witnesses = [case.known for case in ordinary_and_unseen()]
    return witnesses + facts_of_tests(default)[::3] + [random_facts(seed) for seed in range(20)]


def agrees(condition, known):
    step = prove(condition, Asking.of(reduce(known), RECIPIENT).loosely())
    whole = answer(condition, known)
    assert step.answer is whole
    assert joined(step) is {Answer.TRUE: True, Answer.FALSE: False}.get(whole)
    return step


@pytest.mark.slow
def test_pieces_of_the_shipped_policies_come_to_what_the_whole_answers(messages):
    files = [policy_file.find(name) for name in policy_file.shipped()]
    loaded = [Policy.load(found.text, found.name, found.beside) for found in files]
    rules = (rule for policy in loaded for rule in policy.rules if rule.condition is not None)
    for condition in {rule.condition.text: rule.condition for rule in rules}.values():
        for known in messages:
            step = agrees(condition, known)
            # It was not the whole as one leaf, which would agree with anything.
            assert step.kind == clause_of(condition.text).kind


@pytest.mark.slow
@pytest.mark.parametrize("text", ODD)
def test_pieces_of_odd_conditions_come_to_what_the_whole_answers(text, messages):
    condition = Condition.compile(text)
    for known in messages:
        agrees(condition, known)


def test_what_stands_behind_the_answer_is_not_asked():
    condition = Condition.compile("bounce.claimed && (mail.size > 0 || bounce.verified)")
    step = prove(condition, Asking.of(Facts(), RECIPIENT))
    assert [part.answer for part in step.walk()] == [
        Answer.FALSE, Answer.FALSE, *[Answer.NOT_ASKED] * 3,
    ]  # fmt: skip


def test_a_piece_without_an_answer_ends_nothing():
    known = Facts()
    step = prove(Condition.compile(f"{NO_ANSWER} && bounce.claimed"), Asking.of(known, RECIPIENT))
    assert [part.answer for part in step.parts] == [Answer.NONE, Answer.FALSE]
    assert (step.answer, step.why) == (Answer.FALSE, "")
    known.bounce.claimed = True
    step = prove(Condition.compile(f"{NO_ANSWER} && bounce.claimed"), Asking.of(known, RECIPIENT))
    assert step.answer is Answer.NONE
    assert "x" in step.why


def test_a_condition_past_its_budget_is_one_leaf_without_an_answer():
    known = Facts(parts=[{"id": number, "names": ["a"] * 8} for number in range(999)])
    ask = 'parts.exists(p, p.names.exists(n, n == "b"))'
    step = prove(Condition.compile(f"{ask} || {ask}"), Asking.of(known, RECIPIENT).loosely())
    assert (step.kind, step.answer) == ("leaf", Answer.NONE)
    assert "iteration" in step.why.lower()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mail.size == 0 && bounce.claimed && true", "bounce.claimed"),
        ("mail.size == 0 && (true && bounce.claimed)", "bounce.claimed"),
        ("bounce.claimed || bounce.verified", "bounce.claimed || bounce.verified"),
        ("!(mail.size == 0)", "!(mail.size == 0)"),
    ],
)
def test_of_a_rule_that_did_not_hold_the_smallest_piece_is_told(text, told):
    assert failing(prove(Condition.compile(text), Asking.of(Facts(), RECIPIENT))).text == told


def test_a_policys_lists_are_asked(around, rule):
    text = '[[list]]\nname = "a"\nkind = "domains"\nentries = ["b.example"]\n'
    text += 'owner = "ann@x.example"\nreason = "because"\n'
    when = 'in_list(mail.subject, "a") && mail.size == 0'
    policy = Policy.load(around(text, rule(when)))
    known = Facts(mail={"subject": "b.example"})
    step = prove(policy.rules[0].condition, Asking.of(known, RECIPIENT))
    assert [part.answer for part in step.parts] == [Answer.TRUE, Answer.TRUE]
