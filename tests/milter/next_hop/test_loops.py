"""Mail goes on each event loop that a door may have: asyncio's own, and uvloop's if installed."""

import asyncio
import importlib
import importlib.util

import pytest

from pratique.milter.mail import Forward
from pratique.milter.next_hop.smtp import SmtpNextHop, Way
from pratique.milter.next_hop.tls import Tls

LOOPS = ["asyncio", *(["uvloop"] if importlib.util.find_spec("uvloop") else [])]


class Server:
    """Takes all mail, with TLS from the first octet or after STARTTLS."""

    def __init__(self, context):
        self.context, self.messages = context, []

    async def serve(self, reader, writer):
        writer.write(b"220 hop\r\n")
        while line := await reader.readline():
            answer = b"354 go" if line == b"DATA\r\n" else b"250-hop\r\n250 STARTTLS"
            writer.write((b"220 go" if line == b"STARTTLS\r\n" else answer) + b"\r\n")
            if line == b"STARTTLS\r\n":
                await writer.start_tls(self.context)
            if line == b"DATA\r\n":
                self.messages.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 ok\r\n")
        writer.close()


async def delivered(way, path, server, envelope, outgoing):
    """Hand one message over, one way or another."""
    implicit = server.context if way == "implicit" else None
    if way == "unix":
        listener, host, port = await asyncio.start_unix_server(server.serve, path), path, 0
    else:
        listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=implicit)
        host, port = listener.sockets[0].getsockname()
    level = "required" if way in {"starttls", "implicit"} else "none"
    hop = SmtpNextHop(host, port, "us.example", Way(tls=Tls(level, implicit=bool(implicit))))
    _, transaction = await hop.resume(envelope, [Forward("b@corp.example")])
    reply = await transaction.send(outgoing)
    assert bool(hop._pool._idle[0].stream.certificate) is (level == "required")
    await hop.close()
    listener.close()
    return reply


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("way", ["plain", "unix", "starttls", "implicit"])
def test_mail_goes_on_each_loop(*, tmp_path, certificate, envelope, outgoing, way, loop):
    server = Server(certificate.context())
    with asyncio.Runner(loop_factory=importlib.import_module(loop).new_event_loop) as runner:
        path = str(tmp_path / "hop.sock")
        assert runner.run(delivered(way, path, server, envelope, outgoing)).accepted
    assert server.messages == [b"Received: y\r\nSubject: x\r\n\r\n..dot\r\n.\r\n"]
