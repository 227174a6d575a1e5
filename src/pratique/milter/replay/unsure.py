"""Say which rules read what a hashed journal does not keep as it was.

With `privacy = "hashed"` subjects, names and local parts of addresses are kept as hashes
(journal/privacy_fields.py).  A condition that reads one of these may have another answer in
a replay than it had then, and nobody can tell which: so it is said.
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

# What stays as it is: always, or wherever it is what its field is for.
_KEPT = frozenset({Treatment.KEEP, Treatment.DOMAIN, Treatment.TYPE})

# What functions of ours read that no selection in the condition names.
_BY_FUNCTION = {"any_name": ("Part", "name")}


@dataclass(frozen=True, slots=True)
class Unsure:
    """A rule, and the fields that it reads and that are kept as hashes."""

    rule: str
    fields: tuple[str, ...]


def unsure(policy: Policy) -> list[Unsure]:
    """The rules of a policy that may come out otherwise over a hashed journal."""
    found = ((rule.name, tuple(sorted(set(_hashed(rule))))) for rule in policy.rules)
    return [Unsure(name, fields) for name, fields in found if fields]


def _hashed(rule: Rule) -> Iterator[str]:
    stripped = rule.strip.condition if rule.strip else None
    for condition in (rule.condition, stripped):
        if condition is not None:
            yield from hashed(condition)


def hashed(condition: Condition) -> Iterator[str]:
    """The fields that a condition reads and that are kept as hashes: `mail.subject`."""
    for message, name in _read(condition):
        treatment = FIELDS.get(message, {}).get(name)
        # Groups are told by the address, of which the local part is hashed.
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
