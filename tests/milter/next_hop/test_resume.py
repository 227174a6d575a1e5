"""What was said before is said again, in one go where the next hop takes that."""

import pytest

from pratique.milter.mail import Forward
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.smtp import AWAY

RECIPIENTS = [Forward(f"{name}@corp.example") for name in "bcd"]


@pytest.fixture
async def groups(listen):
    """A server that notes what comes together: `groups.heard`; and refuses `groups.refused`."""

    class Server:
        def __init__(self):
            self.heard, self.offers, self.refused = [], "PIPELINING", ""

        def answer(self, line):
            if line.startswith("EHLO"):
                return f"250-hop\r\n250 {self.offers}"
            return f"550 5.1.1 no: {line}" if self.refused and self.refused in line else "250 ok"

        async def serve(self, reader, writer):
            writer.write(b"220 hop\r\n")
            while octets := await reader.read(1 << 16):
                lines = octets.decode().splitlines()
                self.heard.append(lines)
                for line in lines:
                    writer.write(f"{self.answer(line)}\r\n".encode())
            writer.close()

    server = Server()
    server.port = await listen(server.serve)
    return server


@pytest.fixture
async def resume(groups, envelope):
    from pratique.milter.next_hop.smtp import SmtpNextHop

    hop = SmtpNextHop("127.0.0.1", groups.port, "us.example")
    yield lambda: hop.resume(envelope, RECIPIENTS)
    await hop.close()


LINES = ["MAIL FROM:<a@b.example>", *(f"RCPT TO:<{one.address}>" for one in RECIPIENTS)]


async def test_mail_and_all_recipients_are_one_write_without_data(groups, resume):
    reply, transaction = await resume()
    assert reply.accepted
    assert groups.heard[1:] == [LINES]
    await transaction.give_up()


async def test_without_pipelining_each_waits_for_its_reply(groups, resume):
    groups.offers = "8BITMIME"
    _, transaction = await resume()
    assert groups.heard[1:] == [[line] for line in LINES]
    await transaction.give_up()


@pytest.mark.parametrize("refused", ["MAIL", "<b@", "<c@", "<d@"])
async def test_one_that_is_refused_ends_it_and_nothing_is_left(groups, resume, refused):
    groups.refused = refused
    reply, transaction = await resume()
    assert (reply.code, transaction) == (550, None)
    assert refused in str(reply)
    assert groups.heard[2:] == [["RSET"]]
    groups.refused = ""
    assert (await resume())[1] is not None


async def test_what_is_resumed_can_be_sent(hop, script, envelope, outgoing):
    reply, transaction = await hop.resume(envelope, RECIPIENTS)
    assert reply == Reply(250, ("2.0.0 ok",))
    assert (await transaction.send(outgoing)).accepted
    assert script.verbs() == ["EHLO", "MAIL", "RCPT", "RCPT", "RCPT", "DATA", "."]


async def test_on_a_kept_connection_that_is_stale_it_is_said_once_more(
    hop, script, envelope, outgoing, deliver
):
    assert (await deliver(hop, outgoing)).accepted
    script.answers["RCPT"] = ["250 ok", "CLOSE"]
    _, transaction = await hop.resume(envelope, RECIPIENTS)
    assert (await transaction.send(outgoing)).accepted
    assert (script.connections, len(script.messages)) == (2, 2)


async def test_a_next_hop_that_is_away_leaves_nothing(hop, script, envelope):
    script.answers[""] = ["554 go away"]
    assert await hop.resume(envelope, RECIPIENTS) == (AWAY, None)
