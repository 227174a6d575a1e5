"""Read what DNS answers, and write what it can be asked: one place for both.

A TXT record is several character-strings that are joined without anything between them
(RFC 7208 3.3, RFC 6376 3.6.2.2, RFC 7489 6.6.3).  The resolver gives records as a zone file
writes them (RFC 1035 5.1), so quotes and escapes are undone here.  Each octet becomes the
character of the same number: what is not ASCII stays visible, and its reader refuses it.
"""

import asyncio
import re
from collections.abc import Awaitable
from typing import Protocol, TypeVar

from pratique.milter.lookups.resolver import Reply

# RFC 1035 2.3.4: 255 octets, counting a length octet per label and the root's; 63 per label.
LONGEST_NAME, LONGEST_LABEL = 253, 63

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)', re.DOTALL)
_ESCAPED = re.compile(r"\\(?:([0-9]{3})|(.))", re.DOTALL)
# A name that can be asked for as it is; in others, octets special to zone files are escaped.
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")

# Why a question has no answer.
LATE = "no answer in time"

_T = TypeVar("_T")


class Asks(Protocol):
    """Asks DNS: `Resolver`, or what a test hands in."""

    async def ask(self, name: str, type_: str, until: float) -> Reply:
        """Return what is known of a name."""


async def in_time(answer: Awaitable[_T], until: float, late: _T) -> _T:
    """Return the answer if it comes before `until` of the loop's clock, and `late` if not."""
    try:
        async with asyncio.timeout_at(until):
            return await answer
    except TimeoutError:
        return late


def texts(reply: Reply) -> tuple[str, ...]:
    """Return each TXT record, its strings joined."""
    return tuple(_joined(record) for record in reply.records)


def _joined(record: str) -> str:
    if "\\" not in record and record[:1] == record[-1:] == '"':
        # The common case: with no escapes in it, each quote begins or ends a string.
        whole = record[1:-1].replace('" "', "")
        if '"' not in whole:
            return whole
    strings = (quoted or bare for quoted, bare in _STRING.findall(record))
    return _ESCAPED.sub(_unescaped, "".join(strings))


def _unescaped(found: re.Match[str]) -> str:
    number, character = found.groups()
    return chr(min(int(number), 255)) if number else str(character)


def asked_name(name: str) -> str:
    """Return a name as the resolver takes it; empty where no such name can exist.

    Labels of 1 to 63 octets, 253 in all, and ASCII only: A-labels stand for the rest
    (RFC 5890 2.3.2.1).
    """
    name = name.removesuffix(".")
    if not name.isascii() or not 0 < len(name) <= LONGEST_NAME:
        return ""
    if not all(0 < len(label) <= LONGEST_LABEL for label in name.split(".")):
        return ""
    return name if _PLAIN.fullmatch(name) else _escaped(name)


def _escaped(name: str) -> str:
    return "".join(one if _PLAIN.fullmatch(one) else f"\\{ord(one):03d}" for one in name)


def names(reply: Reply) -> tuple[str, ...]:
    """Return the names in PTR records, or in MX records by preference, without the final dot.

    RFC 7505: a lone MX "." says that there is no mail host; it is not a name and left out, as is a
    name that no host has (an escape in it stands for an octet that no host name has, RFC 1123 2.1).
    """
    records = [record for record in reply.records if record.strip()]
    found = sorted((_preference(record), record.split()[-1]) for record in records)
    told = (one.rstrip(".").lower() for _, one in found)
    return tuple(name for name in told if name and "\\" not in name)


def _preference(record: str) -> int:
    first, _, rest = record.partition(" ")
    return int(first) if rest and first.isascii() and first.isdigit() and len(first) < 6 else 0
