"""Try how rules of included policies are changed."""

from datetime import UTC, datetime

import pytest

from pratique.policies.policy import Policy
from pratique.policies.verdict import Action
from pratique.policies.written.beside import Beside
from pratique.policies.written.edits import Strip
from pratique.policies.written.overrides import MOST_OVERRIDES, carry_out
from pratique.policies.written.problem import PolicyError
from pratique.policies.written.reading import Reading

BASE = """
[[rule]]
name = "program"
when = 'any_kind("executable")'
actions = ["reject"]
reply = "5.7.1 No programs"
reason = "no programs"

  [[rule.test]]
  facts.parts = [{ kind = "executable" }]
  expect = "reject"

[[rule]]
name = "macros"
when = 'any_kind("document")'
actions = ["strip", "accept"]
strip = ["document"]
reason = "no documents"

[[rule]]
name = "all other mail"
actions = ["accept"]
"""
TOP = 'include = "base"\n'
TEST = '\n[[override.test]]\nfacts.parts = [{ kind = "script" }]\nexpect = "quarantine"\n'


def load(text, base=BASE, **policies):
    return Policy.load(TOP + text, "p.toml", Beside({"base": base, **policies}))


def rule_of(policy, name="program"):
    return next(each for each in policy.rules if each.name == name)


def override(text, rule="program"):
    return f'[[override]]\nrule = "{rule}"\n{text}\n'


def told(text, base=BASE):
    with pytest.raises(PolicyError) as error:
        load(text, base)
    return [
        (each.file, each.line, each.column, each.message, each.hint)
        for each in error.value.problems
    ]


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("mode = 'shadow'", "mode", "shadow"),
        ("until = 2027-01-15", "until", datetime(2027, 1, 15, tzinfo=UTC)),
        ("reason = 'else'", "reason", "else"),
        ("reply = '5.7.1 Not here'", "reply", "5.7.1 Not here"),
    ],
)
def test_a_key_takes_the_place_of_the_included_one_and_all_else_stays(text, name, value):
    policy = load(override(text))
    rule, plain = rule_of(policy), rule_of(load(""))
    assert getattr(rule, name) == value
    kept = {"condition", "final", "line", "file", "mode", "until", "reason", "reply"} - {name}
    assert {key: getattr(rule, key) for key in kept} == {key: getattr(plain, key) for key in kept}
    # Its tests are those that it came with.
    assert (len(rule.tests), rule.changed_in, policy.owns(rule)) == (1, "", False)


def test_who_changes_what_a_rule_asks_has_tests_of_his_own():
    policy = load(override("""when = 'any_kind("script")'\nactions = ['quarantine']""" + TEST))
    rule = rule_of(policy)
    assert rule.condition.text == 'any_kind("script")'
    assert (rule.final, rule.reply, rule.reason) == (Action.QUARANTINE, "", "no programs")
    assert [(each.expect, each.file, each.line) for each in rule.tests] == [
        ("quarantine", "p.toml", 6)
    ]
    assert (rule.file, rule.changed_in, policy.owns(rule)) == ("base", "p.toml", True)


@pytest.mark.parametrize("text", ["when = 'bounce.claimed'", "actions = ['quarantine']"])
def test_the_tests_of_another_rule_are_dropped(text):
    assert rule_of(load(override(text))).tests == ()


def test_a_reply_that_fits_stays_with_other_actions():
    rule = rule_of(load(override("actions = ['reject', { notify = 'a@x' }]")))
    assert (rule.reply, rule.notify) == ("5.7.1 No programs", ("a@x",))


def test_what_is_taken_out_goes_with_the_action():
    assert rule_of(load(override("actions = ['quarantine']", "macros")), "macros").strip is None
    rule = rule_of(load(override("actions = ['strip', 'accept', 'rebuild']", "macros")), "macros")
    assert rule.strip == Strip(frozenset({"document"}))
    rule = rule_of(load(override("strip = ['script']", "macros")), "macros")
    assert rule.strip == Strip(frozenset({"script"}))


def test_what_was_known_to_be_forgeable_is_said_anew():
    base = BASE.replace('reply = "5', 'forgeable = true\nreply = "5')
    assert rule_of(load(override("mode = 'shadow'"), base)).forgeable
    assert not rule_of(load(override("when = 'bounce.claimed'"), base)).forgeable


