"""Look at the whole wiring of a host; say what is wrong with each thing, and what to do."""

import json
import logging
import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pratique.milter.cli.screen import printable
from pratique.milter.cli.session import Session

if TYPE_CHECKING:
    from pratique.milter.doctor.line import Line

_WRONG = 1
# Longer lines are hard to read.
_WIDEST = 100
_COLORS = {"ok": "green", "warning": "yellow", "wrong": "red", "not looked at": "cyan"}
# As shown; the column below leaves two blanks after the longest of these.
_MARKS = {"ok": "ok", "warning": "warning", "wrong": "WRONG", "not looked at": "unseen"}
_WIDE = 9

Said = Sequence[tuple[str, "Line"]]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--brief", is_flag=True, help="Leave out what is ok.")
@click.option(
    "--postfix",
    type=click.Path(path_type=Path, file_okay=False),
    help="Postfix's configuration folder, where it is not its own.",
)
@click.option(
    "--clamd-conf",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("/etc/clamav/clamd.conf"),
    show_default=True,
    help="The file of the clamd that is asked.",
)
@click.argument("concerns", nargs=-1, metavar="[CONCERN]...")
@click.pass_context
def doctor(
    context: click.Context,
    *,
    as_json: bool,
    brief: bool,
    postfix: Path | None,
    clamd_conf: Path,
    concerns: Sequence[str],
) -> None:
    """Look at engines, sockets, Postfix, disk, clock, DNS, certificates, signatures.

    Nothing is changed. It takes some seconds, and 20 at most. With CONCERN (postfix,
    disk, ...) only that is looked at. Run it as root: another user may not see all.

    \b
    Exit status: 0 nothing is wrong (there may be warnings), 1 something is, 2 could
    not run.
    """
    from pratique.milter.doctor import CHECKS
    from pratique.milter.doctor.access import owner_of
    from pratique.milter.doctor.line import Case
    from pratique.milter.doctor.rounds import examine

    session: Session = context.obj
    settings = session.settings()
    known = list(dict.fromkeys(check.concern for check in CHECKS))
    if unknown := [each for each in concerns if each not in known]:
        raise click.BadParameter(f"{unknown[0]!r} is none; they are {', '.join(known)}")
    # What is logged on the way is said in the lines.
    logging.getLogger("pratique").addHandler(logging.NullHandler())
    checks = [check for check in CHECKS if not concerns or check.concern in concerns]
    user = owner_of(settings.state)
    case = Case(settings, user, postfix, session.config, clamd_conf)
    found = examine(checks, case)
    said = [
        (check.concern, line) for check, lines in zip(checks, found, strict=True) for line in lines
    ]
    click.echo("\n".join(_as_json(said) if as_json else _shown(said, brief=brief)))
    if any(line.state == "wrong" for _, line in said):
        context.exit(_WRONG)


def _as_json(said: Said) -> Iterator[str]:
    for concern, line in said:
        told = {"concern": concern, "state": line.state, "what": line.what, "do": line.do}
        yield json.dumps(told, ensure_ascii=False)


def _shown(said: Said, *, brief: bool) -> Iterator[str]:
    told = [(concern, line) for concern, line in said if not (brief and line.state == "ok")]
    width = min(_WIDEST, _terminal())
    for concern, lines in groupby(told, key=lambda pair: pair[0]):
        yield click.style(concern, bold=True)
        for _, line in lines:
            yield from _paragraph(line, width)
    counts = ((state, sum(line.state == state for _, line in said)) for state in _COLORS)
    yield ""
    yield ", ".join(f"{count} {_MARKS[state].lower()}" for state, count in counts if count)


def _paragraph(line: "Line", width: int) -> Iterator[str]:
    room = max(width - _WIDE - 2, 30)
    mark = click.style(f"{_MARKS[line.state]:<{_WIDE}}", fg=_COLORS[line.state])
    first, *rest = _wrapped(line.what, room)
    yield f"  {mark}{first}"
    indent = " " * (_WIDE + 2)
    yield from (indent + each for each in rest)
    if line.do:
        head, *rest = _wrapped(line.do, room - 3)
        yield f"{indent}-> {head}"
        yield from (f"{indent}   {each}" for each in rest)


def _wrapped(text: str, width: int) -> list[str]:
    # A path or a name longer than a line stays whole: it is there to be copied.
    lines = textwrap.wrap(printable(text), width, break_long_words=False, break_on_hyphens=False)
    return lines or [""]


def _terminal() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 80
