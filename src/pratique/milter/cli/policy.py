"""Check a policy and run its tests from the command line.

Exit status, for scripts and CI: 0 all is well, 1 something is wrong with the policy,
2 the command could not run.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pratique.milter.cli.session import cannot_run, told

if TYPE_CHECKING:
    from pratique.milter.policy_file import PolicyFile
    from pratique.policies.trial import Result
    from pratique.scanners import facts_pb2 as facts

_WRONG = 1

SeeFiles = Callable[[Sequence[Path]], Sequence["facts.Facts"]]


@click.group()
def policy() -> None:
    """Check policies and run their tests.

    A policy is a TOML file of rules.  FILE is its path, or the name of a policy that is
    shipped; without FILE it is `default`.
    """


@policy.command()
@click.argument("file", default="default")
def check(file: str) -> None:
    r"""Say what is wrong with a policy: where, and what would be right.

    \b
    Examples:
      pratique policy check
      pratique policy check /etc/pratique/policy.toml
    """
    # Imported late here and below: `pratique --help` must not wait for CEL.
    from pratique.policies.policy import Policy

    found = _sound(file)
    rules = Policy.load(found.text, found.name).rules
    tests = sum(len(rule.tests) for rule in rules)
    click.echo(f"{found.name}: {len(rules)} rules, {tests} tests, nothing is wrong")


@policy.command()
@click.argument("file", default="default")
@click.option("-v", "--verbose", is_flag=True, help="Name the tests that are met, too.")
def test(file: str, verbose: bool) -> None:
    r"""Run the tests that stand in a policy.

    Messages that tests name are looked for beside the policy, and seen by workers of
    their own, as `pratique inspect` does.

    \b
    Examples:
      pratique policy test
      pratique policy test -v /etc/pratique/policy.toml
    """
    from pratique.milter.seeing import facts_of

    found = _sound(file)
    with told():
        results = trials(found, facts_of)
    unmet = [result for result in results if result.why]
    for result in results if verbose else unmet:
        click.echo(_line(found.name, result))
    click.echo(f"{found.name}: {len(results)} tests, {len(unmet)} not met")
    sys.exit(_WRONG if unmet else 0)


def trials(found: "PolicyFile", see_files: SeeFiles) -> list["Result"]:
    """Run a policy's tests; all messages are seen first, each once."""
    from pratique.milter.judging import weigh
    from pratique.policies.policy import Policy
    from pratique.policies.trial import run

    loaded = Policy.load(found.text, found.name)
    names = sorted({test.message for rule in loaded.rules for test in rule.tests if test.message})
    paths = [found.folder / name for name in names]
    for name, path in zip(names, paths, strict=True):
        if not path.is_file():
            raise FileNotFoundError(f"{found.name}: no message {name!r}: {path} is no file")
    seen = dict(zip(names, see_files(paths) if paths else (), strict=True))
    for one in seen.values():
        weigh(one)
    return list(run(loaded, seen.__getitem__))


def _sound(file: str) -> "PolicyFile":
    """The policy, if nothing is wrong with it; else all problems and the end."""
    from pratique.milter.policy_file import NoPolicy, find
    from pratique.policies.check import check as problems_of
    from pratique.policies.problem import render

    try:
        found = find(file)
    except NoPolicy as error:
        cannot_run(str(error))
    problems = problems_of(found.text, found.name)
    for problem in problems:
        click.echo(render(problem, found.text) + "\n", err=True)
    if problems:
        number = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        click.echo(f"{found.name}: {number}", err=True)
        sys.exit(_WRONG)
    return found


def _line(name: str, result: "Result") -> str:
    place = f"{name}:{result.test.line}: `{result.rule.name}`: expected {result.test.expect}"
    return f"{place}, {result.why}" if result.why else f"{place}: met"
