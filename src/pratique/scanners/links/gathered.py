"""Gather the links of one message: each once, and those first that somebody should see.

Thousands of links are in no mail that a person wrote, and a policy's conditions walk over
all of them.  So a message's first 2,000 are looked at, and 100 are listed: what hides where
it leads before what does not, then one link of each host before its second.  Whatever is
not listed is counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.links import host as hosts
from pratique.scanners.links.in_text import shown_host
from pratique.scanners.links.own import Likeness, Own, suffixes_agree
from pratique.scanners.links.scripts import is_mixed, looks_latin
from pratique.scanners.links.url import Address
from pratique.scanners.report import shorten

# The longest digest of a mailing list in our corpora has some 300; each costs 20 microseconds.
LOOKED_AT = 2000
# With a word or two each, a condition takes 300 of the 10,000 turns that CEL allows.
LISTED = 100
# facts.proto says what the first is; what is shown is seldom longer than a line.
_SHOWN = 300
# Newsletters have these in every line, and honest mail has them at times.
_FREQUENT = frozenset({"shown_differs", "shortener", "lookalike"})


@dataclass(slots=True)
class Known:
    """A link, and what findings.py wants to know of it."""

    link: facts.Link
    address: Address
    tag: str = ""
    # The host that is shown, where it is another one.
    shown: str = ""
    shows_own: bool = False
    likeness: Likeness | None = None

    @property
    def rank(self) -> int:
        """Less is shown first."""
        if not self.link.tricks:
            return 3
        if self.likeness is not None and self.likeness.certain:
            return 0
        return 1 if set(self.link.tricks) - _FREQUENT else 2


@dataclass(slots=True)
class Gathered:
    """The links of one message."""

    own: Own
    shorteners: frozenset[str]
    known: dict[tuple[str, str], Known] = field(default_factory=dict)

    def add(self, address: Address, part: int, shown: str = "", tag: str = "") -> bool:
        """Take a link; what is shown for it counts where it looks like an address.

        False: there are more than are looked at.
        """
        told = shown_host(shown) if shown else ""
        key = (address.url, told)
        if key in self.known:
            return True
        if len(self.known) >= LOOKED_AT:
            return False
        url, host = address.url, address.host
        if not (url.isascii() and host.isascii()):
            url, host = _valid(url), _valid(host)
        link = facts.Link(url=url, host=host, part=part)
        known = self.known[key] = Known(link, address, tag)
        if told:
            link.shown = shorten(" ".join(shown.split()), _SHOWN)
        link.tricks.extend(sorted(self._tricks(known, told)))
        return True

    def _tricks(self, known: Known, told: str) -> Iterator[str]:
        host = known.address.host
        yield from known.address.tricks
        if not host:
            return
        if told and not suffixes_agree(told, host):
            known.shown, known.shows_own = told, self.own.has(told)
            yield "shown_differs"
        if host in self.shorteners or hosts.registrable(host) in self.shorteners:
            yield "shortener"
        if "xn--" in host and any(map(_hides_letters, hosts.to_unicode(host).split("."))):
            yield "mixed_script"
        known.likeness = self.own.likeness(host)
        if known.likeness is not None:
            yield "lookalike"

    def stated(self) -> facts.Facts:
        """The links that are listed, how many are not, and whether that hides any."""
        seen: set[str] = set()
        ranked = []
        for place, known in enumerate(self.known.values()):
            again = known.link.host in seen
            seen.add(known.link.host)
            ranked.append((known.rank, again, place, known))
        ranked.sort()  # no two have one place
        listed, rest = ranked[:LISTED], ranked[LISTED:]
        listed.sort(key=itemgetter(2))
        found = facts.Facts(links=[one[3].link for one in listed], links_left_out=len(rest))
        if hidden := [one[3] for one in rest if one[0] < 2]:
            detail = f"{len(hidden)} links that hide where they lead are not listed"
            found.limits.add(class_="links", part=hidden[0].link.part, detail=detail)
        return found


def _hides_letters(label: str) -> bool:
    return is_mixed(label) or looks_latin(label)


def _valid(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
