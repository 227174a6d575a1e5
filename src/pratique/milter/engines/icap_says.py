"""Read from an ICAP answer's heads what the engine found.

No standard says how: a draft of 2003 (draft-stecher-icap-subid) named `X-Infection-Found`,
`X-Violations-Found` and `X-Virus-ID`, and makers added their own.  Documented are

    X-Infection-Found   Type=0; Resolution=2; Threat=NAME;   c-icap, Kaspersky, ESET, Trend
                        Micro, Symantec, Clearswift, OPSWAT; type 1 is a policy's violation,
                        type 2 a container that it did not look into
    X-Violations-Found  a count, then four lines each: file, name, problem, resolution
    X-Virus-ID          NAME                                 Sophos, McAfee, Kaspersky
    X-Virus-Name, X-FSecure-Infection-Name                   McAfee, F-Secure
    X-Response-Info, X-Blocked, X-Blocked-Reason, X-Block-Reason, X-Response-Desc
                        that and why it was blocked          ESET, Kaspersky, Sophos, OPSWAT

and an HTTP answer within that is no 200: a page instead of the content (403, or 302 and 307
to another place, as squidclamav does).  What is named is as bad as the admin says it is
(`severity`); what is blocked and not named is suspicious: a server may have reasons of its own.
"""

import re

from pratique.milter.engines.engine import Said
from pratique.milter.engines.plain import FINDINGS, NAME, NOTE, clean
from pratique.milter.engines.web_heads import Head
from pratique.scanners import facts_pb2 as facts

BLOCKED, CHANGED = "Icap.Blocked", "Icap.Changed"
# Of a name that is there and empty.
UNNAMED = "Icap.Unnamed"

_FOUND = re.compile(
    r"Type ?= ?([0-9]{1,3}) ?; ?Resolution ?= ?([0-9]{1,3}) ?; ?Threat ?= ?(.*?) ?;?", re.IGNORECASE
)
_CONTAINER = 2
_NAMES = "x-virus-id", "x-virus-name", "x-fsecure-infection-name"
# What stands there where there is nothing.
_NOTHING = frozenset(("", "-", "no threats", "no threat", "none", "clean", "ok"))
_REASONS = "x-blocked-reason", "x-block-reason", "x-response-desc", "x-blocked"
_NOT_BLOCKED = frozenset(("", "0", "no", "false"))
_RESOLUTIONS = {"0": "not repaired", "1": "repaired", "2": "blocked"}


class _Reading:
    """One answer, while it is read."""

    def __init__(self, severity: str) -> None:
        self._severity = severity
        self.findings: dict[str, facts.Finding] = {}
        self.limits: list[str] = []

    def found(self, name: str, note: str, severity: str = "") -> None:
        """Something was found; under one name once."""
        known = clean(name, NAME) or UNNAMED
        if known not in self.findings and len(self.findings) < FINDINGS:
            severity = severity or self._severity
            note = clean(note, NOTE)
            self.findings[known] = facts.Finding(name=known, severity=severity, note=note)

    def infection(self, value: str) -> None:
        """X-Infection-Found."""
        told = _FOUND.fullmatch(value)
        if told is None:
            self.found(value, "X-Infection-Found")
            return
        kind, threat = int(told[1]), told[3]
        note = _RESOLUTIONS.get(told[2], "")
        if kind == _CONTAINER:
            # "Encrypted container", "Container size": it did not look at all of it.
            self.limits.append(clean(threat, NAME) or "a container was not looked into")
        else:
            self.found(threat, note, "suspicious" if kind else "")

    def violations(self, lines: list[str]) -> None:
        """X-Violations-Found."""
        count, *rest = lines
        if count.strip() in {"0", ""} and not rest:
            return
        named = {each.casefold() for each in (*self.findings, *self.limits)}
        for at in range(0, min(len(rest), 4 * FINDINGS), 4):
            file, name = (*rest[at : at + 2], "")[:2]
            # It was told before, and by its type.
            if clean(name, NAME).casefold() not in named:
                self.found(name, f"in {file}" if file not in {"", "-"} else "")
        if not rest and not named:
            self.found(UNNAMED, f"X-Violations-Found: {count}")


def said_of(icap: Head, http: Head | None, severity: str) -> Said:
    """What the heads say was found; nothing, if they do not say it."""
    reading = _Reading(severity)
    heads = [icap] if http is None else [icap, http]
    for value in _values(heads, "x-infection-found"):
        reading.infection(value)
    for head in heads:
        for lines in head.fields.get("x-violations-found", []):
            reading.violations(lines)
    if not reading.findings and not reading.limits:
        for name in _NAMES:
            for value in _values(heads, name):
                if value.strip('" ').lower() not in _NOTHING:
                    reading.found(value.strip('" '), name)
    if not reading.findings and not reading.limits and (why := _blocked(heads, http)):
        reading.found(BLOCKED, why, "suspicious")
    return Said(tuple(reading.findings.values()), tuple(reading.limits[:FINDINGS]))


def _values(heads: list[Head], name: str) -> list[str]:
    return [" ".join(lines) for head in heads for lines in head.fields.get(name, [])][:FINDINGS]


def _blocked(heads: list[Head], http: Head | None) -> str:
    """That it was blocked and why, for a person; empty if it was not."""
    reasons = [
        f"{name}: {value}"
        for name in _REASONS
        for value in _values(heads, name)
        if value.lower() not in _NOT_BLOCKED
    ]
    told = _values(heads, "x-response-info") + _values(heads, "x-fsecure-scan-result")
    if any(value.lower().startswith(("block", "infect")) for value in told):
        return "; ".join([*told, *reasons])
    is_refused = http is not None and http.status != 200
    if is_refused:
        assert http is not None
        reasons.insert(0, f"HTTP {http.status} {http.reason}")
    # A description alone may be of what it let pass (Trend Micro).
    firm = [each for each in reasons if not each.startswith("x-response-desc")]
    return "; ".join(reasons) if firm else ""
