"""Try what `check` refuses, each mistake by itself, and that it lets a good policy pass."""

from pathlib import Path

import pytest

from pratique.policies.check import check
from pratique.policies.problem import render

FOLDER = Path(__file__).parent / "broken"

# File, the line of the mistake, and what the hint must name.  One mistake each, of the
# kinds that mail admins make; whatever else is said would send them to the wrong place.
BROKEN = [
    ("01-and-in-words", 15, "`&&` for `and`"),
    ("02-or-in-words", 15, "`||` for `or`"),
    ("03-not-in-words", 15, "`!` for `not`"),
    ("04-one-equals-sign", 15, "`==` for `=`"),
    ("05-python-true", 15, "`true` in lower case"),
    ("06-python-none", 15, "has(envelope.reverse_path)"),
    ("07-python-len", 15, "x.size()"),
    ("08-misspelt-field", 15, "`kind`"),
    ("09-misspelt-variable", 15, "`parts.exists(p,"),
    ("10-field-of-another-message", 15, "`mail.subject`"),
    ("11-list-as-one", 15, "`parts.exists(p, p.kind"),
    ("12-keyword-as-field", 15, "`from_`"),
    ("13-word-not-in-vocabulary", 15, "`executable`"),
    ("14-class-not-in-vocabulary", 15, "`archive_password`"),
    ("15-word-without-quotes", 15, '"executable"'),
    ("16-number-in-quotes", 15, "without quotation marks"),
    ("17-size-with-unit", 15, "10485760"),
    ("18-unclosed-bracket", 15, "closing `)`"),
    ("19-broken-regex", 15, "escaped"),
    ("20-backslash-in-text", 15, 'r"\\.exe$"'),
    ("21-text-in-text", 15, "a.contains(b)"),
    ("22-not-a-condition", 15, '!= ""'),
    ("23-case-of-a-function", 15, "`startsWith`"),
    ("24-range-of-addresses", 15, "not built yet"),
    ("25-index-without-asking", 15, "ask first"),
    ("26-always-true", 15, "the last one, without `when`"),
    ("27-double-quotes-in-double-quotes", 15, "single ones"),
    ("28-condition-without-quotes", 15, "between quotation marks"),
    ("29-misspelt-key", 15, "`when`"),
    ("30-action-in-the-singular", 16, "`actions`"),
    ("31-actions-no-list", 16, '["reject"]'),
    ("32-unknown-action", 16, "`discard`"),
    ("33-action-not-built-yet", 16, "until then"),
    ("34-two-final-actions", 16, "one final action"),
    ("35-field-that-is-not-ours", 16, "X-"),
    ("36-no-reason", 13, "reason"),
    ("37-the-same-name-twice", 14, "its own"),
    ("38-single-brackets", 36, "[[rule]]"),
    ("39-no-last-rule", 36, "add a last one"),
    ("40-last-rule-in-the-middle", 13, "move it to the end"),
    ("41-unseen-forgotten", 36, "failures.exists(f, f.class_"),
    ("42-no-test", 13, "[[rule.test]]"),
    ("43-word-in-a-test", 20, "`executable`"),
    ("44-reason-below-the-test", 19, "above `[[rule.test]]`"),
    ("45-colon-of-yaml", 17, "`key = value`"),
    ("46-typographic-quotes", 17, "plain quotation marks"),
    ("47-strip-of-nothing", 16, 'strip = ["executable"'),
    ("48-strip-beside-reject", 16, '["strip", "accept"]'),
    ("49-strip-of-a-kind-that-is-none", 17, "`executable`"),
    ("50-strip-when-of-a-misspelt-field", 17, "`kind`"),
    ("51-strip-when-a-word-that-never-is", 17, "`executable`"),
    ("52-strip-when-of-the-message", 17, "the part is `p`"),
    ("53-strip-without-the-action", 17, 'actions = ["strip", "accept"]'),
    ("54-strip-without-a-reason", 13, "the note that stays"),
    ("55-strip-of-multiparts", 17, "the parts that lie in it"),
    ("56-strip-of-a-text", 17, 'strip = ["executable"]'),
    ("57-edit-that-is-none-in-a-test", 23, "one of strip, rebuild"),
    ("58-let-through-by-an-address-in-from", 15, "`auth.authenticated_as == "),
    ("59-refused-but-for-a-reverse-path", 15, "`auth.authenticated_as == "),
    ("60-let-through-by-part-of-a-proved-name", 15, '`.endsWith("@example.com")`'),
    ("61-domain-as-who-is-proved", 15, '`x.endsWith("@example.com")`'),
    ("62-at-sign-as-who-is-proved", 15, '`x.endsWith("@example.com")`'),
    ("63-result-in-capitals", 15, "`fail`"),
    ("64-result-of-another-method", 15, "`fail`"),
    ("65-forgeable-without-need", 17, "leave it out"),
    ("66-header-without-mail", 15, "`mail.header.from_`"),
]


