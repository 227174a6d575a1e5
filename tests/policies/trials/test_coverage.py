"""Tell what the tests of a policy do not ask for: rules, and sides of their conditions."""

import pytest

from pratique.policies.policy import Policy
from pratique.policies.trials.coverage import coverage

SCRIPT = "[[rule.test]]\nfacts.parts = [{{ kind = 'script' }}]\n{}expect = '{}'\n"


def covered(text, name="mine"):
    found = coverage(Policy.load(text), {}.__getitem__)
    (one,) = (each for each in found.rules if each.rule.name == name)
    return one


@pytest.fixture
def gaps(rule, around):
    """What is missing of the rule and of each of its leaves."""

    def found(when, *tests):
        one = covered(around(rule(when, tail="".join(tests))))
        return one.missing, {leaf.text: leaf.missing for leaf in one.leaves if leaf.missing}

    return found


def test_a_rule_that_speaks_and_is_silent_is_covered(gaps):
    assert gaps('any_kind("script")', SCRIPT.format("", "reject")) == ("", {})


def test_a_rule_that_never_speaks_is_told(gaps):
    assert gaps('any_kind("script")') == ("never spoke", {'any_kind("script")': "never true"})


def test_a_rule_that_is_never_silent_is_told(gaps):
    assert gaps("parts.size() >= 0") == ("never silent", {"parts.size() >= 0": "never false"})


@pytest.mark.parametrize(
    ("size", "missing"),
    [
        ("", {"mail.size > 5": "never true", "mail.size < 9": "never reached"}),
        (
            "facts.mail = { size = 6 }\n",
            {"mail.size > 5": "never false", "mail.size < 9": "never false"},
        ),
        (
            "facts.mail = { size = 9 }\n",
            {"mail.size > 5": "never false", "mail.size < 9": "never true"},
        ),
    ],
)
def test_a_side_counts_where_it_is_reached(gaps, size, missing):
    test = SCRIPT.format(size, "reject" if "6" in size else "accept")
    assert gaps('any_kind("script") && mail.size > 5 && mail.size < 9', test)[1] == missing


def test_an_or_is_left_with_the_first_that_holds(gaps):
    test = SCRIPT.format("", "reject")
    assert gaps('any_kind("script") || mail.size > 5', test)[1] == {"mail.size > 5": "never true"}


def test_what_is_turned_round_counts_by_itself(gaps):
    assert gaps('!any_kind("text")', SCRIPT.format("", "reject")) == ("", {})


def test_a_rule_below_one_that_decides_is_not_reached(rule, around):
    first = rule('any_kind("script")', name="first", tail=SCRIPT.format("", "reject"))
    text = around(first, rule('any_kind("script")  ', name="mine"))
    text = text.replace('any_kind("script")  ', 'mail.size == 0 && any_kind("script")')
    one = covered(text)
    assert one.missing == "never spoke"
    assert [leaf.missing for leaf in one.leaves] == ["never false", "never true"]


def test_a_loop_is_one_leaf(gaps):
    when = 'parts.exists(p, p.kind == "script" && p.size > 5)'
    assert gaps(when, SCRIPT.format("", "accept"))[1] == {when: "never true"}


def test_a_condition_without_an_answer_is_on_no_side(gaps):
    assert gaps("parts[3].id == 1")[1] == {"parts[3].id == 1": "never reached"}


def test_numbers_of_a_whole_policy(rule, around):
    found = coverage(Policy.load(around(rule('any_kind("script")'))), {}.__getitem__)
    # The rule for the unseen speaks in its test, and is silent in that of the last one.
    assert (len(found.rules), found.covered) == (3, 2)
    assert (found.sides, found.sides_covered) == (2 + 4, 1 + 3)


def test_the_last_rule_need_not_be_silent(around):
    assert covered(around(), "all other mail").missing == ""


def test_a_rule_whose_time_is_over_is_not_reached(rule, around):
    past = "facts.envelope = { received_at = 2027-01-15T00:00:00Z }\n"
    text = around(rule('any_kind("script")', tail="until = 2027-01-15\n"))
    assert covered(text).missing == "never spoke"
    for known in ("facts.parts", "facts.limits"):
        text = text.replace(known, past + known)
    assert covered(text).missing == "never reached"


def test_groups_of_the_recipient_are_those_of_the_policy(rule, around):
    group = "[[group]]\nname = 'board'\nmembers = ['@our.example']\n"
    told = SCRIPT.format("recipient = 'ann@our.example'\n", "reject")
    text = around(group + rule('"board" in rcpt.groups && any_kind("script")', tail=told))
    leaves = covered(text).leaves
    assert [leaf.missing for leaf in leaves] == ["", "never false"]
