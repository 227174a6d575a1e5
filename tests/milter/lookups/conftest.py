"""A name server on 127.0.0.1 that says what a test wants, by UDP and by TCP."""

import asyncio
import contextlib

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from pratique.milter.lookups.resolver import Resolver, ResolverSettings

SILENCE, TRUNCATED, SERVFAIL, GARBAGE = "silence", "truncated", "servfail", "garbage"


class NameServer(asyncio.DatagramProtocol):
    """Answers from `zone`: name to A records, or to one of the words above; else NXDOMAIN.

    A dict there has records by type: `{"TXT": ['"v=spf1 -all"']}`; with `"cut": True` they
    fit in no datagram.  A function makes of the question (and of whether it came by TCP) the
    octets to send: one datagram, a list of several, or None.
    """

    silence, truncated, servfail, garbage = SILENCE, TRUNCATED, SERVFAIL, GARBAGE

    def __init__(self):
        self.zone, self.ttl, self.minimum = {}, 300, 120
        self.asked, self.by_tcp, self.port = [], [], 0
        # Set it, and nothing is answered before.
        self.gate = None
        # Each question releases it; how many were unanswered at a time.
        self.heard, self.open, self.most = asyncio.Semaphore(0), 0, 0
        self._transport, self._server, self._tasks = None, None, set()

    async def start(self):
        loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", self.port)
        )

    async def stop(self):
        self._transport.close()
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def datagram_received(self, octets, client):
        task = asyncio.get_running_loop().create_task(self._answer(octets, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, octets, client):
        question = dns.message.from_wire(octets)
        self.asked.append(str(question.question[0].name).rstrip("."))
        self.heard.release()
        self.open += 1
        self.most = max(self.most, self.open)
        if self.gate is not None:
            await self.gate.wait()
        self.open -= 1
        said = self.said(question)
        for one in said if isinstance(said, list) else [said]:
            if one is not None and not self._transport.is_closing():
                self._transport.sendto(one, client)

    async def _serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError):
            length = int.from_bytes(await reader.readexactly(2), "big")
            question = dns.message.from_wire(await reader.readexactly(length))
            self.by_tcp.append(str(question.question[0].name).rstrip("."))
            said = self.said(question, tcp=True)
            writer.write(len(said).to_bytes(2, "big") + said if said is not None else b"")
            await writer.drain()
        writer.close()

    def said(self, question, *, tcp=False):
        name = question.question[0].name
        records, type_ = self.zone.get(str(name).rstrip(".").lower()), "A"
        if callable(records):
            return records(question, tcp)
        if isinstance(records, dict):
            type_ = dns.rdatatype.to_text(question.question[0].rdtype)
            cut = records.get("cut") and not tcp
            records = TRUNCATED if cut else records.get(type_, [])
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        if records == SILENCE:
            return None
        if records == GARBAGE:
            return answer.to_wire()[:2] + b"\xff" * 30
        if records == SERVFAIL:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif records == TRUNCATED and not tcp:
            answer.flags |= dns.flags.TC
        elif records is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
            soa = f"ns.{name} admin.{name} 1 1 1 1 {self.minimum}"
            answer.authority.append(dns.rrset.from_text(name, self.ttl, "IN", "SOA", soa))
        elif records:
            told = ["127.0.0.2"] if records == TRUNCATED else records
            answer.answer.append(dns.rrset.from_text(name, self.ttl, "IN", type_, *told))
        return answer.to_wire()


@pytest.fixture
async def name_server():
    server = NameServer()
    await server.start()
    yield server
    await server.stop()


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def resolver(name_server, clock):
    """A resolver that asks that server, and is patient."""
    servers = [("127.0.0.1", name_server.port)]
    made = Resolver(ResolverSettings(servers, seconds=20.0, questions=4), clock)
    yield made
    await made.close()


@pytest.fixture
async def hasty(name_server, clock):
    """One that gives up soon."""
    servers = [("127.0.0.1", name_server.port)]
    made = Resolver(ResolverSettings(servers, seconds=0.4, questions=4), clock)
    yield made
    await made.close()
