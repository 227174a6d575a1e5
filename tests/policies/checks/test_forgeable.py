"""Rules that whoever writes a known name opens, and what their author is told."""

import pytest

from pratique.policies.check import check
from pratique.policies.written.problem import render

AUTHOR = 'mail.header.from_.exists(f, f.domain == "b.example")'
PROVED = 'auth.authenticated_as.endsWith("@b.example")'
SAID = "forgeable = true"


@pytest.fixture
def problems(around, rule):
    def found(when, action="accept", tail=""):
        actions = action if action.startswith("[") else f'["{action}"]'
        return check(around(rule(when, actions=actions, tail=tail)))

    return found


def test_a_rule_that_lets_through_for_an_address_is_refused_with_what_is_right(
    problems, around, rule
):
    text = around(rule(f"mail.size > 3 && {AUTHOR}", actions='["accept"]'))
    (problem,) = check(text)
    assert (problem.line, problem.column) == (3, text.split("\n")[2].index("f.domain") + 1)
    assert "anybody can write this" in problem.message
    assert 'auth.authenticated_as == "' in problem.hint
    assert SAID in problem.hint
    assert "^" in render(problem, text)


def test_its_author_may_say_that_he_knows(problems):
    assert problems(AUTHOR, tail=SAID) == []


def test_it_is_no_list_where_it_asks_for_a_proof(problems):
    assert problems(PROVED) == []
    assert problems(f"{AUTHOR} && {PROVED}") == []


def test_a_proof_on_one_side_only_is_none(problems):
    assert len(problems(f"{AUTHOR} || {PROVED}")) == 1


@pytest.mark.parametrize("action", ["reject", "quarantine", "defer", "discard"])
def test_a_rule_that_is_severe_except_for_an_address_is_refused(problems, action):
    (problem,) = problems(f'any_kind("script") && !({AUTHOR})', action)
    assert "passes over it" in problem.message
    assert problems(f'any_kind("script") && !({AUTHOR})', action, SAID) == []
    assert problems(f'any_kind("script") && !({PROVED})', action) == []


@pytest.mark.parametrize("action", ["reject", "quarantine", "defer", "discard"])
def test_a_rule_that_is_severe_for_an_address_opens_nothing(problems, action):
    assert problems(AUTHOR, action) == []


def test_a_rule_that_accepts_except_for_an_address_opens_nothing(problems):
    assert problems(f"mail.size < 100 && !({AUTHOR})") == []


@pytest.mark.parametrize("actions", ['["note"]', '[{ add_header = "X-Ours: yes" }]', '["rebuild"]'])
def test_a_rule_that_decides_nothing_opens_nothing(around, actions):
    text = f"[[rule]]\nname = 'n'\nwhen = '{AUTHOR}'\nactions = {actions}\nreason = 'because'\n"
    assert check(around(text)) == []


@pytest.mark.parametrize("tail", ['strip = ["script"]', ""])
def test_a_rule_that_takes_parts_out_except_for_an_address_is_refused(problems, tail):
    actions = '["strip"]' if tail else '["rebuild"]'
    (problem,) = problems(f'any_kind("script") && !({AUTHOR})', actions, tail)
    assert "passes over it" in problem.message
    assert problems(f'any_kind("script") && !({PROVED})', actions, tail) == []


def test_what_asks_for_the_recipient_is_no_list_of_senders(problems):
    assert problems('rcpt.domain == "b.example"') == []


def test_a_name_that_others_can_have_as_well_is_told(problems):
    (problem,) = problems('auth.authenticated_as.endsWith("b.example")')
    assert "somebody else can have such a name" in problem.message
    assert '"@example.com"' in problem.hint


def test_a_signature_of_a_known_domain_must_be_a_right_one(problems):
    (problem,) = problems('auth.dkim.exists(d, d.domain == "b.example")')
    assert 'd.result == "pass"' in problem.hint


@pytest.mark.parametrize(
    ("when", "action"),
    [("bounce.claimed", "accept"), (PROVED, "accept"), (AUTHOR, "reject")],
)
def test_who_says_it_without_need_is_told(problems, when, action):
    (problem,) = problems(when, action, SAID)
    assert "is not needed" in problem.message
    assert problem.hint == "leave it out"


def test_the_last_rule_opens_nothing(around):
    text = around().replace('actions = ["accept"]', f'actions = ["accept"]\n{SAID}')
    (problem,) = check(text)
    assert "is not needed" in problem.message


def test_it_is_true_or_false(problems):
    (problem,) = problems(AUTHOR, tail='forgeable = "yes"')
    assert "is a text, not true or false" in problem.message


def test_false_says_nothing(problems):
    assert problems("bounce.claimed", tail="forgeable = false") == []
    assert len(problems(AUTHOR, tail="forgeable = false")) == 1


PARTNERS = """
[[list]]
name = "partners"
kind = "addresses"
entries = ["ann@b.example"]
owner = "o"
reason = "r"
"""
INTERNET = """
[[list]]
name = "internet"
kind = "networks"
entries = ["0.0.0.0/0"]
owner = "o"
reason = "r"
"""


@pytest.mark.parametrize(
    ("when", "word", "hint"),
    [
        (
            'in_list(envelope.reverse_path, "partners")',
            "envelope",
            'look for who it is proved to be: `in_list(auth.authenticated_as, "partners")`',
        ),
        (
            'mail.header.from_.exists(a, in_list(a.address, "partners"))',
            "a.address",
            '`in_list(auth.authenticated_as, "partners")`',
        ),
        ('in_list(envelope.client.ip, "internet")', "envelope", "a narrower entry"),
        ('cidr(envelope.client.ip, "0.0.0.0/0")', "envelope", "a narrower network"),
        ('domain_of(envelope.reverse_path) == "b.example"', "envelope", "auth.authenticated_as"),
    ],
)
def test_a_list_of_what_anybody_can_write_is_refused_with_what_is_right(
    around, rule, when, word, hint
):
    lists = [each for each in (PARTNERS, INTERNET) if each.split('"')[1] in when]
    text = around(*lists, rule(when, actions='["accept"]'))
    (problem,) = check(text)
    line = text.split("\n")[problem.line - 1]
    assert line[problem.column - 1 :].startswith(word)
    assert hint in problem.hint
    assert problem.hint.endswith("or say `forgeable = true`")
    assert check(around(*lists, rule(when, actions='["accept"]', tail=SAID))) == []


def test_a_list_of_who_is_proved_is_not(around, rule):
    when = 'in_list(auth.authenticated_as, "partners")'
    assert check(around(PARTNERS, rule(when, actions='["accept"]'))) == []
