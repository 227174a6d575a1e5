"""Compare the rules of a policy with each other: their names, and which comes before which.

A policy may be written in several texts (includes.py): its own rules come first, then those
of each included one.  The last rule of all holds for every message; no other does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pratique.policies.hints import hints
from pratique.policies.written import keys
from pratique.policies.written.orders import is_final
from pratique.policies.written.places import Path
from pratique.policies.written.reading import Reading
from pratique.policies.written.rule import FINAL


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule as it is written, and where."""

    reading: Reading
    path: Path
    table: Mapping[str, Any]

    @property
    def line(self) -> int:
        """The line on which it begins, in its file."""
        return self.reading.layout.line_and_column(self.reading.layout.key(self.path))[0]

    @property
    def is_in_force(self) -> bool:
        """Whether it always decides: not in the shadow, and without an end."""
        return self.table.get("mode", "enforce") != "shadow" and "until" not in self.table

    def lacks(self, key: str) -> bool:
        """Whether a key is missing, and not only misspelt."""
        return keys.lacks(self.table, key)

    def seen_from(self, other: "Standing") -> str:
        """Say where it stands, in a message about another rule."""
        if self.reading is other.reading:
            return f"on line {self.line}"
        return f"on line {self.line} of `{self.reading.file}`"


def check(rules: Sequence[Standing]) -> None:
    """Complain about names and about the order."""
    _names(rules)
    _order(rules)


def _names(rules: Sequence[Standing]) -> None:
    seen: dict[str, Standing] = {}
    for rule in rules:
        name = rule.table.get("name", "")
        if not isinstance(name, str) or ("name" not in rule.table and not rule.lacks("name")):
            continue
        place = (*rule.path, "name")
        if not name.strip():
            where = place if "name" in rule.table else rule.path
            rule.reading.say_key(where, "the rule has no name", 'write `name = "what it is about"`')
        elif not name.isprintable():
            rule.reading.say(place, "a name stands on one line", "leave the line end out")
        elif name in seen:
            _named_twice(name, seen[name], rule)
        else:
            seen[name] = rule


def _named_twice(name: str, first: Standing, rule: Standing) -> None:
    if first.reading is rule.reading:
        hint = "verdicts are explained by the rule's name: give each its own"
        message = f"`{name}` is the rule on line {first.line} too"
        rule.reading.say((*rule.path, "name"), message, hint)
    else:
        # The first one is the admin's own; the other may be a shipped one.
        hint = f'to change that one: [[override]] rule = "{name}"; else give this another name'
        message = f"`{name}` is the rule {rule.seen_from(first)} too"
        first.reading.say((*first.path, "name"), message, hint)


def _order(rules: Sequence[Standing]) -> None:
    for rule, following in pairwise(rules):
        if rule.lacks("when"):
            _too_early(rule, following)
    if rules:
        _last(rules[-1])


def _too_early(rule: Standing, following: Standing) -> None:
    """Complain about a rule without `when` that is not the last of all."""
    apart = following.reading is not rule.reading
    if apart and rule.reading.named_at is not None and following.reading.named_at is not None:
        reading, path = following.reading.named_at
        message = f"never reached: `{rule.reading.file}` ends with a rule for all mail"
        reading.say(path, message, f"include `{following.reading.file}` before it")
    elif not rule.is_in_force:
        told = "this rule is no last one, for all that it is in the shadow or has an end"
        rule.reading.say_key(rule.path, f"no `when`: {told}", "give this rule a `when`")
    else:
        hint = "give this rule a `when`, or move it to the end"
        if apart:
            hint = f"leave this rule out: `{following.reading.file}` has the last one"
        rule.reading.say_key(rule.path, "no `when`: the rules below are never reached", hint)


def _last(rule: Standing) -> None:
    if "when" in rule.table:
        hint = 'add a last one: [[rule]] name = "all other mail", actions = ["accept"]'
        message = "the last rule has a `when`: some mail is decided by none"
        if rule.reading.named_at is None or rule.path in rule.reading.moved:
            rule.reading.say_key(rule.path, message, hint)
        else:
            # The included file may be right in its original place.
            reading, path = rule.reading.named_at
            message = f"the last rule of `{rule.reading.file}` has a `when`: some mail is"
            reading.say(path, f"{message} decided by none", hint)
    elif not is_final(rule.table):
        rule.reading.say_key(
            (*rule.path, "actions"), "the last rule decides nothing", hints.one_of(FINAL)
        )
    elif not rule.is_in_force:
        key = "until" if "until" in rule.table else "mode"
        message = f"the last rule has `{key}`: some mail would be decided by none"
        rule.reading.say_key((*rule.path, key), message, f"leave `{key}` out")
