"""Try what a syntax tree tells: comparisons that can never hold, in speech and in silence."""

import pytest

from pratique.policies.language.condition import Condition
from pratique.policies.language.tree import asks_nothing, oversights


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
