"""Try what an admin is told about a condition that is none, and where."""

import pytest

from pratique.policies.hints.hints import did_you_mean, explain, one_of, regex, word_meant
from pratique.policies.language.condition import CompileError, Condition


def told(text):
    with pytest.raises(CompileError) as error:
        Condition.compile(text)
    return explain(text, error.value.faults)


FOREIGN = [
    ("bounce.claimed and bounce.verified", "and", "`&&`"),
    ("bounce.claimed AND bounce.verified", "AND", "`&&`"),
    ("bounce.claimed || not bounce.verified", "not", "`!`"),
    ("bounce.claimed & bounce.verified", "& ", "`&&`"),
    ("mail.size <> 3", "<>", "`!=`"),
    ("mail.size = 3", "= ", "`==`"),
    ("mail.size === 3", "===", "`==`"),
    ("mail.subject =~ 'x'", "=~", "matches"),
    ("mail.subject like 'x'", "like", "contains"),
    ("mail.subject contains 'x'", "contains", "contains("),
    ("mail.subject eq 'x'", "eq", "`==`"),
    ("envelope.reverse_path is null", "is", "`==`"),
    ("if bounce.claimed then true", "if", "leave `if` out"),
    ("parts.exists(p => p.size > 3)", "=>", "parts.exists(p,"),
    ("mail.size > 3;", ";", "leave `;` out"),
    ("mail.size > 10 MB", "10 MB", "`10MB`"),
    ("mail.size > 1_000", "1_000", "`1000`"),
    ("mail.size > 2k", "2k", "`2KB`"),
    ("envelope.client.ip == 192.0.2.1", "192.0.2.1", '"192.0.2.1"'),
    ("mail.subject == “x”", "“", "plain quotation marks"),
    ("rcpt.domain in ('a', 'b')", "(", '["a", "b"]'),
    ("$mail.size > 3", "$", "without `$`"),
    (r"mail.subject == \"x\"", "\\", "no backslash"),
]


@pytest.mark.parametrize(("text", "place", "hint"), FOREIGN)
def test_a_word_of_another_language_is_found_and_translated(text, place, hint):
    (found,) = told(text)
    assert text[found.offset :].startswith(place)
    assert hint in found.hint


@pytest.mark.parametrize(
    "text",
    ['mail.subject == "this and that = not <> those; 10MB"', "mail.subject.contains(' or ')"],
)
def test_foreign_words_inside_of_a_text_are_only_text(text):
    assert Condition.compile(text)
    (found,) = told(f"{text} and true")
    assert found.offset == len(text) + 1


GRAMMAR = [
    ("", "", "no `when`"),
    ("(bounce.claimed", "(", "closing `)`"),
    ("bounce.claimed)", ")", "one too many"),
    ("rcpt.domain in ['a', 'b'", "[", "closing `]`"),
    ("mail.subject == 'x", "'x", "closing `'`"),
    (r'mail.subject.matches("\.exe")', r"\.", 'r"'),
    ("bounce.claimed &&", "", "something must follow"),
    ("bounce.claimed && )", ")", "one too many"),
    ("any_kind(['a' 'b'])", "'b'", "missing"),
    ("mail.subject 'x'", "'x'", "`&&`"),
]


@pytest.mark.parametrize(("text", "place", "hint"), GRAMMAR)
def test_a_slip_of_grammar_is_found(text, place, hint):
    (found,) = told(text)
    assert text[found.offset :].startswith(place)
    assert hint in found.hint


