"""Try which orders of a policy are told that the configured doors cannot carry out."""

from pathlib import Path

import pytest

from pratique.milter.assembly import policy_text_of
from pratique.milter.can_do import Doors, check
from pratique.milter.config import parse
from pratique.milter.policy_file import PolicyFile
from pratique.policies.written.problem import PolicyError

QUEUE = "[[listener]]\nname = 'after'\nreply = 'queue'\naddress = '127.0.0.1:10026'\n"
SENDER = "[[listener]]\nname = 'mx'\nreply = 'sender'\naddress = '127.0.0.1:10025'\n"
NOTICES = "[notices]\naddresses = ['security@our.example']\nredirect_to = ['box@our.example']\n"
LAST = "[[rule]]\nname = 'last'\nactions = ['accept']\n"


def rule(actions, more="", name="r"):
    return (
        f"[[rule]]\nname = '{name}'\nwhen = 'any_name(\"{name}\")'\nreason = 'why'\n"
        f"actions = [{actions}]\n{more}"
    )


def told(rules, settings):
    found = PolicyFile("p.toml", f"{rules}\n{LAST}", Path())
    return [
        (each.line, each.column, each.severity, each.message)
        for each in check(found, parse(settings, "pratique.toml"))
    ]


def test_addresses_that_are_listed_are_no_problem():
    rules = rule("'reject', { notify = 'Security@our.example' }") + rule(
        "{ redirect = 'box@our.example' }", name="other"
    )
    assert told(rules, SENDER + NOTICES) == []


@pytest.mark.parametrize(
    ("actions", "column", "message"),
    [
        ("'reject', { notify = 'box@our.example' }", 33, "`notify` to box@our.example, which"),
        ("{ redirect = 'security@our.example' }", 25, "`redirect` to security@our.example, which"),
    ],
)
def test_an_address_that_is_not_listed_is_an_error_at_its_place(actions, column, message):
    ((line, there, severity, said),) = told(rule(actions), SENDER + NOTICES)
    assert (line, there, severity) == (5, column, "error")
    assert said.startswith(message)


def test_a_misspelt_address_is_told_with_the_right_one():
    found = PolicyFile("p.toml", rule("'note', { notify = 'securty@our.example' }") + LAST, Path())
    (problem,) = check(found, parse(SENDER + NOTICES, "x"))
    assert problem.hint == "did you mean `security@our.example`?"


def test_behind_a_queue_what_is_held_instead_is_one_warning_for_all_rules():
    rules = "".join(rule("'reject'", name=f"r{number}") for number in range(6))
    ((line, _, severity, message),) = told(rules, QUEUE)
    assert (line, severity) == (5, "warning")
    assert message == "at `after` `reject` is held instead: `r0`, `r1`, `r2`, `r3` and 2 more"


def test_a_reply_that_nobody_hears_is_a_warning_where_all_doors_are_behind_a_queue():
    rules = rule("'defer'", "reply = '4.7.1 later'\n")
    messages = [each[3] for each in told(rules, QUEUE)]
    assert "at `after` nobody hears a `reply`: `r`" in messages
    assert not any("reply" in each[3] for each in told(rules, QUEUE + SENDER))


def test_where_senders_hear_the_reply_all_is_done_as_written():
    assert told(rule("'reject'", "reply = '5.7.1 no'\n") + rule("'defer'", name="d"), SENDER) == []


def test_a_rule_in_the_shadow_refuses_nothing():
    assert told(rule("'reject'", "mode = 'shadow'\n"), QUEUE) == []


def test_of_a_policy_that_is_broken_nothing_is_said():
    assert told("[[rule", SENDER) == []


def test_without_listeners_the_default_one_is_heard_by_its_sender():
    doors = Doors.of(parse("", "x"))
    assert doors.queue == ()
    assert len(doors.others) == 1


def test_nothing_starts_with_an_order_that_cannot_be_carried_out(tmp_path):
    path = tmp_path / "p.toml"
    unseen = (
        "[[rule]]\nname = 'unseen'\nreason = 'why'\nactions = ['quarantine']\n"
        'when = \'parts.exists(p, p.unopened != "") || '
        "ambiguities.size() + limits.size() + failures.size() > 0'\n"
    )
    path.write_text(unseen + rule("'note', { notify = 'a@b.example' }") + LAST, "utf-8")
    assert policy_text_of(str(path))
    with pytest.raises(PolicyError, match="notices"):
        policy_text_of(str(path), parse(SENDER + NOTICES, "x"))
    with pytest.raises(PolicyError, match="notices"):
        policy_text_of(str(path), parse(QUEUE, "x"))
