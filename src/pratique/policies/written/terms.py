"""Read the terms of a rule: its `mode`, its end, and the reply to the client.

    mode  = "shadow"              it is asked, and what it would have ordered is only reported
    until = 2027-01-15            it holds for mail that is received before that day begins, UTC
    reply = "5.7.1 No programs"   an enhanced status code (RFC 3463) and a text

`mode` may stand at the top of a file, too, for the whole policy.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from pratique.policies.hints import hints
from pratique.policies.verdict import Action
from pratique.policies.written.places import Path
from pratique.policies.written.reading import Reading, kind_of

KEYS = ("mode", "until", "reply")
Mode = Literal["enforce", "shadow"]
_MODES_ELSEWHERE = {
    "on": "enforce", "active": "enforce", "live": "enforce", "enforcing": "enforce",
    "block": "enforce", "test": "shadow", "dry-run": "shadow", "dry_run": "shadow",
    "dryrun": "shadow", "monitor": "shadow", "log": "shadow", "permissive": "shadow",
    "report": "shadow", "audit": "shadow", "auditandnotify": "shadow", "learn": "shadow",
}  # fmt: skip
_OFF = ("off", "disabled", "inactive", "none", "false", "no")
# The class of an enhanced status code must agree with the reply's first digit.
_CLASSES = {Action.REJECT: "5", Action.DEFER: "4"}
_SHOWN = {Action.REJECT: '"5.7.1 Not taken: ..."', Action.DEFER: '"4.7.1 Come again later"'}
_REPLY = re.compile(r"([245])\.\d{1,3}\.\d{1,3} +(?=\S)")
_BASIC_CODE = re.compile(r"[2345]\d\d[ -]")
# RFC 5321 4.5.3.1.5: a reply line has 512 octets, including `550 ` and CRLF.
LONGEST_REPLY = 512 - len("550 ") - len("\r\n")


def read_mode(reading: Reading, path: Path, table: Mapping[str, Any]) -> Mode:
    """Return the mode of a rule, or of a whole policy; complain if it is not a mode."""
    said = table.get("mode", "enforce")
    if said == "shadow":
        return "shadow"
    if said != "enforce":
        meant = _MODES_ELSEWHERE.get(str(said).lower().strip(), "")
        near = hints.did_you_mean(str(said), ("enforce", "shadow"))
        hint = f"did you mean `{meant}`?" if meant else near
        if str(said).lower().strip() in _OFF:
            hint = 'take the rule out, or have it only told: `mode = "shadow"`'
        told = f"`{said}` is no mode" if isinstance(said, str) else f"`mode` is {kind_of(said)}"
        reading.say((*path, "mode"), told, hint or 'write `mode = "shadow"`, or leave it out')
    return "enforce"


def read_until(reading: Reading, path: Path, table: Mapping[str, Any]) -> datetime | None:
    """Return the moment from which a rule no longer holds, in UTC; None if it has no end."""
    said, where = table.get("until"), (*path, "until")
    if isinstance(said, datetime):
        if said.tzinfo is not None:
            return _in_utc(said)
        hint = f"write `{said.isoformat()}Z` for UTC, or an offset such as `+01:00`"
        reading.say(where, "a time without its zone is another one elsewhere", hint)
    elif isinstance(said, date):
        return datetime.combine(said, time(), UTC)
    elif said is not None:
        is_quoted = isinstance(said, str) and re.fullmatch(r"\d{4}-\d\d-\d\d.*", said)
        hint = f"without quotation marks: `until = {said}`" if is_quoted else ""
        hint = hint or "write `until = 2027-01-15`, or 2027-01-15T12:00:00Z"
        told = kind_of(said) if not isinstance(said, time) else "a time of day"
        reading.say(where, f"`until` is {told}, not a day", hint)
    return None


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        # Within a day of the years 1 and 9999: the nearest representable moment.
        return moment.replace(tzinfo=UTC)


def read_reply(reading: Reading, path: Path, table: Mapping[str, Any], final: Action | None) -> str:
    """Return the reply to the client; empty if the rule has none, or if it is wrong."""
    reply = reading.text_at(table, path, "reply")
    if not isinstance(table.get("reply", ""), str) or "reply" not in table:
        return ""
    where = (*path, "reply")
    if final not in _CLASSES:
        hint = "only `reject` and `defer` are answers to the stranger: leave `reply` out"
        beside = f"beside `{final}`" if final else "without a final action"
        reading.say_key(where, f"`reply` stands {beside}", hint)
        return ""
    wrong, hint = _wrong_with(reply, final)
    if wrong:
        reading.say(where, wrong, hint)
    return "" if wrong else reply


def fits(reply: object, action: object) -> bool:
    """Whether a reply can go with an action, by its class."""
    code = next((_CLASSES[each] for each in _CLASSES if each == action), None)
    return code is not None and isinstance(reply, str) and reply.startswith(f"{code}.")


def _wrong_with(reply: str, final: Action) -> tuple[str, str]:
    """Return what is wrong with a reply, and what would be right; both empty if nothing is."""
    shown = f"write `reply = {_SHOWN[final]}`"
    if not reply.isascii() or not reply.isprintable():
        hint = "printable ASCII on one line (RFC 5321, 4.2)"
        return "a reply holds a character that no reply may hold", hint
    if _BASIC_CODE.match(reply):
        hint = f"leave `{reply[:4].strip()}` out: it follows from `{final}`"
        return "a reply begins with an enhanced status code (RFC 3463)", hint
    code = _REPLY.match(reply)
    if code is None:
        return "a reply is an enhanced status code (RFC 3463) and a text", shown
    if code[1] != _CLASSES[final]:
        right = f"{_CLASSES[final]}{reply[1 : code.end()].rstrip()}"
        return f"`{code[0].rstrip()}` does not go with `{final}`", f"write `{right}`"
    if len(reply) > LONGEST_REPLY:
        hint = "with `550 ` and the line end 512 octets (RFC 5321, 4.5.3.1.5); name a page"
        return f"a reply of {len(reply)} characters is longer than {LONGEST_REPLY}", hint
    return "", ""
