"""Ask lists by DNS (RFC 5782) about the hosts of links and about the client.

A list is a hint, and a stranger on the net: it may be slow, closed, or answer "yes" to
everything, or "no", on the day after it closed.  So it is never trusted.  An answer outside of
127.0.0.0/8 is none of a list's, but of a resolver that has one for every name; 127.255.255.x
and 127.0.0.1 say that the list does not answer us (Spamhaus, URIBL: an open resolver, too many
questions).  And with each message it is held against what each list must have and none may
have (RFC 5782 5: 127.0.0.2 and 127.0.0.1; `test` and `invalid`), which costs no question
while the resolver remembers: who has not the one, or has the other, or does not say, is not
believed in anything.

What cannot be asked is not known, and says so (`lists_away`).  No mail is deferred for it: a
list that is down for a day would stop all mail for a day.
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

# Domains and addresses of one message that each list is asked about: newsletters have
# fifteen, and who has more names no more of them for being asked about all.
MOST = 50
# So many failures in a row, and a list is left alone for so long.
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
        """What is known of a name."""


@dataclass(frozen=True, slots=True)
class BlockList:
    """One list."""

    name: str
    zone: str
    what: str
    # What its answers mean; without any each means that it is listed.
    codes: Mapping[str, str] = field(default_factory=dict)
    # What it has for who tries it, if that is not RFC 5782's.
    test: str = ""

    @property
    def must(self) -> str:
        """What it must have."""
        return f"{self.test or _MUST[self.what]}.{self.zone}"

    @property
    def must_not(self) -> str:
        """What it may not have."""
        return f"{_MUST_NOT[self.what]}.{self.zone}"


@dataclass(slots=True)
class _State:
    """How it answers."""

    failures: int = 0
    rests_until: float = 0.0
    # What was told of it last; "" is that it answers.
    told: str = ""
    # Why it was not believed last.
    doubted: str = ""


class BlockLists:
    """All lists of the settings."""

    name: ClassVar[str] = "block_lists"

    def __init__(self, lists: Sequence[BlockList], resolver: Asks) -> None:
        self._lists = tuple(lists)
        self._resolver = resolver
        self._states = {one.name: _State() for one in lists}

    async def add(self, seen: facts.Facts, until: float) -> None:
        """Say of each link, and of the client, on which lists it stands."""
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
        """Why a list is not to be believed; empty if it is."""
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
        """What a list says of a name, and why it is not known."""
        state, now = self._states[one.name], asyncio.get_running_loop().time()
        if now < state.rests_until:
            return [], state.told
        reply = await self._resolver.ask(f"{name}.{one.zone}", "A", until)
        words, failure = _read(one, reply)
        if not reply.unasked:
            # Or a stranger whose mail takes all its time could have a list left alone.
            self._tell(one, state, failure)
        return words, failure

    def _doubt(self, one: BlockList, state: _State, why: str) -> None:
        """Remember whether it is believed; a change goes to the log, once."""
        if why and why not in {state.doubted, state.told}:
            log.warning("block list %s (%s) is not believed: %s", one.name, one.zone, why)
        elif state.doubted and not why:
            log.info("block list %s is believed again", one.name)
        state.doubted = why

    def _tell(self, one: BlockList, state: _State, failure: str) -> None:
        """Remember how it answers; a change goes to the log, once."""
        if not failure:
            # Also while it rests, for a question that was asked before: else it would be left
            # alone and nobody told.
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
    """The words that an answer means, and why it is none."""
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


# RFC 1035 2.3.4, and room for a zone.
_NAME = re.compile(r"(?!.{191})(?:[a-z0-9_-]{1,63}\.)+[a-z0-9_-]{1,63}")
# What a list's answer is written to.
_Place = facts.Link | facts.Client


def _places(what: str, seen: facts.Facts) -> dict[str, list[_Place]]:
    """What a list is asked about, and where its answers belong; what hides itself first."""
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
    """An IP address as lists are asked about it (RFC 5782 2.1 and 2.4).

    "" for one that is on no list (a network of one's own); None if it is no IP address.
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
    """The domain that somebody registered; a host of one label is on no list.

    What is no name in DNS is not asked about: a failure would be blamed on the list.  What
    stands before it may be as long and as odd as whoever registered it likes.
    """
    domain = str(_suffixes().privatesuffix(host) or "")
    return domain if _NAME.fullmatch(domain) and host.endswith(domain) else ""


def block_lists_of(settings: Settings, resolver: Resolver) -> BlockLists | None:
    """The lists that the settings name; None where they name none."""
    lists = [
        BlockList(each.called, each.zone, each.what, each.codes, each.test)
        for each in settings.block_list
    ]
    return BlockLists(lists, resolver) if lists else None
