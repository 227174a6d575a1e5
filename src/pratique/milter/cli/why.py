"""Say why a message went the way it went: the rule, its condition, the facts."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pratique.milter.cli.screen import printable
from pratique.milter.cli.session import Session, told

if TYPE_CHECKING:
    from pratique.milter.journal.reading import Found

_NOT_FOUND = 1


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, newest first.")
@click.argument("wanted", metavar="ID")
@click.pass_obj
def why(session: Session, wanted: str, as_json: bool) -> None:
    """Say why a message was accepted, refused, deferred or held.

    ID is our queue id, as the log and our reply have it; or what the mail server in front
    of us calls the message; or the id of a held message where the journal knows it. The
    journal keeps what came, what was found in it, and the policy that decided.

    \b
    Exit status: 0 found, 1 nothing is kept of it, 2 could not run.
        pratique why 06G8ZQK3W5T00AB
        pratique why --json 4gXyZ12345z1abc | jq .rule
    """
    # Imported late: `pratique --help` must not wait for a database library.
    from pratique.milter.journal.reading import find

    settings = session.settings()
    folder = settings.state / "journal"
    with told():
        found = find(folder, wanted.strip())
    for name, error in found.unreadable:
        click.echo(f"could not be read: {printable(name)}: {printable(error)}", err=True)
    if not found.entries:
        click.echo(_nothing(wanted, folder, found, settings.journal.keep_days), err=True)
        sys.exit(_NOT_FOUND)
    _show(found, settings.policy.file, as_json=as_json)


def _nothing(wanted: str, folder: Path, found: "Found", keep_days: int) -> str:
    if not found.days:
        return f"nothing is kept of {printable(wanted)}: there is no journal in {folder}"
    first, last = found.days[-1], found.days[0]
    days = f"{first}" if first == last else f"{first} to {last}"
    return (
        f"nothing is kept of {printable(wanted)}: looked in {folder}, which has {days} (UTC); "
        f"a day is kept for {keep_days} days"
    )


def _show(found: "Found", policy_file: str, *, as_json: bool) -> None:
    # CEL, and rich for people.
    from pratique.milter.cli import why_shown

    if found.more:
        click.echo(f"{found.more} older messages have this id too; not shown", err=True)
    told_by = why_shown.Policies(policy_file)
    if as_json:
        for kept in found.entries:
            click.echo(json.dumps(why_shown.to_json(kept, told_by)))
        return
    from rich.console import Console

    console = Console()
    for kept in found.entries:
        why_shown.show(console, kept, told_by)
