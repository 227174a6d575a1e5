"""Write what was seen and decided as the JSON that others rely on.

The keys are a contract (one object per line, in the order of the files): never renamed,
only added to.  Text is ASCII with escapes, so that a line does no harm on a terminal.
"""

from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from pratique.milter import taking_out
from pratique.milter.mail import Envelope
from pratique.milter.seeing import Seen
from pratique.policies.verdict import Edit, Verdict
from pratique.scanners import facts_pb2 as facts

_PART = (
    "id", "parent", "path", "name", "names", "type", "declared_type", "kind", "size", "sha256",
    "depth", "inside", "views", "encrypted", "password", "disguised", "returned",
    "may_carry_macros",
)  # fmt: skip
_FINDING = (
    "scanner", "name", "family", "severity", "part", "note", "engine_version", "database_version",
    "reference",
)  # fmt: skip

_LINK = ("url", "host", "shown", "part", "tricks", "listed")


def report(seen: Seen, envelope: Envelope, verdicts: tuple[Verdict, ...]) -> dict[str, Any]:
    """Report one message; a file that could not be read has only `file` and `error`."""
    if seen.error:
        return {"file": seen.file, "error": seen.error}
    known = seen.facts
    worst = max(verdicts, key=lambda verdict: verdict.action.severity)
    return {
        "file": seen.file,
        "action": str(worst.action),
        "rule": worst.rule,
        "reason": worst.reason,
        "recipients": _recipients(envelope, verdicts),
        "parts": [_part(part) for part in known.parts],
        "ambiguities": [
            {"class": one.class_, "where": one.where, "detail": one.detail}
            for one in known.ambiguities
        ],
        "findings": [_chosen(one, _FINDING) for one in known.findings],
        "scores": [_score(one) for one in known.scores],
        "links": [_chosen(one, _LINK) for one in known.links],
        "links_left_out": known.links_left_out,
        "client_listed": list(known.envelope.client.listed),
        "lists_away": list(known.lists_away),
        "sources": [_source(one) for one in known.sources],
        "bounce": _bounce(known.bounce),
        "auth": _auth(known.auth),
        "spoof_signs": [_chosen(one, ("kind", "detail")) for one in known.spoof_signs],
        "client_recent": {
            "recipients": known.envelope.client.recent_recipients,
            "findings": known.envelope.client.recent_findings,
        },
        "limits": [_fault(one) for one in known.limits],
        "failures": [_fault(one) for one in known.failures] + _policy_failures(verdicts),
        "mail": _mail(known.mail),
        "address_problems": [
            _chosen(one, ("address", "detail")) for one in known.envelope.address_problems
        ],
        "edits": [_edit(known, edit) for edit in worst.edits],
        "milliseconds": round(seen.milliseconds, 1),
    }


def _recipients(envelope: Envelope, verdicts: tuple[Verdict, ...]) -> list[dict[str, str]]:
    return [
        {"address": forward.address, "action": str(verdict.action), "rule": verdict.rule}
        for forward, verdict in zip(envelope.recipients, verdicts, strict=True)
    ]


def _edit(known: facts.Facts, edit: Edit) -> dict[str, Any]:
    """Describe one change that is ordered: which entities it removes, or why it is not made."""
    due = taking_out.foreseen(known, edit)
    return {
        "action": edit.action,
        "rule": edit.rule,
        "reason": edit.reason,
        "parts": list(edit.parts),
        "takes_out": [
            {"id": leaf.known.id, "path": leaf.known.path, "name": leaf.known.name}
            for leaf in due.leaves
        ],
        "held_for": due.why_not or None,
    }


def _part(part: facts.Part) -> dict[str, Any]:
    return {**_chosen(part, _PART), "unopened": part.unopened or None, "why": part.why}


def _chosen(message: Message, names: tuple[str, ...]) -> dict[str, Any]:
    values = ((name, getattr(message, name)) for name in names)
    return {
        name: value if isinstance(value, str | int | float) else list(value)
        for name, value in values
    }


def _bounce(bounce: facts.Bounce) -> dict[str, Any]:
    return {
        "claimed": bounce.claimed,
        "verified": bounce.verified,
        "other": bounce.other,
        "weight": weight(bounce),
        "lately": bounce.lately,
        "flood": bounce.flood,
        "evidence": [_chosen(one, ("kind", "weight", "detail")) for one in bounce.evidence],
    }


def weight(bounce: facts.Bounce) -> float:
    """Return the sum of the weights of all evidence."""
    return round(sum(one.weight for one in bounce.evidence), 1)


def _auth(auth: facts.Auth) -> dict[str, Any]:
    names = ("spf", "dmarc", "dmarc_policy", "arc", "authenticated_as", "checker")
    dkim = [_chosen(one, ("domain", "result")) for one in auth.dkim]
    return {**_chosen(auth, names), "dkim": dkim}


def _source(source: facts.Source) -> dict[str, Any]:
    date = source.date.ToJsonString() if source.HasField("date") else None
    return {**_chosen(source, ("name", "version")), "date": date}


def _score(score: facts.Score) -> dict[str, Any]:
    symbols = [_chosen(one, ("name", "value")) for one in score.symbols]
    return {**_chosen(score, ("engine", "value", "threshold")), "symbols": symbols}


def _fault(fault: facts.Limit | facts.Failure) -> dict[str, Any]:
    return {"class": fault.class_, "part": fault.part, "detail": fault.detail}


def _policy_failures(verdicts: tuple[Verdict, ...]) -> list[dict[str, Any]]:
    told = dict.fromkeys(failure for verdict in verdicts for failure in verdict.failures)
    return [{"class": "policy", "part": -1, "detail": failure} for failure in told]


def _mail(mail: facts.Mail) -> dict[str, Any]:
    written: dict[str, Any] = MessageToDict(mail, preserving_proto_field_name=True)
    # A secret that lets a message pass once.
    written.pop("release_token", None)
    return written
