"""Try sizes and durations with their units, and the places of faults behind them."""

from datetime import UTC, datetime
from time import process_time

import pytest

from pratique.policies.hints import hints
from pratique.policies.language import units
from pratique.policies.language.condition import CompileError, Condition, Scene
from pratique.scanners import facts_pb2 as facts


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("mail.size > 10KB", "mail.size > 10240"),
        ("mail.size > 10KiB", "mail.size > 10240"),
        ("mail.size>10MB&&x<1GiB", "mail.size>10485760&&x<1073741824"),
        ("x > 2TB", "x > 2199023255552"),
        ("x < 30s", 'x < duration("30s")'),
        ("x < 15m || x < 2h", 'x < duration("900s") || x < duration("7200s")'),
        ("x < 7d", 'x < duration("604800s")'),
        ("x < 3652500d", 'x < duration("315576000000s")'),
        ("x < 315576000000s", 'x < duration("315576000000s")'),
    ],
)
def test_a_number_with_a_unit_is_put_into_cel(text, read):
    assert units.written(text).text == read


@pytest.mark.parametrize(
    "text",
    [
        'mail.subject == "10MB"',
        "mail.subject == '7d'",
        r'mail.subject.matches(r"\d7d")',
        "mail.subject == '''7d\n'10MB'\n'''",
        "true // more than 10MB",
        "x10MB > p7d",
        "x > 0x1F",
        "x > 10u",
        "x > 1.5",
        "x > 1e5",
        "x[0].size > 3",
        "x > 10mb",
        "x > 10 MB",
        "x > 1.5MB",
        "x > 1h30m",
        "x > 315576000001s",
        "x > 3652501d",
        f"x > {'9' * 5000}d",
        "",
    ],
)
def test_all_else_stays_as_it_was_written(text):
    assert units.written(text).text == text


@pytest.mark.parametrize(("length", "is_read"), [(units.LONGEST, True), (units.LONGEST + 1, False)])
def test_what_is_too_long_for_cel_is_not_looked_through(length, is_read):
    text = "10MB".ljust(length)
    assert (units.written(text).text != text) is is_read
    if not is_read:
        with pytest.raises(CompileError):
            Condition.compile(text)


@pytest.mark.parametrize("mark", ['"', "'", '"""a', "'''\\\"", 'r"""', '\\"', "1m", "1_", "//"])
def test_marks_without_end_take_no_long_time(mark):
    text = (mark * units.LONGEST)[: units.LONGEST]
    began = process_time()
    units.written(text)
    assert process_time() - began < 2


def test_an_offset_behind_units_is_that_of_the_text():
    text = "a < 7d &&\nb > 10MB && c"
    written = units.written(text)
    for word in ("a", "&&", "b", "c"):
        assert written.offset(written.text.index(word)) == text.index(word)
    # Each character of what stands for a number is that number's place.
    within = range(written.text.index("duration"), written.text.index(" &&"))
    assert {written.offset(at) for at in within} == {text.index("7d")}
    assert written.offset(len(written.text)) == len(text)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("mail.size > 10MB && mail.sizes > 1", "sizes"),
        ("mail.size > 10MB && nope.x", "nope"),
        ("mail.size > 10MB\n  && mail.size > 20MB && mail.sizes > 1", "sizes"),
        ("mail.size > 99999999999TB", "99999999999TB"),
        ("mail.size > 10MB and x", "and"),
    ],
)
def test_a_fault_stands_where_the_admin_wrote_it(text, wrong):
    with pytest.raises(CompileError) as error:
        Condition.compile(text)
    assert hints.explain(text, error.value.faults)[0].offset == text.index(wrong)


def test_conditions_with_units_answer():
    known = facts.Facts()
    known.mail.size = 10 * 1024 * 1024
    condition = Condition.compile("mail.size >= 10MB && !(mail.size > 10MB)")
    assert condition.holds(Scene(known).activation)
    assert condition.text == "mail.size >= 10MB && !(mail.size > 10MB)"


@pytest.mark.parametrize(("day", "holds"), [(8, False), (9, True)])
def test_an_age_is_asked_in_days(day, holds):
    known = facts.Facts(findings=[facts.Finding(scanner="x")])
    known.findings[0].database_date.FromDatetime(datetime(2027, 1, 1, tzinfo=UTC))
    known.envelope.received_at.FromDatetime(datetime(2027, 1, day, tzinfo=UTC))
    when = "findings.exists(f, envelope.received_at - f.database_date > 7d)"
    assert Condition.compile(when).holds(Scene(known).activation) is holds


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("10mb", "write `10MB`"),
        ("10Mb", "write `10MB`"),
        ("10 MB", "write `10MB`"),
        ("10M", "`10MB` for a size, `10m` for minutes"),
        ("2k", "write `2KB`"),
        ("5 megabytes", "write `5MB`"),
        ("100 bytes", "write `100`"),
        ("1.5MB", "a whole number: `1536KB`"),
        ("1.5 h", "a whole number: `90m`"),
        ("0.5d", "a whole number: `12h`"),
        ("1.5m", "a whole number: `90s`"),
        ("7 days", "write `7d`"),
        ("7D", "write `7d`"),
        ("5 min", "write `5m`"),
        ("5 m", "write `5m`"),
        ("2 hrs", "write `2h`"),
        ("2w", "`14d`"),
        ("2 weeks", "`14d`"),
        ("1 year", "`365d`"),
        ("1h30m", "one number and one unit: `90m`"),
        ("1d12h", "one number and one unit: `36h`"),
        ("10_000", "digits only: `10000`"),
        ("10,000", "digits only: `10000`"),
        ("3652501d", "at most 315576000000 seconds"),
        ("5ms", "sizes are written `10MB`"),
        ("3xyz", "sizes are written `10MB`"),
        (f"{'9' * 5000}d", "sizes are written `10MB`"),
    ],
)
def test_what_is_no_number_is_told_what_is_right(number, right):
    assert right in units.hint(number)


@pytest.mark.parametrize("number", ["10", "10u", "0x1F", "1.5", "1e5", "10MB", "7d", "10KiB"])
def test_a_number_needs_no_hint(number):
    assert units.hint(number) == ""


@pytest.mark.parametrize("length", [10_000, 10_001])
def test_a_fault_in_a_long_condition_is_told_soon(length):
    text = ('\\"' * length)[:length]
    with pytest.raises(CompileError) as error:
        Condition.compile(text)
    began = process_time()
    assert hints.explain(text, error.value.faults)
    assert process_time() - began < (5 if length <= 10_000 else 0.5)
