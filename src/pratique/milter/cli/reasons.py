"""Explain a message's verdicts: by the policy that decided, or by another one.

Recipients with the same verdict are explained by the first of them.  The policy in force then is
taken from where all versions are kept, or, if it names no other file, from the journal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pratique.milter import policy_file
from pratique.milter.journal.entry import Kept, PolicyText
from pratique.milter.lookups import addresses
from pratique.milter.mail import Forward
from pratique.milter.replay.unsure import hashed
from pratique.milter.versions import NoVersion, Versions
from pratique.policies import danger
from pratique.policies.explain import Explanation, explain
from pratique.policies.language.condition import Condition
from pratique.policies.policy import Policy
from pratique.policies.verdict import Verdict
from pratique.policies.why.counterfactual import Counterfactual, search
from pratique.policies.written.beside import names_in
from pratique.policies.written.problem import PolicyError, one_line
from pratique.scanners.facts_pb2 import Facts

# Each takes up to some seconds for a message of 1,000 parts; the others are only counted.
MOST_EXPLAINED = 3

_HASHED = (
    "the journal keeps hashes instead of subjects, names and local parts of addresses: what a "
    "condition asks of these cannot be explained, and may have had another answer; such pieces "
    "have a `?`, and what would alter the verdict is told as far as the others go"
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why recipients have their verdict, and what would change it."""

    recipients: tuple[str, ...]
    explanation: Explanation
    counterfactual: Counterfactual


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a message has its verdicts."""

    policy: str = ""
    each: tuple[Reason, ...] = ()
    # Further verdicts that are not explained.
    more: int = 0
    # What an admin has to know to judge this, or why there is no explanation.
    remarks: tuple[str, ...] = ()
    # Pieces of conditions that read what is kept as hashes, and which fields those are.
    hashed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def reasons_of(
    policy: Policy, seen: Facts, recipients: Sequence[Forward], remarks: tuple[str, ...] = ()
) -> Reasons:
    """Explain why this policy decides as it does about these facts."""
    known = danger.reduce(seen)
    asked = [addresses.to_facts(forward) for forward in recipients]
    groups: dict[Verdict, list[int]] = {}
    for number, verdict in enumerate(policy.as_enforced().decide_all(known, asked)):
        groups.setdefault(verdict, []).append(number)
    made = []
    for numbers in list(groups.values())[:MOST_EXPLAINED]:
        one = asked[numbers[0]]
        names = tuple(recipients[number].address for number in numbers)
        made.append(Reason(names, explain(policy, known, one), search(policy, known, one)))
    more = max(len(groups) - MOST_EXPLAINED, 0)
    if policy.mode == "shadow":
        remarks += ("this policy is in the shadow: what it decides is only told",)
    return Reasons(policy.name, tuple(made), more, remarks)


@dataclass(slots=True)
class Then:
    """Explains messages of the journal."""

    versions: Versions
    # Another policy that is asked instead of the one that decided.
    instead: Policy | None = None
    _policies: dict[str, Policy | str] = field(default_factory=dict)

    def policy(self, text: PolicyText) -> Policy | str:
        """Return the policy that decided, or why it cannot be had."""
        if text.hash not in self._policies:
            self._policies[text.hash] = self._loaded(text)
        return self._policies[text.hash]

    def reasons(self, kept: Kept) -> Reasons:
        """Explain why a message of the journal has its verdicts."""
        made = self._reasons(kept, (_HASHED,) if kept.privacy == "hashed" else ())
        return replace(made, hashed=_hashed(made.each)) if kept.privacy == "hashed" else made

    def _reasons(self, kept: Kept, remarks: tuple[str, ...]) -> Reasons:
        entry = kept.entry
        if not entry.verdicts:
            return Reasons(remarks=("it was never judged",))
        recipients = entry.envelope.recipients
        if entry.rule and all(one.rule != entry.rule for one in entry.verdicts):
            remarks += (f"Pratique itself decided: {entry.rule}; by the policy it would be:",)
        if self.instead is not None:
            return reasons_of(self.instead, entry.facts, recipients, remarks)
        policy = self.policy(entry.policy)
        if isinstance(policy, str):
            return Reasons(remarks=(policy,))
        made = reasons_of(policy, entry.facts, recipients, remarks)
        kept_rules = {one.rule for one in entry.verdicts}
        if {one.explanation.verdict.rule for one in made.each} <= kept_rules or made.more:
            return made
        said = "decided again, by the same policy and what is kept of the facts, it comes out so:"
        return Reasons(made.policy, made.each, made.more, (*made.remarks, said))

    def _loaded(self, kept: PolicyText) -> Policy | str:
        try:
            found = self.versions.find(kept.hash)
            return Policy.load(found.text, found.name, found.beside)
        except (NoVersion, OSError) as error:
            return _alone(kept, str(error))
        except PolicyError as error:
            return _unusable(error)


def _hashed(reasons: Iterable[Reason]) -> dict[str, tuple[str, ...]]:
    """Return the leaves of all proofs that read what is kept as hashes, with the fields."""
    found: dict[str, tuple[str, ...]] = {}
    for asked in (asked for one in reasons for asked in one.explanation.rules):
        if asked.rule.condition is None or asked.proof is None:
            continue
        lists = asked.rule.condition.lists
        for step in asked.proof.walk():
            if step.kind == "leaf" and step.text not in found:
                alone = Condition.compile(step.text, lists=lists)
                found[step.text] = tuple(sorted(set(hashed(alone))))
    return {text: fields for text, fields in found.items() if fields}


def _alone(kept: PolicyText, why: str) -> Policy | str:
    """Load the policy from its text alone, if that is all of it."""
    if not kept.text:
        return f"the policy that decided cannot be had: {why}"
    names = names_in(kept.text)
    # Shipped ones may have changed by now.
    if needed := [*names.policies, *names.lists]:
        return f"the policy that decided names files that are not kept: {', '.join(needed)}; {why}"
    try:
        return Policy.load(kept.text, kept.name)
    except PolicyError as error:
        return _unusable(error)


def _unusable(error: PolicyError) -> str:
    return f"the policy that decided is none for this version: {one_line(error.problems[0])}"


def policy_named(name: str) -> Policy:
    """Load a policy from its file, or one that is shipped.  Raises NoPolicy or PolicyError."""
    found = policy_file.find(name)
    return Policy.load(found.text, found.name, found.beside)
