"""Say which rule decided about a message of the journal, and what else rules ordered.

The rule and its condition are read from the text of the policy that decided, as it is kept
with the message, not from the policy of today.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pratique.milter import policy_file
from pratique.milter.journal.entry import Entry, PolicyText
from pratique.policies.policy import Policy
from pratique.policies.verdict import Edit, Note
from pratique.policies.written.beside import hash_of, names_in
from pratique.policies.written.reading import Reading


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule as it stands in the text of a policy."""

    line: int
    # Empty for the last rule, which applies to all messages.
    condition: str = ""
    # 0: not known.
    condition_line: int = 0
    # The policy that contains it, if that is an included one.
    file: str = ""


@dataclass(slots=True)
class Policies:
    """The policies that decided, read again, and the one that is configured now."""

    configured: str
    # Loads the whole policy that decided, whose included policies have rules too; or says why not.
    loaded: Callable[[PolicyText], Policy | str] | None = None
    _rules: dict[str, dict[str, RuleText]] = field(default_factory=dict)
    _hash: list[str] = field(default_factory=list)

    def rule(self, policy: PolicyText, name: str) -> RuleText | None:
        """Return a rule of a policy; None if it has no such rule, or no text."""
        if policy.hash not in self._rules:
            self._rules[policy.hash] = dict(_rules_in(policy))
        own = self._rules[policy.hash].get(name)
        return own if own is not None or not self.includes(policy) else self._of(policy, name)

    def includes(self, policy: PolicyText) -> bool:
        """Whether rules of other policies were part of it."""
        return bool(names_in(policy.text).policies)

    def _of(self, text: PolicyText, name: str) -> RuleText | None:
        policy = self.loaded(text) if self.loaded is not None else ""
        if isinstance(policy, str):
            return None
        for rule in policy.rules:
            if rule.name == name:
                condition = rule.condition.text if rule.condition is not None else ""
                return RuleText(rule.line, condition, file=rule.file)
        return None

    def is_in_force(self, policy: PolicyText) -> bool | None:
        """Whether the configured file still says the same; None if it cannot be read."""
        if not self._hash:
            self._hash.append(_hash_of(self.configured))
        return policy.hash == self._hash[0] if self._hash[0] else None


def _hash_of(configured: str) -> str:
    try:
        found = policy_file.find(configured)
    except policy_file.NoPolicy:
        return ""
    return hash_of(found.text, found.beside)


def _rules_in(policy: PolicyText) -> Iterator[tuple[str, RuleText]]:
    reading = Reading(policy.name, policy.text)
    # It decided, so it was sound: what is not a table or has no name is damage.
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


def reason_of(entry: Entry) -> str:
    """Return the reason that the deciding rule gives."""
    reasons = (verdict.reason for verdict in entry.verdicts if verdict.rule == entry.rule)
    return next(reasons, "")


def notes_of(entry: Entry) -> list[Note]:
    """Return the notes of rules that did not decide."""
    return list(dict.fromkeys(note for one in entry.verdicts for note in one.notes))


def edits_of(entry: Entry) -> tuple[Edit, ...]:
    """Return what was changed."""
    return tuple(dict.fromkeys(edit for one in entry.verdicts for edit in one.edits))
