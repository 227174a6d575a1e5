"""Show a person what the journal keeps of a message.

What was seen is shown as `inspect` shows it.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pratique.milter.cli import tree
from pratique.milter.cli.decided import Policies, edits_of, notes_of, reason_of
from pratique.milter.cli.screen import printable
from pratique.milter.journal.entry import Entry, Kept, PolicyText
from pratique.milter.mail import Client, Forward
from pratique.policies.verdict import Verdict

# Recipients named on a line; --json has all of them.
_NAMED = 5

# Longer text is cut: a subject may be as long as a header.
_LONGEST = 300


@dataclass(frozen=True)
class _Group:
    """Recipients with the same verdict, and with the same outcome where outcomes differ."""

    verdict: Verdict
    outcome: str
    recipients: list[Forward]

    @cached_property
    def names(self) -> str:
        return _names(self.recipients)


def _groups(entry: Entry) -> list[_Group]:
    groups: dict[tuple[Verdict, str], _Group] = {}
    outcomes = entry.outcomes or itertools.repeat("")
    triples = zip(entry.envelope.recipients, entry.verdicts, outcomes, strict=False)
    for forward, verdict, outcome in triples:
        group = groups.setdefault((verdict, outcome), _Group(verdict, outcome, []))
        group.recipients.append(forward)
    return list(groups.values())


def show(console: Console, kept: Kept, policies: Policies) -> None:
    """Print one message: how it came, what became of it, why, and what was seen."""
    entry = kept.entry
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    rows = (*_came(kept), *_became(entry), *_because(entry, policies), *_of_mail(entry))
    for label, text in rows:
        if text:
            # `Text` is shown as it is: a bare str would be read as rich's markup.
            grid.add_row(label, Text(text))
    console.print(Text(_title(kept), style="bold"))
    console.print(Padding(grid, (0, 0, 0, 2), expand=False))
    console.print()
    tree.show_message(console, entry.facts, replace(entry.envelope, recipients=()), ())


def _title(kept: Kept) -> str:
    envelope = kept.entry.envelope
    when = f"{envelope.received_at:%Y-%m-%d %H:%M:%S} {envelope.received_at.tzname()}"
    return f"{_safe(envelope.queue_id)}  {when}  {kept.entry.outcome}"


def _came(kept: Kept) -> Iterator[tuple[str, str]]:
    entry = kept.entry
    envelope = entry.envelope
    yield (
        "known as",
        _list(
            f"{_safe(envelope.mta_id)} (mail server)" if envelope.mta_id else "",
            f"{_safe(entry.held_as)} (quarantine)" if entry.held_as else "",
        ),
    )
    door = f"{_safe(envelope.door)}, {_safe(envelope.direction)}"
    yield "came by", _list(door, _client(envelope.client))
    yield "login", _safe(envelope.authenticated)
    path = envelope.reverse_path
    yield "reverse-path", "unknown" if path is None else f"<{_safe(path)}>"
    yield "recipients", _names(envelope.recipients) or "nobody"
    if kept.privacy == "hashed":
        yield (
            "privacy",
            "what begins with # stands for a subject, a name, a local part, a link or a note",
        )


def _client(client: Client) -> str:
    host = " ".join(
        part for part in (_safe(client.name), f"[{_safe(client.ip)}]" if client.ip else "") if part
    )
    return _list(
        f"from {host}" if host else "", f"HELO {_safe(client.helo)}" if client.helo else ""
    )


def _became(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "action", f"{entry.action}; the message was {entry.outcome}"
    yield "reply", f"{_safe(str(entry.reply))}  (after {entry.milliseconds:.1f} ms)"


def _because(entry: Entry, policies: Policies) -> Iterator[tuple[str, str]]:
    policy = entry.policy
    rule = policies.rule(policy, entry.rule)
    if rule is not None:
        where = f", its `when` on line {rule.condition_line}" if rule.condition_line else ""
        file = rule.file or policy.name
        yield "rule", f"{_safe(entry.rule)}  ({_safe(file)}, line {rule.line}{where})"
    elif not policy.text:
        yield "rule", f"{_safe(entry.rule)}  (the text of the policy is missing)"
    elif entry.rule and policies.includes(policy) and _is_of_policy(entry):
        yield "rule", f"{_safe(entry.rule)}  (of a policy that {_safe(policy.name)} included)"
    else:
        # "mail loop", "released ...", or nothing: decided before any rule was asked.
        yield "rule", f"{_safe(entry.rule) or 'none'}  (of Pratique itself, not of the policy)"
    yield "reason", _safe(reason_of(entry))
    if rule is not None:
        condition = "\n".join(printable(line) for line in rule.condition.strip().splitlines())
        yield "when", condition or "always: it is the last rule, for all other mail"
    yield "policy", f"{_safe(policy.name)}  {policy.hash[:12]}  {_now(policies, policy)}"
    groups = _groups(entry)
    decided = (entry.action, entry.rule)
    if entry.outcomes or any((one.verdict.action, one.verdict.rule) != decided for one in groups):
        for group in groups:
            verdict = group.verdict
            reason = f": {_safe(verdict.reason)}" if verdict.reason else ""
            told = f"{verdict.action}, by the rule `{_safe(verdict.rule)}`{reason}"
            told += f"; {group.outcome}" if group.outcome else ""
            yield "for", f"{group.names}: {told}"
    for note in notes_of(entry):
        yield "noted", f"by the rule `{_safe(note.rule)}`: {_safe(note.reason)}"
    for edit in edits_of(entry):
        yield "changed", f"{edit.action}, by the rule `{_safe(edit.rule)}`: {_safe(edit.reason)}"
    for added in dict.fromkeys(added for one in entry.verdicts for added in one.add_header):
        yield "adds", _safe(f"{added.name}: {added.value}")


def _is_of_policy(entry: Entry) -> bool:
    return any(verdict.rule == entry.rule for verdict in entry.verdicts)


def _now(policies: Policies, policy: PolicyText) -> str:
    match policies.is_in_force(policy):
        case True:
            return "(still what is configured)"
        case False:
            return f"({_safe(policies.configured)} says something else by now)"
        case None:
            return f"(what is configured now, {_safe(policies.configured)}, cannot be read)"


def _of_mail(entry: Entry) -> Iterator[tuple[str, str]]:
    mail = entry.facts.mail
    yield "subject", _safe(mail.subject)
    yield "message-id", _safe(mail.message_id)
    yield "header", _safe(", ".join(mail.header_anomalies))
    for problem in entry.facts.envelope.address_problems:
        yield "address", f"{_safe(problem.address)}: {_safe(problem.detail)}"


def _names(recipients: "tuple[Forward, ...] | list[Forward]") -> str:
    left = len(recipients) - _NAMED
    named = ", ".join(_safe(one.address) for one in recipients[:_NAMED])
    return f"{named} and {left} more" if left > 0 else named


def _list(*texts: str) -> str:
    return ", ".join(text for text in texts if text)


def _safe(text: str) -> str:
    return printable(text, _LONGEST)
