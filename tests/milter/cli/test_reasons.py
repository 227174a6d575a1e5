"""Explain by the policy of then, wherever it is kept, or by another one."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.cli.reasons import MOST_EXPLAINED, Then, policy_named, reasons_of
from pratique.milter.journal.entry import Entry, Kept, PolicyText
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.policy_file import find
from pratique.milter.versions import Versions
from pratique.policies.verdict import Action, Verdict
from pratique.policies.written.beside import hash_of
from pratique.scanners.facts_pb2 import Facts

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
RULE = """
[[rule]]
name = "large"
when = "mail.size > 5"
actions = ["reject"]
reason = "large"
"""
LAST = '[[rule]]\nname = "last"\nactions = ["accept"]\n'
REJECT = Verdict(Action.REJECT, "large", "large")


@pytest.fixture
def then(tmp_path):
    return Then(Versions(tmp_path / "policies"))


@pytest.fixture
def kept():
    def one(policy, verdicts=(REJECT,), privacy="plain"):
        recipients = tuple(Forward(f"r{number}@b.example") for number in range(len(verdicts)))
        envelope = Envelope("Q1", NOON, "a@b.example", recipients=recipients)
        facts = Facts(mail={"size": 9})
        reply = Reply(550, ("5.7.1 no",))
        entry = Entry(envelope, facts, verdicts, "reject", "large", "refused", reply, 1, policy)
        return Kept(entry, "2026-11-22.sqlite3", 1, privacy)

    return one


@pytest.fixture
def written(tmp_path):
    def one(text):
        (tmp_path / "policy.toml").write_text(text)
        return find(str(tmp_path / "policy.toml"))

    return one


def text_of(found):
    return PolicyText(found.name, hash_of(found.text, found.beside), found.text)


def test_a_policy_that_names_no_other_file_is_read_from_the_journal(then, kept, written):
    reasons = then.reasons(kept(text_of(written(RULE + LAST))))
    (one,) = reasons.each
    assert (one.explanation.deciding.rule.name, reasons.remarks) == ("large", ())
    assert one.recipients == ("r0@b.example",)
    assert [str(change.told) for change in one.counterfactual.found[0].changes] == [
        "`mail.size` were 5"
    ]


def test_one_that_names_others_is_read_from_where_versions_are_kept(then, kept, written):
    found = written(f'include = "default"\n{RULE}')
    then.versions.keep(found, NOON)
    (one,) = then.reasons(kept(text_of(found))).each
    assert one.explanation.deciding.rule.name == "large"


def test_what_is_not_kept_is_named(then, kept, written):
    found = written(f'include = "default"\n{RULE}')
    reasons = then.reasons(kept(text_of(found)))
    assert reasons.each == ()
    assert "names files that are not kept: default" in reasons.remarks[0]


@pytest.mark.parametrize(
    ("text", "said"), [("", "cannot be had"), ("[[rule]]\nname = 1\n", "none for this version")]
)
def test_a_policy_that_cannot_be_read_is_said_to_be_so(then, kept, text, said):
    reasons = then.reasons(kept(PolicyText("policy.toml", "ab" * 32, text)))
    assert (reasons.each, said in reasons.remarks[0]) == ((), True)


def test_another_policy_can_be_asked(then, kept, written):
    other = policy_named(str(written(RULE.replace("large", "other") + LAST).name))
    asked = replace(then, instead=other)
    (one,) = asked.reasons(kept(PolicyText("", "ab" * 32, ""))).each
    assert one.explanation.verdict.rule == "other"


def test_that_it_comes_out_otherwise_is_said(then, kept, written):
    was = Verdict(Action.REJECT, "gone", "")
    reasons = then.reasons(kept(text_of(written(RULE + LAST)), (was,)))
    assert reasons.remarks[-1].endswith("it comes out so:")
    assert len(reasons.each) == 1


def test_hashes_are_said_to_be_no_words(then, kept, written):
    reasons = then.reasons(kept(text_of(written(RULE + LAST)), privacy="hashed"))
    assert "keeps hashes instead of subjects" in reasons.remarks[0]


def test_a_message_that_was_never_judged_has_no_reasons(then, kept, written):
    reasons = then.reasons(kept(text_of(written(RULE + LAST)), ()))
    assert reasons.remarks == ("it was never judged",)


@pytest.mark.parametrize("more", [0, 1])
def test_recipients_with_one_verdict_are_explained_once(written, more):
    rules = "".join(
        RULE.replace("large", f"r{number}").replace(
            "mail.size > 5", f"rcpt.address == 'r{number}@b.example'"
        )
        for number in range(MOST_EXPLAINED - 1 + more)
    )
    policy = policy_named(written(rules + LAST).name)
    forwards = [Forward(f"r{number}@b.example") for number in range(MOST_EXPLAINED + 3)]
    reasons = reasons_of(policy, Facts(mail={"size": 9}), forwards)
    assert (len(reasons.each), reasons.more) == (MOST_EXPLAINED, more)
    assert reasons.each[0].recipients == ("r0@b.example",)


def test_that_a_policy_is_in_the_shadow_is_said(written):
    policy = policy_named(written(f'mode = "shadow"\n{RULE}{LAST}').name)
    reasons = reasons_of(policy, Facts(mail={"size": 9}), [Forward("")])
    assert reasons.each[0].explanation.verdict.action == "reject"
    assert "in the shadow" in reasons.remarks[0]


def test_pieces_that_rest_on_hashes_are_named_with_their_fields(then, kept, written):
    both = RULE.replace('"mail.size > 5"', """'mail.size > 5 && !mail.subject.contains("x")'""")
    text = text_of(written(both + LAST))
    found = then.reasons(kept(text, privacy="hashed"))
    assert found.hashed == {'mail.subject.contains("x")': ("mail.subject",)}
    assert then.reasons(kept(text)).hashed == {}


@pytest.mark.parametrize("rule", ["mail loop", "released 20261122T1"])
def test_what_no_policy_decided_is_said_to_be_so(then, kept, written, rule):
    one = kept(text_of(written(RULE + LAST)))
    reasons = then.reasons(replace(one, entry=replace(one.entry, rule=rule)))
    assert reasons.remarks == (f"Pratique itself decided: {rule}; by the policy it would be:",)
