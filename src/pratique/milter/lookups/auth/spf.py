"""Ask whether a client may send mail for a domain: check_host() of RFC 7208 4.

The cost of a record is bounded by 4.6.4: ten terms that ask DNS in all, includes and
redirects counted (so loops end); two empty answers; ten names of an mx (more are an error), ten
of a ptr (more are ignored).  A failure of DNS is a temporary error.  Explanations (`exp=`) are
never asked for: strangers would choose what our clients are told.
"""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from pratique.milter.lookups.auth import spf_macros, spf_record
from pratique.milter.lookups.auth.answers import Asks, asked_name, names, texts
from pratique.milter.lookups.auth.domains import ascii_domain
from pratique.milter.lookups.auth.spf_record import Mechanism, Record
from pratique.milter.lookups.resolver import Reply

# RFC 7208 4.6.4.
MOST_TERMS, MOST_VOID, MOST_MX, MOST_PTR = 10, 2, 10, 10

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_WORDS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
# No owner has more than a /8 of IPv4 or a /20 of IPv6: anything wider names the world.
_NARROW = {4: 8, 6: 20}
_FAMILIES = {4: (socket.AF_INET, 32), 6: (socket.AF_INET6, 128)}
_ASK = frozenset({"include", "a", "mx", "ptr", "exists"})


@dataclass(frozen=True, slots=True)
class Sending:
    """The sender, as the envelope names it."""

    ip: Address
    # The reverse-path; for the null reverse-path, postmaster at the HELO name (2.4).
    local: str
    domain: str
    helo: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The result word of RFC 8601 2.7.2, and what it is about."""

    word: str
    domain: str = ""
    # Why it is an error, for an admin.
    why: str = ""
    # True where the client matched a network that the record names: not "all" of the world, and
    # not a name in the client's own DNS.
    named: bool = False


class _Stop(Exception):
    def __init__(self, word: str, why: str) -> None:
        super().__init__(why)
        self.word, self.why = word, why


def sending(ip: str, reverse_path: str, helo: str) -> Sending | None:
    """Return whom to ask about; None where the client's address is unknown."""
    try:
        address: Address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    # 5: an IPv4-mapped IPv6 address is an IPv4 address.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    local, _, domain = reverse_path.rpartition("@") if reverse_path else ("", "", helo)
    return Sending(mapped or address, local or "postmaster", ascii_domain(domain), helo)


async def check_host(asks: Asks, about: Sending, until: float) -> Answer:
    """Return what the domain of the reverse-path says of this client."""
    if not about.domain:
        # 4.3: no domain, nothing to ask.
        return Answer("none")
    try:
        word, named = await _Check(asks, about, until).check(about.domain)
    except _Stop as stop:
        return Answer(stop.word, about.domain, stop.why)
    return Answer(word, about.domain, named=named)


