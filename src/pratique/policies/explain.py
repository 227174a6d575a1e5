"""Prove a verdict: which rules were asked, what each answered, and which one decided.

Pure, as all deciding is: the same facts, recipient and policy give the same proof.  A policy
in the shadow is explained as if it were in force.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pratique.policies.asking.asking import Shared
from pratique.policies.asking.together import Together
from pratique.policies.lists.named import received
from pratique.policies.policy import Policy
from pratique.policies.verdict import Verdict
from pratique.policies.why.proof import Asking, Step, prove
from pratique.policies.written.rule import Rule
from pratique.scanners import facts_pb2 as facts


class Became(StrEnum):
    """What came of a rule."""

    DECIDED = "decided"
    NO_ANSWER = "no answer: held"
    NOTED = "noted"
    SILENT = "did not hold"
    PAST = "past its end"
    WOULD = "in the shadow: would have"
    WOULD_NOT = "in the shadow: did not hold"


_SPOKE = (Became.DECIDED, Became.NO_ANSWER, Became.NOTED, Became.WOULD)


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule that was asked, or passed over because it is past its end."""

    rule: Rule
    became: Became
    # None: it has no condition, or was not asked.
    proof: Step | None
    # What a rule in the shadow would have ordered: a final action, or "note".
    would: str = ""
    # Why its condition has no answer.
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a policy gave a verdict for one recipient."""

    policy: Policy
    # As if the policy were in force.
    verdict: Verdict
    recipient: facts.Recipient
    # Down to the one that decided, which is the last.
    rules: tuple[Asked, ...]

    @property
    def deciding(self) -> Asked:
        """The rule that decided."""
        return self.rules[-1]


def explain(policy: Policy, known: facts.Facts, recipient: facts.Recipient) -> Explanation:
    """Explain why this policy decides so; `known` are the facts that it is shown (danger.py)."""
    policy = policy.as_enforced()
    recipient = policy.lists.of_groups(recipient, received(known))
    verdict = policy.decide(known, recipient)
    return Explanation(policy, verdict, recipient, tuple(_asked(policy, known, recipient, verdict)))


def _asked(
    policy: Policy, known: facts.Facts, recipient: facts.Recipient, verdict: Verdict
) -> Iterator[Asked]:
    asking = Asking.of(known, recipient)
    shared = Shared(asking.scene, Together())
    for rule in policy.rules:
        if rule.until is not None and shared.is_past(rule.until):
            yield Asked(rule, Became.PAST, None)
            continue
        yield _of(rule, verdict, asking)
        if rule.name == verdict.rule:
            return


def _of(rule: Rule, verdict: Verdict, asking: Asking) -> Asked:
    became, would, failure = _became(rule, verdict)
    if rule.condition is None:
        return Asked(rule, became, None, would, failure)
    closely = asking if became in _SPOKE else asking.loosely()
    return Asked(rule, became, prove(rule.condition, closely), would, failure)


def _became(rule: Rule, verdict: Verdict) -> tuple[Became, str, str]:
    if rule.mode == "shadow":
        told = next((each for each in verdict.shadows if each.rule == rule.name), None)
        if told is None:
            return Became.WOULD_NOT, "", ""
        return Became.WOULD, told.action, told.failure
    if rule.name == verdict.rule:
        failure = next(iter(verdict.failures), "")
        return (Became.NO_ANSWER if failure else Became.DECIDED), "", failure
    noted = any(note.rule == rule.name for note in verdict.notes)
    return (Became.NOTED if noted else Became.SILENT), "", ""