@pytest.mark.parametrize(("name", "line", "hint"), BROKEN, ids=[name for name, _, _ in BROKEN])
def test_a_broken_policy_is_refused_at_its_line_with_what_is_right(name, line, hint):
    text = (FOLDER / f"{name}.toml").read_text("utf-8")
    (problem,) = check(text, f"{name}.toml")
    assert problem.line == line
    assert hint in problem.hint
    assert f"{line:>5} | " in render(problem, text)


def test_every_broken_policy_is_in_the_table():
    assert sorted(path.stem for path in FOLDER.iterdir()) == [name for name, _, _ in BROKEN]
    assert len(BROKEN) >= 40


@pytest.mark.slow
def test_a_good_policy_has_no_problem(around, rule, default_text):
    assert check(default_text) == []
    assert check(around(rule("bounce.claimed"))) == []


@pytest.mark.parametrize(
    ("family", "word"),
    [
        ("p.unopened", "pgp"),
        ("p.unopened", "failure"),
        ("a.class_", "nested_boundary"),
        ("l.class_", "parts_for_policy"),
        ("f.class_", "deadline"),
    ],
)
def test_a_class_of_the_unseen_that_no_rule_decides_is_named(around, family, word):
    text = around().replace('p.unopened != ""', f'p.unopened != "" && p.unopened != "{word}"')
    if family != "p.unopened":
        plural = {"a": "ambiguities", "l": "limits", "f": "failures"}[family[0]]
        counted = f'{plural}.filter({family[0]}, {family} != "{word}").size()'
        text = around().replace(f"{plural}.size()", counted)
    (problem,) = check(text)
    assert problem.message.endswith(f"is decided by no rule above this: {word}")
    assert f'{family} == "{word}"' in problem.hint


def test_all_classes_of_a_family_are_named_at_once(around):
    (problem,) = check(around().replace("+ limits.size()", ""))
    assert "octets, part_octets, parts" in problem.message
    assert 'l.class_ in ["octets", "part_octets"' in problem.hint


def test_a_rule_for_one_direction_decides_for_that_one_only(around):
    text = around().replace(
        "|| ambiguities.size()", '|| mail.direction == "inbound" && ambiguities.size()'
    )
    assert {"ambiguity", "limit", "failure"} <= {
        word.rstrip("s") for each in check(text) for word in each.message.split()
    }


def test_a_rule_for_some_recipients_only_decides_nothing_for_the_others(around):
    text = around().replace('p.unopened != ""', 'p.unopened != "" && rcpt.domain == "a.example"')
    (problem,) = check(text)
    assert "pgp, smime" in problem.message


def test_a_condition_that_has_no_answer_for_some_message_is_told_once(around, rule):
    (problem,) = check(around(rule("parts[1].id == 3 || findings[0].part == 1")))
    assert "has no answer" in problem.message
    assert "ask first" in problem.hint


def test_a_count_that_is_not_there_is_told_with_what_counts(around, rule):
    (problem,) = check(around(rule('parts_left_out.by_kind["script"] > 0')))
    assert "`any_kind`" in problem.hint


def test_a_policy_without_tests_is_refused_where_tests_are_demanded(around, rule):
    text = around(rule("bounce.claimed")).replace("[[rule.test]]", "#", 1)
    text = text.replace("facts.parts = [{ kind = 'text' }]\nexpect = 'accept'", "", 1)
    (problem,) = check(text)
    assert "`mine` has no test" in problem.message
    assert check(text, demand_tests=False) == []


def test_a_rule_that_only_states_needs_no_test(around):
    noting = "[[rule]]\nname = 'n'\nwhen = 'bounce.claimed'\nactions = ['note']\nreason = 'x'\n"
    assert check(around(noting)) == []


def test_a_test_that_names_no_rule_is_told(around, rule):
    text = around(rule("bounce.claimed")) + "by = 'nobody'\n"
    (problem,) = check(text)
    assert "there is no rule `nobody`" in problem.message


def test_problems_come_in_the_order_of_the_file(around, rule):
    text = around(rule("mail.nope == 1"), rule("len(parts) > 3", name="b", actions='["drop"]'))
    lines = [problem.line for problem in check(text)]
    assert len(lines) == 3
    assert lines == sorted(lines)
