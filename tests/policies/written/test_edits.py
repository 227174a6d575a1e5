"""Which parts a rule takes out, and how the edits go out with a verdict."""

import pytest

from pratique.policies.check import check
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action, Edit
from pratique.scanners import facts_pb2 as facts

BY_KIND = 'strip = ["executable", "archive"]'
BY_NAME = "strip_when = 'p.name.endsWith(\".iso\") && mail.size > 10'"


@pytest.fixture
def decide(around, rule):
    """Decide on parts by one rule with these lines in it."""

    def decided(tail, *parts, actions='["strip", "accept"]', **known):
        text = around(rule("mail.size >= 0", actions=actions, tail=tail))
        whole = facts.Facts(parts=[facts.Part(parent=-1, kind="message"), *parts], **known)
        for number, part in enumerate(whole.parts):
            part.id = number
        return Policy.load(text).decide(whole, facts.Recipient())

    return decided


PARTS = (
    facts.Part(kind="multipart", name="a.iso"),
    facts.Part(kind="text"),
    facts.Part(kind="executable", parent=1),
    facts.Part(kind="other", name="b.iso", parent=1),
)


@pytest.mark.parametrize(
    ("tail", "size", "parts"),
    [
        (BY_KIND, 0, (3,)),
        (BY_NAME, 0, ()),
        (BY_NAME, 11, (4,)),
        (f"{BY_KIND}\n{BY_NAME}", 11, (3, 4)),
        ("strip_when = 'p.size >= 0'", 0, (2, 3, 4)),
        ("strip_when = 'findings.exists(f, f.part == p.id)'", 0, (2,)),
    ],
)
def test_parts_are_meant_by_their_kind_or_by_a_condition(decide, tail, size, parts):
    findings = [facts.Finding(part=2)]
    verdict = decide(tail, *PARTS, mail=facts.Mail(size=size), findings=findings)
    assert verdict.action is Action.ACCEPT
    assert verdict.edits == ((Edit("strip", "mine", "because", parts),) if parts else ())


def test_the_message_itself_is_no_part_to_be_taken_out(decide):
    assert decide('strip = ["message"]').edits == ()
    assert decide('strip = ["message"]', facts.Part(kind="message")).edits[0].parts == (1,)


def test_rebuild_is_an_edit_without_parts(decide):
    assert decide("", actions='["rebuild", "accept"]').edits == (
        Edit("rebuild", "mine", "because"),
    )


def test_an_edit_without_a_final_action_goes_out_with_what_decides(around, rule):
    first = rule("mail.size > 1", name="first", actions='["strip"]', tail=BY_KIND)
    second = rule("mail.size > 2", name="second", actions='["rebuild", "accept"]')
    third = rule("mail.size > 3", name="third")
    policy = Policy.load(around(first, third, second))

    def edits(size):
        known = facts.Facts(parts=[facts.Part(id=1, kind="archive")], mail=facts.Mail(size=size))
        return [(one.action, one.rule) for one in policy.decide(known, facts.Recipient()).edits]

    assert edits(1) == []
    assert edits(2) == [("strip", "first")]
    assert edits(3) == [("strip", "first"), ("rebuild", "second")]
    # What is refused is not changed.
    assert edits(4) == []


@pytest.mark.parametrize(
    ("tail", "kind", "held"),
    [(BY_KIND, "archive", True), (BY_KIND, "text", False), (BY_NAME, "text", True)],
)
def test_parts_that_are_only_counted_cannot_be_taken_out_so_the_message_is_held(
    decide, tail, kind, held
):
    left_out = facts.PartsLeftOut(total=1, by_kind={kind: 1})
    verdict = decide(tail, parts_left_out=left_out)
    assert (verdict.action is Action.QUARANTINE) is held
    assert any("too many parts" in one for one in verdict.failures) is held


def test_a_condition_on_a_part_that_has_no_answer_holds(decide):
    tail = "strip_when = 'p.names[3] == \"x\"'"
    assert decide(tail, facts.Part(kind="text")).action is Action.QUARANTINE


@pytest.mark.parametrize(
    ("tail", "said"),
    [
        ("strip = []", "`strip` is empty"),
        ("strip = [3]", "not a number"),
        ("strip_when = 3", "not a condition"),
        ("strip_when = 'p.size'", "a number, not true or false"),
        ("strip_when = 'rcpt.domain == p.name'", "rcpt"),
        ("strip_when = 'parts.exists(p, p.size > 1)'", "asks nothing of the part"),
        ("strip_when = 'p.names[3] == \"x\"'", "has no answer"),
    ],
)
def test_what_is_wrong_is_said(around, rule, tail, said):
    test = "[[rule.test]]\nfacts.mail = { size = 1 }\nexpect = 'accept'"
    text = around(rule("mail.size >= 0", actions='["strip", "accept"]', tail=f"{tail}\n{test}"))
    assert any(said in one.message for one in check(text))


@pytest.mark.parametrize(
    ("expected", "why"),
    [("", ""), ('["strip"]', ""), ("[]", "these edits: strip"), ('["rebuild"]', "edits: strip")],
)
def test_a_test_may_expect_edits(around, rule, expected, why):
    from pratique.policies.trials.trial import run

    line = f"expect_edits = {expected}" if expected else ""
    test = f"[[rule.test]]\nfacts.parts = [{{ kind = 'archive' }}]\nexpect = 'accept'\n{line}"
    tail = f"{BY_KIND}\n{test}"
    text = around(rule("mail.size >= 0", actions='["strip", "accept"]', tail=tail))
    result = next(iter(run(Policy.load(text), lambda path: facts.Facts())))
    assert why in result.why
    assert bool(why) is bool(result.why)
