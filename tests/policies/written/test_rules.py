"""Try how rules are read: what each comes to, and what is wrong with one that is refused."""

from datetime import UTC, datetime

import pytest

from pratique.policies.verdict import Action, HeaderField
from pratique.policies.written.reading import Reading
from pratique.policies.written.rules import MOST_RULES, read_rules


def read(text):
    reading = Reading("p.toml", text)
    return read_rules(reading), reading.problems


@pytest.mark.parametrize("action", [each for each in Action if each != Action.REDIRECT])
def test_each_final_action_is_read(around, rule, action):
    rules, problems = read(around(rule("bounce.claimed", actions=f'["{action}"]')))
    assert problems == []
    assert rules[0].final is action


def test_a_rule_that_only_states_has_no_final_action(around, rule):
    actions = '["note", { add_header = "X-A:  b c " }, { add_header = "X-D: e" }]'
    rules, problems = read(around(rule("bounce.claimed", actions=actions)))
    assert problems == []
    assert rules[0].final is None
    assert rules[0].add_header == (HeaderField("X-A", "b c"), HeaderField("X-D", "e"))


def test_a_final_action_takes_fields_with_it(around, rule):
    actions = '[{ add_header = "X-A: b" }, "accept"]'
    rules, _ = read(around(rule("bounce.claimed", actions=actions)))
    assert (rules[0].final, len(rules[0].add_header)) == (Action.ACCEPT, 1)


@pytest.mark.parametrize(
    ("actions", "said", "hint"),
    [
        ('["drop"]', "unknown action `drop`", "`discard`"),
        ('["Reject"]', "unknown action `Reject`", "`reject`"),
        ('["rejct"]', "unknown action `rejct`", "`reject`"),
        ('["xyzzy"]', "unknown action `xyzzy`", "one of accept"),
        ('["rebuild", "rebuild", "accept"]', "twice", "once"),
        ('["rebuild", "defer"]', "`rebuild` stands beside `defer`", '["rebuild", "accept"]'),
        ('["defang", "accept"]', "unknown action `defang`", "`strip`"),
        ('["accept", { strip = "exe" }]', "takes no value", '"strip"'),
        ('["reject", "accept"]', "`accept` stands beside `reject`", "one final"),
        ('["note", "reject"]', "goes on reading", "leave `note` out"),
        ('"reject"', "not a list", '["reject"]'),
        ("[]", "is empty", "one of accept"),
        ("[3]", "not a number", "one of accept"),
        ('["reject", "add_header"]', "needs a value", "{ add_header ="),
        ('["reject", "add_header: X-A: b"]', "unknown action", "{ add_header ="),
        ('["reject", { add_header = 3 }]', "not a number", "{ add_header ="),
        ('["reject", { add_header = "X-A" }]', "a colon", "{ add_header ="),
        ('["reject", { add_header = "X-A: " }]', "a colon", "{ add_header ="),
        ('["reject", { add_header = "Received: x" }]', "cannot be added", "X-Received"),
        ('["reject", { add_header = "Content-Type: x" }]', "cannot be added", "X-Content-Type"),
        ('["reject", { add_header = "X-A B: x" }]', "cannot be added", "X-A-B"),
        ('["reject", { add_header = "X-Pratique-Release: x" }]', "a meaning", "another name"),
        ('["reject", { add_header = "X-A: ü" }]', "no header may hold", "ASCII"),
        (r'["reject", { add_header = "X-A: a\r\nTo: b" }]', "no header may hold", "one line"),
        ('["reject", { a = 1, b = 2 }]', "one action", "{ add_header ="),
        ('["reject", { accept = true }]', "takes no value", '"accept"'),
    ],
)
def test_what_is_wrong_with_actions_is_told(around, rule, actions, said, hint):
    rules, (problem,) = read(around(rule("bounce.claimed", actions=actions)))
    assert said in problem.message
    assert hint in problem.hint
    assert "mine" not in {each.name for each in rules}


@pytest.mark.parametrize(("length", "problems"), [(900, 0), (901, 1)])
def test_a_value_has_a_longest_length(around, rule, length, problems):
    actions = f'["reject", {{ add_header = "X-A: {"a" * length}" }}]'
    assert len(read(around(rule("bounce.claimed", actions=actions)))[1]) == problems


