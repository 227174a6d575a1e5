"""Ask lists by DNS (RFC 5782) about the hosts of links and about the client.

A list is a hint from a stranger on the net: it may be slow, it may be closed, and on the day
after it closed it may answer "yes" or "no" to everything.  So it is never trusted.  An answer
outside 127.0.0.0/8 comes from a resolver that answers for every name, not from a list;
127.255.255.x and 127.0.0.1 say that the list does not serve us (Spamhaus, URIBL: an open
resolver, too many questions).  And with each message a list is tested with the entry that each
list must have and the entry that none may have (RFC 5782 5: 127.0.0.2 and 127.0.0.1; `test`
and `invalid`), which costs no question while the resolver remembers the answers.  A list that
lacks the former, has the latter, or does not answer, is not believed at all.

What cannot be asked is not known, and the facts say so (`lists_away`).  No mail is deferred for
it: a list that is down for a day would stop all mail for a day.
"""

import asyncio
import ipaddress
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar, Protocol

from publicsuffixlist import PublicSuffixList

from pratique.milter.config import Settings
from pratique.milter.lookups.resolver import Reply, Resolver
from pratique.scanners import facts_pb2 as facts

log = logging.getLogger("pratique.lookups")

# How many domains and addresses of one message each list is asked about.  Newsletters have
# fifteen; a message with more than this costs no more questions.
MOST = 50
# After this many failures in a row a list is left alone for this many seconds.
FAILURES, REST = 3, 30.0
_ANSWERS = ipaddress.ip_network("127.0.0.0/8")
_REFUSES = ipaddress.ip_network("127.255.255.0/24")
_REFUSES_ALSO = frozenset({"127.0.0.1", "127.0.1.255"})
# RFC 5782 2.1 and 5: this must be listed, and this must not.
_MUST = {"hosts": "test", "addresses": "2.0.0.127"}
_MUST_NOT = {"hosts": "invalid", "addresses": "1.0.0.127"}


class Asks(Protocol):
    """Asks DNS: `Resolver`, or what a test hands in."""

    async def ask(self, name: str, type_: str, until: float) -> Reply:
        """Return what is known of a name."""


@dataclass(frozen=True, slots=True)
class BlockList:
    """One list."""

    name: str
    zone: str
    what: str
    # What its answers mean; without codes any answer means "listed".
    codes: Mapping[str, str] = field(default_factory=dict)
    # The entry that it has for testing, if not that of RFC 5782.
    test: str = ""

    @property
    def must(self) -> str:
        """The name that the list must have."""
        return f"{self.test or _MUST[self.what]}.{self.zone}"

    @property
    def must_not(self) -> str:
        """The name that the list must not have."""
        return f"{_MUST_NOT[self.what]}.{self.zone}"


@dataclass(slots=True)
class _State:
    """How a list has answered so far."""

    failures: int = 0
    rests_until: float = 0.0
    # The failure that was logged last; "" if it answers.
    told: str = ""
    # Why it was not believed when last tested.
    doubted: str = ""


