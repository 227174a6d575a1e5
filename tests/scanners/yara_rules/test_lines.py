"""Where each rule of a file stands, whatever hides in texts, comments and expressions."""

import pytest
import yara

from pratique.scanners.yara_rules.lines import Cuts, twice

SOURCE = r"""import "pe"
// rule no1 {
/* rule no2 { condition: true }
   } */
rule first : tag1 tag2 { strings: $rule = "rule no3 { \" }"
  $b = /rule no4 \/ \{/ condition: any of them }
private global rule
  small { condition: filesize < 10MB }

private rule helper
{
    meta:
        severity = "information" // severity
        Author = "x"
    strings:
        $h = { 00 [2-4] ( 01 | 02 ) /* } */ 03 }
        $x = "{" xor
    condition:
        $h and filesize == 3 \ 1 or $x
} rule last { condition: helper }
"""


def test_each_rule_has_its_line_and_nothing_else_is_taken_for_one():
    cuts = Cuts(SOURCE)
    assert [(one.name, one.line) for one in cuts] == [
        ("first", 5),
        ("small", 8),
        ("helper", 10),
        ("last", 20),
    ]
    assert [one.is_global for one in cuts] == [False, True, False, False]
    assert [one.identifier for one in yara.compile(source=SOURCE)] == [one.name for one in cuts]


def test_metadata_have_their_lines():
    cuts = Cuts(SOURCE)
    assert cuts.line_of("helper", "severity") == 13
    assert cuts.line_of("helper", "author") == 14
    assert cuts.line_of("helper", "family") == 10
    assert cuts.line_of("nobody") == 0


@pytest.mark.parametrize(("line", "name"), [(1, ""), (5, "first"), (18, "helper"), (30, "last")])
def test_a_line_belongs_to_a_rule(line, name):
    assert Cuts(SOURCE).at(line) == name


@pytest.mark.parametrize(
    ("name", "with_it"),
    [
        ("first", ["first", "small"]),
        ("helper", ["small", "helper"]),
        ("last", ["small", "helper", "last"]),
    ],
)
def test_a_rule_by_itself_has_what_it_needs_and_compiles(name, with_it):
    alone = Cuts(SOURCE).alone(name)
    compiled = yara.compile(source=alone)
    assert alone.startswith('import "pe"')
    assert sorted(one.identifier for one in compiled) == sorted(with_it)


def test_names_that_come_twice_are_found():
    cuts = Cuts(
        "rule a { condition: true }\nrule b { condition: true }\nrule a { condition: true }"
    )
    assert [(one.name, one.line) for one in twice(cuts.rules)] == [("a", 3)]


@pytest.mark.parametrize("source", ["", "rule", "rule a {", "}}}", "rule a { /* ", 'rule a { "'])
def test_a_file_that_is_broken_is_cut_as_far_as_it_goes(source):
    assert Cuts(source).rules == []
