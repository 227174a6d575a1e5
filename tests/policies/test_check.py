"""Try what `check` refuses, each mistake by itself, and that it lets a good policy pass."""

from datetime import date
from pathlib import Path

import pytest

from pratique.policies.check import check
from pratique.policies.written.beside import Beside
from pratique.policies.written.problem import render

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
    ("17-size-with-unit", 15, "`10MB`"),
    ("18-unclosed-bracket", 15, "closing `)`"),
    ("19-broken-regex", 15, "escaped"),
    ("20-backslash-in-text", 15, 'r"\\.exe$"'),
    ("21-text-in-text", 15, "a.contains(b)"),
    ("22-not-a-condition", 15, '!= ""'),
    ("23-case-of-a-function", 15, "`startsWith`"),
    ("24-range-of-addresses", 15, "CEL writes `cidr("),
    ("25-index-without-asking", 15, "ask first"),
    ("26-always-true", 15, "the last one, without `when`"),
    ("27-double-quotes-in-double-quotes", 15, "single ones"),
    ("28-condition-without-quotes", 15, "between quotation marks"),
    ("29-misspelt-key", 15, "`when`"),
    ("30-action-in-the-singular", 16, "`actions`"),
    ("31-actions-no-list", 16, '["reject"]'),
    ("32-unknown-action", 16, "`discard`"),
    ("33-redirect-without-an-address", 16, "redirect = "),
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

# The same of lists and groups, what is included and altered, terms, units, rules that are never
# reached, and habits from other filters; with the column, too.
OF_THE_LANGUAGE = [
    ("67-list-that-is-not-there", 15, 65, "`[[list]]`"),
    ("68-list-misspelt-in-a-rule", 22, 43, "`partners`"),
    ("69-list-of-another-kind", 5, 11, "`addresses`"),
    ("70-list-entry-without-at", 6, 12, '"@partner.example"'),
    ("71-list-entry-with-a-star", 6, 12, '"@partner.example"'),
    ("72-list-entry-in-angle-brackets", 6, 12, '"ann@partner.example"'),
    ("73-list-entry-twice", 6, 35, "leave one of the two out"),
    ("74-list-without-entries", 3, 1, "`entries`"),
    ("75-list-without-an-owner", 3, 1, '`owner = "..."`'),
    ("76-list-file-that-is-missing", 6, 11, "a path from the policy"),
    ("77-list-and-file", 7, 1, "keep one of them: two make two lists"),
    ("78-list-with-single-brackets", 3, 1, "`[[list]]`"),
    ("79-list-expired", 8, 11, "leave it out, or write a later day"),
    ("80-list-expires-in-quotes", 8, 11, "a day without quotation marks: expir"),
    ("81-list-that-nobody-asks", 4, 11, '`in_list(auth.authenticated_as, "partners")`'),
    ("82-list-of-networks-for-an-address", 22, 65, '`in_list(envelope.client.ip, "partners")`'),
    ("83-network-with-host-bits", 6, 12, '"192.0.2.0/24"'),
    ("84-network-with-a-star", 6, 12, '"192.0.2.0/24"'),
    ("85-arguments-of-in-list-turned", 22, 54, '`in_list(auth.authenticated_as, "partners")`'),
    ("86-list-without-quotes", 22, 65, '"partners"'),
    ("87-list-by-in", 22, 56, "`in`"),
    ("88-whitelist", 3, 1, "`list`"),
    (
        "89-let-through-by-a-list-of-reverse-paths",
        22,
        20,
        '`in_list(auth.authenticated_as, "partners")`',
    ),
    ("90-group-that-nobody-asks", 4, 11, '`"board" in rcpt.groups`'),
    ("91-group-misspelt-in-a-rule", 19, 34, "`board`"),
    ("92-recipient-in-a-group", 19, 39, '`"board" in rcpt.groups`'),
    ("93-groups-as-one-text", 19, 46, '`"..." in rcpt.groups`'),
    ("94-group-of-entries", 5, 1, "`members`"),
    ("95-group-member-without-at", 5, 12, '"ceo@x.example"'),
    ("96-group-asked-as-a-list", 19, 56, '`"board" in rcpt.groups`'),
    ("97-include-misspelt", 3, 11, "`default`"),
    ("98-include-below-a-rule", 44, 1, "`include`"),
    ("99-override-of-no-included-rule", 45, 8, "it stands in this file: change it th"),
    ("100-mode-misspelt", 18, 11, "`shadow`"),
    ("101-mode-of-exchange", 18, 11, "`shadow`"),
    ("102-mode-off", 18, 11, '`mode = "shadow"`'),
    ("103-mode-of-a-policy-misspelt", 3, 8, "`shadow`"),
    ("104-until-in-quotes", 18, 11, "`until = 2027-01-15`"),
    ("105-until-as-a-number", 18, 11, "`until = 2027-01-15`"),
    ("106-until-day-first", 18, 11, "a date is the year, the month and th"),
    ("107-until-without-a-zone", 18, 11, "`2027-01-15T12:00:00Z`"),
    ("108-until-a-day-that-is-none", 18, 11, "a date is written 2027-01-15"),
    ("109-rule-expired", 18, 11, "leave the rule out, or write a later"),
    ("110-expires-of-a-rule", 18, 1, "`until`"),
    ("111-reply-without-a-code", 18, 11, '`reply = "5.7.1 Not taken: ..."`'),
    ("112-reply-with-a-basic-code", 18, 11, "`550`"),
    ("113-reply-of-another-class", 18, 11, "`5.7.1`"),
    ("114-reply-with-an-umlaut", 18, 11, "printable ASCII on one line (RFC 532"),
    ("115-reply-beside-quarantine", 18, 1, "`reject`"),
    ("116-notify-without-an-address", 16, 22, '`{ notify = "security@example.org" }`'),
    ("117-notify-of-a-name", 16, 33, '`{ notify = "security@example.org" }`'),
    ("118-notify-of-a-list", 16, 33, '`{ notify = "security@example.org" }`'),
    ("119-notify-as-a-key", 18, 1, "`actions`"),
    ("120-redirect-in-one-text", 16, 12, '`{ redirect = "analyst@example.org" }`'),
    ("121-redirect-beside-accept", 16, 35, "a rule has one final action: keep on"),
    ("122-forward", 16, 12, '`{ redirect = "analyst@example.org" }`'),
    ("123-unit-misspelt", 15, 46, "`10MB`"),
    ("124-unit-with-a-point", 15, 46, "`1536KB`"),
    ("125-duration-as-a-size", 15, 44, "`7d`"),
    ("126-network-and-address-turned", 15, 55, '`cidr(envelope.client.ip, "192.0.2.0/24")`'),
    ("127-network-of-a-name", 15, 39, '`cidr(envelope.client.ip, "192.0.2.0/24")`'),
    ("128-domain-of-with-an-at", 15, 70, '"x.example"'),
    ("129-domain-of-a-list", 15, 43, "`mail.header.from_.exists(f, ...)`"),
    ("130-shadowed-by-a-wider-rule", 25, 11, "`program`"),
    ("131-shadowed-by-one-with-less", 15, 11, "`malicious`"),
    ("132-shadowed-by-a-list-of-words", 25, 11, "`program`"),
    ("133-contradiction-of-words", 15, 34, "`||`"),
    ("134-contradiction-of-sizes", 15, 32, "`||`"),
    ("135-contradiction-of-a-flag", 15, 52, "`||`"),
    ("136-always-by-two-noes", 15, 66, "`&&`"),
    ("137-score-of-rspamd", 15, 12, "`scores.exists(s, s.symbols.exists(y, y."),
    ("138-soft-reject-of-rspamd", 16, 12, "`defer`"),
    ("139-name-of-exchange", 15, 12, '`any_kind(["executable", "script"])`'),
    ("140-exception-of-exchange", 18, 1, "`when`"),
    ("141-order-of-rules", 18, 1, "rules are read from the top: where i"),
    ("142-tag-of-sieve", 15, 39, "`x.startsWith(...)`"),
    ("143-stop-of-sieve", 16, 22, "a rule with a final action ends read"),
    ("144-attachment-of-mimedefang", 16, 12, "`discard`"),
    ("145-destiny-of-amavis", 16, 12, "`reject`"),
    ("146-comparisons-in-a-chain", 15, 50, "`1 < x && x < 10`"),
    ("147-set-of-python", 15, 28, '`x in ["a", "b"]`'),
    ("148-expectation-of-another-language", 21, 12, "`reject`"),
    ("149-test-of-a-rule-misspelt", 22, 8, "`malicious`"),
    ("150-network-as-an-address", 15, 56, "cidr("),
    ("151-domain-of-a-text", 15, 56, "domain_of("),
    ("152-tables-in-the-plural", 3, 1, "`[[rule]]`"),
    ("153-recipient-as-a-text", 15, 47, "address"),
]
# What these name, and what is not there.
BESIDE = Beside(missing={"partners.txt": "/etc/partners.txt: No such file", "defualt": "no file"})
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(("name", "line", "hint"), BROKEN, ids=[name for name, _, _ in BROKEN])
def test_a_broken_policy_is_refused_at_its_line_with_what_is_right(name, line, hint):
    text = (FOLDER / f"{name}.toml").read_text("utf-8")
    (problem,) = check(text, f"{name}.toml")
    assert problem.line == line
    assert hint in problem.hint
    assert f"{line:>5} | " in render(problem, text)