@pytest.mark.parametrize(
    ("text", "place", "said", "hint"),
    [
        (override("mode = 'off'"), (4, 8), "`off` is no mode", "shadow"),
        (override("when = 'mail.sizes > 1'"), (4, 14), "no field `sizes`", "size"),
        (override("actions = ['rejct']"), (4, 12), "unknown action `rejct`", "`reject`"),
        (override("reply = '4.7.1 no'"), (4, 9), "does not go with `reject`", "`5.7.1`"),
        (override("reply = '4.7.1 no'\nactions = ['defer']\nwehn = 1"), (6, 1), "`wehn`", "`when`"),
        (override("test = [{ facts = {}, expect = 'x' }]"), (4, 32), "`x` is no action", "one of"),
        (override("reason = ''"), (4, 1), "has no reason", "postmaster"),
        (override("name = 'x'"), (4, 1), "`name` cannot be overridden", "`rule`"),
        (override("include = 'x'"), (4, 1), "`include` in an override", "at the top"),
        (override(""), (2, 1), "changes nothing", "leave the override out"),
        ("[[override]]\nmode = 'shadow'\n", (2, 1), "names no rule", "write `rule ="),
        ("[[override]]\nrule = ''\nmode = 'shadow'\n", (3, 8), "names no rule", "name of a rule"),
        ("[[override]]\nrule = 3\nmode = 'shadow'\n", (3, 8), "`rule` is a number", 'rule = "'),
        ("[override]\nrule = 'program'\n", (2, 1), "no list of tables", "[[override]]"),
        (override("mode = 'shadow'", "progam"), (3, 8), "has a rule `progam`", "`program`?"),
        (override("mode = 'shadow'", "xyzzy"), (3, 8), "has a rule `xyzzy`", "one of `program`"),
        (override("when = 'bounce.claimed'", "all other mail"), (2, 1), "has a `when`", "last one"),
        (override("mode = 'shadow'", "all other mail"), (4, 1), "the last rule has `mode`", "out"),
    ],
)
def test_what_is_wrong_is_told_where_it_is_said(text, place, said, hint):
    ((file, line, column, message, hinted),) = told(text)
    assert said in message
    assert hint in hinted
    assert (file, line, column) == ("p.toml", *place)


def test_tests_alone_take_the_place_of_those_that_came_with_the_rule():
    policy = load(override("") + TEST.replace("quarantine", "accept"))
    rule = rule_of(policy)
    assert (rule.condition.text, [each.expect for each in rule.tests]) == (
        'any_kind("executable")',
        ["accept"],
    )
    assert policy.owns(rule)


@pytest.mark.parametrize(("number", "problems"), [(MOST_OVERRIDES, 0), (MOST_OVERRIDES + 1, 1)])
def test_there_is_a_largest_number_of_overrides(number, problems):
    reading = Reading("p.toml", '[[override]]\nrule = "x"\nmode = "shadow"\n' * number)
    carry_out(reading)
    told = [each.line for each in reading.problems if "more than" in each.message]
    assert told == [3 * MOST_OVERRIDES + 1] * problems


def test_two_overrides_of_one_rule_are_told():
    ((_, line, _, message, hint),) = told(override("mode = 'shadow'") + override("reason = 'x'"))
    assert (line, message) == (6, "`program` is overridden on line 2 too")
    assert "in one" in hint


def test_a_rule_of_ones_own_is_changed_where_it_stands():
    own = "[[rule]]\nname = 'mine'\nwhen = 'bounce.claimed'\nactions = ['accept']\n"
    ((_, line, _, _, hint),) = told(override("mode = 'shadow'", "mine") + own)
    assert (line, hint) == (3, "it stands in this file: change it there")


def test_where_nothing_is_included_nothing_is_overridden():
    with pytest.raises(PolicyError) as error:
        Policy.load(override("mode = 'shadow'") + BASE)
    (problem,) = error.value.problems
    assert "stands in this file" in problem.hint
    with pytest.raises(PolicyError) as error:
        Policy.load(override("mode = 'shadow'", "x") + BASE)
    assert "no policy is included" in error.value.problems[0].hint


def test_who_includes_last_has_the_last_word():
    middle = 'include = "inner"\n' + override("mode = 'shadow'\nreason = 'middle'")
    policy = load(override("reason = 'outer'"), middle, inner=BASE)
    rule = rule_of(policy)
    assert (rule.mode, rule.reason, rule.file) == ("shadow", "outer", "inner")


def test_a_mistake_of_an_override_in_between_is_told_there():
    middle = 'include = "inner"\n' + override("mode = 'off'")
    with pytest.raises(PolicyError) as error:
        load(override("reason = 'outer'"), middle, inner=BASE)
    (problem,) = error.value.problems
    assert (problem.file, problem.line) == ("base", 4)
    assert load(override("mode = 'shadow'"), middle, inner=BASE)


def test_a_complaint_about_a_changed_rule_as_a_whole_stands_at_its_override():
    text = override("when = 'bounce.claimed'")
    reading = Reading("p.toml", TOP + text, beside=Beside({"base": BASE}))
    assert Policy.read(reading)
    one, path = reading.places["program"]
    one.say_key(path, "the rule has no test")
    one.say((*path, "actions"), "as it was")
    assert [(each.file, each.line) for each in reading.problems] == [("p.toml", 2), ("base", 5)]
