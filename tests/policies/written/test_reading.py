"""Try what is said of text that is no TOML, and where."""

import pytest

from pratique.policies.written.reading import Reading, kind_of

GOOD = "[[rule]]\nname = 'a'\nwhen = 'true'\nactions = ['accept']\n"


def toml_problem(text):
    reading = Reading("p.toml", text)
    (problem,) = reading.problems
    return problem


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "hint"),
    [
        ("name = 'a'", "name: 'a'", 2, 5, "`key = value`"),
        ("name = 'a'", "name == 'a'", 2, 6, "`key = value`"),
        ("name = 'a'", "name 'a'", 2, 6, "`key = value`"),
        ("name = 'a'", "name", 2, 1, "`key = value`"),
        ("name = 'a'", "name = “a”", 2, 8, "plain quotation marks"),
        ("name = 'a'", "name = a", 2, 8, '`key = "value"`'),
        ("name = 'a'", "name = 'a", 2, 8, "close it"),
        ("name = 'a'", 'name = "a', 2, 8, "close it"),
        ("name = 'a'", "name = 'a';", 2, 11, "a line of its own"),
        ("name = 'a'", "// a\nname = 'a'", 2, 1, "`#`"),
        ("name = 'a'", "- name: 'a'", 2, 1, "[[rule]]"),
        ("[[rule]]", "[[rule]", 1, 1, "[[rule]]"),
        ("[[rule]]", "[rule]]", 1, 1, "[[rule]]"),
        ("'true'", "True", 3, 8, "`true`"),
        ("'true'", "bounce.claimed", 3, 8, "when = '...'"),
        ("'true'", '"a == "b""', 3, 8, "single ones"),
        ("'true'", "'a == 'b''", 3, 8, "'''"),
        ("['accept']", "[accept]", 4, 12, '["accept"]'),
        ("['accept']", "['accept'", 4, 11, "`]`"),
        ("['accept']", "['accept' 'note']", 4, 11, "`]`"),
        ("name = 'a'", "name = 'a'\nname = 'b'", 3, 11, "leave one"),
        ("['accept']", "[{ a = 1,\n b = 2 }]", 4, 12, "on one line"),
    ],
)
def test_what_is_no_toml_is_explained_on_its_line(old, new, line, column, hint):
    problem = toml_problem(GOOD.replace(old, new))
    assert (problem.line, problem.column) == (line, column)
    assert hint in problem.hint


def test_a_text_of_several_lines_that_is_not_closed_is_told_where_it_begins():
    problem = toml_problem(GOOD.replace("'true'", '"""\ntrue\n') + "\n" * 30)
    assert problem.line == 3


def test_the_same_table_once_as_one_and_once_as_a_list_is_told():
    assert "[[rule]]" in toml_problem(GOOD + "[rule]\nname = 'b'\n").hint


@pytest.mark.parametrize(
    ("name", "between"),
    [("rule", ""), ("list", "kind = 'texts'\n"), ("group", ""), ("override", ""), ("rule", "#\n")],
)
@pytest.mark.parametrize("second", ["[[{}]]", "[{}]"])
def test_a_table_with_one_bracket_is_told_where_it_stands(name, between, second):
    text = f"[{name}]\nname = 'a'\n{between}" + second.format(name) + "\nname = 'b'\n"
    problem = toml_problem("# x\n" + text)
    assert (problem.line, problem.column) == (2, 1)
    assert f"`[{name}]`" in problem.message
    assert f"`[[{name}]]`" in problem.hint


@pytest.mark.parametrize("text", ["= 1", "[", "]", "a = [", "a = {", "\x00", "a.b.c", "é = 1", "'"])
def test_whatever_is_no_toml_gives_one_problem_inside_of_the_text(text):
    problem = toml_problem(text)
    assert problem.line <= text.count("\n") + 1
    assert problem.message


def test_good_text_is_read_without_a_word():
    reading = Reading("p.toml", GOOD)
    assert reading.problems == []
    assert reading.line(("rule", 0)) == 1


def test_a_complaint_stands_at_its_value_key_or_character():
    reading = Reading("p.toml", GOOD)
    reading.say(("rule", 0, "name"), "a")
    reading.say_key(("rule", 0, "name"), "b")
    reading.say_in(("rule", 0, "when"), 2, "c")
    assert [(each.line, each.column) for each in reading.problems] == [(2, 8), (2, 1), (3, 11)]


def test_a_text_that_is_none_is_told_and_taken_for_empty():
    reading = Reading("p.toml", "x = 3\n")
    assert reading.text_at({"x": 3}, (), "x") == ""
    assert "a number" in reading.problems[0].message
    assert reading.text_at({}, (), "y") == ""
    assert len(reading.problems) == 1


@pytest.mark.parametrize(
    ("value", "name"), [("x", "a text"), (True, "true or false"), ([], "a list"), (1, "a number")]
)
def test_a_value_has_a_name_for_a_person(value, name):
    assert kind_of(value) == name
