"""Say why a message went the way it went, and what would have changed that."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pratique.milter.cli.inspect import look_at
from pratique.milter.cli.screen import printable
from pratique.milter.cli.session import Session, told

if TYPE_CHECKING:
    from pratique.milter.cli.reasons import Then
    from pratique.milter.config import Settings
    from pratique.milter.journal.reading import Found

_NOT_FOUND = 1
_STDIN = "-"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, newest first.")
@click.option("--policy", "policy_file", help="What another policy would say: a file, or shipped.")
@click.option(
    "--all", "all_rules", is_flag=True, help="Say of each rule before why it did not hold."
)
@click.argument("wanted", metavar="ID|FILE")
@click.pass_obj
def why(
    session: Session, wanted: str, *, policy_file: str | None, all_rules: bool, as_json: bool
) -> None:
    """Say why a message was accepted, refused, deferred or held.

    ID is our queue id, as the log and our reply have it; or what the mail server in front
    of us calls the message; or the id of a held message where the journal knows it. The
    journal keeps what came, what was found in it, and the policy that decided.

    FILE is a message, which is looked at anew by the policy that is configured: by whom it was
    sent and to whom is not known then (`pratique inspect --why` is told by options).

    \b
    Exit status: 0 found, 1 nothing is kept of it, 2 could not run.
        pratique why 06G8ZQK3W5T00AB
        pratique why --policy strict 06G8ZQK3W5T00AB
        pratique why --json 4gXyZ12345z1abc | jq .why.verdicts
    """
    settings = session.settings()
    if wanted == _STDIN or Path(wanted).is_file():
        look_at(settings, wanted, policy_file, all_rules=all_rules, as_json=as_json)
        return
    # Imported late: `pratique --help` must not wait for a database library.
    from pratique.milter.journal.reading import find

    folder = settings.state / "journal"
    with told():
        found = find(folder, wanted.strip())
    for name, error in found.unreadable:
        click.echo(f"could not be read: {printable(name)}: {printable(error)}", err=True)
    if not found.entries:
        click.echo(_nothing(wanted, folder, found, settings.journal.keep_days), err=True)
        sys.exit(_NOT_FOUND)
    with told():
        then = _then(settings, policy_file)
    _show(found, settings.policy.file, then, as_json=as_json, all_rules=all_rules)


def _nothing(wanted: str, folder: Path, found: "Found", keep_days: int) -> str:
    if not found.days:
        return f"nothing is kept of {printable(wanted)}: there is no journal in {folder}"
    first, last = found.days[-1], found.days[0]
    days = f"{first}" if first == last else f"{first} to {last}"
    return (
        f"nothing is kept of {printable(wanted)}: looked in {folder}, which has {days} (UTC); "
        f"a day is kept for {keep_days} days"
    )


def _then(settings: "Settings", policy_file: str | None) -> "Then":
    from pratique.milter.cli.reasons import Then, policy_named
    from pratique.milter.versions import Versions

    instead = policy_named(policy_file) if policy_file else None
    return Then(Versions(settings.state / "policies"), instead)


def _show(
    found: "Found", policy_file: str, then: "Then", *, as_json: bool, all_rules: bool
) -> None:
    # Imported late: CEL, and rich for people.
    from pratique.milter.cli import proof_json, proof_shown, why_json, why_shown
    from pratique.milter.cli.decided import Policies

    if found.more:
        click.echo(f"{found.more} older messages have this id too; not shown", err=True)
    told_by = Policies(policy_file, then.policy)
    if as_json:
        for kept in found.entries:
            line: dict[str, Any] = why_json.to_json(kept, told_by)
            line["why"] = proof_json.to_json(then.reasons(kept))
            click.echo(json.dumps(line))
        return
    from rich.console import Console

    console = Console()
    for kept in found.entries:
        why_shown.show(console, kept, told_by)
        proof_shown.show(console, then.reasons(kept), all_rules=all_rules)
