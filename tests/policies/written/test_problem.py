"""Try how a problem is shown: the line, the caret, the hint."""

from pratique.policies.written.problem import PolicyError, Problem, one_line, render

TEXT = "first\n\twhen = 'x'\nthird\x1b[31m\n"


def test_a_problem_is_shown_with_its_line_and_a_caret_under_the_place():
    shown = render(Problem(2, 10, "p.toml", "wrong", "do right"), TEXT)
    assert shown.split("\n") == [
        "p.toml:2:10: wrong",
        "    2 | \twhen = 'x'",
        "      | \t        ^",
        "      hint: do right",
    ]


def test_a_problem_without_a_hint_says_nothing_of_one():
    assert "hint" not in render(Problem(1, 1, "p.toml", "wrong"), TEXT)


def test_a_place_behind_the_end_has_no_line_to_show():
    assert render(Problem(99, 1, "p.toml", "wrong"), TEXT) == "p.toml:99:1: wrong"


def test_what_a_terminal_would_obey_is_not_shown():
    assert "\x1b" not in render(Problem(3, 1, "p.toml", "wrong"), TEXT)


def test_an_error_names_all_its_problems_in_one_line():
    error = PolicyError([Problem(1, 2, "p", "a"), Problem(3, 4, "p", "b", "c")])
    assert str(error) == "p:1:2: a; p:3:4: b (c)"
    assert one_line(error.problems[0]) == "p:1:2: a"


def test_a_warning_says_that_it_is_one_in_both_forms():
    problem = Problem(1, 3, "p.toml", "soon over", "write a later day", "warning")
    assert one_line(problem) == "p.toml:1:3: warning: soon over (write a later day)"
    assert render(problem, "a = 1").startswith("p.toml:1:3: warning: soon over\n    1 | a = 1\n")
