"""Run the tests that stand in a policy, and compare.

A test that expects its rule's own action is met only if that very rule decided: that
another rule happens to do the same would hide a rule that never speaks.  A test that
expects another action says where the rule must be silent.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pratique.policies.danger import reduce
from pratique.policies.policy import Policy
from pratique.policies.rule import NOTE, Example, Rule
from pratique.policies.verdict import Verdict
from pratique.scanners import facts_pb2 as facts

# Given the path that a test names: the facts that are seen in that message.
See = Callable[[str], facts.Facts]


@dataclass(frozen=True, slots=True)
class Result:
    """One test, and what came of it."""

    rule: Rule
    test: Example
    verdict: Verdict
    # Why it is not met, for a person; empty if it is.
    why: str


def run(policy: Policy, see: See) -> Iterator[Result]:
    """Run every test of every rule, in the order of the file."""
    for rule in policy.rules:
        for test in rule.tests:
            verdict = policy.decide(reduce(_subject(test, see)), _recipient(test))
            yield Result(rule, test, verdict, _why(rule, test, verdict))


def _subject(test: Example, see: See) -> facts.Facts:
    known = facts.Facts()
    known.CopyFrom(see(test.message) if test.known is None else test.known)
    if test.reverse_path is not None:
        known.envelope.reverse_path = test.reverse_path
    return known


def _recipient(test: Example) -> facts.Recipient:
    domain = test.recipient.rpartition("@")[2].lower() if "@" in test.recipient else ""
    return facts.Recipient(address=test.recipient, domain=domain)


def _why(rule: Rule, test: Example, verdict: Verdict) -> str:
    if verdict.failures:
        return verdict.reason
    stated = {note.rule for note in verdict.notes}
    if test.expect == NOTE:
        return "" if rule.name in stated else f"the rule was silent, {_decided(verdict)}"
    if verdict.action != test.expect:
        return _decided(verdict)
    by = test.by or (rule.name if rule.final == test.expect else "")
    if by and verdict.rule != by:
        return f"the action is right, but {_decided(verdict)}"
    edits = {edit.action for edit in verdict.edits}
    if test.expect_edits is not None and edits != test.expect_edits:
        return f"the action is right, with these edits: {', '.join(sorted(edits)) or 'none'}"
    if rule.name in stated:
        return "the rule spoke, and was expected to be silent"
    return ""


def _decided(verdict: Verdict) -> str:
    return f"{verdict.action} was decided by the rule `{verdict.rule}`"
