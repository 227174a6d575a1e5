"""Show a person what is in a message and what the policy says of it.

First comes a tree of the parts, then what was found, what could not be seen, and last the
verdict with its rule.  A stranger's text is escaped (`marks.py`) before rich sees it.
"""

from collections.abc import Iterator

from rich.console import Console
from rich.tree import Tree

from pratique.milter import taking_out
from pratique.milter.cli import origin
from pratique.milter.cli.marks import safe as _safe
from pratique.milter.mail import Envelope
from pratique.milter.seeing import Seen
from pratique.policies.verdict import Action, Verdict
from pratique.scanners import facts_pb2 as facts

# How many symbols of a spam filter are shown, the heaviest first; --json has all.
_SYMBOLS = 5

# A person reads a few hundred lines; --json has all parts.
_PARTS_SHOWN = 200
# Likewise, for suspicious links; a newsletter has dozens of others.
_LINKS = 10

_COLOUR = {
    Action.ACCEPT: "green",
    Action.REDIRECT: "yellow",
    Action.DEFER: "yellow",
    Action.REJECT: "red",
    Action.DISCARD: "red",
    Action.QUARANTINE: "magenta",
}
_DANGEROUS = ("executable", "script", "shortcut")


def show(console: Console, seen: Seen, envelope: Envelope, verdicts: tuple[Verdict, ...]) -> None:
    """Print one message."""
    if seen.error:
        console.print(
            f"[bold]{_safe(seen.file)}[/]  [red]{_safe(seen.error)}[/]\n", highlight=False
        )
        return
    console.print(f"[bold]{_safe(seen.file)}[/]  {seen.milliseconds:.1f} ms", highlight=False)
    show_message(console, seen.facts, envelope, verdicts)


def show_message(
    console: Console, known: facts.Facts, envelope: Envelope, verdicts: tuple[Verdict, ...]
) -> None:
    """Print what is in a message and what was decided."""
    if known.parts:
        console.print(_tree(known), highlight=False)
    for line in _remarks(known):
        console.print(line, highlight=False)
    for forward, verdict in zip(envelope.recipients, verdicts, strict=True):
        console.print(_verdict(forward.address, verdict), highlight=False)
        for line in _edits(known, verdict):
            console.print(line, highlight=False)
    console.print()


def _tree(known: facts.Facts) -> Tree:
    root = Tree(_part(known.parts[0]))
    nodes = {known.parts[0].id: root}
    for part in known.parts[1:_PARTS_SHOWN]:
        nodes[part.id] = nodes.get(part.parent, root).add(_part(part))
    left_out = len(known.parts) - _PARTS_SHOWN
    if left_out > 0:
        root.add(f"... and {left_out} more parts; --json lists all")
    return root


def _part(part: facts.Part) -> str:
    kind = f"[red]{part.kind}[/]" if part.kind in _DANGEROUS else _safe(part.kind)
    words = [f"[dim]{part.id}[/]", kind or "?", f"[dim]{_safe(part.type)}[/]"]
    if part.name:
        words.append(f"[bold]{_safe(part.name)}[/]")
    if part.size >= 0:
        words.append(f"[dim]{part.size} octets[/]")
    if part.returned:
        words.append("[cyan]returned[/]")
    if part.may_carry_macros:
        words.append("[red]may carry macros[/]")
    if part.disguised:
        words.append(f"[red]disguised: {_safe(', '.join(part.disguised))}[/]")
    if part.password:
        words.append(f"[cyan]opened with the word[/] {_safe(part.password)}")
    if part.unopened:
        words.append(f"[magenta]unopened: {_safe(part.unopened)}[/] {_safe(part.why)}")
    return "  ".join(words)


