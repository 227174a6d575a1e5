"""Say which rules read what a hashed journal does not keep as it was.

With `privacy = "hashed"` subjects, names and local parts of addresses are kept as hashes
(journal/privacy_fields.py).  A condition that reads one of these may have another answer in
a replay than it had then, and which one it had cannot be known: so it is reported.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pratique.milter.journal.privacy_fields import FIELDS, Treatment
from pratique.policies.language.condition import Condition
from pratique.policies.language.tree import Tree, children
from pratique.policies.language.vocabulary import PACKAGE
from pratique.policies.policy import Policy
from pratique.policies.written.rule import Rule

# What is kept unchanged: always, or as far as the field's purpose needs it.
_KEPT = frozenset({Treatment.KEEP, Treatment.DOMAIN, Treatment.TYPE})

# What our functions read without a selection in the condition that names it.
_BY_FUNCTION = {"any_name": ("Part", "name")}


@dataclass(frozen=True, slots=True)
class Unsure:
    """A rule, and the fields that it reads and that are kept as hashes."""

    rule: str
    fields: tuple[str, ...]


def unsure(policy: Policy) -> list[Unsure]:
    """Return the rules of a policy whose answers may differ over a hashed journal."""
    found = ((rule.name, tuple(sorted(set(_hashed(rule))))) for rule in policy.rules)
    return [Unsure(name, fields) for name, fields in found if fields]


def _hashed(rule: Rule) -> Iterator[str]:
    stripped = rule.strip.condition if rule.strip else None
    for condition in (rule.condition, stripped):
        if condition is not None:
            yield from hashed(condition)


def hashed(condition: Condition) -> Iterator[str]:
    """Yield the fields that a condition reads and that are kept as hashes: `mail.subject`."""
    for message, name in _read(condition):
        treatment = FIELDS.get(message, {}).get(name)
        # Groups are found by the address, whose local part is hashed.
        by_address = (message, name) == ("Recipient", "groups")
        if by_address or not (treatment is None or treatment in _KEPT):
            yield f"{message[:1].lower()}{message[1:]}.{name}"


def _read(condition: Condition) -> Iterator[tuple[str, str]]:
    tree = Tree(condition)
    waiting: list[Any] = [tree.root]
    while waiting:
        node = waiting.pop()
        waiting += children(node)
        if node.HasField("select_expr"):
            select = node.select_expr
            message = tree.types.get(select.operand.id, "").removeprefix(PACKAGE)
            yield message, select.field
        elif node.HasField("call_expr") and node.call_expr.function in _BY_FUNCTION:
            yield _BY_FUNCTION[node.call_expr.function]
