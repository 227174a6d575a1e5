"""Show which policy was in force when, and its text.

Exit status: 0, or 2 where the command could not run: there is no such version, or what is
kept of it is damaged.
"""

import contextlib
import json
from typing import TYPE_CHECKING

import click

from pratique.milter.cli.screen import printable
from pratique.milter.cli.session import Session, cannot_run, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pratique.milter.history import Came
    from pratique.milter.versions import Version, Versions

# Digits of a hash; `policy show` accepts them for the whole.
DIGITS = 12


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def history(session: Session, as_json: bool) -> None:
    """Show which policy came in force when, the newest last.

    A line is a change: since when (UTC), its hash, name, rules and tests, and whether it
    came by a start or by a reload. `*` is in force now, `+` is in the shadow beside it.

    \b
    Examples:
      pratique policy history
      pratique policy history --json
    """
    try:
        came = _versions(session).history()
    except OSError as error:
        cannot_run(f"the history cannot be read: {error}")
    now = _now(came)
    if as_json:
        for one in came:
            click.echo(json.dumps({**one.written(), "in_force": one in now}))
    elif not came:
        click.echo("no policy was in force yet")
    else:
        click.echo("\n".join(_table(came, now)))


@click.command()
@click.argument("hash")
@click.option("--beside", metavar="NAME", help="Show a policy or a list that it names.")
@click.option("--json", "as_json", is_flag=True, help="All of it, as one JSON object.")
@click.pass_obj
def show(session: Session, hash: str, beside: str | None, as_json: bool) -> None:  # noqa: A002
    """Show the policy of a HASH as it was when it was in force.

    The first digits of a hash do, if no other begins so. What the policy names (included
    policies, files of lists) is kept with it and told below; --beside shows one of them.

    \b
    Examples:
      pratique policy show 3f2a91c04d7e
      pratique policy show 3f2a91c04d7e --beside partners.txt
    """
    from pratique.milter.versions import NoVersion

    try:
        found = _versions(session).find(hash)
    except NoVersion as error:
        cannot_run(str(error))
    if beside is not None:
        click.echo(_one_beside(found, beside), nl=False)
    elif as_json:
        said = {"hash": found.hash, "name": found.name, "text": found.text}
        kinds = {"policies": found.beside.policies, "lists": found.beside.lists}
        click.echo(json.dumps({**said, **{kind: dict(texts) for kind, texts in kinds.items()}}))
    else:
        click.echo(found.text, nl=not found.text.endswith("\n"))
        for line in _told(found):
            click.echo(line, err=True)


def _versions(session: Session) -> "Versions":
    from pratique.milter.versions import Versions

    folder = session.settings().state / "policies"
    # A folder that is not there has no policies yet; one that may not be read raises here.
    with told(), contextlib.suppress(FileNotFoundError):
        next(folder.iterdir(), None)
    return Versions(folder)


def _now(came: "Sequence[Came]") -> "list[Came]":
    """Return what last came into force in each role."""
    from pratique.milter.history import last_of

    last = (last_of(came, "enforce"), last_of(came, "shadow"))
    return [one for one in last if one is not None and one.hash]


def _table(came: "Sequence[Came]", now: "Sequence[Came]") -> list[str]:
    rows = [("since (UTC)", "hash", "rules", "tests", "by", "name")]
    for one in came:
        counts = (str(one.rules), str(one.tests)) if one.hash else ("", "")
        name = printable(one.name) if one.hash else "(none)"
        name = f"in the shadow: {name}" if one.role == "shadow" else name
        since = f"{one.since:%Y-%m-%d %H:%M:%S}"
        rows.append((since, one.hash[:DIGITS], *counts, one.why, name))
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    marks = [" ", *(_mark(one, now) for one in came)]
    return [f"{mark} {_line(row, wide)}" for mark, row in zip(marks, rows, strict=True)]


def _line(row: "Sequence[str]", wide: "Sequence[int]") -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, wide, strict=True)).rstrip()


def _mark(one: "Came", now: "Sequence[Came]") -> str:
    if one not in now:
        return " "
    return "*" if one.role == "enforce" else "+"


def _one_beside(found: "Version", name: str) -> str:
    texts = {**found.beside.lists, **found.beside.policies}
    if name not in texts:
        known = ", ".join(texts) or "nothing"
        cannot_run(f"the policy {found.hash[:DIGITS]} names no {name!r}; it names: {known}")
    return texts[name]


def _told(found: "Version") -> list[str]:
    """List the files that the policy names, for a person."""
    kinds = (("includes", found.beside.policies), ("list", found.beside.lists))
    return [
        f"{kind} {printable(name)} ({len(text.splitlines())} lines): --beside {printable(name)}"
        for kind, texts in kinds
        for name, text in texts.items()
    ]
