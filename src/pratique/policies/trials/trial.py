"""Run the tests that stand in a policy, and compare.

A test that expects its rule's own action is met only if that very rule decided: if another
rule happened to do the same, a rule that never applies would go unnoticed.  A test that
expects another action says where the rule must be silent.

A rule in the shadow changes no verdict, yet its tests work alike: one that expects its action
is met if the rule would have ordered that; one that expects another says what is decided
while the rule is silent.  The tests of a policy in the shadow run as if it were in force.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pratique.policies.danger import reduce
from pratique.policies.policy import Policy
from pratique.policies.verdict import Verdict
from pratique.policies.written.rule import NOTE, Example, Rule
from pratique.scanners import facts_pb2 as facts

# Given the path that a test names, returns the facts about that message.
See = Callable[[str], facts.Facts]


@dataclass(frozen=True, slots=True)
class Result:
    """One test, and its result."""

    rule: Rule
    test: Example
    verdict: Verdict
    # Why it is not met, for a person; empty if it is.
    why: str
    # What it was about, as the policy saw it.
    known: facts.Facts
    recipient: facts.Recipient


def run(policy: Policy, see: See) -> Iterator[Result]:
    """Run every test of every rule, in the order of the file."""
    for rule in policy.rules:
        for test in rule.tests:
            yield tried(policy, rule, test, see)


def own_tests(policy: Policy) -> Iterator[tuple[Rule, Example]]:
    """Yield the tests that stand in the policy itself, and not in one that it includes."""
    for rule in policy.rules:
        for test in rule.tests:
            if is_own(policy, test):
                yield rule, test


def is_own(policy: Policy, test: Example) -> bool:
    """Whether a test stands in the policy itself, and not in one that it includes."""
    return test.file in ("", policy.name)


def tried(policy: Policy, rule: Rule, test: Example, see: See) -> Result:
    """Run one test of a rule."""
    known, recipient = reduce(_subject(test, see)), _recipient(test)
    verdict = policy.as_enforced().decide(known, recipient)
    return Result(rule, test, verdict, _why(rule, test, verdict), known, recipient)


def _subject(test: Example, see: See) -> facts.Facts:
    known = facts.Facts()
    known.CopyFrom(see(test.message) if test.known is None else test.known)
    if test.reverse_path is not None:
        known.envelope.reverse_path = test.reverse_path
    if test.at is not None:
        known.envelope.received_at.FromDatetime(test.at)
    elif test.known is None:
        # A file is scanned today, but a test must have the same answer every day.
        known.envelope.ClearField("received_at")
    return known


def _recipient(test: Example) -> facts.Recipient:
    domain = test.recipient.rpartition("@")[2].lower() if "@" in test.recipient else ""
    return facts.Recipient(address=test.recipient, domain=domain)


def _why(rule: Rule, test: Example, verdict: Verdict) -> str:
    if verdict.failures:
        return verdict.reason
    orders = test.expect in (NOTE, rule.final)
    if rule.mode == "shadow" and orders and test.by in ("", rule.name):
        return _why_in_shadow(rule, test, verdict)
    stated = {note.rule for note in verdict.notes} | {each.rule for each in verdict.shadows}
    if test.expect == NOTE:
        silent = f"the rule was silent, {_decided(verdict)}"
        return _why_beside(test, verdict) if rule.name in stated else silent
    if verdict.action != test.expect:
        return _decided(verdict)
    by = test.by or (rule.name if rule.final == test.expect else "")
    if by and verdict.rule != by:
        return f"the action is right, but {_decided(verdict)}"
    if rule.name in stated:
        return "the rule spoke, and was expected to be silent"
    return _why_beside(test, verdict)


def _why_in_shadow(rule: Rule, test: Example, verdict: Verdict) -> str:
    """Return why a rule in the shadow would not have ordered what is expected."""
    told = next((each for each in verdict.shadows if each.rule == rule.name), None)
    if told is None:
        return f"the rule in the shadow was silent, {_decided(verdict)}"
    if told.failure:
        return told.reason
    return "" if told.action == test.expect else f"the rule in the shadow says {told.action}"


def _why_beside(test: Example, verdict: Verdict) -> str:
    """Return why what goes with the action is not what is expected."""
    edits = {edit.action for edit in verdict.edits}
    if test.expect_edits is not None and edits != test.expect_edits:
        return f"the action is right, with these edits: {_listed(edits)}"
    notified = {each.address for each in verdict.notices}
    if test.expect_notify is not None and notified != test.expect_notify:
        return f"the action is right, and is told to: {_listed(notified)}"
    if test.expect_reply is not None and verdict.reply != test.expect_reply:
        return f'the action is right, and the stranger hears: "{verdict.reply}"'
    return ""


def _listed(words: set[str]) -> str:
    return ", ".join(sorted(words)) or "none"


def _decided(verdict: Verdict) -> str:
    return f"{verdict.action} was decided by the rule `{verdict.rule}`"
