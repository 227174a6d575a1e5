"""Write what the journal keeps of a message as JSON, with the keys of `inspect --json` and more."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pratique.milter.cli.decided import Policies, edits_of, notes_of, reason_of
from pratique.milter.cli.report import report
from pratique.milter.journal.entry import Entry, Kept
from pratique.milter.mail import Forward
from pratique.milter.seeing import Seen
from pratique.policies.verdict import Action, Verdict


def to_json(kept: Kept, policies: Policies) -> dict[str, Any]:
    """Return what is kept, with the keys of `inspect --json` and more."""
    entry = kept.entry
    # A message that was never judged has no verdicts; `report` wants one.
    worst = Verdict(Action(entry.action), entry.rule, reason_of(entry), edits=edits_of(entry))
    nobody = replace(entry.envelope, recipients=(Forward(""),))
    seen = report(Seen("", entry.milliseconds, entry.facts), nobody, (worst,))
    del seen["file"]
    return (
        _ids(entry)
        | seen
        | {"recipients": list(_recipients(entry)), "outcome": entry.outcome}
        | {"reply": str(entry.reply)}
        | _decided(entry, policies)
        | {"privacy": kept.privacy, "kept_in": {"file": kept.file, "number": kept.number}}
    )


def _ids(entry: Entry) -> dict[str, Any]:
    envelope, client = entry.envelope, entry.envelope.client
    return {
        "queue_id": envelope.queue_id,
        "mta_id": envelope.mta_id,
        "held_as": entry.held_as,
        "received_at": envelope.received_at.isoformat(),
        "door": envelope.door,
        "client": {"ip": client.ip, "name": client.name, "helo": client.helo},
        "authenticated": envelope.authenticated,
        "reverse_path": envelope.reverse_path,
    }


def _decided(entry: Entry, policies: Policies) -> dict[str, Any]:
    policy = entry.policy
    rule = policies.rule(policy, entry.rule)
    in_force = policies.is_in_force(policy)
    return {
        "line": rule.line if rule else None,
        "condition": rule.condition if rule else "",
        "condition_line": rule.condition_line if rule else None,
        "policy": {"name": policy.name, "hash": policy.hash, "in_force": in_force},
        "notes": [{"rule": note.rule, "reason": note.reason} for note in notes_of(entry)],
    }


def _recipients(entry: Entry) -> Iterator[dict[str, str]]:
    for number, forward in enumerate(entry.envelope.recipients):
        one = {"address": forward.address, "action": "", "rule": ""}
        if entry.verdicts:
            verdict = entry.verdicts[number]
            one |= {"action": str(verdict.action), "rule": verdict.rule}
        if entry.outcomes:
            one["outcome"] = entry.outcomes[number]
        yield one
