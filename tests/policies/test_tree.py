"""Try what a syntax tree tells: comparisons that can never hold, in speech and in silence."""

import pytest

from pratique.policies.condition import Condition
from pratique.policies.tree import asks_nothing, oversights, silent_without


@pytest.mark.parametrize(
    ("text", "word", "hint"),
    [
        ('parts.exists(p, p.kind == "exe")', '"exe"', "`executable`"),
        ('parts.exists(p, "exe" != p.kind)', '"exe"', "`executable`"),
        ('parts.exists(p, p.kind in ["script", "exe"])', '"exe"', "`executable`"),
        ('parts.exists(p, "dots" in p.disguised)', '"dots"', "trailing_dots"),
        ('parts.exists(p, p.disguised.exists(d, d == "space"))', '"space"', "`spaces`"),
        ('parts.exists(p, p.disguised[0] == "space")', '"space"', "`spaces`"),
        ('parts[0].kind == "exe"', '"exe"', "`executable`"),
        ('parts.exists(p, p.unopened == "none")', '"none"', 'unopened == ""'),
        ('parts.filter(p, p.kind == "exe").size() > 0', '"exe"', "`executable`"),
        ('any_kind("exe")', '"exe"', "`executable`"),
        ('any_kind(["script", "exe"])', '"exe"', "`executable`"),
        ('limits.exists(l, l.class_ == "deep")', '"deep"', "`depth`"),
        ('findings.exists(f, f.severity == "virus")', '"virus"', "`malicious`"),
        ('"exe" in parts_left_out.by_kind', '"exe"', "`executable`"),
        ('mail.direction == "in"', '"in"', "`inbound`"),
        ('auth.spf == "FAIL"', '"FAIL"', "`fail`"),
        ('auth.dkim.exists(d, d.result == "ok")', '"ok"', "`pass`"),
        ('rcpt.domain == "Example.org"', '"Example.org"', "example.org"),
        ('parts.exists(p, p.name == "*.exe")', '"*.exe"', "wildcard"),
        ('parts.exists(p, p.name.endsWith("*.exe"))', '"*.exe"', "wildcard"),
        ('findings.exists(f, f.severity >= "suspicious")', '"suspicious"', "in ["),
        ('mail.subject.matches("(")', '"("', "escaped"),
        ('any_name("*.exe")', '"*.exe"', "wildcard"),
        ('true ? any_name("[") : false', '"["', "escaped"),
    ],
)
def test_what_can_never_hold_is_told_at_its_word(text, word, hint):
    (found,) = oversights(Condition.compile(text))
    assert text[found.offset :].startswith(word)
    assert hint in found.hint


@pytest.mark.parametrize(
    "text",
    [
        'parts.exists(p, p.kind == "executable" && p.name == "exe")',
        'parts.exists(p, p.unopened == "")',
        'parts.exists(p, p.unopened in ["pgp", "smime"])',
        'parts.exists(p, p.disguised.exists(d, d == "spaces"))',
        'bounce.evidence.exists(e, e.kind == "html_only")',
        'mail.subject == "pgp"',
        'any_kind(["executable", "script"]) || any_name("(?i)[.]exe$")',
        'mail.subject.matches(r"\\bexe\\b")',
        "parts.exists(p, p.kind == p.type)",
        'rcpt.domain == "example.org" && rcpt.address.endsWith("@example.org")',
        'auth.spf == "" || auth.dmarc == "pass"',
        'auth.spf == "none" || auth.dmarc_policy == "none"',
        "mail.size > 3",
    ],
)
def test_what_can_hold_is_left_alone(text):
    assert list(oversights(Condition.compile(text))) == []


def test_a_variable_of_an_inner_loop_hides_the_outer_one():
    text = 'parts.exists(p, p.disguised.exists(p, p == "exe"))'
    (found,) = oversights(Condition.compile(text))
    assert "`disguised`" in found.message


@pytest.mark.parametrize("text", ["true", "1 < 2", '"a" == "a"', "[1, 2].exists(x, x == 1)"])
def test_a_condition_that_reads_no_fact_is_told(text):
    assert asks_nothing(Condition.compile(text))


@pytest.mark.parametrize("text", ["bounce.claimed", 'any_kind("script")', "size(parts) > 3"])
def test_a_condition_that_reads_a_fact_is_not(text):
    assert not asks_nothing(Condition.compile(text))


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("findings.exists(f, f.part == 1)", {"findings"}),
        ("findings.exists(f, f.part == 1) && mail.size > 1", {"findings"}),
        ("findings.exists(f, true) || failures.exists(f, true)", {"findings", "failures"}),
        ("bounce.claimed && findings.exists(f, true)", {"bounce"}),
        ("(bounce.claimed || findings.exists(f, true)) && mail.size > 1", {"bounce", "findings"}),
        # The first is evaluated, and may have no answer.
        ("mail.size > 1 && findings.exists(f, true)", set()),
        ("findings.exists(f, true) || mail.size > 1", set()),
        ("findings.all(f, f.part == 1)", set()),
        ("findings.exists_one(f, f.part == 1)", set()),
        ("!findings.exists(f, true)", set()),
        ("!bounce.claimed", set()),
        ("findings.size() == 0", set()),
        ('bounce.other == ""', set()),
        ("findings.filter(f, f.part == 1).exists(f, true)", set()),
        ("mail.header.to.exists(to, true)", set()),
        ("parts.exists(findings, findings.names.exists(n, true))", {"parts"}),
        ("parts.map(p, p.names).exists(findings, findings.exists(f, true))", set()),
        ("bounce.claimed ? false : true", set()),
    ],
)
def test_what_a_condition_is_silent_without_is_known_or_not_claimed(text, without):
    assert silent_without(Condition.compile(text)) == without
