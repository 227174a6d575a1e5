"""Tell whether a host looks like one of our own domains, and is none.

Four ways are common: letters that look alike; a letter more, less, or another one; our name
with a word beside it, or below another suffix; our whole domain in front of another.  The
first and the last no honest host has.  The others may belong to somebody who is called
nearly as we are, so whoever is told of them must weigh them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from pratique.scanners.links.host import registrable, suffix_of, to_ascii, to_unicode
from pratique.scanners.links.scripts import skeleton

# Short names have too many neighbours: `sap` and `map`.
_SHORTEST = 5
_WORDS = frozenset(
    "account accounts admin auth billing cloud corp email group help helpdesk hr id intranet "
    "invoice it login logon mail my mx office online owa pay payroll portal safe secure security "
    "service services sharepoint signin sso support team update verify vpn web webmail".split()
)
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a host looks like a domain of ours; `certain` if no honest host does so."""

    domain: str
    how: str
    certain: bool


@dataclass(frozen=True, slots=True)
class _Name:
    domain: str
    label: str
    skeleton: str


class Own:
    """Our domains."""

    def __init__(self, domains: Iterable[str]) -> None:
        given = (to_ascii(domain.strip().lstrip(".").lower()) for domain in domains)
        self._domains = tuple(dict.fromkeys(one for one in given if one))
        self._below = tuple(f".{one}" for one in self._domains)
        self._names = tuple(_name(domain) for domain in self._domains)
        # Whether there are any.
        self.any = bool(self._domains)
        self.likeness = lru_cache(_KEPT)(self._likeness)

    def has(self, host: str) -> bool:
        """Whether a host is ours."""
        return host in self._domains or host.endswith(self._below)

    def _likeness(self, host: str) -> Likeness | None:
        """How it looks like one of ours; None if it is one, or does not."""
        if not self._domains or self.has(host):
            return None
        theirs = registrable(host)
        if not theirs or any(registrable(one) == theirs for one in self._domains):
            return None
        before = host.removesuffix(theirs)
        for ours in self._domains:
            if f".{ours}." in f".{before}" or f".{ours}-" in f".{before}":
                return Likeness(ours, "our domain stands in front of another", True)
        label = to_unicode(theirs).partition(".")[0]
        looks = skeleton(label)
        found = [one for name in self._names if (one := _compared(label, looks, name)) is not None]
        return max(found, key=lambda one: one.certain, default=None)


def _name(domain: str) -> _Name:
    label = to_unicode(registrable(domain) or domain).partition(".")[0]
    return _Name(domain, label, skeleton(label))


def _compared(label: str, looks: str, name: _Name) -> Likeness | None:
    if label == name.label:
        return Likeness(name.domain, "our name below another suffix", False)
    if looks == name.skeleton:
        return Likeness(name.domain, "letters that look like ours", True)
    if len(name.label) < _SHORTEST:
        return None
    if _is_near(label, name.label) or _is_near(looks, name.skeleton):
        return Likeness(name.domain, "one letter differs from our name", False)
    if _has_a_word_more(label, name.label):
        return Likeness(name.domain, "our name with a word beside it", False)
    return None


def _has_a_word_more(label: str, ours: str) -> bool:
    if ours not in label:
        return False
    before, _, behind = label.partition(ours)
    pieces = [piece.strip("-") for piece in (before, behind) if piece.strip("-")]
    return label.startswith(f"{ours}-") or label.endswith(f"-{ours}") or set(pieces) <= _WORDS


def _is_near(one: str, other: str) -> bool:
    """Whether a letter was changed, left out, put in, or two changed places."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    if left[1:] == right or left == right[1:] or left[1:] == right[1:]:
        return True
    swapped = left[1::-1] + left[2:] if len(left) > 1 else left
    return swapped == right


def suffixes_agree(one: str, other: str) -> bool:
    """Whether two hosts belong to one registrant, as far as the public suffix list tells."""
    mine, theirs = registrable(one) or one, registrable(other) or other
    return mine == theirs or _is_national(mine, theirs)


def _is_national(one: str, other: str) -> bool:
    """`amazon.de` and `amazon.co.uk`: one name below two suffixes."""
    pair = [(name, suffix_of(name)) for name in (one, other)]
    labels = {name.removesuffix(f".{suffix}") for name, suffix in pair if suffix}
    return all(suffix for _, suffix in pair) and len(labels) == 1
