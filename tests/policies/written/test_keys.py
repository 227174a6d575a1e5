"""Try what is said of keys that no rule has."""

import pytest

from pratique.policies.written import keys
from pratique.policies.written.reading import Reading


def told(text):
    reading = Reading("p.toml", text)
    keys.check_top(reading)
    return [(each.line, each.message, each.hint) for each in reading.problems]


@pytest.mark.parametrize("key", keys.TOP)
def test_what_stands_at_the_top_is_known(key):
    assert told(f"{key} = 1") == []


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("includes = 'x'", "did you mean `include`?"),
        ("import = 'x'", "did you mean `include`?"),
        ("overide = []", "did you mean `override`?"),
        ("lists = []", "did you mean `[[list]]`?"),
        ("rules = []", "write `[[rule]]`"),
        ("tests = []", "[[rule.test]]"),
        ("xyzzy = 1", "write `[[rule]]`"),
    ],
)
def test_another_key_at_the_top_is_told(text, hint):
    ((line, message, said),) = told(text)
    assert (line, message) == (1, f"unknown key `{text.split()[0]}`")
    assert hint in said


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("include", "at the top of the file, above the first `[[rule]]`"),
        ("expires", "did you mean `until`?"),
        ("response", "did you mean `reply`?"),
        ("notify", "one of `actions`: somebody is told with"),
        ("facts", "stands in a test"),
        ("xyzzy", "one of name, when, actions"),
    ],
)
def test_a_key_that_a_rule_has_not_is_told(key, hint):
    reading = Reading("p.toml", f"[[rule]]\n{key} = 1\n")
    keys.say_unknown_key(reading, ("rule", 0), key, "a rule")
    (problem,) = reading.problems
    assert problem.message == f"unknown key `{key}` in a rule"
    assert hint in problem.hint
    assert problem.line == 2


def test_a_key_that_is_only_misspelt_is_not_missing():
    assert keys.lacks({}, "when")
    assert not keys.lacks({"when": ""}, "when")
    assert not keys.lacks({"wehn": ""}, "when")