def _remarks(known: facts.Facts) -> list[str]:
    found = [
        f"  [red]{_safe(one.severity) or 'found'}[/] {_safe(one.name)} {_safe(one.family)} "
        f"in part {one.part}, by {_safe(one.scanner)}"
        for one in known.findings
    ]
    odd = [
        f"  [magenta]ambiguous[/] {_safe(one.class_)} at {_safe(one.where) or 'the message'}: "
        f"{_safe(one.detail)}"
        for one in known.ambiguities
    ]
    faults = [
        f"  [magenta]{word}[/] {_safe(one.class_)}{_place(one.part)}: {_safe(one.detail)}"
        for word, faults in (("limit", known.limits), ("failure", known.failures))
        for one in faults
    ]
    scores = [_score(one) for one in known.scores]
    return found + scores + _links(known) + odd + faults + origin.lines(known)


def _place(part: int) -> str:
    """Name the part; -1 is none (an engine that is down)."""
    return f" at part {part}" if part >= 0 else ""


def _links(known: facts.Facts) -> list[str]:
    """Count the links, and show those that hide where they lead or stand on a list."""
    odd = [one for one in known.links if one.tricks or one.listed]
    told = [_link(one) for one in odd[:_LINKS]]
    more = len(odd) - len(told)
    words = [f"and {more} more like these"] if more else []
    if len(known.links) > len(odd):
        words.append(f"{len(known.links) - len(odd)} {'more' if odd else 'without tricks'}")
    if known.links_left_out:
        words.append(f"{known.links_left_out} left out")
    told += [f"  [cyan]links[/] {', '.join(words)}; --json lists them"] if words else []
    listed = known.envelope.client.listed
    told += [f"  [red]client[/] listed: {_safe(', '.join(listed))}"] if listed else []
    away = ", ".join(known.lists_away)
    return [*told, f"  [magenta]lists away[/] {_safe(away)}"] if away else told


def _link(link: facts.Link) -> str:
    words = [f"  [cyan]link[/] {_safe(link.url)} in part {link.part}"]
    if link.shown:
        words.append(f"shown as {_safe(link.shown)}")
    if link.tricks:
        words.append(f"[red]{_safe(', '.join(link.tricks))}[/]")
    if link.listed:
        words.append(f"[red]listed: {_safe(', '.join(link.listed))}[/]")
    return "  ".join(words)


def _score(score: facts.Score) -> str:
    """Show a spam filter's score, and its heaviest reasons."""
    heaviest = sorted(score.symbols, key=lambda one: -abs(one.value))[:_SYMBOLS]
    reasons = ", ".join(f"{_safe(one.name)} {one.value:g}" for one in heaviest)
    value = f"  [cyan]score[/] {_safe(score.engine)} {score.value:g}/{score.threshold:g}"
    return f"{value}  {reasons}" if reasons else value


def _verdict(address: str, verdict: Verdict) -> str:
    whom = f" for {_safe(address)}" if address else ""
    action = f"[bold {_COLOUR[verdict.action]}]{verdict.action}[/]"
    notes = "".join(
        f"\n  noted by {_safe(note.rule)!r}" + (f": {_safe(note.reason)}" if note.reason else "")
        for note in verdict.notes
    )
    fields = "".join(f"\n  adds {_safe(f'{one.name}: {one.value}')}" for one in verdict.add_header)
    reason = f"\n  {_safe(verdict.reason)}" if verdict.reason else ""
    return f"{action}{whom} by the rule [bold]{_safe(verdict.rule)}[/]{reason}{fields}{notes}"


def _edits(known: facts.Facts, verdict: Verdict) -> Iterator[str]:
    """Say what is changed before the message is delivered, or why it is held instead."""
    for edit in verdict.edits:
        due = taking_out.foreseen(known, edit)
        for leaf in due.leaves:
            name = f" [bold]{_safe(leaf.known.name)}[/]" if leaf.known.name else ""
            inside = ", ".join(str(part.id) for part in leaf.parts if part.id != leaf.known.id)
            why = f", for part {inside} in it" if inside else ""
            yield f"  [yellow]takes out[/] part {leaf.known.id}{name}{why}"
        if edit.action == taking_out.REBUILD:
            yield "  [yellow]writes it anew[/] in one reading"
        if due.why_not:
            yield f"  [magenta]held instead[/]: {_safe(due.why_not)}"