class BlockLists:
    """All lists of the settings."""

    name: ClassVar[str] = "block_lists"

    def __init__(self, lists: Sequence[BlockList], resolver: Asks) -> None:
        self._lists = tuple(lists)
        self._resolver = resolver
        self._states = {one.name: _State() for one in lists}

    async def add(self, seen: facts.Facts, until: float) -> None:
        """State for each link, and for the client, on which lists it stands."""
        await asyncio.gather(*(self._ask_all(one, seen, until) for one in self._lists))

    async def _ask_all(self, one: BlockList, seen: facts.Facts, until: float) -> None:
        places = _places(one.what, seen)
        asked = list(places)[:MOST]
        if not asked:
            return
        away = len(places) > len(asked)
        trial, *answers = await asyncio.gather(
            self._try(one, until), *(self._ask(one, name, until) for name in asked)
        )
        for name, (words, failure) in zip(asked, answers, strict=True):
            away = away or bool(trial or failure)
            for place in places[name] if words and not trial else ():
                place.listed.extend(word for word in words if word not in place.listed)
        if away and one.name not in seen.lists_away:
            seen.lists_away.append(one.name)

    async def _try(self, one: BlockList, until: float) -> str:
        """Return why a list is not to be believed; empty if it is."""
        state = self._states[one.name]
        if asyncio.get_running_loop().time() < state.rests_until:
            return state.told
        must, must_not = await asyncio.gather(
            self._resolver.ask(one.must, "A", until), self._resolver.ask(one.must_not, "A", until)
        )
        why = _read(one, must)[1] or _read(one, must_not)[1]
        if not why and not must.records:
            why = f"it does not list {one.must}, as each list must (RFC 5782 5, or `test`)"
        if not why and must_not.records:
            why = f"it lists {one.must_not}, as none may (RFC 5782 5)"
        if not (must.unasked or must_not.unasked):
            self._doubt(one, state, why)
        return why

    async def _ask(self, one: BlockList, name: str, until: float) -> tuple[list[str], str]:
        """Return what a list says of a name, and why that is not known."""
        state, now = self._states[one.name], asyncio.get_running_loop().time()
        if now < state.rests_until:
            return [], state.told
        reply = await self._resolver.ask(f"{name}.{one.zone}", "A", until)
        words, failure = _read(one, reply)
        if not reply.unasked:
            # An unasked question does not count: a stranger whose mail takes all its time could
            # otherwise have a list left alone.
            self._tell(one, state, failure)
        return words, failure

    def _doubt(self, one: BlockList, state: _State, why: str) -> None:
        """Remember whether the list is believed; log each change once."""
        if why and why not in {state.doubted, state.told}:
            log.warning("block list %s (%s) is not believed: %s", one.name, one.zone, why)
        elif state.doubted and not why:
            log.info("block list %s is believed again", one.name)
        state.doubted = why

    def _tell(self, one: BlockList, state: _State, failure: str) -> None:
        """Remember how the list answers; log each change once."""
        if not failure:
            # This may happen while the list rests, by a question asked before: without a reset it
            # would stay at rest, and the log would say nothing.
            state.failures, state.rests_until = 0, 0.0
            if state.told:
                log.info("block list %s answers again", one.name)
            state.told = ""
            return
        state.failures += 1
        if state.failures >= FAILURES:
            state.rests_until = asyncio.get_running_loop().time() + REST
        if failure not in {state.told, state.doubted}:
            log.warning("block list %s (%s): %s", one.name, one.zone, failure)
        state.told = failure


def _read(one: BlockList, reply: Reply) -> tuple[list[str], str]:
    """Return the words that an answer stands for, and why it is not a valid one."""
    if reply.failure:
        return [], reply.failure
    words: list[str] = []
    for record in reply.records:
        try:
            address = ipaddress.ip_address(record)
        except ValueError:
            return [], f"it answers {record[:40]!r}, which is no address"
        if address not in _ANSWERS:
            return [], f"it answers {record}, which is outside of 127.0.0.0/8"
        if address in _REFUSES or record in _REFUSES_ALSO:
            return [], f"it refuses to answer us ({record})"
        if not one.codes:
            words.append(one.name)
        elif record in one.codes:
            words.append(f"{one.name}:{one.codes[record]}")
    return list(dict.fromkeys(words)), ""


# RFC 1035 2.3.4, with room left for a zone.
_NAME = re.compile(r"(?!.{191})(?:[a-z0-9_-]{1,63}\.)+[a-z0-9_-]{1,63}")
# Where a list's answer is written to.
_Place = facts.Link | facts.Client


def _places(what: str, seen: facts.Facts) -> dict[str, list[_Place]]:
    """Map what a list is asked about to where the answers belong; obfuscated links come first."""
    places: dict[str, list[_Place]] = {}
    if what == "addresses" and (name := reversed_address(seen.envelope.client.ip)):
        places.setdefault(name, []).append(seen.envelope.client)
    for link in sorted(seen.links, key=lambda one: not one.tricks):
        for name in _names(what, link.host):
            places.setdefault(name, []).append(link)
    return places


def _names(what: str, host: str) -> Iterator[str]:
    number = reversed_address(host.strip("[]"))
    if what == "addresses" and number:
        yield number
    if what == "hosts" and number is None and (domain := _registrable(host)):
        yield domain


def reversed_address(written: str) -> str | None:
    """Return an IP address in the form in which lists are asked (RFC 5782 2.1 and 2.4).

    Returns "" for one that no list has (a private network); None if it is not an IP address.
    """
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return None
    if not address.is_global:
        return ""
    return address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _registrable(host: str) -> str:
    """Return the registrable domain of a host; a host of one label is on no list.

    What cannot be a name in DNS is not asked about: the list would be blamed for the failure.  The
    labels in front of it may be as long and as odd as the domain's owner likes.
    """
    domain = str(_suffixes().privatesuffix(host) or "")
    return domain if _NAME.fullmatch(domain) and host.endswith(domain) else ""


def block_lists_of(settings: Settings, resolver: Resolver) -> BlockLists | None:
    """Build the lists that the settings name; None where they name none."""
    lists = [
        BlockList(each.called, each.zone, each.what, each.codes, each.test)
        for each in settings.block_list
    ]
    return BlockLists(lists, resolver) if lists else None
