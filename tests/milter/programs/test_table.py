"""The programs, their arguments, and the types that each is for."""

import re

import pytest

from pratique.milter.programs.table import BY_TYPE, PROGRAMS, SEVEN_ZIP, UNAR


def test_each_type_names_programs_that_there_are_and_none_twice():
    names = {program.name for program in PROGRAMS}
    assert all(set(named) <= names and len(set(named)) == len(named) for named in BY_TYPE.values())
    assert {name for named in BY_TYPE.values() for name in named} == names
    assert all(re.fullmatch(r"application/[a-z0-9.+-]+", type_) for type_ in BY_TYPE)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
@pytest.mark.parametrize("word", ["secret", "-rf", "--", "a b", "@list"])
def test_a_word_is_one_argument_and_stands_where_only_a_password_can(program, word):
    arguments = program.arguments("/usr/bin/it", "/in/part", "/room/out", word)
    assert arguments[0] == "/usr/bin/it"
    assert arguments[-1] == "/in/part"
    place = next(place for place, each in enumerate(arguments) if each.endswith(word) and place)
    joined = arguments[place] == f"{program.option}{word}"
    assert joined if program.joined else arguments[place - 1 : place + 1] == [program.option, word]


def test_without_a_word_unar_is_given_none_and_7z_an_empty_one_so_that_it_does_not_ask():
    assert UNAR.option not in UNAR.arguments("/usr/bin/unar", "/in/part", "/room/out", "")
    assert "-p" in SEVEN_ZIP.arguments("/usr/bin/7zz", "/in/part", "/room/out", "")


def test_rar_is_for_unar_alone():
    # 7-Zip of Debian has no RAR.
    assert BY_TYPE["application/vnd.rar"] == ("unar",)
