"""Read metadata of rules: ours, and as public sets of rules write theirs.

Each set spells them its own way.  What is read here is what sets define; where two keys of
one rule say something, the first of a list counts.  A number (`score`, and Elastic's
`severity`) says how sure an author is, on a scale of his own: so it makes a finding
`suspicious` or `information`, and never `malicious`, for which the shipped policy refuses mail.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pratique.scanners.families.known import SHIPPED

# By authors' words.  `high` is how bad it would be, and not how sure.
SEVERITIES = {
    "malicious": "malicious",
    "suspicious": "suspicious",
    "critical": "suspicious",
    "high": "suspicious",
    "medium": "suspicious",
    "warning": "suspicious",
    "information": "information",
    "informational": "information",
    "info": "information",
    "notice": "information",
    "low": "information",
}
UNSAID = "suspicious"
# Below it LOKI and THOR speak of a notice, and rules are for hunters.
SURE = 60

# One word: our own, McAfee's and others', CCCS', ReversingLabs', jeFF0Falltrades'.
FAMILY = ("family", "malware_family", "malware", "tc_detection_name", "malfamily")
# A name as makers of engines write it: Elastic's.
THREAT = ("threat_name",)
NOTE = ("description", "desc")
REFERENCE = ("reference", "references", "ref", "url", "report", "malpedia_reference")

# What facts.proto promises of a note; and a name, an address that a person still reads.
_NOTE, _FAMILY, _REFERENCE = 300, 64, 500
_ADDRESS = re.compile(r"https?://[A-Za-z0-9\[][!-~]*", re.IGNORECASE)
_NAME = re.compile(r"[./:!]")


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule's metadata say of a match."""

    severity: str = UNSAID
    family: str = ""
    note: str = ""
    reference: str = ""


def said(meta: Mapping[str, Any]) -> Said:
    """What they mean; what is not said, or cannot be meant, is left out."""
    known = {key.lower(): value for key, value in meta.items()}
    return Said(
        severity_of(known) or UNSAID,
        _family(known),
        _text(_first(known, NOTE), _NOTE),
        _reference(known),
    )


def severity_of(known: Mapping[str, Any]) -> str:
    """A word of Severities; empty where the metadata say none that is known."""
    written = known.get("severity")
    if isinstance(written, str):
        return SEVERITIES.get(written.strip().lower(), "")
    number = known.get("score") if written is None else written
    if isinstance(number, int) and not isinstance(number, bool):
        return "suspicious" if number >= SURE else "information"
    return UNSAID if number is None else ""


def _first(known: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((str(known[key]) for key in keys if known.get(key)), "")


def _family(known: Mapping[str, Any]) -> str:
    for key in (*FAMILY, *THREAT):
        written = _text(str(known.get(key, "")), _FAMILY)
        if key in THREAT or _NAME.search(written):
            written = SHIPPED.of(written)
        if written:
            return written
    return ""


def _reference(known: Mapping[str, Any]) -> str:
    """The first that is an address on the web; "Internal Research" is none."""
    for key in REFERENCE:
        for word in str(known.get(key, "")).split():
            address = word.rstrip(",;")
            if len(address) <= _REFERENCE and _ADDRESS.fullmatch(address):
                return address
    return ""


def _text(written: str, most: int) -> str:
    """On one line, without what cannot be seen, and cut."""
    line = " ".join(written.split())
    line = "".join(one for one in line if one.isprintable())
    return line if len(line) <= most else f"{line[: most - 1]}…"
