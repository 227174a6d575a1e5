"""Try how problems are written for a person, for a program and for GitHub."""

import json
from pathlib import Path

import pytest

from pratique.milter.cli import policy_check
from pratique.milter.cli.policy_formats import FORMATS, Texts
from pratique.milter.policy_file import PolicyFile
from pratique.policies.written.beside import Beside
from pratique.policies.written.problem import Problem

BESIDE = Beside(
    policies={"own.toml": "x = 1\n", "default": "d = 1\n"}, lists={"l.txt": "one\ntwo\n"}
)
TEXTS = Texts(PolicyFile("etc/p.toml", "a = 1\nb = 2\n", Path("etc"), BESIDE))
ONE = Problem(2, 5, "etc/p.toml", "wrong", "right")


def written(form, *problems):
    return FORMATS[form](problems, TEXTS)


def test_the_command_offers_these():
    assert tuple(FORMATS) == policy_check.FORMATS


@pytest.mark.parametrize(
    ("file", "line", "path", "source"),
    [
        ("etc/p.toml", 2, "etc/p.toml", "b = 2"),
        ("own.toml", 1, "etc/own.toml", "x = 1"),
        ("l.txt", 2, "etc/l.txt", "two"),
        ("default", 1, "default", "d = 1"),
    ],
)
def test_each_file_is_shown_with_its_own_line(file, line, path, source):
    shown = written("text", Problem(line, 1, file, "wrong"))
    assert shown.startswith(f"{path}:{line}:1: wrong\n    {line} | {source}\n")


def test_a_warning_is_told_to_be_one():
    assert "etc/p.toml:1:1: warning: soon\n" in written(
        "text", Problem(1, 1, "etc/p.toml", "soon", severity="warning")
    )


def test_a_program_reads_an_object_a_line():
    lines = written("json", ONE, Problem(1, 1, "l.txt", "ü", severity="warning")).splitlines()
    assert [json.loads(each) for each in lines] == [
        {
            "file": "etc/p.toml", "line": 2, "column": 5,
            "message": "wrong", "hint": "right", "severity": "error",
        },
        {
            "file": "etc/l.txt", "line": 1, "column": 1,
            "message": "ü", "hint": "", "severity": "warning",
        },
    ]  # fmt: skip


def test_github_gets_a_command_a_line():
    assert written("github", ONE) == "::error file=etc/p.toml,line=2,col=5::wrong%0Ahint: right\n"
    assert written("github", Problem(1, 1, "default", "w", severity="warning")) == (
        "::warning file=default,line=1,col=1::w\n"
    )


def test_what_github_reads_otherwise_is_escaped():
    odd = Texts(PolicyFile("a,b:c%.toml", "", Path()))
    problem = Problem(1, 1, "a,b:c%.toml", "100%: a,b\r\n::error::x\x1b")
    assert FORMATS["github"]([problem], odd) == (
        "::error file=a%2Cb%3Ac%25.toml,line=1,col=1::100%25: a,b%0D%0A::error::x\ufffd\n"
    )


@pytest.mark.parametrize("form", FORMATS)
def test_where_nothing_is_wrong_nothing_is_written(form):
    assert written(form) == ""