@pytest.mark.parametrize(
    ("name", "line", "column", "hint"), OF_THE_LANGUAGE, ids=[one[0] for one in OF_THE_LANGUAGE]
)
def test_a_mistake_in_the_language_is_refused_at_its_place_with_what_is_right(
    name, line, column, hint
):
    text = (FOLDER / f"{name}.toml").read_text("utf-8")
    (problem,) = check(text, f"{name}.toml", BESIDE, today=TODAY)
    assert (problem.line, problem.column, problem.severity) == (line, column, "error")
    assert hint in problem.hint


def test_every_broken_policy_is_in_a_table():
    named = {one[0] for one in (*BROKEN, *OF_THE_LANGUAGE)}
    assert {path.stem for path in FOLDER.iterdir()} == named
    assert len(named) == len(BROKEN) + len(OF_THE_LANGUAGE)
    assert len(OF_THE_LANGUAGE) >= 40


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


def test_a_contradiction_is_told_alone(around, rule):
    when = 'envelope.reverse_path != "a@x.example" || envelope.reverse_path != "b@x.example"'
    (problem,) = check(around(rule(when)))
    assert "always holds" in problem.message


def test_a_rule_in_the_shadow_needs_a_test_too(around, rule):
    text = around(rule("bounce.claimed").replace("[[rule.test]]", "mode = 'shadow'\n#", 1))
    text = text.replace("facts.parts = [{ kind = 'text' }]\nexpect = 'accept'", "", 1)
    (problem,) = check(text)
    assert "`mine` has no test" in problem.message


def test_an_included_rule_may_be_decided_above(around, rule):
    beside = Beside(policies={"own.toml": around(rule('any_kind("script")', name="theirs"))})
    above = 'include = "own.toml"\n' + rule('any_kind(["script", "html"])')
    assert check(above, beside=beside) == []
