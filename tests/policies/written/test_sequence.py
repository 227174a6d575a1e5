"""Try how rules are held against each other: their names and their order."""

import pytest

from pratique.policies.written.beside import Beside
from pratique.policies.written.includes import gather
from pratique.policies.written.reading import Reading
from pratique.policies.written.rules import read_rules


def rule(name, when="", actions='["reject"]', more=""):
    when = f"when = '{when}'\n" if when else ""
    return f"[[rule]]\nname = '{name}'\n{when}actions = {actions}\nreason = 'r'\n{more}\n"


def told(text, **policies):
    reading = Reading("p.toml", text, beside=Beside(policies=policies))
    assert gather(reading)
    read_rules(reading)
    return [(each.file, each.line, each.message, each.hint) for each in reading.problems]


LAST = rule("last", actions='["accept"]')
BODY = rule("first", "bounce.claimed")


def test_a_policy_of_one_text_ends_with_a_rule_for_all():
    assert told(BODY + LAST) == []


@pytest.mark.parametrize(
    ("text", "line", "said", "hint"),
    [
        (BODY, 1, "the last rule has a `when`", "add a last one"),
        (LAST + BODY + LAST.replace("last", "end"), 1, "rules below are never reached", "move it"),
        (
            rule("a", more="mode = 'shadow'") + LAST,
            1,
            "is no last one, for all that it is in the shadow",
            "give this rule a `when`",
        ),
        (BODY + rule("last", actions='["note"]'), 9, "the last rule decides nothing", "one of"),
        (BODY + rule("last", more="mode = 'shadow'"), 11, "the last rule has `mode`", "leave"),
        (BODY + rule("last", more="until = 2027-01-15"), 11, "the last rule has `until`", "leave"),
        (BODY + rule("first", "bounce.verified") + LAST, 8, "is the rule on line 1 too", "its own"),
    ],
)
def test_what_is_out_of_order_is_told_at_its_place(text, line, said, hint):
    ((file, at, message, hinted),) = told(text)
    assert said in message
    assert hint in hinted
    assert (file, at) == ("p.toml", line)


@pytest.mark.parametrize("more", ["mode = 'shadow'", "until = 2027-01-15"])
def test_a_rule_that_does_not_always_decide_hides_no_other(more):
    text = rule("a", "bounce.claimed", more=more) + rule("b", "bounce.claimed") + LAST
    assert told(text) == []


def test_the_last_rule_may_be_the_included_one():
    assert told('include = "base"\n' + BODY, base=rule("other", "bounce.verified") + LAST) == []


def test_a_policy_may_be_one_that_includes_and_nothing_more():
    assert told('include = "base"\n', base=BODY + LAST) == []


def test_ones_own_rule_may_stand_in_front_of_an_included_one_with_its_condition():
    own = rule("mine", "bounce.claimed", '["quarantine"]')
    assert told('include = "base"\n' + own, base=BODY + LAST) == []


def test_a_last_rule_of_ones_own_hides_what_is_included():
    ((file, line, message, hint),) = told('include = "base"\n' + LAST, base=rule("l"))
    assert (file, line) == ("p.toml", 2)
    assert "never reached" in message
    assert "leave this rule out: `base` has the last one" in hint


def test_an_included_last_rule_hides_what_is_included_after_it():
    text = 'include = ["one", "two"]\n' + BODY
    ((file, line, message, hint),) = told(text, one=LAST, two=rule("l"))
    assert (file, line) == ("p.toml", 1)
    assert message == "never reached: `one` ends with a rule for all mail"
    assert hint == "include `two` before it"


def test_an_included_text_without_a_last_rule_is_told_where_it_is_included():
    text = 'include = "one"\n' + BODY
    ((file, line, message, hint),) = told(text, one=rule("l", "bounce.verified"))
    assert (file, line) == ("p.toml", 1)
    assert "the last rule of `one` has a `when`" in message
    assert "add a last one" in hint


def test_a_part_of_a_policy_may_stand_before_the_one_with_the_last_rule():
    text = 'include = ["one", "two"]\n' + BODY
    assert told(text, one=rule("l", "bounce.verified"), two=LAST) == []


def test_a_rule_with_the_name_of_an_included_one_is_told_how_to_override():
    text = 'include = "base"\n' + rule("first", "bounce.verified")
    ((file, line, message, hint),) = told(text, base=BODY + LAST)
    assert (file, line) == ("p.toml", 3)
    assert message == "`first` is the rule on line 1 of `base` too"
    assert '[[override]] rule = "first"' in hint
