"""Try how the tests in a policy are read, and what is wrong with those that are refused."""

from datetime import UTC, datetime

import pytest

from pratique.policies.written.reading import Reading
from pratique.policies.written.rules import read_rules

HEAD = """[[rule]]
name = 'all'
actions = ['accept']
[[rule.test]]
"""


def read(lines):
    reading = Reading("p.toml", HEAD + lines)
    rules = read_rules(reading)
    return (rules[0].tests if rules else ()), reading.problems


def test_a_test_of_a_message_is_read():
    (test,), problems = read("message = 'a.eml'\nrecipient = 'a@b'\nexpect = 'accept'\n")
    assert problems == []
    assert (test.message, test.known, test.recipient, test.expect) == (
        "a.eml",
        None,
        "a@b",
        "accept",
    )
    assert test.line == 4


def test_a_test_of_facts_is_read():
    (test,), problems = read(
        "reverse_path = ''\nexpect = 'accept'\nby = 'all'\n[rule.test.facts]\n"
        "parts = [{ id = 1, kind = 'script', encrypted = true, disguised = ['spaces'] }]\n"
        "envelope.received_at = 2026-01-31T12:00:00Z\n"
        "bounce.evidence = [{ weight = 1.5 }, { weight = 2 }]\n"
        "parts_left_out = { total = 3, by_kind = { image = 3 } }\n"
        "mail.header.from_ = [{ domain = 'example.org' }]\n"
    )
    assert problems == []
    assert test.reverse_path == ""
    assert test.known.parts[0].encrypted
    assert test.known.parts_left_out.by_kind["image"] == 3
    assert test.known.envelope.received_at.seconds == 1769860800
    assert test.known.bounce.evidence[1].weight == 2
    assert test.known.mail.header.from_[0].domain == "example.org"


def test_what_else_is_expected_is_read():
    (test,), problems = read(
        "facts = {}\nexpect = 'accept'\nat = 2027-01-15T12:00:00Z\n"
        "expect_notify = ['a@x']\nexpect_reply = ''\n"
    )
    assert problems == []
    assert test.at == datetime(2027, 1, 15, 12, tzinfo=UTC)
    assert (test.expect_notify, test.expect_reply) == (frozenset({"a@x"}), "")
    assert test.file == "p.toml"
    (plain,), _ = read("facts = {}\nexpect = 'accept'\n")
    assert (plain.at, plain.expect_notify, plain.expect_reply) == (None, None, None)


@pytest.mark.parametrize(
    ("line", "said", "hint"),
    [
        ("at = 2027-01-15", "with its time zone", "write 2026-"),
        ("at = 2027-01-15T12:00:00", "with its time zone", "write 2026-"),
        ("at = '2027-01-15'", "with its time zone", "write 2026-"),
        ("expect_notify = 'a@x'", "not a list of addresses", "[]"),
        ("expect_notify = [3]", "no text", "[]"),
        ("expect_reply = 3", "not a text", "expect_reply ="),
        ("mode = 'shadow'", "unknown key `mode`", "belongs to the rule"),
        ("received_at = 3", "unknown key `received_at`", "`at`"),
    ],
)
def test_what_else_is_expected_and_wrong_is_told_at_its_line(line, said, hint):
    _, problems = read(f"facts = {{}}\nexpect = 'accept'\n{line}\n")
    assert said in problems[0].message
    assert hint in problems[0].hint
    assert (len(problems), problems[0].line) == (1, 7)


def test_an_unknown_reverse_path_stays_unknown():
    (test,), _ = read("facts = {}\nexpect = 'accept'\n")
    assert test.reverse_path is None


@pytest.mark.parametrize(
    ("lines", "said", "hint"),
    [
        ("facts = {}", "expects nothing", "expect ="),
        ("facts = {}\nexpect = 'rejected'", "`rejected` is no action", "`reject`"),
        ("facts = {}\nexpect = 'note'", "a rule that decides", "final action"),
        ("facts = {}\nexpect = 3", "a number, not a text", "expect"),
        ("expect = 'accept'", "no message and no facts", "message ="),
        ("facts = {}\nmessage = 'x'\nexpect = 'accept'", "both", "message ="),
        ("file = 'x'\nexpect = 'accept'", "unknown key `file`", "`message`"),
        ("parts = []\nexpect = 'accept'", "unknown key `parts`", "`facts.parts = ...`"),
        ("facts = {}\nexpect = 'accept'\nreason = 'x'", "unknown key `reason`", "above"),
        ("facts = {}\nexpect = 'accept'\nxyzzy = 'x'", "unknown key `xyzzy`", "one of"),
        ("facts = {}\nverdict = 'accept'", "unknown key `verdict`", "`expect`"),
    ],
)
def test_what_is_wrong_with_a_test_is_told_once(lines, said, hint):
    _, (problem,) = read(lines + "\n")
    assert said in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("facts", "said", "column"),
    [
        ("facts.part = []", "no field `part` in Facts", 7),
        ("facts.parts = [{ nam = 'a' }]", "no field `nam` in Part", 18),
        ("facts.parts = { name = 'a' }", "is a list, not a table", 15),
        ("facts.parts = ['a']", "a text, where a table", 16),
        ("facts.mail = [1]", "a list, where a table", 14),
        ("facts.parts = [{ size = '3' }]", "`size` is a number, not a text", 25),
        ("facts.parts = [{ size = true }]", "`size` is a number, not true or false", 25),
        ("facts.parts = [{ encrypted = 1 }]", "is true or false, not a number", 30),
        ("facts.parts = [{ kind = 'exe' }]", '`kind` is never "exe"', 25),
        ("facts.parts = [{ disguised = ['x'] }]", '`disguised` is never "x"', 31),
        ("facts.limits = [{ class = 'depth' }]", "no field `class`", 19),
        ("facts.parts_left_out.by_kind = { x = 1 }", '`by_kind` is never "x"', 38),
        ("facts.parts_left_out.by_kind = 3", "is a table", 32),
        ("facts.envelope.received_at = 'now'", "a moment", 30),
        ("facts.envelope.received_at = 2026-01-31T12:00:00", "a moment", 30),
        ("facts = 3", "a table is needed", 9),
    ],
)
def test_what_are_no_facts_is_told_at_its_place(facts, said, column):
    _, (problem,) = read(f"{facts}\nexpect = 'accept'\n")
    assert said in problem.message
    assert (problem.line, problem.column) == (5, column)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_a_number_that_no_field_can_hold_is_told(number):
    _, (problem,) = read(f"facts.mail.size = {number}\nexpect = 'accept'\n")
    assert "no facts" in problem.message


@pytest.mark.parametrize("form", ["[rule.test]", "test = 'x'", "test = ['x']"])
def test_a_test_that_is_no_table_is_told(form):
    text = f"[[rule]]\nname = 'all'\nactions = ['accept']\n{form}\n"
    reading = Reading("p.toml", text)
    read_rules(reading)
    assert "[[rule.test]]" in reading.problems[0].hint
