"""Tell what a rule or a whole policy in the shadow would have done; it changes nothing.

A rule in the shadow is asked at its place, as long as no rule above it has decided.  A policy
in the shadow decides as usual, but its decision is only reported: each message is accepted
as it is.
"""

from pratique.policies.asking.asking import Own, Shared
from pratique.policies.language.condition import NoAnswerError
from pratique.policies.verdict import Action, Shadow, Verdict
from pratique.policies.written.rule import NOTE, Rule

_ONLY_TOLD = "the policy is in the shadow: what it decides is only told"


def no_answer(rule: Rule, error: NoAnswerError) -> tuple[str, str]:
    """Return why a message is held for which a rule has no answer: the reason and the failure."""
    return f"the condition could not be evaluated: {error}", f"rule {rule.name!r}: {error}"


def of_rule(rule: Rule, shared: Shared, own: Own) -> tuple[Shadow, ...]:
    """Return what a rule in the shadow would have ordered; empty if it does not hold."""
    try:
        if not own.holds(rule):
            return ()
        shared.edits(rule)
    except NoAnswerError as error:
        return (Shadow(rule.name, Action.QUARANTINE, *no_answer(rule, error)),)
    return (Shadow(rule.name, rule.final or NOTE, rule.reason),)


def of_policy(verdict: Verdict) -> Verdict:
    """Return the verdict of a policy in the shadow: its decision first, then the notes."""
    failure = next(iter(verdict.failures), "")
    decided = Shadow(verdict.rule, verdict.action, verdict.reason, failure)
    notes = (Shadow(note.rule, NOTE, note.reason) for note in verdict.notes)
    shadows = (decided, *notes, *verdict.shadows)
    return Verdict(Action.ACCEPT, verdict.rule, _ONLY_TOLD, shadows=shadows)
