"""Try on which terms a rule holds: its mode, its end, and what a stranger hears."""

from datetime import UTC, datetime

import pytest

from pratique.policies.verdict import Action
from pratique.policies.written import terms
from pratique.policies.written.reading import Reading


def read(text, function, *more):
    reading = Reading("p.toml", f"[[rule]]\n{text}\n")
    found = function(reading, ("rule", 0), reading.values["rule"][0], *more)
    return found, reading.problems


@pytest.mark.parametrize(
    ("text", "mode"), [("", "enforce"), ("mode='enforce'", "enforce"), ("mode='shadow'", "shadow")]
)
def test_a_rule_has_a_mode(text, mode):
    assert read(text, terms.read_mode) == (mode, [])


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("mode = 'Shadow'", "`Shadow` is no mode", "`shadow`"),
        ("mode = 'dry-run'", "`dry-run` is no mode", "`shadow`"),
        ("mode = 'monitor'", "`monitor` is no mode", "`shadow`"),
        ("mode = 'on'", "`on` is no mode", "`enforce`"),
        ("mode = 'x'", "`x` is no mode", 'write `mode = "shadow"`'),
        ("mode = true", "`mode` is true or false", 'write `mode = "shadow"`'),
    ],
)
def test_a_mode_that_is_none_is_told_at_its_place(text, said, hint):
    _, (problem,) = read(text, terms.read_mode)
    assert said in problem.message
    assert hint in problem.hint
    assert (problem.line, problem.column) == (2, 8)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("", None),
        ("until = 2027-01-15", datetime(2027, 1, 15, tzinfo=UTC)),
        ("until = 2027-01-15T12:00:00Z", datetime(2027, 1, 15, 12, tzinfo=UTC)),
        ("until = 2027-01-15T12:00:00+02:00", datetime(2027, 1, 15, 10, tzinfo=UTC)),
    ],
)
def test_an_end_is_a_moment_in_utc(text, until):
    assert read(text, terms.read_until) == (until, [])


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+10:00"])
def test_the_ends_of_the_calendar_are_no_error(moment):
    until, problems = read(f"until = {moment}", terms.read_until)
    assert until.tzinfo is UTC
    assert problems == []


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("until = 2027-01-15T12:00:00", "without its zone", "`2027-01-15T12:00:00Z`"),
        ("until = '2027-01-15'", "is a text", "without quotation marks: `until = 2027-01-15`"),
        ("until = 12:00:00", "a time of day", "2027-01-15"),
        ("until = 30", "is a number", "2027-01-15"),
        ("until = 'soon'", "is a text", "2027-01-15"),
    ],
)
def test_an_end_that_is_none_is_told_at_its_place(text, said, hint):
    until, (problem,) = read(text, terms.read_until)
    assert until is None
    assert said in problem.message
    assert hint in problem.hint
    assert (problem.line, problem.column) == (2, 9)


@pytest.mark.parametrize(
    ("reply", "action"), [("5.7.1 Not taken", Action.REJECT), ("4.7.100 Later", Action.DEFER)]
)
def test_a_reply_has_the_class_of_its_action(reply, action):
    assert read(f"reply = '{reply}'", terms.read_reply, action) == (reply, [])
    assert terms.fits(reply, action)
    assert not terms.fits(reply, Action.ACCEPT)


def test_who_says_nothing_leaves_the_usual_reply():
    assert read("", terms.read_reply, Action.REJECT) == ("", [])


@pytest.mark.parametrize(
    ("reply", "action", "said", "hint"),
    [
        ("5.7.1 Not taken", Action.QUARANTINE, "beside `quarantine`", "leave `reply` out"),
        ("5.7.1 Not taken", None, "without a final action", "leave `reply` out"),
        ("5.7.1 Not taken", Action.DEFER, "`5.7.1` does not go with `defer`", "`4.7.1`"),
        ("4.7.1 Later", Action.REJECT, "`4.7.1` does not go with `reject`", "`5.7.1`"),
        ("2.0.0 Fine", Action.REJECT, "`2.0.0` does not go with `reject`", "`5.0.0`"),
        ("550 5.7.1 Not taken", Action.REJECT, "begins with an enhanced", "leave `550` out"),
        ("Not taken", Action.REJECT, "an enhanced status code", '"5.7.1 Not taken: ..."'),
        ("5.7.1", Action.REJECT, "and a text", '"5.7.1 Not taken: ..."'),
        ("5.7.1 ", Action.REJECT, "and a text", '"5.7.1 Not taken: ..."'),
        ("5.7.1000 No", Action.REJECT, "an enhanced status code", '"5.7.1 Not taken: ..."'),
        ("5.7.1 Größe", Action.REJECT, "no reply may hold", "ASCII"),
        ("", Action.REJECT, "an enhanced status code", '"5.7.1 Not taken: ..."'),
    ],
)
def test_a_reply_that_no_stranger_may_hear_is_told(reply, action, said, hint):
    found, (problem,) = read(f"reply = '{reply}'", terms.read_reply, action)
    assert found == ""
    assert said in problem.message
    assert hint in problem.hint
    assert problem.line == 2


def test_a_reply_stands_on_one_line():
    _, (problem,) = read(r'reply = "5.7.1 a\r\n250 b"', terms.read_reply, Action.REJECT)
    assert "no reply may hold" in problem.message


@pytest.mark.parametrize(("more", "problems"), [(0, 0), (1, 1)])
def test_a_reply_fits_on_a_line_of_512_octets(more, problems):
    reply = "5.7.1 ".ljust(506 + more, "a")
    assert len(read(f"reply = '{reply}'", terms.read_reply, Action.REJECT)[1]) == problems
    assert terms.LONGEST_REPLY == 506


def test_a_reply_that_is_no_text_is_told_once():
    assert len(read("reply = 550", terms.read_reply, Action.REJECT)[1]) == 1
