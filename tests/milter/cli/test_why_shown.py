"""What `why` says: the rule with its condition, from the policy that decided."""

import hashlib
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from pratique.milter.cli.decided import Policies
from pratique.milter.cli.why_json import to_json
from pratique.milter.cli.why_shown import show
from pratique.milter.journal.entry import Entry, Kept, PolicyText
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, Edit, HeaderField, Note, Verdict
from pratique.scanners.facts_pb2 import Facts

TEXT = """\
# A policy.

[[rule]]
name = "program"
# Of any kind.
when = '''
any_kind("executable") &&
  mail.size > 0'''
actions = ["reject"]
reason = "no programs"

[[rule]]
name = "all other mail"
actions = ["accept"]
"""
POLICY = PolicyText("policy.toml", hashlib.sha256(TEXT.encode()).hexdigest(), TEXT)
REJECT = Verdict(Action.REJECT, "program", "no programs")
ACCEPT = Verdict(Action.ACCEPT, "all other mail", "")


@pytest.fixture
def policies(tmp_path):
    (tmp_path / "policy.toml").write_text(TEXT)
    return Policies(str(tmp_path / "policy.toml"))


def kept(verdicts=(REJECT,), *, recipients=1, **changed):
    facts = Facts()
    facts.mail.subject, facts.mail.message_id = "Your invoice", "<m@example.org>"
    facts.mail.header_anomalies.append("several_from")
    facts.parts.add(id=0, parent=-1, kind="message")
    facts.parts.add(id=1, parent=0, kind="executable", name="a.exe", unopened="pgp")
    facts.findings.add(scanner="yara", name="EICAR", severity="malicious", part=1)
    facts.ambiguities.add(class_="bad_base64", where="1", detail="junk")
    facts.limits.add(class_="depth", part=1, detail="deep")
    facts.failures.add(class_="worker", part=1, detail="died")
    facts.bounce.claimed = True
    facts.bounce.evidence.add(kind="automatic", weight=1.5, detail="auto-generated")
    facts.envelope.address_problems.add(address="a..b@x.example", detail="two dots")
    envelope = Envelope(
        queue_id="06G8ZQK3W5T00AB",
        received_at=datetime(2026, 11, 22, 12, tzinfo=UTC),
        reverse_path="ann@example.org",
        recipients=tuple(Forward(f"r{number}@example.net") for number in range(recipients)),
        client=Client("192.0.2.7", "mail.example.org", "helo.example.org"),
        door="smtp",
        authenticated="ann",
        mta_id="4gXyZ12345z1abc",
    )
    refused = Reply(550, ("5.7.1 Message refused by policy",))
    entry = Entry(
        envelope, facts, verdicts, "reject", "program", "refused", refused, 12.3, POLICY, "2026-a"
    )
    return Kept(replace(entry, **changed), "2026-11-22.sqlite3", 7, "plain")


def shown(one, policies, width=100):
    out = io.StringIO()
    show(Console(file=out, width=width, color_system=None), one, policies)
    return out.getvalue()


def words(text):
    return " ".join(text.split())


@pytest.mark.parametrize("width", [80, 120])
def test_how_it_came_and_what_became_of_it_is_said(policies, width):
    text = shown(kept(), policies, width)
    for said in (
        "06G8ZQK3W5T00AB 2026-11-22 12:00:00 UTC refused",
        "4gXyZ12345z1abc (mail server), 2026-a (quarantine)",
        "smtp, inbound, from mail.example.org [192.0.2.7], HELO helo.example.org",
        "login ann",
        "reverse-path <ann@example.org>",
        "recipients r0@example.net",
        "reject; the message was refused",
        "550 5.7.1 Message refused by policy (after 12.3 ms)",
        "subject Your invoice",
        "message-id <m@example.org>",
        "header several_from",
        "a..b@x.example: two dots",
    ):
        assert said in words(text)
    assert max(map(len, text.splitlines())) <= width


def test_the_rule_is_said_with_its_lines_and_its_condition(policies):
    text = words(shown(kept(), policies))
    assert "rule program (policy.toml, line 3, its `when` on line 6)" in text
    assert "reason no programs" in text
    assert 'when any_kind("executable") && mail.size > 0' in text


def test_the_last_rule_holds_for_all(policies):
    text = words(shown(kept((ACCEPT,), rule="all other mail", action="accept"), policies))
    assert "rule all other mail (policy.toml, line 12)" in text
    assert "always: it is the last rule" in text


