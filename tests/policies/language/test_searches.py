"""Regular expressions are RE2's, and what is wrong with one is told in words."""

import pytest

from pratique.policies.language.searches import regex_problem


@pytest.mark.parametrize("pattern", ["", "a|b", "(?i)[.]exe$", r"\bx\b"])
def test_a_good_regex_has_no_problem(pattern):
    assert regex_problem(pattern) == ""


@pytest.mark.parametrize("pattern", ["(", "*.exe", "(?<=a)b", "a)|(b", "[", "a{2000}"])
def test_a_bad_regex_has_a_problem_in_words(pattern):
    problem = regex_problem(pattern)
    assert problem
    assert "INVALID" not in problem
