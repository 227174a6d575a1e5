"""What is wrong with a file of rules, and what is only doubtful."""

import pytest

from pratique.scanners.yara_rules.checking import broken, problems


def told(text):
    return [(one.line, one.level, one.message) for one in problems("f", text)]


def test_a_sound_file_says_nothing():
    assert told('rule a { meta: severity = "malicious" strings: $a = "evil" condition: $a }') == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\nrule a { condition: b }", 2, 'undefined identifier "b"'),
        ('rule a { strings: $a = "x"\n condition: true }', 2, 'unreferenced string "$a"'),
        ('include "b.yar"', 1, "includes are disabled: "),
        ('import "magic"', 1, 'unknown module "magic": '),
        ("rule a { condition: pe.is_pe }", 1, '`import "pe"` is missing'),
        ("rule a {\n condition: extension matches /x/ }", 2, "external variable"),
        ("rule a { condition: true }\n\nrule a { condition: true }", 3, "duplicated identifier"),
    ],
)
def test_what_yara_does_not_compile_is_an_error_with_its_line(text, line, words):
    (problem,) = problems("f", text)
    assert (problem.line, problem.level) == (line, "error")
    assert words in problem.message
    assert [one.line for one in broken("f", text)] == [line]


def test_each_name_that_comes_twice_is_told():
    text = "rule a { condition: true }\n" * 3
    assert [line for line, _, _ in told(text)] == [2, 3]


def test_what_yara_warns_of_is_told_with_the_rule():
    text = "rule a { condition: false }\nrule b { strings:\n $b = /[a-z]*q/ condition: $b }"
    assert told(text)[0] == (3, "warning", 'b: string "$b" may slow down scanning')


def test_a_severity_that_nobody_knows_is_told_where_it_stands():
    text = 'rule a {\n meta:\n  severity = "terrible"\n condition: false }'
    assert told(text) == [
        (3, "warning", "a: a severity that is not known; it counts as suspicious")
    ]
    assert told('rule a { meta: score = "many" condition: false }')[0][0] == 1


@pytest.mark.parametrize(
    ("severity", "level"),
    [("malicious", "error"), ("suspicious", "warning"), ("information", "warning")],
)
def test_a_rule_that_finds_harmless_mail_is_told_and_is_wrong_where_it_would_refuse_it(
    severity, level
):
    text = f'\nrule a {{ meta: severity = "{severity}" strings: $a = "invoice" condition: $a }}'
    assert told(text) == [
        (
            2,
            level,
            f"a: matches harmless mail ({severity}): a text, a text mail, a mail with a picture",
        )
    ]


def test_a_rule_that_finds_nothing_at_all_finds_the_empty_part():
    assert "an empty part" in told("rule a { condition: filesize == 0 }")[0][2]


def test_private_rules_find_nothing():
    assert told("private rule a { condition: true }") == []


def test_a_file_without_a_rule_is_doubtful():
    assert told("// nothing") == [(0, "warning", "there is no rule in it")]


@pytest.mark.slow
def test_a_rule_that_does_not_come_to_an_end_is_wrong():
    text = "rule a { condition: for all i in (0..1000000000000) : (i != -1) }"
    assert told(text) == [
        (0, "error", "a scan of an empty part goes wrong: it is not finished after 2 seconds")
    ]
