"""Make and list the keys that sign what we send; the keys themselves are never shown."""

from datetime import UTC, datetime
from pathlib import Path

import click

from pratique.milter.cli.session import cannot_run

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def keys() -> None:
    """Make and list the keys that sign the mail that you send."""


@keys.command()
@_FILE
def new(file: Path) -> None:
    """Put a new key on top of FILE, or make FILE.

    The new key signs as soon as the service is reloaded. What was signed with the old one
    still verifies; it stays in the file as long as that is so.

    \b
        pratique keys new /etc/pratique/sent.keys
        chown pratique /etc/pratique/sent.keys
    """
    from pratique.milter.sent.keys import KeysError, add

    was_there = file.exists()
    try:
        made = add(file, datetime.now(UTC).date())
    except KeysError as error:
        cannot_run(str(error))
    click.echo(f"{file}: key {made.signing.number} signs, of {len(made.all)}")
    if was_there:
        click.echo("next: pratique reload; where several hosts share it, see docs/sent.md first")
    else:
        click.echo(f"next: chown it to the user of the service; [sent] keys = '{file}'")


@keys.command("list")
@_FILE
def list_(file: Path) -> None:
    """Say of each key in FILE its number, its day and its use."""
    from pratique.milter.sent.keys import KeysError, read

    try:
        found = read(file)
    except KeysError as error:
        cannot_run(str(error))
    today = datetime.now(UTC).date()
    for place, key in enumerate(found.all):
        use = "signs and verifies" if place == 0 else "verifies"
        click.echo(f"{key.number:6}  {key.made_on}  {(today - key.made_on).days:5} days  {use}")
