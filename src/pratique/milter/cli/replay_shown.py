"""Show what a replay has found: a table of groups for a person, one JSON object for a program.

What strangers wrote (addresses, subjects) and what is only as sound as a record of the
journal goes through `printable`.  A line is cut at the width of the terminal.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from pratique.milter.cli.screen import printable
from pratique.milter.replay.shadows import Shadows, Spoke
from pratique.milter.replay.sides import SHOWN, Chosen
from pratique.milter.replay.tally import Change, Group, Tally
from pratique.milter.replay.unsure import unsure

# A person reads the largest; --json has all of them.
_MOST_GROUPS = 20
_MOST_UNREAD = 10
_INDENT = " " * 13
# Queue ids have at most this many characters.
_LONG_ID = 24


class Bar:
    """The progress of a replay, on a terminal; nothing elsewhere."""

    def __init__(self, records: int) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("replay"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("replay", total=records)

    def more(self, records: int) -> None:
        """Add the number of records that were read since the last call."""
        self._progress.advance(self._task, records)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()


def report(sides: tuple[Chosen | None, Chosen], found: Tally, *, as_json: bool) -> None:
    """Show the comparison of two sides; None is what decided then."""
    doubts = [
        {"rule": one.rule, "fields": list(one.fields)}
        for one in dict.fromkeys(
            each for side in sides if side is not None for each in unsure(side.load())
        )
    ]
    if as_json:
        named = (_named(side) for side in sides)
        keys = dict(zip(("before", "after"), named, strict=True))
        click.echo(json.dumps(keys | _as_json(found) | {"unsure": doubts if found.hashed else []}))
        return
    _tell_unread(found)
    before, after = sides
    against = before.title if before is not None else "what was decided"
    # In full, however long: everything below is about it.
    click.echo(printable(after.title))
    click.echo(f"against {printable(against)}{_when(found)}")
    _echo("")
    for line in _numbers(found):
        _echo(line)
    if before is None:
        _echo(f"{_INDENT}decided then by {_policies(found)}")
    _show_groups(found)
    if found.hashed and doubts:
        _doubt(found.hashed, doubts)


def agreement(found: Shadows, *, as_json: bool) -> None:
    """Show what was in the shadow, compared with what was in force."""
    if as_json:
        click.echo(json.dumps(_agreement(found)))
        return
    _tell_unread(found.unread)
    left = found.messages - found.alone - sum(found.unread.left_out.values())
    _echo(f"{found.messages:,} messages, {left:,} with a policy in the shadow beside them")
    for digest, tally in sorted(found.policies.items()):
        _echo("")
        _echo(f"The policy {digest[:SHOWN]} in the shadow{_when(tally)}")
        _echo("")
        for line in _numbers(tally):
            _echo(line)
        for day, one in sorted(tally.days.items()):
            agreed = _share(one.messages - one.otherwise, one.messages)
            _echo(f"  {day}  {agreed} agree, {one.messages:,} messages")
        _show_groups(tally)
    if found.rules:
        _echo("")
        _echo("Rules in the shadow, where they would have spoken")
    for spoke, group in _first(_spoken(found)):
        _echo("")
        _echo(f"{_count(group)}  {printable(spoke.rule)}: {_would(spoke)}")
        _echo(f"{_INDENT}was {printable(spoke.before)}, by {printable(spoke.rule_before)}")
        _show_examples(group)


def _echo(line: str) -> None:
    width = shutil.get_terminal_size().columns
    click.echo(line if len(line) <= width else f"{line[: width - 1]}…")


def _numbers(found: Tally) -> Iterator[str]:
    total = found.compared
    yield f"{total:>11,}           messages decided again"
    for count, words in (
        (found.same, "the same, by the same rule"),
        (found.other_rule, "the same, by another rule"),
        (found.otherwise, "otherwise"),
    ):
        yield f"{count:>11,}  {_share(count, total)}  {words}"
    if found.left_out:
        why = ", ".join(f"{why} {count:,}" for why, count in sorted(found.left_out.items()))
        yield f"{sum(found.left_out.values()):>11,}           not compared: {why}"


def _share(count: int, total: int) -> str:
    """Return per cent, never rounded to all or nothing."""
    share = 100 * count / total if total else 0.0
    if 0 < count < total:
        share = min(max(share, 0.01), 99.99)
    return f"{share:6.2f}%"


def _show_groups(found: Tally) -> None:
    groups = found.sorted_groups()
    parts = (
        ("Treated otherwise", [one for one in groups if one[0].is_otherwise]),
        ("Treated the same, by another rule", [one for one in groups if not one[0].is_otherwise]),
    )
    for title, some in parts:
        if some:
            _echo("")
            click.secho(title, bold=True)
        for change, group in _first(some):
            _echo("")
            words = change.before
            if change.is_otherwise:
                words = f"{change.before} -> {change.after}"
            _echo(f"{_count(group)}  {_share(group.messages, found.compared)}  {printable(words)}")
            _echo(f"{_INDENT}was by {printable(change.rule_before)}")
            _echo(f"{_INDENT}now by {printable(change.rule_after)}")
            _show_examples(group)


def _first(groups: list[Any]) -> Iterator[Any]:
    yield from groups[:_MOST_GROUPS]
    if len(groups) > _MOST_GROUPS:
        _echo("")
        _echo(f"  and {len(groups) - _MOST_GROUPS} smaller groups: --json has all")


def _count(group: Group) -> str:
    return f"{group.messages:>11,}"


def _show_examples(group: Group) -> None:
    for one in group.newest:
        if len(one.id) > _LONG_ID:
            # The path of a file, in full, so that it can be opened.
            click.echo(f"{_INDENT}{printable(one.id)}")
            continue
        author = one.reverse_path or "<>"
        shown = printable(f"{author}: {one.subject}" if one.subject else author)
        _echo(f"{_INDENT}{printable(one.id)}  {one.received_at:%Y-%m-%d %H:%M}  {shown}")


def _would(spoke: Spoke) -> str:
    if not spoke.action:
        return "no answer, it would have been held"
    if spoke.is_otherwise:
        return f"would have been {spoke.action}"
    return f"agrees ({spoke.action})"


def _when(found: Tally) -> str:
    if not found.days:
        return ""
    first, last = min(found.days), max(found.days)
    return f", {first}" if first == last else f", {first} to {last}"


def _policies(found: Tally) -> str:
    some = found.policies.most_common(4)
    told = ", ".join(f"{printable(digest[:SHOWN])} ({count:,})" for digest, count in some)
    more = len(found.policies) - len(some)
    return f"{told} and {more} others" if more else told


def _doubt(hashed: int, doubts: Sequence[dict[str, Any]]) -> None:
    _echo("")
    click.secho("Not certain", bold=True)
    _echo("")
    _echo(f"  Names and subjects of {hashed:,} of these messages are kept as hashes. These rules")
    _echo("  read what is hashed, and might have another answer to what stood there:")
    for one in doubts:
        _echo(f"    {printable(one['rule'])}: {', '.join(one['fields'])}")


def _tell_unread(found: Tally) -> None:
    for one in found.unread[:_MOST_UNREAD]:
        click.echo(f"could not be read: {printable(one.where)}: {printable(one.why)}", err=True)
    more = len(found.unread) + found.more_unread - _MOST_UNREAD
    if more > 0:
        click.echo(f"could not be read: {more} more places, see --json", err=True)
    sys.stderr.flush()


def _named(side: Chosen | None) -> dict[str, str] | None:
    return None if side is None else {"name": side.name, "hash": side.hash}


def _spoken(found: Shadows) -> list[tuple[Spoke, Group]]:
    return sorted(
        found.rules.items(), key=lambda one: (not one[0].is_otherwise, -one[1].messages, one[0])
    )


def _agreement(found: Shadows) -> dict[str, Any]:
    return {
        "messages": found.messages,
        "left_out": dict(found.unread.left_out),
        "policies": [
            {"hash": digest} | _as_json(tally) for digest, tally in sorted(found.policies.items())
        ],
        "rules": [
            {
                "rule": spoke.rule,
                "action": spoke.action or None,
                "rule_before": spoke.rule_before,
                "before": spoke.before,
                "agrees": not spoke.is_otherwise,
            }
            | _group(group)
            for spoke, group in _spoken(found)
        ],
        "unread": _unread(found.unread),
    }


def _as_json(found: Tally) -> dict[str, Any]:
    return {
        "compared": found.compared,
        "same": found.same,
        "other_rule": found.other_rule,
        "otherwise": found.otherwise,
        "left_out": dict(found.left_out),
        "hashed": found.hashed,
        "decided_by": dict(found.policies.most_common()),
        "days": {
            day: {"messages": one.messages, "otherwise": one.otherwise}
            for day, one in sorted(found.days.items())
        },
        "groups": [_change(change) | _group(group) for change, group in found.sorted_groups()],
        "unread": _unread(found),
        "more_unread": found.more_unread,
    }


def _change(change: Change) -> dict[str, Any]:
    return change._asdict() | {"otherwise": change.is_otherwise}


def _group(group: Group) -> dict[str, Any]:
    return {
        "messages": group.messages,
        "recipients": group.recipients,
        "examples": [
            one._asdict() | {"received_at": one.received_at.isoformat()} for one in group.newest
        ],
    }


def _unread(found: Tally) -> list[dict[str, str]]:
    return [{"where": one.where, "why": one.why} for one in found.unread]
