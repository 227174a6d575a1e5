"""Show what the journal keeps of a message: lines for people, an object for programs.

The rule and its condition are read from the text of the policy that decided, as it is
kept beside the message, and not from the policy of today.  What was seen is shown as
`inspect` shows it.
"""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pratique.milter import policy_file
from pratique.milter.cli import tree
from pratique.milter.cli.report import report
from pratique.milter.cli.screen import printable
from pratique.milter.journal.entry import Entry, Kept, PolicyText
from pratique.milter.mail import Client, Forward
from pratique.milter.seeing import Seen
from pratique.policies.reading import Reading
from pratique.policies.verdict import Action, Edit, Note, Verdict

# Recipients named in a line; --json has all.
_NAMED = 5

# Longer text is cut: a subject may be as long as a header.
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule as it stands in the text of a policy."""

    line: int
    # Empty for the last rule, which holds for all.
    condition: str = ""
    condition_line: int = 0


@dataclass(slots=True)
class Policies:
    """The policies that decided, read again, and the one that is configured now."""

    configured: str
    _rules: dict[str, dict[str, RuleText]] = field(default_factory=dict)
    _hash: list[str] = field(default_factory=list)

    def rule(self, policy: PolicyText, name: str) -> RuleText | None:
        """A rule of a policy; None if there is none of that name, or no text."""
        if policy.hash not in self._rules:
            self._rules[policy.hash] = dict(_rules_in(policy))
        return self._rules[policy.hash].get(name)

    def is_in_force(self, policy: PolicyText) -> bool | None:
        """Whether the configured file still says the same; None if it cannot be read."""
        if not self._hash:
            self._hash.append(_hash_of(self.configured))
        return policy.hash == self._hash[0] if self._hash[0] else None


def _hash_of(configured: str) -> str:
    try:
        text = policy_file.find(configured).text
    except policy_file.NoPolicy:
        return ""
    return hashlib.sha256(text.encode()).hexdigest()


def _rules_in(policy: PolicyText) -> Iterator[tuple[str, RuleText]]:
    reading = Reading(policy.name, policy.text)
    # It decided, so it was sound: what is no table or has no name is damage.
    tables = reading.values.get("rule", [])
    for index, table in enumerate(tables if isinstance(tables, list) else ()):
        if not isinstance(table, dict):
            continue
        name, when = table.get("name"), table.get("when")
        line = reading.line(("rule", index))
        if isinstance(when, str):
            yield str(name), RuleText(line, when, reading.line(("rule", index, "when")))
        else:
            yield str(name), RuleText(line)


@dataclass(frozen=True)
class _Group:
    """Recipients with the same verdict, and the same outcome where these differ."""

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


def _reason(entry: Entry) -> str:
    """The reason that the deciding rule gives."""
    reasons = (verdict.reason for verdict in entry.verdicts if verdict.rule == entry.rule)
    return next(reasons, "")


# For programs.


def to_json(kept: Kept, policies: Policies) -> dict[str, Any]:
    """What is kept, with the keys of `inspect --json` and more."""
    entry = kept.entry
    # A message that was never judged has no verdicts; `report` wants one.
    worst = Verdict(Action(entry.action), entry.rule, _reason(entry), edits=_edits(entry))
    nobody = replace(entry.envelope, recipients=(Forward(""),))
    seen = report(Seen("", entry.milliseconds, entry.facts), nobody, (worst,))
    del seen["file"]
    return (
        _ids(entry)
        | seen
        | {"recipients": list(_recipients(entry)), "outcome": entry.outcome}
        | {"reply": str(entry.reply)}
        | _decided(entry, policies)
        | {"privacy": kept.privacy, "kept_in": {"file": kept.file, "number": kept.number}}
    )


def _ids(entry: Entry) -> dict[str, Any]:
    envelope, client = entry.envelope, entry.envelope.client
    return {
        "queue_id": envelope.queue_id,
        "mta_id": envelope.mta_id,
        "held_as": entry.held_as,
        "received_at": envelope.received_at.isoformat(),
        "door": envelope.door,
        "client": {"ip": client.ip, "name": client.name, "helo": client.helo},
        "authenticated": envelope.authenticated,
        "reverse_path": envelope.reverse_path,
    }


def _decided(entry: Entry, policies: Policies) -> dict[str, Any]:
    policy = entry.policy
    rule = policies.rule(policy, entry.rule)
    in_force = policies.is_in_force(policy)
    return {
        "line": rule.line if rule else None,
        "condition": rule.condition if rule else "",
        "condition_line": rule.condition_line if rule else None,
        "policy": {"name": policy.name, "hash": policy.hash, "in_force": in_force},
        "notes": [{"rule": note.rule, "reason": note.reason} for note in _notes(entry)],
    }


def _notes(entry: Entry) -> list[Note]:
    return list(dict.fromkeys(note for one in entry.verdicts for note in one.notes))


def _edits(entry: Entry) -> tuple[Edit, ...]:
    return tuple(dict.fromkeys(edit for one in entry.verdicts for edit in one.edits))


def _recipients(entry: Entry) -> Iterator[dict[str, str]]:
    for number, forward in enumerate(entry.envelope.recipients):
        one = {"address": forward.address, "action": "", "rule": ""}
        if entry.verdicts:
            verdict = entry.verdicts[number]
            one |= {"action": str(verdict.action), "rule": verdict.rule}
        if entry.outcomes:
            one["outcome"] = entry.outcomes[number]
        yield one


# For people.


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
        yield "privacy", "a word that begins with # stands for a subject, a name or a local part"


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
        where = f", its `when` on line {rule.condition_line}" if rule.condition else ""
        yield "rule", f"{_safe(entry.rule)}  ({_safe(policy.name)}, line {rule.line}{where})"
    elif not policy.text:
        yield "rule", f"{_safe(entry.rule)}  (the text of the policy is missing)"
    else:
        # "mail loop", "released ...", or nothing: decided before a rule was asked.
        yield "rule", f"{_safe(entry.rule) or 'none'}  (of Pratique itself, not of the policy)"
    yield "reason", _safe(_reason(entry))
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
    for note in _notes(entry):
        yield "noted", f"by the rule `{_safe(note.rule)}`: {_safe(note.reason)}"
    for edit in _edits(entry):
        yield "changed", f"{edit.action}, by the rule `{_safe(edit.rule)}`: {_safe(edit.reason)}"
    for added in dict.fromkeys(added for one in entry.verdicts for added in one.add_header):
        yield "adds", _safe(f"{added.name}: {added.value}")


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