NAMES = [
    ("bounce.claimed == True", "True", "`true`"),
    ("auth.spf == None", "None", "has("),
    ("recipient == 'x'", "recipient", "`rcpt.address`"),
    ("sender == 'x'", "sender", "`envelope.reverse_path`"),
    ("subject == 'x'", "subject", "`mail.subject`"),
    ("spf == 'fail'", "spf", "`auth.spf`"),
    ("client.ip == 'x'", "client", "`envelope.client`"),
    ("part.kind == 'x'", "part", "`parts.exists(p,"),
    ("p.kind == 'script'", "p.", "inside of `parts.exists(p,"),
    ("parts.exists(p, p.kind == script)", "script)", '"script"'),
    ("mail.subject == hello", "hello", '"hello"'),
    ("finding.exists(f, true)", "finding", "`findings`"),
    ("xyzzy", "xyzzy", "one of mail"),
]
FIELDS = [
    ("mail.subjct == 'x'", "subjct", "`subject`"),
    ("mail.header.from == 'x'", "from", "`from_`"),
    ("mail.from == 'x'", "from", "`mail.header.from_`"),
    ("mail.header.subject == 'x'", "subject", "`mail.subject`"),
    ("envelope.sender == 'x'", "sender", "`envelope.reverse_path`"),
    ("envelope.recipients == 'x'", "recipients", "`rcpt.address`"),
    ("limits.exists(l, l.class == 'depth')", "class", "`class_`"),
    ("parts.exists(p, p.findings.size() > 0)", "findings", "`findings.exists("),
    ("parts.kind == 'x'", "kind", "`parts.exists(p,"),
    ("parts.size > 3", "size", "`parts.size()`"),
    ("envelope.received_at.hour > 3", "hour", "getHours()"),
]
CALLS = [
    ("len(parts) > 3", "len", "size(x)"),
    ("parts.length() > 3", "length", "size(x)"),
    ("parts.any(p, p.kind == 'script')", "any", "`exists`"),
    ("parts.exist(p, p.kind == 'script')", "exist", "`exists`"),
    ("parts.exists(p.kind == 'script')", "exists", "names the element first"),
    ("mail.subject.startswith('x')", "startswith", "`startsWith`"),
    ("mail.subject.lower() == 'x'", "lower", "(?i)"),
    ("mail.subject.match('x')", "match", "`matches`"),
    ("any_kind('script', 'image')", "any_kind", "a list"),
    ("any_kinds('script')", "any_kinds", "`any_kind`"),
    ("mail.subject.contains('a', 'b')", "contains", "one text"),
    ("not(bounce.claimed)", "not", "`!`"),
    ("has(mail)", "mail", "has(envelope.reverse_path)"),
]
TYPES = [
    ("mail.size > '10'", ">", "without quotation marks"),
    ("scores.exists(s, s.value >= 6)", ">=", "has a point: `6.0`"),
    ("auth.spf == null", "==", '`""`'),
    ("'x' in mail.subject", "in", "a.contains(b)"),
    ("envelope.client.ip in '10.0.0.0/8'", "in", "CEL writes `cidr("),
    ("envelope.client.ip in ['10.0.0.0/8'", "[", "closing"),
    ("bounce.claimed == 'true'", "==", "stands alone"),
    ("rcpt.groups == 'staff'", "==", '"..." in rcpt.groups'),
    ("rcpt.groups.contains('staff')", "(", '"..." in rcpt.groups`'),
    ("rcpt == 'a@b'", "==", "address, domain, groups"),
    ("auth.dkim == 'pass'", "==", "auth.dkim.exists("),
    ("parts > 3", ">", "parts.size() > 0"),
    ("parts.exists(p, p.unopened)", "(", "inside of the brackets"),
    ("mail.subject || bounce.claimed", "||", "compares something"),
    ("!mail.subject", "!", "compare first"),
    ("!mail.direction in ['inbound']", "!", "brackets, `!(x in ...)`"),
    ("!mail.subject == 'x'", "!", "brackets, `!(x == ...)`"),
    ("!'board' in rcpt.groups", "!", "brackets, `!(x in ...)`"),
    ("!domain_of(rcpt.address) in ['x']", "!", "brackets, `!(x in ...)`"),
    ("cidr(envelope.client.ip, ['192.0.2.0/24'])", "(", "`in_list(envelope.client.ip"),
    ("in_list(auth.authenticated_as, ['a@b.example'])", "(", "the name of a `[[list]]`"),
    ("envelope.received_at > '2026'", ">", "timestamp("),
    ("mail['subject'] == 'x'", "[", "with a dot"),
    ("mail.subject", "mail", '!= ""'),
    ("mail.size", "mail", "> 0"),
    ("parts", "parts", "size() > 0"),
    ("mail.size > 99999999999999999999", "9999", "at most"),
]


@pytest.mark.parametrize(("text", "place", "hint"), [*NAMES, *FIELDS, *CALLS, *TYPES])
def test_a_name_or_a_type_that_is_wrong_is_explained(text, place, hint):
    (found,) = told(text)
    assert text[found.offset :].startswith(place)
    assert hint in found.hint


def test_several_faults_are_told_each():
    found = told('mail.a == "x" &&\n  parts.exists(p, p.nme == "y")')
    assert [each.message for each in found] == ["no field `a` in Mail", "no field `nme` in Part"]


def test_what_only_follows_from_a_fault_is_not_told():
    assert len(told("partz.exists(p, p.kind == 'x')")) == 1


def test_what_is_near_is_suggested_and_what_is_not_is_left():
    assert did_you_mean("Knid", ["kind", "name"]) == "did you mean `kind`?"
    assert did_you_mean("xyzzy", ["kind", "name"]) == ""
    assert one_of(["a", "b"]) == "one of a, b"


def test_a_word_of_everyday_speech_finds_its_word():
    assert word_meant("virus", ["suspicious", "malicious", ""]) == "did you mean `malicious`?"
    assert word_meant("xyzzy", ["a", ""]) == "one of a"


@pytest.mark.parametrize(
    ("pattern", "problem", "hint"),
    [
        ("*.exe", "no argument for repetition operator: *", "wildcard"),
        ("(", "missing )", "escaped"),
        ("(?<=a)", "invalid perl operator: (?<=", "RE2"),
        ("a{2000}", "invalid repetition size: {2000}", "1000"),
    ],
)
def test_a_regex_gets_the_hint_for_its_problem(pattern, problem, hint):
    assert hint in regex(pattern, problem)
