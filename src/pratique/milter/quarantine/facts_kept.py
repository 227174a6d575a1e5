"""Write the facts of a held message as JSON, whatever a worker said.

A message must always be possible to hold: one that cannot be held would be deferred
until its sender gives up.  Protobuf's JSON form does not take all that the binary form
takes (a Timestamp of the year 32,000,000, say).  So facts that cannot be written are
left out, group by group, and a failure among the facts says which.  Nothing depends on
them any more: what a release sends is the content and the envelope.
"""

import logging
from typing import Any

from google.protobuf import json_format

from pratique.scanners.facts_pb2 import Facts

log = logging.getLogger(__name__)

# json_format names its own errors, but not all of what it calls does.
_TROUBLE = (json_format.Error, ValueError, TypeError, AttributeError, ArithmeticError)


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Protobuf's JSON form with the names of facts.proto, as far as there is one."""
    try:
        return _to_json(facts)
    except _TROUBLE as error:
        return _reduced(facts, error)


def facts_from_json(written: dict[str, Any]) -> Facts:
    """Read it; where that cannot be done, facts that say so."""
    try:
        # A record outlives the program that wrote it: facts that came later or went
        # since must not make it unreadable.
        return json_format.ParseDict(written, Facts(), ignore_unknown_fields=True)
    except _TROUBLE as error:
        log.warning("facts of a held message cannot be read: %s", error)
        facts = Facts()
        facts.failures.add(class_="reader", part=-1, detail=f"facts cannot be read: {error}")
        return facts


def _to_json(facts: Facts) -> dict[str, Any]:
    return json_format.MessageToDict(facts, preserving_proto_field_name=True)


def _reduced(facts: Facts, why: Exception) -> dict[str, Any]:
    names = {field.name for field, _ in facts.ListFields()}
    written: dict[str, Any] = {}
    lost = []
    for name in sorted(names):
        alone = Facts()
        alone.CopyFrom(facts)
        for other in names - {name}:
            alone.ClearField(other)
        try:
            written |= _to_json(alone)
        except _TROUBLE:
            lost.append(name)
    detail = f"not kept, for it cannot be written: {', '.join(lost)} ({why})"
    log.error("facts of a held message: %s", detail)
    failure = {"class_": "worker", "part": -1, "detail": detail}
    written["failures"] = [*written.get("failures", []), failure]
    return written