@pytest.mark.parametrize(
    ("tail", "said", "hint"),
    [
        ("wehn = 'x'", "unknown key `wehn`", "`when`"),
        ("if = 'x'", "unknown key `if`", "`when`"),
        ("action = ['accept']", "unknown key `action`", "`actions`"),
        ("description = 'x'", "unknown key `description`", "`reason`"),
        ("add_header = 'X-A: b'", "unknown key `add_header`", "one of `actions`"),
        ("facts.parts = []", "unknown key `facts`", "[[rule.test]]"),
        ("xyzzy = 1", "unknown key `xyzzy`", "one of name"),
        ("include = 'default'", "unknown key `include`", "at the top of the file"),
    ],
)
def test_a_key_that_is_none_is_told(around, rule, tail, said, hint):
    _, (problem,) = read(around(rule("bounce.claimed", tail=tail)))
    assert said in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name = 'mine'\n", "", "has no name"),
        ("name = 'mine'", "name = ' '", "has no name"),
        ("name = 'mine'", 'name = "a\\nb"', "on one line"),
        ("name = 'mine'", "name = 'unseen'", "is the rule on line"),
        ("name = 'mine'", "name = 3", "not a text"),
        ("name = 'mine'", "nmae = 'mine'", "unknown key `nmae`"),
        ('actions = ["reject"]\n', "", "has no actions"),
        ("actions =", "actoins =", "unknown key `actoins`"),
        ("reason = 'because'\n", "", "has no reason"),
        ("reason = 'because'", "reason = ''", "has no reason"),
        ("reason = 'because'", "raeson = 'because'", "unknown key `raeson`"),
        ("when = 'bounce.claimed'\n", "", "never reached"),
        ("when = 'bounce.claimed'", "wehn = 'bounce.claimed'", "unknown key `wehn`"),
        ("when = 'bounce.claimed'", "when = true", "not a condition"),
        ("when = 'bounce.claimed'", "when = 'true'", "asks no fact"),
    ],
)
def test_one_mistake_is_told_once(around, rule, old, new, said):
    text = around(rule("bounce.claimed"))
    assert old in text
    _, (problem,) = read(text.replace(old, new, 1))
    assert said in problem.message


@pytest.mark.parametrize(
    ("tail", "said"),
    [
        ("mode = 'off'", "`off` is no mode"),
        ("until = 2027-01-15T12:00:00", "without its zone"),
        ("reply = '4.7.1 later'", "does not go with `reject`"),
    ],
)
def test_terms_that_are_wrong_are_told(around, rule, tail, said):
    rules, (problem,) = read(around(rule("bounce.claimed", tail=tail)))
    assert said in problem.message
    assert "mine" not in {each.name for each in rules}


def test_a_rule_keeps_its_terms_and_where_it_stands(around, rule):
    tail = "mode = 'shadow'\nuntil = 2027-01-15\nreply = '5.7.1 no'"
    actions = '["reject", { notify = "a@x" }]'
    (first, *_), problems = read(around(rule("bounce.claimed", actions=actions, tail=tail)))
    assert problems == []
    assert (first.mode, first.reply, first.notify) == ("shadow", "5.7.1 no", ("a@x",))
    assert first.until == datetime(2027, 1, 15, tzinfo=UTC)
    assert (first.file, first.changed_in, first.line) == ("p.toml", "", 1)


@pytest.mark.parametrize(("number", "problems"), [(MOST_RULES, 0), (MOST_RULES + 1, 1)])
def test_a_policy_has_a_largest_number_of_rules(number, problems):
    _, told = read("[[rule]]\n" * number)
    assert len([each for each in told if "more than" in each.message]) == problems


def test_a_notice_needs_a_reason(around, rule):
    text = rule("bounce.claimed", actions='["accept", { notify = "a@x" }]')
    _, (problem,) = read(around(text.replace("reason = 'because'\n", "")))
    assert problem.message == "a rule with `notify` has no reason"


def test_an_accept_needs_no_reason(around, rule):
    text = rule("bounce.claimed", actions='["accept"]').replace("reason = 'because'\n", "")
    assert read(around(text))[1] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no rule"),
        ("rule = []", "there is no rule"),
        ("rule = 3", "no list of tables"),
        ("rule = [3]", "no list of tables"),
        ("[rule]\nname = 'a'", "one table"),
        ("[[rules]]\nname = 'a'", "unknown key `rules`"),
        ("lists = []", "unknown key `lists`"),
    ],
)
def test_a_file_without_rules_is_told(text, said):
    rules, problems = read(text)
    assert rules == []
    assert said in problems[0].message


def test_the_last_rule_has_no_when(rule):
    _, (problem,) = read(rule("bounce.claimed"))
    assert "the last rule has a `when`" in problem.message


def test_the_last_rule_decides(around):
    text = around().replace('actions = ["accept"]', 'actions = ["note"]\nreason = "x"')
    _, (problem,) = read(text)
    assert "decides nothing" in problem.message


def test_a_rule_below_one_for_all_is_never_reached(around):
    _, (problem,) = read(around("[[rule]]\nname = 'all'\nactions = ['accept']\n"))
    assert "never reached" in problem.message
    assert problem.line == 1


def test_a_note_above_does_not_decide(around, rule):
    text = around(rule("bounce.claimed", actions='["note"]'), rule("bounce.claimed", name="b"))
    assert read(text)[1] == []


def test_many_mistakes_are_told_in_one_go(around, rule):
    text = around(
        rule("mail.nope == 1", actions='["drop"]', tail="foo = 1"), rule("and", name="other")
    )
    assert len(read(text)[1]) == 4