@dataclass(slots=True)
class _Check:
    """One evaluation, and what it has cost so far."""

    asks: Asks
    about: Sending
    until: float
    terms: int = 0
    voids: int = 0
    # %{p}, once it is known.
    validated: str = field(default="")

    async def check(self, domain: str) -> tuple[str, bool]:
        """Return the word for a domain, and whether a network that it names matched."""
        record = await self._record(domain)
        if record is None:
            return "none", False
        for mechanism in record.mechanisms:
            if mechanism.kind in _ASK:
                self._count()
            matched, named = await self._matches(mechanism, domain)
            if matched:
                return _WORDS[mechanism.qualifier], named
        if not record.redirect:
            return "neutral", False
        return await self._redirected(record.redirect, domain)

    async def _redirected(self, spec: str, domain: str) -> tuple[str, bool]:
        """Return what the other domain says (section 6.1); saying nothing is an error here."""
        self._count()
        word, named = await self._other(spec, domain)
        if word == "none":
            raise _Stop("permerror", "a redirect leads to a domain without SPF")
        return word, named

    async def _other(self, spec: str, domain: str) -> tuple[str, bool]:
        # The macros may bring in a HELO name that is not ASCII; it is asked for as A-labels.
        target = ascii_domain(await self._expanded(spec, domain))
        return await self.check(target) if target else ("none", False)

    def _count(self) -> None:
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise _Stop("permerror", "SPF wants more than 10 terms to be looked up")

    async def _record(self, domain: str) -> Record | None:
        reply = await self.asks.ask(asked_name(domain), "TXT", self.until)
        if reply.failure:
            raise _Stop("temperror", reply.failure)
        try:
            text = spf_record.select(texts(reply))
            return None if text is None else spf_record.read(text)
        except spf_record.BadRecord as bad:
            raise _Stop("permerror", str(bad)) from None

    async def _matches(self, mechanism: Mechanism, domain: str) -> tuple[bool, bool]:
        if mechanism.kind == "all":
            return True, False
        if mechanism.network is not None:
            network, ip = mechanism.network, self.about.ip
            return network.has(int(ip), ip.max_prefixlen), self._narrow(network.bits)
        if mechanism.kind == "include":
            return await self._include(mechanism.domain, domain)
        target = domain
        if mechanism.domain:
            target = await self._expanded(mechanism.domain, domain)
        match mechanism.kind:
            case "a":
                return await self._a(target, mechanism), self._narrow(self._bits(mechanism))
            case "mx":
                return await self._mx(target, mechanism), self._narrow(self._bits(mechanism))
            case "exists":
                return bool((await self._ask(target, "A")).records), False
        return await self._ptr(target), False

    async def _include(self, spec: str, domain: str) -> tuple[bool, bool]:
        """Evaluate an include by the table of 5.2."""
        word, named = await self._other(spec, domain)
        if word == "none":
            raise _Stop("permerror", "an include leads to a domain without SPF")
        return word == "pass", named

    async def _ask(self, name: str, type_: str) -> Reply:
        """Return an answer; a DNS failure ends it all.  An impossible name has none (4.8)."""
        asked = asked_name(name)
        if not asked:
            return Reply()
        reply = await self.asks.ask(asked, type_, self.until)
        if reply.failure:
            raise _Stop("temperror", reply.failure)
        self._count_void(reply)
        return reply

    def _count_void(self, reply: Reply) -> None:
        self.voids += not (reply.records or reply.failure)
        if self.voids > MOST_VOID:
            raise _Stop("permerror", "SPF asks for more than 2 names that are not there")

    @property
    def _type(self) -> str:
        return "A" if self.about.ip.version == 4 else "AAAA"

    async def _a(self, name: str, mechanism: Mechanism) -> bool:
        reply = await self._ask(name, self._type)
        bits = self._bits(mechanism)
        return any(_within(self.about.ip, one, bits) for one in reply.records)

    def _bits(self, mechanism: Mechanism) -> int:
        return mechanism.bits4 if self.about.ip.version == 4 else mechanism.bits6

    def _narrow(self, bits: int) -> bool:
        return bits >= _NARROW[self.about.ip.version]

    async def _mx(self, name: str, mechanism: Mechanism) -> bool:
        hosts = names(await self._ask(name, "MX"))
        if len(hosts) > MOST_MX:
            raise _Stop("permerror", "an mx of SPF has more than 10 names")
        for host in hosts:
            if await self._a(host, mechanism):
                return True
        return False

    async def _ptr(self, target: str) -> bool:
        """Match a validated name of the client that is the target or below it (section 5.5)."""
        target = target.lower().removesuffix(".")
        for name in await self._names():
            below = name == target or name.endswith(f".{target}")
            if below and await self._is_of_client(name):
                return True
        return False

    async def _names(self) -> tuple[str, ...]:
        """Return the names that the client's own DNS gives it; a failure there means none (5.5)."""
        reply = await self.asks.ask(self.about.ip.reverse_pointer, "PTR", self.until)
        self._count_void(reply)
        return names(reply)[:MOST_PTR]

    async def _is_of_client(self, name: str) -> bool:
        """Whether a name leads back to the client; a failure skips that name (5.5)."""
        asked = asked_name(name)
        if not asked:
            return False
        reply = await self.asks.ask(asked, self._type, self.until)
        self._count_void(reply)
        bits = self.about.ip.max_prefixlen
        return any(_within(self.about.ip, one, bits) for one in reply.records)

    async def _expanded(self, spec: str, domain: str) -> str:
        """Return a domain-spec as a name; empty if it cannot be one."""
        if "%" not in spec:
            return spec.removesuffix(".")
        letters = spf_macros.letters(spec)
        if not self.about.local.isascii() and letters & {"s", "l"}:
            # RFC 8616 4: no DNS name contains such a local part, so it matches nothing.
            return ""
        if "p" in letters and not self.validated:
            self.validated = await self._validated(domain)
        return spf_macros.expand(spec, self._values(domain))

    async def _validated(self, domain: str) -> str:
        """Return %{p} (section 7.3): a validated name, preferably of the domain, or "unknown"."""
        found = [name for name in await self._names() if await self._is_of_client(name)]
        own = domain.lower()
        found.sort(key=lambda name: (name != own, not name.endswith(f".{own}")))
        return found[0] if found else "unknown"

    def _values(self, domain: str) -> Mapping[str, str]:
        about = self.about
        return {
            "s": f"{about.local}@{about.domain}",
            "l": about.local,
            "o": about.domain,
            "d": domain,
            "i": _dotted(about.ip),
            "p": self.validated,
            "h": about.helo,
            "v": "in-addr" if about.ip.version == 4 else "ip6",
        }


def _dotted(ip: Address) -> str:
    """Return %{i}: for IPv6, the 32 digits with dots between."""
    return str(ip) if ip.version == 4 else ".".join(ip.exploded.replace(":", ""))


def _within(ip: Address, record: str, bits: int) -> bool:
    """Whether the first bits of an address are those of an A or AAAA record.

    A stranger may cause 25,000 such comparisons, and the objects of `ipaddress` take five
    microseconds each.
    """
    family, size = _FAMILIES[ip.version]
    try:
        octets = socket.inet_pton(family, record)
    except (OSError, ValueError):
        return False
    return (int(ip) ^ int.from_bytes(octets, "big")) >> (size - bits) == 0
