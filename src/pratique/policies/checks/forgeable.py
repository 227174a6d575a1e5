"""Find the rules that a stranger opens by writing a known name into a message.

A list of senders that are let through is worth only what it compares with.  An address in From,
a reverse-path or a HELO name costs a forger nothing, and worms take them from the address
books of people that a reader trusts.  So such a list must compare with what is proved, or its
author acknowledges the risk with `forgeable = true`.

Two kinds of rules are such lists: one that accepts, above the last, and one that refuses, holds
or takes parts out *except* for some names (`... && !(x in [...])`).  A rule that refuses or
holds for a name opens nothing; nor does one that only adds a field.
"""

import re
from collections.abc import Mapping
from typing import Any

from pratique.policies.checks.ways import ways
from pratique.policies.checks.words_of_strangers import FORGEABLE, Rest
from pratique.policies.language.tree import Oversight
from pratique.policies.verdict import Action
from pratique.policies.written.places import Path
from pratique.policies.written.reading import Reading, kind_of
from pratique.policies.written.rule import Rule

KEY = "forgeable"
_LEAVE = f"or say `{KEY} = true`"
_ASKED = re.compile(r"\b(in_list|cidr)\s*\(\s*(domain_of\s*\(\s*)?$")
_NAMED = re.compile(r"\)?\s*,\s*[\"']([^\"']+)[\"']\s*\)")
_PROVED = "auth.authenticated_as"
_HINTS = {
    Rest.AUTHOR: 'compare with who it is proved to be: `auth.authenticated_as == "ann@example.com"`'
    ', `auth.authenticated_as.endsWith("@example.com")`, ',
    Rest.SIGNER: "ask in the same `exists` whether it is a right one: "
    '`auth.dkim.exists(d, d.domain == "example.com" && d.result == "pass")`, ',
    Rest.WORD: "compare with what is proved, or ask that too: `auth.authenticated_as == "
    '"ann@example.com"`, `envelope.client.name == "mx.example.com"`, ',
    Rest.LOOSE: 'name it whole, or from its @ or dot on: `.endsWith("@example.com")`, ',
}


def read_forgeable(reading: Reading, path: Path, table: Mapping[str, Any]) -> bool:
    """Return whether a rule's author marks it so; complain if it is not true or false."""
    said = table.get(KEY, False)
    if isinstance(said, bool):
        return said
    message = f"`{KEY}` is {kind_of(said)}, not true or false"
    reading.say((*path, KEY), message, f"write `{KEY} = true`, or leave it out")
    return False


def opening(rule: Rule) -> Oversight | None:
    """Return how a forger gets past this rule what is meant for others; None if not at all."""
    if rule.condition is None or not (rule.final or rule.strip or rule.rebuild):
        return None
    lets_through = rule.final is Action.ACCEPT
    found = ways(rule.condition, holds=lets_through)
    opened = sorted((offset, rest) for rest, offset in found.items() if is_open(rest))
    if not opened:
        return None
    offset, rest = opened[0]
    kind = next(each for each in _HINTS if rest & each)
    hint = _of_a_list(rule.condition.text, offset, kind) or _HINTS[kind]
    told = "somebody else can have such a name" if kind is Rest.LOOSE else "anybody can write this"
    does = "the rule lets mail through for it" if lets_through else "the rule passes over it"
    return Oversight(offset, f"{told}, and {does}", hint + _LEAVE)


def _of_a_list(text: str, offset: int, kind: Rest) -> str:
    """Return a hint for a name that is looked for in a list, or an address in a network."""
    found = _ASKED.search(text[:offset])
    if found is None:
        return ""
    if kind is Rest.LOOSE:
        what = "network" if found[1] == "cidr" else "entry"
        return f"name a narrower {what}: this one is nobody's alone, "
    named = _NAMED.search(text, offset)
    if found[1] == "cidr" or kind is Rest.SIGNER or named is None:
        return ""
    proved = (
        f"domain_of({_PROVED})" if found[2] or text[: named.start()].endswith("domain") else _PROVED
    )
    return f'look for who it is proved to be: `in_list({proved}, "{named[1]}")`, '


def is_open(rest: Rest) -> bool:
    """Whether a stranger can make a condition hold in such a way."""
    # DMARC proves a domain, and From says which one.
    is_proved = rest & Rest.PROVED or (rest & Rest.AUTHOR and rest & Rest.AUTHOR_PROVED)
    return bool(rest & (FORGEABLE | Rest.LOOSE)) and not is_proved
