"""Where a mistake in a configuration stands."""

import tomllib
from typing import Annotated

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from pratique.milter import config_problems
from pratique.milter.config_problems import ConfigError, ConfigProblem


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int = 1


def _no_word(value):
    if "!" in value:
        raise ValueError("no word")
    return value


Word = Annotated[str, AfterValidator(_no_word)]


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()
    word: str = ""
    people: dict[Word, tuple[int, ...]] = {}


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
        ('[people]\n"Ann B" = [1]\n"Bob B" = ["x"]', 3, 1),
        ("[people]\n'Ann B' = [1]\n'Bob.B' = ['x']", 3, 1),
        ('[people]\n"Ann B" = [1]\n  "Bob!" = [1]', 3, 3),
        ("word = 'x'\n[inner.deeper]\nx = 1", 2, 1),
    ],
)
def test_a_mistake_has_the_place_of_its_key(text, line, column):
    ((found_line, found_column, _),) = places(text)
    assert (found_line, found_column) == (line, column)


def test_a_key_that_is_nearly_right_is_answered_with_the_right_one():
    ((_, _, message),) = places("[inner]\nnumbr = 1")
    assert message == "inner.numbr: no such setting; did you mean 'number'?"


def test_a_name_that_is_wrong_is_told_by_itself():
    ((_, _, message),) = places('[people]\n"Bob!" = [1]')
    assert message == "people.Bob!: no word"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("word = 1", "word: write text, in quotes"),
        ('people = { "Ann B" = 1 }', "people.Ann B: write a list, in square brackets: ['...']"),
        ("[many]\nnumber = 1", "many: there may be several: write it in two brackets, [[many]]"),
        ("inner.number = []", "inner.number: write a whole number, without quotes"),
    ],
)
def test_a_wrong_type_is_told_in_words_of_toml(text, words):
    ((_, _, message),) = places(text)
    assert message == words


def test_a_key_that_resembles_none_is_answered_with_all():
    ((_, _, message),) = places("zzz = 1")
    assert message.endswith("known here: inner, many, people, word")


def test_a_problem_is_one_line_that_editors_understand():
    assert str(ConfigProblem("c.toml", 3, 7, "no")) == "c.toml:3:7: no"
    assert str(ConfigProblem("c.toml", 0, 0, "gone")) == "c.toml: gone"


def test_an_error_holds_all_problems_a_line_each():
    problems = [ConfigProblem("c", 1, 1, "a"), ConfigProblem("c", 2, 1, "b")]
    assert str(ConfigError(problems)) == "c:1:1: a\nc:2:1: b"
