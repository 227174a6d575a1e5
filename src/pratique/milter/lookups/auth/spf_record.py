"""Read an SPF record (RFC 7208 4.5, 4.6 and 5): its terms in order, or why it is invalid.

An error anywhere makes the whole record a permanent error, before any term is evaluated
(4.6).  Octets that are not ASCII are errors too: their meaning would be a guess.
"""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pratique.milter.lookups.auth.spf_macros import is_domain_spec, is_macro_string

# RFC 7208 3.4 wants records that fit into 512 octets, but an answer by TCP may have 64 KiB.
# Some have grown to three thousand octets of addresses; 4,096 is the most that resolvers ask
# for without TCP (RFC 6891 6.2.5), and takes two milliseconds to read.
MAX_OCTETS = 4096
# Records of large services are read again and again: this many short ones are kept in parsed
# form, in some ten megabytes at most.
SHORT, KEPT = 1024, 512

# RFC 7208 4.6.1: name, and the forms of a modifier and of a directive.
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)", re.DOTALL)
_DIRECTIVE = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9_-]*)([:/].*)?", re.DOTALL)
# dual-cidr-length, 5.6: no leading zeros.
_CIDR = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?\Z")
_VERSION = "v=spf1"
_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}")
_FAMILIES = {"ip4": (socket.AF_INET, 32), "ip6": (socket.AF_INET6, 128)}


class BadRecord(ValueError):
    """What was found is not a valid SPF record; the message says why."""


class Network(NamedTuple):
    """What ip4 and ip6 name: addresses of `size` bits whose first `bits` are `prefix`."""

    size: int
    prefix: int
    bits: int

    def has(self, number: int, size: int) -> bool:
        """Whether an address of `size` bits lies in it."""
        return size == self.size and number >> (size - self.bits) == self.prefix


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One directive: what is compared with the client, and what a match means."""

    # "+", "-", "~" or "?".
    qualifier: str
    # "all", "include", "a", "mx", "ptr", "ip4", "ip6" or "exists".
    kind: str
    # A domain-spec; empty for the record's own domain.
    domain: str = ""
    # For ip4 and ip6.
    network: Network | None = None
    # For a and mx: how many bits of an address are compared.
    bits4: int = 32
    bits6: int = 128


@dataclass(frozen=True, slots=True)
class Record:
    """The terms of a record."""

    mechanisms: tuple[Mechanism, ...]
    # A domain-spec; empty if there is none.
    redirect: str = ""


def select(texts: Sequence[str]) -> str | None:
    """Return the SPF record among the TXT records of a name (4.5); None without one.

    Raises BadRecord if there are several.
    """
    found = [text for text in texts if _is_ours(text)]
    if len(found) > 1:
        raise BadRecord("there are several SPF records")
    return found[0] if found else None


def _is_ours(text: str) -> bool:
    return text[:6].lower() == _VERSION and text[6:7] in {"", " "}


def read(text: str) -> Record:
    """Return the terms of a record.  Raises BadRecord."""
    if len(text) > MAX_OCTETS:
        raise BadRecord("the SPF record is too long")
    return _read_short(text) if len(text) <= SHORT else _read(text)


def _read(text: str) -> Record:
    if not text.isascii():
        raise BadRecord("the SPF record is not ASCII")
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, str] = {}
    for term in text[len(_VERSION) :].split(" "):
        if term and not _modifier(term, modifiers):
            mechanisms.append(_mechanism(term))
    return Record(tuple(mechanisms), modifiers.get("redirect", ""))


_read_short = lru_cache(maxsize=KEPT)(_read)


def _modifier(term: str, known: dict[str, str]) -> bool:
    """Note a modifier; return False if this term is not one."""
    found = _MODIFIER.fullmatch(term)
    if found is None:
        return False
    name, value = found.group(1).lower(), found.group(2)
    if name in {"redirect", "exp"}:
        # Section 6: each at most once.
        if name in known or not is_domain_spec(value):
            raise BadRecord(f"{name}= stands twice, or names no domain")
        known[name] = value
    elif not is_macro_string(value):
        raise BadRecord("a modifier has octets that it may not have")
    return True


def _mechanism(term: str) -> Mechanism:
    found = _DIRECTIVE.fullmatch(term)
    if found is None:
        raise BadRecord("a term is no mechanism and no modifier")
    qualifier, kind, rest = found.group(1) or "+", found.group(2).lower(), found.group(3) or ""
    if kind == "all" and not rest:
        return Mechanism(qualifier, kind)
    if kind in {"ip4", "ip6"}:
        return Mechanism(qualifier, kind, network=_network(kind, rest))
    if kind in {"include", "exists"}:
        return Mechanism(qualifier, kind, _domain(rest))
    if kind == "ptr":
        return Mechanism(qualifier, kind, _domain(rest) if rest else "")
    if kind in {"a", "mx"}:
        return _with_bits(qualifier, kind, rest)
    raise BadRecord("a mechanism is unknown")


def _domain(rest: str) -> str:
    if not rest.startswith(":") or not is_domain_spec(rest[1:]):
        raise BadRecord("a mechanism names no domain")
    return rest[1:]


def _with_bits(qualifier: str, kind: str, rest: str) -> Mechanism:
    """Read a mechanism a or mx: an optional domain, then optional prefix lengths."""
    # A domain-spec may contain a slash too: only what is at the end are lengths.
    found = _CIDR.search(rest)
    domain, four, six = (rest[: found.start()], *found.groups()) if found else (rest, "", "")
    bits4, bits6 = int(four or 32), int(six or 128)
    if bits4 > 32 or bits6 > 128:
        raise BadRecord("a prefix is longer than an address")
    return Mechanism(qualifier, kind, _domain(domain) if domain else "", bits4=bits4, bits6=bits6)


def _network(kind: str, rest: str) -> Network:
    """Return the network of ip4 or ip6, RFC 7208 5.6."""
    address, slash, length = rest[1:].partition("/")
    family, most = _FAMILIES[kind]
    if not rest.startswith(":") or (slash and not _LENGTH.fullmatch(length)):
        raise BadRecord("a network cannot be read")
    bits = int(length) if slash else most
    try:
        octets = socket.inet_pton(family, address)
    except (OSError, ValueError):
        raise BadRecord("a network cannot be read") from None
    if bits > most:
        raise BadRecord("a prefix is longer than an address")
    return Network(most, int.from_bytes(octets, "big") >> (most - bits), bits)
