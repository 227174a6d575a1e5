"""Check YARA rules before a service takes them, and say which of them are slow."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pratique.milter.cli.screen import printable
from pratique.milter.cli.session import Session, cannot_run, told

if TYPE_CHECKING:
    from pratique.milter.rule_trial import Problem, Timed, Times

_WRONG = 1


@click.group()
def rules() -> None:
    """Check YARA rules, and time them."""


@rules.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.argument("paths", nargs=-1, metavar="[FOLDER|FILE]...")
@click.pass_obj
def check(session: Session, *, paths: Sequence[str], as_json: bool) -> None:
    """Say what is wrong with rules, with file and line; those of the configuration without PATHS.

    Wrong is what YARA does not compile, and what the service would refuse: a rule that has
    the severity `malicious` and matches harmless mail. What is only doubtful is a warning: a
    string that slows scans down, a severity that is not known, a rule that matches harmless
    mail. Nothing is changed.

    \b
    Exit status: 0, also with warnings; 1 something is wrong; 2 could not run.
        pratique rules check /etc/pratique/rules
    """
    from pratique.milter.rule_trial import checked

    with told():
        found = checked(_meant(session, paths))
    for problem in found.problems:
        click.echo(json.dumps(asdict(problem)) if as_json else _line(problem))
    errors = sum(one.is_error for one in found.problems)
    if not as_json:
        warnings = len(found.problems) - errors
        counts = ((len(found.files), "file"), (errors, "error"), (warnings, "warning"))
        click.echo(", ".join(_counted(*each) for each in counts), err=True)
    if errors:
        sys.exit(_WRONG)


@rules.command("time")
@click.option(
    "--over",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    help="A file to scan instead of octets made for this; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.argument("paths", nargs=-1, metavar="[FOLDER|FILE]...")
@click.pass_obj
def time_(session: Session, *, paths: Sequence[str], over: Sequence[str], as_json: bool) -> None:
    """Say how long rules take, the slowest file first, and which rule of a slow file it is.

    The time is that of the processor for a megabyte, beyond what any scan takes.

    \b
    Exit status: 0, 1 a file is slow or cannot be timed, 2 could not run.
        pratique rules time --over newsletter.eml --over setup.exe
    """
    from pratique.milter.rule_trial import timed

    with told():
        times = timed(_meant(session, paths), over)
    if as_json:
        for one in (*times.files, *times.rules):
            click.echo(json.dumps(asdict(one)))
    else:
        _show(times)
    for problem in times.problems:
        click.echo(_line(problem), err=True)
    if times.problems or any(one.slow for one in times.files):
        sys.exit(_WRONG)


def _meant(session: Session, paths: Sequence[str]) -> list[str]:
    """Return the files and folders that the arguments, or else the settings, name."""
    if not paths:
        folders = [str(folder) for folder in session.settings().yara.folders]
        if not folders:
            cannot_run("the configuration has no folder of rules ([yara] folders): name one")
        return folders
    for path in paths:
        if not Path(path).exists():
            cannot_run(f"{path}: there is no such file or folder")
    return list(paths)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _line(problem: "Problem") -> str:
    return printable(f"{_place(problem)}: {problem.level}: {problem.message}")


def _place(one: "Problem | Timed") -> str:
    return f"{one.file}:{one.line}" if one.line else one.file


def _show(times: "Times") -> None:
    """Print two tables, the slowest first: the files, and the rules of slow ones."""
    click.echo("ms/MB  rules  compiled  file")
    for one in times.files:
        counts = f"{one.cost:5.1f}  {one.rules:5}  {one.compiled:6.2f} s"
        click.echo(printable(f"{counts}  {_place(one)}{_said(one)}"))
    if times.rules:
        click.echo("\nms/MB  rule")
    for one in times.rules:
        click.echo(printable(f"{one.cost:5.1f}  {_place(one)} {one.rule}{_said(one)}"))


def _said(one: "Timed") -> str:
    if one.problem:
        return f": {one.problem}"
    return ": slow" if one.slow else ""
