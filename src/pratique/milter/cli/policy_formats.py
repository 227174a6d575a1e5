"""Write problems of a policy for a person, for a program, and for GitHub.

`github`: one workflow command per problem, which GitHub shows at the line in a pull request
(docs.github.com, "Workflow commands for GitHub Actions").  In these `%`, CR and LF are written
as `%25`, `%0D` and `%0A`, and in properties `:` and `,` too, as actions/toolkit does.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pratique.milter.policy_file import PolicyFile, shipped
from pratique.policies.written.problem import Problem, render

_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a policy and of what it names, by the names that its problems use."""

    found: PolicyFile

    def of(self, file: str) -> str:
        """Return the text of a file; empty if there is none."""
        beside = self.found.beside
        if file == self.found.name:
            return self.found.text
        return beside.policies.get(file, beside.lists.get(file, ""))

    def path(self, file: str) -> str:
        """Return the path of that file from where the command runs."""
        if file == self.found.name or file in shipped():
            return file
        return str(self.found.folder / Path(file))


def text(problems: Sequence[Problem], texts: Texts) -> str:
    """Write each problem with its source line, a caret and the hint."""
    return "".join(
        render(replace(each, file=texts.path(each.file)), texts.of(each.file)) + "\n\n"
        for each in problems
    )


def as_json(problems: Sequence[Problem], texts: Texts) -> str:
    """Write one JSON object per line."""
    keys = ("line", "column", "message", "hint", "severity")
    return "".join(
        json.dumps({"file": texts.path(each.file), **{key: getattr(each, key) for key in keys}})
        + "\n"
        for each in problems
    )


def github(problems: Sequence[Problem], texts: Texts) -> str:
    """Write one workflow command per line."""
    return "".join(_command(each, texts.path(each.file)) + "\n" for each in problems)


def _command(problem: Problem, path: str) -> str:
    properties = f"file={_escaped(path, _PROPERTY)},line={problem.line},col={problem.column}"
    told = problem.message + (f"\nhint: {problem.hint}" if problem.hint else "")
    return f"::{problem.severity} {properties}::{_escaped(told, _MESSAGE)}"


def _escaped(written: str, escapes: Mapping[str, str]) -> str:
    # A terminal or a log obeys control characters; a policy may have come from anywhere.
    return "".join(
        escapes.get(letter, letter if letter.isprintable() else "�") for letter in written
    )


FORMATS: dict[str, Callable[[Sequence[Problem], Texts], str]] = {
    "text": text,
    "json": as_json,
    "github": github,
}
