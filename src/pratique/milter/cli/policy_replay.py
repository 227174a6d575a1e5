"""Decide the messages of the journal again: by a new policy, by two, or as the shadow did.

Exit status, for scripts and CI: 0 nothing differs, 1 something does, 2 could not run, or
there was no message to compare.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pratique.milter.cli.session import Session, cannot_run, told

if TYPE_CHECKING:
    from pratique.milter.config import Settings
    from pratique.milter.replay.replay import Task
    from pratique.milter.replay.shadows import Shadows
    from pratique.milter.replay.sides import Chosen
    from pratique.milter.replay.stretches import Sought
    from pratique.milter.replay.tally import Tally

_DIFFERS = 1
# All examples are kept while the journal is read, and shown to a person.
_MOST_EXAMPLES = 1000

_WORTH_A_PROCESS = 10_000

_DAY = click.DateTime(["%Y-%m-%d"])
_OPTIONS = (
    click.option("--since", type=_DAY, metavar="DAY", help="From this day (UTC) on."),
    click.option("--until", type=_DAY, metavar="DAY", help="Up to this day, which is included."),
    click.option(
        "--examples", default=3, show_default=True, type=click.IntRange(0, _MOST_EXAMPLES),
        help="Messages that are named of each group, the newest.",
    ),
    click.option(
        "--processes", type=click.IntRange(1, 256), help="How many work at once; one a processor."
    ),
    click.option("--json", "as_json", is_flag=True, help="One JSON object."),
)  # fmt: skip


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options that all three commands share."""

    since: datetime | None
    until: datetime | None
    examples: int
    processes: int | None
    as_json: bool

    def sought(self, policy: str = "") -> "Sought":
        from pratique.milter.journal.pages import Window
        from pratique.milter.replay.stretches import Sought

        since = self.since.date() if self.since else date.min
        until = self.until.date() if self.until else date.max
        if since > until:
            cannot_run(f"--since {since} is after --until {until}")
        return Sought(Window(since, until), policy.strip().lower(), self.examples)


@click.command()
@click.argument("new")
@click.option("--policy", default="", metavar="HASH", help="Only what this policy decided.")
@_options
@click.pass_obj
def replay(session: Session, /, new: str, policy: str, **asked: Any) -> None:
    """Say which messages of the journal NEW would have treated otherwise.

    NEW is the path of a policy, the name of one that is shipped, or the hash of one that was
    in force (its first six digits, or more).  What was decided then is taken from the
    journal, and the facts that NEW decides by are those of then.

    \b
    Exit status: 0 nothing differs, 1 something does, 2 could not run.
      pratique policy replay new.toml
      pratique policy replay new.toml --since 2026-11-01 --until 2026-11-07
      pratique policy replay strict --json | jq .otherwise
    """
    from pratique.milter.replay.replay import Task

    given = _Asked(**asked)
    settings = session.settings()
    chosen = _chosen(new, settings)
    found = _over_journal(settings, Task(given.sought(policy), after=chosen), given)
    _show((None, chosen), found, given)


@click.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--over",
    default="journal",
    show_default=True,
    metavar="FOLDER",
    help="A folder of messages (*.eml) instead, which are looked at anew.",
)
@_options
@click.pass_obj
def diff(session: Session, /, old: str, new: str, over: str, **asked: Any) -> None:
    """Say which messages two policies treat otherwise.

    OLD and NEW are paths, names of shipped policies, or hashes of policies that were in force.

    \b
    Exit status: 0 nothing differs, 1 something does, 2 could not run.
      pratique policy diff default new.toml
      pratique policy diff 3f2a91c0d7e1 new.toml --since 2026-11-01
      pratique policy diff default strict --over /var/tmp/samples
    """
    from pratique.milter.replay.replay import Task

    given = _Asked(**asked)
    settings = session.settings()
    sides = _chosen(old, settings), _chosen(new, settings)
    if over == "journal":
        found = _over_journal(settings, Task(given.sought(), *sides), given)
    else:
        found = _over_folder(over, settings, sides, given)
    _show(sides, found, given)


@click.command()
@click.option("--policy", default="", metavar="HASH", help="Only this policy in the shadow.")
@_options
@click.pass_obj
def agreement(session: Session, /, policy: str, **asked: Any) -> None:
    """Say how far what is in the shadow agrees with what is in force.

    A whole policy in the shadow ([policy] shadow in the configuration) is compared message
    by message.  A rule in the shadow (mode = "shadow") is compared where it would have
    spoken.

    \b
    Exit status: 0 nothing differs, 1 something does, 2 could not run.
      pratique policy agreement --since 2026-11-01
    """
    from pratique.milter.cli import replay_shown
    from pratique.milter.replay.replay import Task

    given = _Asked(**asked)
    found: Shadows = _over_journal(session.settings(), Task(given.sought(policy)), given)
    replay_shown.agreement(found, as_json=given.as_json)
    sys.exit(_DIFFERS if found.differs else 0)


def _chosen(which: str, settings: "Settings") -> "Chosen":
    from pratique.milter.replay.sides import choose

    with told():
        chosen = choose(which, settings.state / "policies")
        # Its problems are reported here, and not by each process.
        chosen.load()
    return chosen


def _over_journal(settings: "Settings", task: "Task", given: _Asked) -> Any:
    from pratique.milter.cli.replay_shown import Bar
    from pratique.milter.replay.replay import LostProcess, processors, replay
    from pratique.milter.replay.stretches import plan

    folder = settings.state / "journal"
    with told():
        made = plan(folder)
    if not made.stretches and not made.unread:
        cannot_run(f"there is no journal in {folder}, or nothing is in it yet")
    # Starting a process and compiling in it takes as long as some thousand messages do.
    processes = given.processes or min(processors(), max(1, made.records // _WORTH_A_PROCESS))
    try:
        with told(), Bar(made.records) as bar:
            return replay(made, task, processes, bar.more)
    except LostProcess as error:
        cannot_run(str(error))


def _over_folder(
    over: str, settings: "Settings", sides: tuple["Chosen", "Chosen"], given: _Asked
) -> "Tally":
    from pratique.milter.replay.mails import compared

    if not Path(over).is_dir():
        cannot_run(f"--over {over}: it is no folder")
    with told():
        return compared(over, settings, sides, given.examples)


def _show(sides: tuple["Chosen | None", "Chosen"], found: "Tally", given: _Asked) -> None:
    from pratique.milter.cli import replay_shown

    replay_shown.report(sides, found, as_json=given.as_json)
    if not found.compared:
        cannot_run("no message was compared")
    sys.exit(_DIFFERS if found.differs else 0)
