"""Find names with a wildcard, and take no expression for one."""

import pytest

from pratique.policies.checks.wildcards import wildcards
from pratique.policies.language.condition import Condition


@pytest.mark.parametrize(
    "when", ['any_name("invoice*.exe")', 'parts.exists(p, p.name.matches("invoice*.exe"))']
)
def test_a_name_with_a_wildcard_is_told_with_what_is_right(when):
    (found,) = wildcards(Condition.compile(when))
    assert when[found.offset :].startswith('"invoice')
    assert '"(?i)^invoice.*[.]exe$"' in found.hint


@pytest.mark.parametrize(
    "pattern", ["invoice.*[.]exe", "invoice.*", "https*", "a*[.]exe", "(?i)x*.exe", "x*.exe$"]
)
def test_what_may_be_meant_as_an_expression_is_left_alone(pattern):
    assert not list(wildcards(Condition.compile(f'any_name("{pattern}")')))
