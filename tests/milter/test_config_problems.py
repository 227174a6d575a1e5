"""Where a mistake in a configuration stands."""

import tomllib

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from pratique.milter import config_problems
from pratique.milter.config_problems import ConfigError, ConfigProblem


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int = 1


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()
    word: str = ""


def places(text):
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(tomllib.loads(text))
    problems = config_problems.of_model(caught.value, Outer, text, "c.toml")
    return [(problem.line, problem.column, problem.message) for problem in problems]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("word = 1", 1, 1),
        ("# a comment\n\n  word = 1", 3, 3),
        ('[inner]\nnumber = "x"', 2, 1),
        ('inner.number = "x"', 1, 1),
        ('[[many]]\nnumber = 1\n[[many]]\n# no\nnumber = "x"', 5, 1),
        ('inner = { number = "x" }', 1, 1),
    ],
)
def test_a_mistake_has_the_place_of_its_key(text, line, column):
    ((found_line, found_column, _),) = places(text)
    assert (found_line, found_column) == (line, column)


def test_a_key_that_is_nearly_right_is_answered_with_the_right_one():
    ((_, _, message),) = places("[inner]\nnumbr = 1")
    assert message == "inner.numbr: no such setting; did you mean 'number'?"


def test_a_key_that_resembles_none_is_answered_with_all():
    ((_, _, message),) = places("zzz = 1")
    assert message.endswith("known here: inner, many, word")


def test_a_problem_is_one_line_that_editors_understand():
    assert str(ConfigProblem("c.toml", 3, 7, "no")) == "c.toml:3:7: no"
    assert str(ConfigProblem("c.toml", 0, 0, "gone")) == "c.toml: gone"


def test_an_error_holds_all_problems_a_line_each():
    problems = [ConfigProblem("c", 1, 1, "a"), ConfigProblem("c", 2, 1, "b")]
    assert str(ConfigError(problems)) == "c:1:1: a\nc:2:1: b"
