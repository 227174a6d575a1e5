"""Try how a policy decides: from the top, once for each recipient, and never by silence."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.policies.language import vocabulary
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action, HeaderField, Note
from pratique.policies.written.problem import PolicyError
from pratique.scanners import facts_pb2 as facts

NOBODY = facts.Recipient()
IN_SHADOW = "mode = 'shadow'"


def script():
    return facts.Facts(parts=[facts.Part(id=1, kind="script", name="a.vbs")])


@pytest.fixture
def load(around):
    return lambda *rules: Policy.load(around(*rules), "p.toml")


def test_the_first_rule_that_holds_decides(load, rule):
    policy = load(
        rule("bounce.claimed", name="one", actions='["defer"]'),
        rule('any_kind("script")', name="two", actions='["discard"]'),
        rule("parts.size() > 0", name="three"),
    )
    verdict = policy.decide(script(), NOBODY)
    assert (verdict.action, verdict.rule, verdict.reason) == (Action.DISCARD, "two", "because")
    assert policy.decide(facts.Facts(), NOBODY).rule == "all other mail"


def test_what_a_rule_only_states_goes_out_with_the_verdict_of_another(load, rule):
    policy = load(
        rule("parts.size() > 0", name="n", actions='["note", { add_header = "X-A: 1" }]'),
        rule("bounce.claimed", name="silent", actions='["note"]'),
        rule('any_kind("script")', name="r", actions='["reject", { add_header = "X-B: 2" }]'),
    )
    verdict = policy.decide(script(), NOBODY)
    assert verdict.rule == "r"
    assert verdict.notes == (Note("n", "because"),)
    assert verdict.add_header == (HeaderField("X-A", "1"), HeaderField("X-B", "2"))


def test_the_fields_of_a_rule_that_decided_above_do_not_come_from_below(load, rule):
    policy = load(
        rule('any_kind("script")', name="r"),
        rule("parts.size() > 0", name="n", actions='["note", { add_header = "X-A: 1" }]'),
    )
    assert policy.decide(script(), NOBODY).add_header == ()


def test_a_condition_without_an_answer_holds_the_message(load, rule):
    policy = load(rule("parts[0].id == 7", name="odd"), rule("parts.size() == 0", name="below"))
    verdict = policy.decide(facts.Facts(), NOBODY)
    assert (verdict.action, verdict.rule) == (Action.QUARANTINE, "odd")
    assert verdict.reason.startswith("the condition could not be evaluated: ")
    assert verdict.failures


def test_a_condition_without_an_answer_below_the_one_that_decides_is_not_asked(load, rule):
    policy = load(rule("parts.size() == 0", name="above"), rule("parts[0].id == 7", name="odd"))
    assert policy.decide(facts.Facts(), NOBODY).rule == "above"


def test_a_message_that_exhausts_a_condition_is_held(load, rule):
    policy = load(rule('parts.exists(p, parts.exists(q, q.name == p.name + "x"))'))
    many = facts.Facts(parts=[facts.Part(id=each, name=str(each)) for each in range(200)])
    verdict = policy.decide(many, NOBODY)
    assert verdict.action is Action.QUARANTINE
    assert "budget" in verdict.failures[0]


def test_each_recipient_has_a_verdict_of_its_own(load, rule, rcpt):
    policy = load(
        rule('rcpt.domain == "a.example" && any_kind("script")', name="a"),
        rule('any_kind("script")', name="rest", actions='["quarantine"]'),
    )
    recipients = [rcpt("x@a.example"), rcpt("x@b.example"), rcpt("y@A.example")]
    rules = [verdict.rule for verdict in policy.decide_all(script(), recipients)]
    assert rules == ["a", "rest", "a"]


def test_a_condition_that_fails_for_all_fails_for_each(load, rule, rcpt):
    policy = load(rule("parts[0].id == 7"))
    verdicts = policy.decide_all(facts.Facts(), [rcpt("a@b"), rcpt("c@d")])
    assert [verdict.action for verdict in verdicts] == [Action.QUARANTINE] * 2


def test_without_recipients_there_is_nothing_to_decide(load):
    assert load().decide_all(script(), []) == ()


def test_all_recipients_together_are_decided_as_each_alone(load, rule, rcpt):
    policy = load(
        rule('rcpt.address.startsWith("a")', name="a", actions='["note"]'),
        rule('rcpt.domain == "b" || any_kind("image")', name="b", actions='["defer"]'),
    )
    recipients = [rcpt(f"{who}@{where}") for who in "ac" for where in "bd"]
    together = policy.decide_all(script(), recipients)
    assert together == tuple(policy.decide(script(), each) for each in recipients)


def test_the_hash_is_of_all_that_decides(around, rule):
    text = around(rule("bounce.claimed"))
    policy = Policy.load(text, "p.toml")
    assert policy.hash == hashlib.sha256(text.encode()).hexdigest()
    assert Policy.load(text, "elsewhere.toml").hash == policy.hash
    assert Policy.load(text + "# more\n").hash != policy.hash


def test_a_policy_with_a_problem_does_not_load(around, rule):
    with pytest.raises(PolicyError) as error:
        Policy.load(around(rule("mail.nope == 1"), rule("and", name="b")), "p.toml")
    first, second = error.value.problems
    assert (first.file, first.line, first.column) == ("p.toml", 3, 14)
    assert first.message == "no field `nope` in Mail"
    assert second.line > first.line


@pytest.mark.parametrize("text", ["", "[[rule]", "[[rule]]\nname='a'\nwhen='bounce.claimed'\n"])
def test_what_is_no_policy_does_not_load(text):
    with pytest.raises(PolicyError):
        Policy.load(text)


# Whatever the facts are


def each_of(enum):
    return st.lists(st.sampled_from(vocabulary.words_of(enum.Word.DESCRIPTOR)), max_size=2)


PART = st.builds(
    facts.Part,
    id=st.integers(0, 9),
    kind=st.sampled_from(vocabulary.words_of(facts.Kinds.Word.DESCRIPTOR)),
    unopened=st.sampled_from(["", "", *vocabulary.words_of(facts.Unopened.Word.DESCRIPTOR)]),
    disguised=st.sampled_from([[], [], ["spaces"]]),
)


@st.composite
def messages(draw):
    known = facts.Facts(parts=draw(st.lists(PART, max_size=4)))
    known.limits.extend(facts.Limit(class_=word) for word in draw(each_of(facts.Limits)))
    known.failures.extend(facts.Failure(class_=word) for word in draw(each_of(facts.Failures)))
    known.findings.extend(facts.Finding(severity=word) for word in draw(each_of(facts.Severities)))
    known.bounce.claimed = draw(st.booleans())
    return known


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(messages())
def test_the_same_facts_give_the_same_verdict(default, known):
    again = facts.Facts.FromString(known.SerializeToString())
    assert default.decide(known, NOBODY) == default.decide(again, NOBODY)


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(messages(), st.randoms(use_true_random=False))
def test_the_order_of_parts_does_not_matter(default, known, shuffle):
    parts = list(known.parts)
    shuffle.shuffle(parts)
    turned = facts.Facts.FromString(known.SerializeToString())
    turned.ClearField("parts")
    turned.parts.extend(parts)
    assert default.decide(known, NOBODY) == default.decide(turned, NOBODY)


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(messages())
def test_a_rule_that_accepts_at_the_end_changes_nothing_above_it(default, default_text, known):
    end = default_text.rindex("[[rule]]\nname    = ")
    accept = "[[rule]]\nname='late'\nwhen='mail.size >= 0'\nactions=['accept']\n"
    longer = Policy.load(default_text[:end] + accept + default_text[end:])
    before, after = default.decide(known, NOBODY), longer.decide(known, NOBODY)
    if before.rule == "all other mail":
        assert (after.rule, after.action) == ("late", Action.ACCEPT)
    else:
        assert before == after


def received(year, known=None):
    known = known or script()
    known.envelope.received_at.FromDatetime(datetime(year, 1, 15, tzinfo=UTC))
    return known


def test_a_rule_past_its_end_is_as_if_it_were_not_there(load, rule):
    policy = load(rule('any_kind("script")', name="r", tail="until = 2027-01-15"))
    assert policy.decide(received(2026), NOBODY).rule == "r"
    assert policy.decide(received(2027), NOBODY).rule == "all other mail"
    # Nobody knows when it came: it holds.
    assert policy.decide(script(), NOBODY).rule == "r"


def test_a_rule_past_its_end_is_not_asked_so_it_has_no_failure(load, rule):
    policy = load(rule("parts[3].id == 1", name="odd", tail="until = 2027-01-15"))
    assert policy.decide(received(2026), NOBODY).failures
    assert policy.decide(received(2027), NOBODY).rule == "all other mail"


def test_a_rule_in_the_shadow_past_its_end_is_not_told(load, rule):
    tail = "until = 2027-01-15\nmode = 'shadow'"
    policy = load(rule('any_kind("script")', name="r", tail=tail))
    assert policy.decide(received(2026), NOBODY).shadows
    assert not policy.decide(received(2027), NOBODY).shadows


def test_a_rule_that_holds_for_all_mail_decides_the_same_each_time(load):
    policy = load()
    told = replace(policy.rules[-1], add_header=(HeaderField("X-A", "1"),), notify=("a@x",))
    policy = policy.with_rules([told])
    first, second = (policy.decide(known, NOBODY) for known in (script(), received(2026)))
    assert (first.rule, first.action) == ("all other mail", Action.ACCEPT)
    assert (first.add_header, [each.address for each in first.notices]) == (
        told.add_header,
        ["a@x"],
    )
    assert first == second


def test_a_rule_for_all_mail_that_has_an_end_decides_until_then(load):
    policy = load()
    last = policy.rules[-1]
    first = replace(last, name="r", until=datetime(2027, 1, 15, tzinfo=UTC))
    policy = policy.with_rules([first, last])
    decided = [policy.decide(received(year), NOBODY).rule for year in (2026, 2027, 2026)]
    assert decided == ["r", "all other mail", "r"]


def test_a_rule_for_all_mail_in_the_shadow_decides_nothing(load):
    policy = load()
    last = policy.rules[-1]
    first = replace(last, name="r", final=Action.REJECT, mode="shadow")
    for _ in range(2):
        verdict = policy.with_rules([first, last]).decide(script(), NOBODY)
        assert (verdict.action, [each.rule for each in verdict.shadows]) == (Action.ACCEPT, ["r"])


def test_what_a_rule_for_all_mail_changes_is_asked_of_each_message(load):
    policy = load()
    policy = policy.with_rules([replace(policy.rules[-1], rebuild=True)])
    assert [edit.action for edit in policy.decide(script(), NOBODY).edits] == ["rebuild"]


def test_a_reply_is_that_of_the_rule_that_decides(load, rule):
    policy = load(rule('any_kind("script")', name="r", tail="reply = '5.7.1 No scripts'"))
    assert policy.decide(script(), NOBODY).reply == "5.7.1 No scripts"
    assert policy.decide(facts.Facts(), NOBODY).reply == ""


def test_a_message_is_sent_elsewhere_by_a_rule_that_decides(load, rule):
    policy = load(rule('any_kind("script")', name="r", actions='[{ redirect = "a@x" }]'))
    verdict = policy.decide(script(), NOBODY)
    assert (verdict.action, verdict.redirect) == (Action.REDIRECT, "a@x")


def test_each_rule_that_is_read_and_holds_has_its_notices(load, rule):
    policy = load(
        rule("parts.size() > 0", name="n", actions='["note", { notify = "a@x" }]'),
        rule("bounce.claimed", name="silent", actions='["note", { notify = "b@x" }]'),
        rule("parts.size() > 0", name="try", actions='[{ notify = "c@x" }]', tail=IN_SHADOW),
        rule('any_kind("script")', name="r", actions='["reject", { notify = "d@x" }]'),
        rule("parts.size() > 0", name="below", actions='["reject", { notify = "e@x" }]'),
    )
    told = [(each.address, each.rule) for each in policy.decide(script(), NOBODY).notices]
    assert told == [("a@x", "n"), ("d@x", "r")]


def test_who_was_to_be_told_is_told_of_what_is_held_for_lack_of_an_answer(load, rule):
    policy = load(
        rule("parts.size() > 0", name="n", actions='["note", { notify = "a@x" }]'),
        rule("parts[3].id == 1", name="odd"),
    )
    verdict = policy.decide(script(), NOBODY)
    assert (verdict.rule, len(verdict.failures), len(verdict.notices)) == ("odd", 1, 1)


GROUP = "[[group]]\nname = 'board'\nmembers = ['ceo@a.example', '@board.example']\n"


def test_groups_of_a_policy_are_known_of_each_recipient(around, rule, rcpt):
    policy = Policy.load(GROUP + around(rule('"board" in rcpt.groups')))
    given = [rcpt("ceo@a.example"), rcpt("x@board.example"), rcpt("x@a.example")]
    verdicts = policy.decide_all(facts.Facts(), given)
    assert [each.rule for each in verdicts] == ["mine", "mine", "all other mail"]
    # What was handed in is as it was.
    assert [list(each.groups) for each in given] == [[], [], []]


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(messages())
def test_what_is_not_seen_is_never_accepted_by_silence(default, known):
    # Signatures that nobody looked at are proof that is missing, and no content that is.
    limits = [each for each in known.limits if each.class_ != "signatures"]
    unseen = limits or known.failures or any(part.unopened for part in known.parts)
    verdict = default.decide(known, NOBODY)
    assert not unseen or verdict.rule != "all other mail"
