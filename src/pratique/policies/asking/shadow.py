"""Tell what a rule or a whole policy in the shadow would have done; nothing changes by it.

A rule in the shadow is asked where it stands, as long as nothing above it decided.  A policy
in the shadow decides as ever, and what comes of that is only told: each message is accepted
as it is.
"""

from pratique.policies.asking.asking import Own, Shared
from pratique.policies.language.condition import NoAnswerError
from pratique.policies.verdict import Action, Shadow, Verdict
from pratique.policies.written.rule import NOTE, Rule

_ONLY_TOLD = "the policy is in the shadow: what it decides is only told"


def no_answer(rule: Rule, error: NoAnswerError) -> tuple[str, str]:
    """Why a message is held for which a rule has no answer: the reason and the failure."""
    return f"the condition could not be evaluated: {error}", f"rule {rule.name!r}: {error}"


def of_rule(rule: Rule, shared: Shared, own: Own) -> tuple[Shadow, ...]:
    """What a rule in the shadow would have ordered; empty if it does not hold."""
    try:
        if not own.holds(rule):
            return ()
        shared.edits(rule)
    except NoAnswerError as error:
        return (Shadow(rule.name, Action.QUARANTINE, *no_answer(rule, error)),)
    return (Shadow(rule.name, rule.final or NOTE, rule.reason),)


def of_policy(verdict: Verdict) -> Verdict:
    """The verdict of a policy in the shadow: what decided comes first, then the notes."""
    failure = next(iter(verdict.failures), "")
    decided = Shadow(verdict.rule, verdict.action, verdict.reason, failure)
    notes = (Shadow(note.rule, NOTE, note.reason) for note in verdict.notes)
    shadows = (decided, *notes, *verdict.shadows)
    return Verdict(Action.ACCEPT, verdict.rule, _ONLY_TOLD, shadows=shadows)
