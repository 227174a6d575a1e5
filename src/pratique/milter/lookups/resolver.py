"""Ask DNS: bounded in time, in questions, and in what is remembered; and never raise.

Answers are kept for as long as they say (RFC 1035 3.2.1), "there is no such name" too
(RFC 2308 5), and a failure for a few seconds (RFC 9520 3).  Callers with the same question wait
for the same answer.  A question whose callers have all given up still runs to its end, so that
the next message finds the answer; but if its turn has not come by then it is not asked at all,
so that a message that names many slow servers leaves no queue behind.

dnspython sends each question from a port of its own with a random number, accepts an answer
only to that question and from the address it asked, and asks again by TCP where the answer was
truncated (RFC 5452).
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.message
import dns.rdatatype
import dns.resolver

from pratique.milter.lookups.turns import Turns, last_two

# A name and its answer take 500 octets: 8 MB.
KEPT = 16_384
# Strangers choose some of the names that are asked for, and some of the answers (SPF, DKIM), so
# the text that is kept is limited to this many octets.
KEPT_OCTETS = 32 * 2**20
# A list changes within minutes, and says so by its time to live; whatever a resolver says is
# believed for an hour at most.
LONGEST, SHORTEST = 3600.0, 5.0
# Where a negative answer does not say how long it holds.
NEGATIVE = 60.0
# RFC 9520 3.2: at least one second, at most five minutes.
FAILED = 10.0
# Questions that wait for their turn; each message asks a few.
WAITING = 2000
# A list gives one or two records; some domains have seventy TXT records, of 8 KiB in all.  A
# longer answer is not read at all: half an answer would say something else.
RECORDS, OCTETS = 256, 16_384


@dataclass(frozen=True, slots=True)
class Reply:
    """What DNS says of a name: its records, if it has any; or why that is unknown."""

    records: tuple[str, ...] = ()
    failure: str = ""
    # It failed because time or turns ran out here, which says nothing about the server asked.
    unasked: bool = False


@dataclass(frozen=True, slots=True)
class ResolverSettings:
    """Whom to ask (the system's resolvers without `servers`), and how much at a time."""

    servers: Sequence[tuple[str, int]] = ()
    seconds: float = 3.0
    questions: int = 64


class Resolver:
    """The one resolver for all messages of a door."""

    def __init__(
        self,
        settings: ResolverSettings,
        clock: Callable[[], float],
        domain_of: Callable[[str], str] = last_two,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], tuple[float, Reply]] = OrderedDict()
        self._octets = 0
        self._asking: dict[tuple[str, str], asyncio.Task[Reply]] = {}
        # How many callers wait for each.
        self._waiting: Counter[tuple[str, str]] = Counter()
        self._turns = Turns(settings.questions, domain_of)
        self._dns: dns.asyncresolver.Resolver | None = None
        self._closed = False

    async def ask(self, name: str, type_: str, until: float) -> Reply:
        """Return what is known of a name, no later than `until` of the loop's clock."""
        key = (name.lower(), type_)
        kept = self._kept.get(key)
        if kept is not None and self._clock() < kept[0]:
            return kept[1]
        asking = self._asking.get(key)
        if asking is None:
            if self._closed or len(self._asking) >= WAITING:
                why = "nobody asks any more" if self._closed else "too many questions at a time"
                return Reply(failure=why, unasked=True)
            asking = self._asking[key] = asyncio.create_task(self._question(key))
        self._waiting[key] += 1
        try:
            # Others may wait for it too, and this caller's timeout must not cancel it: so it is not
            # awaited directly.
            async with asyncio.timeout_at(until):
                await asyncio.wait([asking])
        except TimeoutError:
            return Reply(failure="no answer in time", unasked=True)
        finally:
            self._leave(key)
        if asking.cancelled():
            return Reply(failure="nobody asks any more", unasked=True)
        return asking.result()

    def _leave(self, key: tuple[str, str]) -> None:
        self._waiting[key] -= 1
        if not self._waiting[key]:
            del self._waiting[key]

    async def close(self) -> None:
        """Cancel what is under way, and accept no more questions."""
        self._closed = True
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _question(self, key: tuple[str, str]) -> Reply:
        try:
            async with self._turns.of(key[0]):
                if key not in self._waiting:
                    return Reply(failure="nobody waits for it any more", unasked=True)
                reply, seconds = await self._answer(*key)
            self._keep(key, reply, seconds)
            return reply
        finally:
            del self._asking[key]

    def _keep(self, key: tuple[str, str], reply: Reply, seconds: float) -> None:
        if key in self._kept:
            self._octets -= _octets(self._kept.pop(key)[1])
        self._kept[key] = (self._clock() + seconds, reply)
        self._octets += _octets(reply)
        while len(self._kept) > KEPT or self._octets > KEPT_OCTETS:
            self._octets -= _octets(self._kept.popitem(last=False)[1][1])

    async def _answer(self, name: str, type_: str) -> tuple[Reply, float]:
        """Return the answer, and how long it holds."""
        try:
            said = await self._resolver().resolve(
                f"{name}.", type_, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN as none:
            return Reply(), _negative(_first(none))
        except (dns.exception.DNSException, OSError, ValueError) as error:
            return Reply(failure=_in_words(error)), FAILED
        if said.rrset is None:
            return Reply(), _negative(said.response)
        seconds = min(LONGEST, max(SHORTEST, float(said.rrset.ttl)))
        reply = Reply(tuple(record.to_text() for record in said.rrset))
        if len(reply.records) > RECORDS or _octets(reply) > OCTETS:
            return Reply(failure="the answer is too long"), seconds
        return reply, seconds

    def _resolver(self) -> dns.asyncresolver.Resolver:
        """Made with the first question; only then are the system's settings read."""
        if self._dns is None:
            servers = self._settings.servers
            self._dns = dns.asyncresolver.Resolver(configure=not servers)
            if servers:
                self._dns.nameservers = [host for host, _ in servers]
                self._dns.nameserver_ports = dict(servers)
            self._dns.lifetime = self._settings.seconds
            # Half of it, so that there is time for a second try.
            self._dns.timeout = self._settings.seconds / 2
        return self._dns


def _octets(reply: Reply) -> int:
    return sum(len(record) for record in reply.records)


def _negative(response: dns.message.Message | None) -> float:
    """Return how long "no such name" holds: the lesser of two numbers of the zone's SOA."""
    for rrset in response.authority if response is not None else ():
        if rrset.rdtype == dns.rdatatype.SOA and len(rrset):
            said = min(rrset.ttl, rrset[0].minimum)
            return min(LONGEST, max(SHORTEST, float(said)))
    return NEGATIVE


def _first(none: dns.resolver.NXDOMAIN) -> dns.message.Message | None:
    responses = none.kwargs.get("responses") or {}
    return next(iter(responses.values()), None)


def _in_words(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout):
        return "no answer"
    if isinstance(error, dns.resolver.NoNameservers):
        return "no resolver gave an answer (SERVFAIL, REFUSED or damaged)"
    return f"{type(error).__name__}"
