"""Write proofs as JSON; keys are only ever added, never renamed."""

from typing import Any

from pratique.milter.cli import proof_words as words
from pratique.milter.cli.reasons import Reason, Reasons
from pratique.policies.explain import Asked, Became
from pratique.policies.why.counterfactual import Counterfactual, Otherwise
from pratique.policies.why.elements import Element, Listed, Value
from pratique.policies.why.proof import Step


def to_json(reasons: Reasons) -> dict[str, Any]:
    """Return all that is known of why."""
    return {
        "policy": reasons.policy,
        "verdicts": [_reason(one) for one in reasons.each],
        "more": reasons.more,
        "remarks": list(reasons.remarks),
        "hashed": {text: list(fields) for text, fields in reasons.hashed.items()},
    }


def _reason(one: Reason) -> dict[str, Any]:
    verdict = one.explanation.verdict
    return {
        "recipients": list(one.recipients),
        "action": str(verdict.action),
        "rule": verdict.rule,
        "reason": verdict.reason,
        "rules": [_asked(asked) for asked in one.explanation.rules],
        "counterfactual": _counterfactual(one.counterfactual),
    }


def _asked(asked: Asked) -> dict[str, Any]:
    rule = asked.rule
    silent = asked.became in (Became.SILENT, Became.WOULD_NOT)
    return {
        "rule": rule.name,
        "file": rule.file,
        "line": rule.line,
        "mode": rule.mode,
        "until": rule.until.isoformat() if rule.until else None,
        "became": asked.became.name.lower(),
        "would": asked.would or None,
        "failure": asked.failure or None,
        "failed": words.failed(asked) if silent else None,
        "condition": _step(asked.proof) if asked.proof is not None else None,
    }


def _step(step: Step) -> dict[str, Any]:
    told = step.told
    return {
        "kind": step.kind,
        "text": step.text,
        "answer": str(step.answer),
        "why": step.why or None,
        "values": [_value(one) for one in told.values],
        "elements": [_element(one) for one in told.elements],
        "more_elements": told.more,
        "listed": [_listed(one) for one in told.listed],
        "parts": [_step(part) for part in step.parts],
    }


def _value(one: Value) -> dict[str, str]:
    return {"field": one.path, "value": one.text}


def _element(one: Element) -> dict[str, Any]:
    return {
        "list": ".".join(one.path),
        "number": one.number,
        "told": one.told,
        "values": [_value(each) for each in one.values],
        "listed": [_listed(each) for each in one.listed],
    }


def _listed(one: Listed) -> dict[str, Any]:
    entry = one.entry
    return {
        "list": one.name,
        "entry": entry.text,
        "owner": entry.owner,
        "reason": entry.reason,
        "expires": entry.expires.isoformat() if entry.expires else None,
        "file": entry.file,
        "line": entry.line,
    }


def _counterfactual(found: Counterfactual) -> dict[str, Any]:
    return {
        "found": [_otherwise(one) for one in found.found],
        "told": words.counterfactual(found),
        "complete": found.complete,
        "decisions": found.decisions,
    }


def _otherwise(one: Otherwise) -> dict[str, Any]:
    return {
        "changes": [change.told for change in one.changes],
        "action": str(one.verdict.action),
        "rule": one.verdict.rule,
    }
