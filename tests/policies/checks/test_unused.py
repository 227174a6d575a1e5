"""Try which lists and groups are told to be asked by no rule."""

import pytest

from pratique.policies.check import check

LIST = """
[[list]]
name    = "partners"
kind    = "addresses"
entries = ["a@b.example"]
owner   = "a@our.example"
reason  = "why"
"""
GROUP = """
[[group]]
name    = "board"
"""
ASKS = 'any_kind("script") && in_list(auth.authenticated_as, "partners")'


@pytest.mark.parametrize(
    ("declared", "when"),
    [
        (LIST, ASKS),
        (GROUP + "members = ['c@our.example']\n", 'bounce.claimed && "board" in rcpt.groups'),
        (LIST + GROUP + "list = 'partners'\n", 'bounce.claimed && "board" in rcpt.groups'),
    ],
)
def test_what_a_rule_asks_is_used(around, rule, declared, when):
    assert check(declared + around(rule(when))) == []


def test_a_condition_on_parts_asks_too(around, rule):
    hashes = LIST.replace("addresses", "hashes").replace("a@b.example", "0" * 64)
    stripped = rule("bounce.claimed", actions='["strip", "accept"]').replace(
        "[[rule.test]]", "strip_when = 'in_list(p.sha256, \"partners\")'\n[[rule.test]]"
    )
    assert check(hashes + around(stripped)) == []


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (LIST, "no rule asks for the list `partners`"),
        (GROUP + "members = ['c@our.example']\n", "no rule asks for the group `board`"),
    ],
)
def test_what_no_rule_asks_is_told_and_keeps_no_service_from_starting(around, declared, told):
    (problem,) = check(declared + around())
    assert (problem.message, problem.line) == (told, 3)
    assert check(declared + around(), demand_tests=False) == []
