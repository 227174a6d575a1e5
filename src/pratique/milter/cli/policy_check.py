"""Check a policy from the command line, before mail does.

Exit status, for scripts and CI: 0 nothing is wrong (there may be warnings), 1 something
is wrong with the policy, 2 the command could not run.
"""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pratique.milter.cli.session import Session, cannot_run

if TYPE_CHECKING:
    from pratique.milter.config import Settings
    from pratique.milter.policy_file import PolicyFile
    from pratique.policies.written.problem import Problem

WRONG = 1
# In the order of cli/policy_formats.py, which must not be imported for `--help`.
FORMATS = ("text", "json", "github")


@click.command(short_help="Say what is wrong with a policy, and where.")
@click.argument("file", required=False)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also say what the doors of this configuration cannot do; without FILE its policy.",
)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="What has expired by that day.")
@click.pass_context
def check(
    context: click.Context, file: str | None, form: str, config: Path | None, on: datetime | None
) -> None:
    """Say what is wrong with a policy: where, and what would be right.

    Exit status: 0 nothing is wrong, 1 something is, 2 the command could not run.  A
    warning alone is no reason for 1.

    \b
    Examples:
      pratique policy check
      pratique policy check /etc/pratique/policy.toml
      pratique policy check --config pratique.toml --format github
      pratique policy check --on 2027-01-01 policy.toml
    """
    settings = _settings(context, config)
    file = file or (settings.policy.file if settings else "default")
    found = _found(file)
    problems = problems_of(found, settings, on.date() if on else datetime.now(UTC).date())
    _say(problems, found, form)
    if any(problem.severity == "error" for problem in problems):
        sys.exit(WRONG)
    if form == "text":
        click.echo(_good(found))


def problems_of(found: "PolicyFile", settings: "Settings | None", today: date) -> "list[Problem]":
    """Return all that is wrong with a policy, with these settings and on that day (UTC)."""
    # Imported late here and below: `pratique --help` must not wait for CEL.
    from pratique.milter import can_do
    from pratique.policies.check import check as check_policy

    problems = check_policy(found.text, found.name, found.beside, today=today)
    return problems + (can_do.check(found, settings) if settings else [])


def sound(file: str) -> "PolicyFile":
    """Return the policy if nothing is wrong with it; if not, say all problems and exit."""
    from pratique.policies.check import check as check_policy

    found = _found(file)
    if problems := check_policy(found.text, found.name, found.beside):
        _say(problems, found, "text")
        sys.exit(WRONG)
    return found


def _settings(context: click.Context, config: Path | None) -> "Settings | None":
    """Return the settings that were named, by the command's own option or the group's."""
    if config is None and isinstance(context.obj, Session):
        config = context.obj.config
    return Session(config).settings() if config is not None else None


def _found(file: str) -> "PolicyFile":
    from pratique.milter.policy_file import NoPolicy, find

    try:
        return find(file)
    except NoPolicy as error:
        cannot_run(str(error))


def _say(problems: "list[Problem]", found: "PolicyFile", form: str) -> None:
    from pratique.milter.cli.policy_formats import FORMATS as WRITERS
    from pratique.milter.cli.policy_formats import Texts

    # A person watches the terminal; a program reads the output.
    click.echo(WRITERS[form](problems, Texts(found)), err=form == "text", nl=False)
    if form == "text" and problems:
        counted = [
            f"{number} {word}{'s' if number > 1 else ''}"
            for word, severity in (("problem", "error"), ("warning", "warning"))
            if (number := sum(each.severity == severity for each in problems))
        ]
        click.echo(f"{found.name}: {', '.join(counted)}", err=True)


def _good(found: "PolicyFile") -> str:
    from pratique.policies.policy import Policy

    rules = Policy.load(found.text, found.name, found.beside).rules
    tests = sum(len(rule.tests) for rule in rules)
    return f"{found.name}: {len(rules)} rules, {tests} tests, nothing is wrong"
