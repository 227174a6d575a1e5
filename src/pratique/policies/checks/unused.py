"""Complain about lists and groups that a policy declares and none of its rules uses.

A list that no rule uses lets nobody in, while its owner believes that it does: mostly its name
is misspelt elsewhere, or the rule is gone.
"""

from collections.abc import Iterator
from typing import Any

from pratique.policies.language.condition import Condition
from pratique.policies.language.tree import Tree, children
from pratique.policies.policy import Policy
from pratique.policies.written.reading import Reading

_HINTS = {
    "list": 'ask it in a rule: `in_list(auth.authenticated_as, "{}")`, or leave it out',
    "group": 'ask it in a rule: `"{}" in rcpt.groups`, or leave it out',
}


def say(reading: Reading, policy: Policy) -> None:
    """Complain about those that stand in the policy's own file."""
    asked = {text for each in _conditions(policy) for text in _texts(Tree(each).root)}
    # A group may be made from a list.
    asked |= {str(table.get("list")) for table in _tables(reading, "group")}
    for kind in ("list", "group"):
        for index, table in enumerate(_tables(reading, kind)):
            name = table.get("name")
            if isinstance(name, str) and name not in asked:
                hint = _HINTS[kind].format(name)
                reading.say((kind, index, "name"), f"no rule asks for the {kind} `{name}`", hint)


def _tables(reading: Reading, kind: str) -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = reading.values.get(kind, [])
    return tables


def _conditions(policy: Policy) -> Iterator[Condition]:
    for rule in policy.rules:
        if rule.condition is not None:
            yield rule.condition
        if rule.strip is not None and rule.strip.condition is not None:
            yield rule.strip.condition


def _texts(node: Any) -> Iterator[str]:
    """Yield the texts that a condition spells out: any of them may name a list, to be cautious."""
    if node.const_expr.HasField("string_value"):
        yield node.const_expr.string_value
    for child in children(node):
        yield from _texts(child)