def test_it_says_whether_the_policy_is_still_in_force(policies, tmp_path):
    assert f"policy.toml {POLICY.hash[:12]} (still what" in words(shown(kept(), policies))
    (tmp_path / "policy.toml").write_text(TEXT + "\n")
    later = Policies(policies.configured)
    assert "says something else by now" in words(shown(kept(), later, 300))
    (tmp_path / "policy.toml").unlink()
    gone = Policies(policies.configured)
    assert "cannot be read" in words(shown(kept(), gone, 300))


@pytest.mark.parametrize("rule", ["mail loop", "released 20261122T120000-0a0b0c0d", ""])
def test_what_no_rule_decided_is_said(policies, rule):
    text = words(shown(kept(rule=rule), policies))
    assert f"rule {rule or 'none'} (of Pratique itself" in text


@pytest.mark.parametrize("text", ["", "no TOML [", "rule = 1", "rule = [1]", "[rule]\nname = 1"])
def test_a_policy_whose_text_is_damaged_keeps_nothing_from_being_said(policies, text):
    damaged = PolicyText("", "cd" * 32, text)
    assert "reject; the message was refused" in words(shown(kept(policy=damaged), policies))


def test_recipients_with_other_verdicts_are_said_with_their_rules(policies):
    mixed = kept((ACCEPT,) * 6 + (REJECT,), recipients=7, action="quarantine", outcome="held")
    text = words(shown(mixed, policies))
    assert "r4@example.net and 1 more: accept, by the rule `all other mail`" in text
    assert "for r6@example.net: reject, by the rule `program`: no programs" in text


def test_where_all_have_the_verdict_that_was_carried_out_it_is_said_once(policies):
    assert " by the rule" not in words(shown(kept((REJECT,) * 3, recipients=3), policies))


def test_notes_and_added_fields_are_said(policies):
    noted = replace(
        REJECT, notes=(Note("odd", "looks odd"),), add_header=(HeaderField("X-A", "b"),)
    )
    text = words(shown(kept((noted,) * 2, recipients=2), policies))
    assert text.count("noted by the rule `odd`: looks odd") == 1
    assert "adds X-A: b" in text


def test_what_was_seen_is_shown_as_inspect_shows_it(policies):
    text = shown(kept(), policies)
    for said in (
        "a.exe",
        "unopened: pgp",
        "malicious EICAR",
        "ambiguous bad_base64 at 1: junk",
        "limit depth at part 1: deep",
        "failure worker at part 1: died",
        "automatic",
    ):
        assert said in text


def test_a_message_that_was_never_judged_is_shown_too(policies):
    unseen = kept((), facts=Facts(), rule="", action="defer", outcome="deferred")
    assert "defer; the message was deferred" in words(shown(unseen, policies))
    assert to_json(unseen, policies)["recipients"] == [
        {"address": "r0@example.net", "action": "", "rule": ""}
    ]


def test_an_unknown_and_a_null_reverse_path_are_told_apart(policies):
    for path, said in ((None, "reverse-path unknown"), ("", "reverse-path <>")):
        one = kept(envelope=replace(kept().entry.envelope, reverse_path=path))
        assert said in words(shown(one, policies))


def test_hashes_are_explained(policies):
    assert "begins with #" in shown(replace(kept(), privacy="hashed"), policies)
    assert "begins with #" not in shown(kept(), policies)


def test_what_was_changed_is_told_with_its_rule(policies):
    edit = Edit("strip", "a rule", "no programs", (1,))
    changed = kept((replace(ACCEPT, edits=(edit,)), replace(ACCEPT, edits=(edit,))), recipients=2)
    (told,) = to_json(changed, policies)["edits"]
    assert (told["action"], told["parts"]) == ("strip", [1])
    out = io.StringIO()
    show(Console(file=out, width=100, color_system=None), changed, policies)
    assert "strip, by the rule `a rule`: no programs" in out.getvalue()


def test_where_recipients_differ_it_says_what_came_of_it_for_each(policies):
    one = kept(
        (REJECT, ACCEPT, ACCEPT),
        recipients=3,
        action="quarantine",
        outcome="split",
        outcomes=("held", "delivered", "held"),
    )
    said = shown(one, policies)
    assert "quarantine; the message was split" in said
    assert "r0@example.net: reject, by the rule `program`: no programs; held" in said
    assert "r1@example.net: accept, by the rule `all other mail`; delivered" in said
    assert "r2@example.net: accept, by the rule `all other mail`; held" in said
    assert [each["outcome"] for each in to_json(one, policies)["recipients"]] == [
        *("held", "delivered", "held")
    ]
    assert "outcome" not in to_json(kept(), policies)["recipients"][0]
