"""Check whether DNS answers: our own name, and each list by DNS at each resolver.

A list has a test point that it must list, and one that it must not (RFC 5782 5).  A list that
is gone, or that does not answer us, fails one of them; on mail it would just be silent.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import AsyncIterator

import dns.resolver

from pratique.milter.assembly import own_name
from pratique.milter.doctor.line import Case, Line, ok, unseen, warning, wrong
from pratique.milter.lookups.resolver import Reply, Resolver, ResolverSettings
from pratique.milter.sections.lookups import BlockListSection, split_server

# Two questions in a row, to servers that may all be down.
SECONDS = 5.0
# RFC 5782 5: what must be listed, and what must not.
_TEST = {"hosts": ("test", "invalid"), "addresses": ("2.0.0.127", "1.0.0.127")}
_ANSWERS = ipaddress.ip_network("127.0.0.0/8")
# Large lists say in this way that they do not serve us: an open resolver, too many questions.
_REFUSES = ipaddress.ip_network("127.255.255.0/24")
_REFUSES_ALSO = frozenset({"127.0.0.1", "127.0.1.255"})
_RESOLVER = "a resolver of your own on this host, in [dns] servers; large lists refuse public ones"


async def own_names(case: Case) -> AsyncIterator[Line]:
    """Check whether DNS knows the names that we greet with."""
    said = {listener.hostname or "" for listener in case.settings.listeners}
    names = {name or await asyncio.to_thread(own_name) for name in said}
    loop = asyncio.get_running_loop()
    for name in sorted(names):
        try:
            async with asyncio.timeout(SECONDS):
                await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError) as error:
            yield warning(
                f"we greet as {name}, which DNS does not know: {str(error) or 'no answer'}",
                "hostname in each [[listener]]: the name of this host in DNS",
            )
        else:
            yield ok(f"we greet as {name}, which has an address")


async def lists(case: Case) -> AsyncIterator[Line]:
    """Check each list by DNS, at each resolver."""
    sections = case.settings.block_list
    if not sections:
        return
    try:
        servers = _servers(case)
    except dns.resolver.NoResolverConfiguration as why:
        yield wrong(f"no resolver is known: {why}", _RESOLVER)
        return
    for server in servers:
        resolver = Resolver(ResolverSettings([server], SECONDS / 2), time.monotonic)
        try:
            said = await asyncio.gather(*(_list(each, resolver, server[0]) for each in sections))
        finally:
            await resolver.close()
        for line in said:
            yield line


def _servers(case: Case) -> list[tuple[str, int]]:
    if case.settings.dns.servers:
        return [split_server(one) for one in case.settings.dns.servers]
    return [(str(one), 53) for one in dns.resolver.Resolver().nameservers]


async def _list(section: BlockListSection, resolver: Resolver, server: str) -> Line:
    until = asyncio.get_running_loop().time() + SECONDS
    listed, unlisted = await asyncio.gather(
        *(resolver.ask(f"{one}.{section.zone}", "A", until) for one in _TEST[section.what])
    )
    where = f"list {section.called} ({section.zone}), by {server}"
    if failure := listed.failure or unlisted.failure:
        return wrong(f"{where}: {failure}", f"is the resolver there? {_RESOLVER}")
    if _refuses(listed) or _refuses(unlisted):
        return wrong(f"{where}: it refuses to answer us", _RESOLVER)
    if unlisted.records:
        return wrong(
            f"{where}: it lists what no list may have, as one does that has closed",
            "take that [[block_list]] out",
        )
    if not listed.records:
        if section.what == "hosts":
            # RFC 5782 5 only says SHOULD, and not all lists of names have it.
            return unseen(f"{where}: whether it answers us", "it has no test point (`test`)")
        return wrong(
            f"{where}: its test point 127.0.0.2 is not listed: it is empty, or no such list",
            "look at `zone`, and whether the list answers only those who are known to it",
        )
    if any(ipaddress.ip_address(each) not in _ANSWERS for each in listed.records):
        return wrong(f"{where}: it answers {listed.records[0]}, which is no answer", _RESOLVER)
    return ok(f"{where}: answers")


def _refuses(reply: Reply) -> bool:
    return any(
        each in _REFUSES_ALSO or ipaddress.ip_address(each) in _REFUSES for each in reply.records
    )
