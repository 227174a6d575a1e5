"""Show held messages: a table or lines for people, one JSON object per line for programs.

All text from strangers is made printable here, at the last moment, so that no command
can forget it; JSON is ASCII, with escapes for everything else.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from pratique.milter.cli.screen import printable

if TYPE_CHECKING:
    from pratique.milter.quarantine.release import Outcome
    from pratique.milter.quarantine.store import Kept
    from pratique.milter.quarantine.summary import Summary

COLUMNS = ("id", "state", "size", "reverse-path", "recipients", "rule", "subject")

# Enough to tell messages apart in a row; `show` has the whole text.
_COLUMN_WIDTH = 60


def say_outcome(outcome: "Outcome", *, as_json: bool) -> None:
    """Say how a release went."""
    if as_json:
        say_json(_outcome_to_json(outcome))
        return
    said = printable(str(outcome.reply))
    if outcome.sent:
        to = ", ".join(printable(address) for address in outcome.recipients)
        click.echo(f"{outcome.id} was sent to {to}: {said}")
    elif outcome.refused:
        click.echo(f"{outcome.id} was not sent. The next hop does not take:", err=True)
        for address, reply in outcome.refused:
            click.echo(f"    {printable(address)}: {printable(str(reply))}", err=True)
    else:
        click.echo(f"{outcome.id} is {outcome.stage}. The next hop said: {said}", err=True)


def _outcome_to_json(outcome: "Outcome") -> dict[str, Any]:
    return {
        "id": outcome.id,
        "state": str(outcome.stage),
        "sent": outcome.sent,
        "reply": str(outcome.reply),
        "recipients": list(outcome.recipients),
        "refused": {address: str(reply) for address, reply in outcome.refused},
    }


def say_done(done: str, message_id: str, *, as_json: bool) -> None:
    """Say what was done with a message."""
    if as_json:
        say_json({"id": message_id, "state": done})
    else:
        click.echo(f"{message_id} {done}")


def say_json(known: dict[str, Any]) -> None:
    """Say one JSON object on one line."""
    # ASCII: controls, DEL among them, reach the terminal as escapes.
    click.echo(json.dumps(known))


def columns(one: "Summary") -> tuple[str, ...]:
    """Return one row, made printable."""
    reverse_path = "unknown" if one.reverse_path is None else f"<{one.reverse_path}>"
    others = f" +{len(one.recipients) - 1}" if len(one.recipients) > 1 else ""
    texts = (
        *(one.id, one.state, str(one.size), reverse_path),
        *("".join(one.recipients[:1]) + others, one.rule, one.subject),
    )
    return tuple(printable(text, _COLUMN_WIDTH) for text in texts)


def say_table(found: "Iterator[Summary]") -> None:
    """Show rows to a person."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*COLUMNS, box=None)
    for one in found:
        # `Text` is shown as it is: a bare str would be read as rich's markup.
        table.add_row(*(Text(text) for text in columns(one)))
    Console().print(table)


# What a person sees as a tree of parts with its verdicts, or does not need; --json has it.
_NOT_IN_LINES = ("format", "facts", "verdicts", "prepend", "cut")


def say_kept(kept: "Kept", known: dict[str, Any]) -> None:
    """Show a message to a person: how it came, its state, what is in it, and why."""
    from rich.console import Console

    from pratique.milter.cli.tree import show_message

    for line in tree({name: value for name, value in known.items() if name not in _NOT_IN_LINES}):
        click.echo(line)
    click.echo()
    record = kept.record
    show_message(Console(), record.facts, record.envelope, record.verdicts)


def tree(known: Any, indent: str = "") -> Iterator[str]:
    """Yield the lines of what is known, each name and each text made printable."""
    pairs = known.items() if isinstance(known, dict) else (("-", one) for one in known)
    for name, value in pairs:
        mark = "-" if name == "-" else f"{printable(str(name))}:"
        if isinstance(value, dict | list | tuple):
            if value:
                yield f"{indent}{mark}"
                yield from tree(value, indent + "    ")
        elif value not in ("", None):
            yield f"{indent}{mark} {printable(str(value))}"
