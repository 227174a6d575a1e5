"""Say which orders of a policy the configured doors cannot carry out.

A policy is written without knowing where it will stand.  Held against the settings, an order
that can never be carried out (to tell an address that is none of ours) is an error, and
nothing starts with it; one that is carried out otherwise (behind a queue nothing is refused,
docs/decisions/10-behind-a-queue.md) is a warning, once for all rules that are meant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pratique.milter.config import Settings
from pratique.milter.policy_file import PolicyFile
from pratique.policies.hints.hints import did_you_mean
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action
from pratique.policies.written.places import Path
from pratique.policies.written.problem import Problem
from pratique.policies.written.reading import Reading
from pratique.policies.written.rule import Rule

# Of many rules the first of these are named.
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Doors:
    """The doors by who hears their reply, by name."""

    queue: tuple[str, ...]
    others: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Doors":
        """Those that are configured."""
        every = [(each.name, each.reply) for each in settings.listeners]
        every += [(each.name, each.reply) for each in settings.milter]
        heard_by_queue = tuple(name for name, reply in every if reply == "queue")
        return cls(heard_by_queue, tuple(name for name, reply in every if reply != "queue"))


def check(found: PolicyFile, settings: Settings) -> list[Problem]:
    """What of a policy these settings cannot do; nothing of one that cannot be read at all."""
    reading = Reading(found.name, found.text, beside=found.beside)
    policy = Policy.read(reading)
    if policy is None:
        return []
    _addresses(reading, policy, settings)
    return sorted([*reading.problems, *_otherwise(reading, policy, Doors.of(settings))])


def _addresses(reading: Reading, policy: Policy, settings: Settings) -> None:
    """Complain about addresses that the settings do not allow."""
    for index, rule in enumerate(policy.rules):
        text, path = reading.places.get(rule.name, (reading, ("rule", index)))
        for key, address, setting in _named(rule):
            allowed = (
                settings.notices.addresses if key == "notify" else settings.notices.redirect_to
            )
            if address.lower() not in map(str.lower, allowed):
                listed = f"add it to the configuration: [notices] {setting} = ['{address}']"
                hint = did_you_mean(address, allowed) or listed
                message = f"`{key}` to {address}, which [notices] {setting} does not list"
                text.say(_place(text, path, key, address), message, hint)


def _named(rule: Rule) -> Iterator[tuple[str, str, str]]:
    """The addresses that a rule sends to: the action, the address, the setting that lists it."""
    for address in rule.notify:
        yield "notify", address, "addresses"
    if rule.redirect:
        yield "redirect", rule.redirect, "redirect_to"


def _place(text: Reading, path: Path, key: str, address: str) -> Path:
    """Where in a rule's actions an address stands."""
    standing, path = text.standing((*path, "actions"))
    table: object = standing.values
    for step in path:
        table = table[step]  # type: ignore[index]
    entries: Sequence[object] = table if isinstance(table, list) else ()
    for number, entry in enumerate(entries):
        if isinstance(entry, dict) and entry.get(key) == address:
            return (*path, number, key)
    return path


def _otherwise(reading: Reading, policy: Policy, doors: Doors) -> Iterator[Problem]:
    """What is carried out, and not as it is written."""
    if not doors.queue:
        return
    names = ", ".join(f"`{name}`" for name in doors.queue)
    for action in (Action.REJECT, Action.DEFER):
        rules = [rule for rule in policy.rules if rule.final is action and rule.mode == "enforce"]
        hint = "a queue hears the reply there, and would send a bounce to whoever is named"
        yield from _told(reading, policy, rules, f"at {names} `{action}` is held instead", hint)
    rules = [rule for rule in policy.rules if rule.reply]
    if not doors.others:
        hint = 'leave `reply` out, or take mail at a door with reply = "sender"'
        yield from _told(reading, policy, rules, f"at {names} nobody hears a `reply`", hint)


def _told(
    reading: Reading, policy: Policy, rules: Sequence[Rule], message: str, hint: str
) -> Iterator[Problem]:
    """One warning for all these rules, at the first."""
    if not rules:
        return
    named = ", ".join(f"`{rule.name}`" for rule in rules[:_NAMED])
    more = f" and {len(rules) - _NAMED} more" if len(rules) > _NAMED else ""
    first = rules[0]
    text, path = reading.places.get(first.name, (reading, ("rule", policy.rules.index(first))))
    standing, path = text.standing((*path, "actions"))
    line, column = standing.layout.line_and_column(standing.layout.value(path))
    told = f"{message}: {named}{more}"
    yield Problem(line, column, standing.file, told, hint, "warning")
