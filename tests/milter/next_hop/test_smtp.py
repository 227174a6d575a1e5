"""A next hop by SMTP: what it is told, and when a connection is used again."""

import asyncio
from dataclasses import replace

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Client, Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.pool import Limits
from pratique.milter.next_hop.smtp import NOT_UTF8, SmtpNextHop, Way

B = Forward("b@corp.example")


async def test_a_message_is_handed_over_as_it_is(hop, script, outgoing, deliver):
    assert await deliver(hop, outgoing) == Reply(250, ("2.0.0 ok",))
    assert script.heard == [
        "EHLO us.example",
        "MAIL FROM:<a@b.example>",
        "RCPT TO:<b@corp.example>",
        "DATA",
        ".",
    ]
    assert script.messages == [b"Received: y\r\nSubject: x\r\n\r\n..dot\r\n.\r\n"]


@pytest.mark.parametrize("cut", [((12, 16),), ((10, 16),)])
async def test_what_a_cut_leaves_never_ends_the_message(hop, script, deliver, cut):
    content = content_of([b"Subject: a\r\nX: b.\r\nMAIL FROM:<x@y.example>\r\n"])
    content.dotless = True
    assert (await deliver(hop, Outgoing(content, cut=cut))).accepted
    content.close()
    (message,) = script.messages
    assert message.endswith(b"\r\nMAIL FROM:<x@y.example>\r\n.\r\n")
    assert script.verbs() == ["EHLO", "MAIL", "RCPT", "DATA", "."]


@pytest.mark.parametrize(("dotless", "sent"), [(True, b".a\r\n.\r\n"), (False, b"..a\r\n.\r\n")])
async def test_where_no_line_begins_with_a_dot_none_is_looked_for(
    hop, script, deliver, dotless, sent
):
    content = content_of([b".a\r\n"])
    content.dotless = dotless
    assert (await deliver(hop, Outgoing(content))).accepted
    content.close()
    assert script.messages == [sent]


async def test_a_connection_is_used_again_and_told_goodbye(hop, script, outgoing, deliver):
    for _ in range(3):
        assert (await deliver(hop, outgoing)).accepted
    assert (script.connections, script.verbs().count("EHLO")) == (1, 1)
    await hop.close()
    assert script.verbs()[-1] == "QUIT"


async def test_an_idle_connection_is_told_goodbye_in_time(script, outgoing, deliver):
    hop = SmtpNextHop("127.0.0.1", script.port, "us.example", Way(limits=Limits(idle_seconds=0.01)))
    assert (await deliver(hop, outgoing)).accepted
    await script.until(lambda: "QUIT" in script.verbs())
    await hop.close()


async def test_two_messages_at_one_time_are_two_connections(hop, script, outgoing, deliver):
    await asyncio.gather(deliver(hop, outgoing), deliver(hop, outgoing))
    assert script.connections == 2
    assert len(script.messages) == 2


PARAMETERS = {
    "reverse_path": "j\u00f6rg@b.example",
    "parameters": ("SIZE=99", "BODY=8BITMIME", "SMTPUTF8"),
}


async def test_parameters_are_passed_on(hop, script, outgoing, deliver, envelope):
    assert (await deliver(hop, outgoing, replace(envelope, **PARAMETERS))).accepted
    assert script.heard[1] == "MAIL FROM:<j\u00f6rg@b.example> SIZE=99 BODY=8BITMIME SMTPUTF8"


async def test_only_announced_parameters_are_passed_on(hop, script, outgoing, deliver, envelope):
    script.offers = ()
    told = replace(envelope, parameters=("SIZE=99", "BODY=8BITMIME"))
    assert (await deliver(hop, outgoing, told)).accepted
    assert script.heard[1] == "MAIL FROM:<a@b.example>"


@pytest.mark.parametrize("offers", [("DSN",), ()])
async def test_wishes_for_notifications_go_where_they_are_understood(hop, script, offers, envelope):
    script.offers = offers
    _, transaction = await hop.begin(replace(envelope, parameters=("RET=HDRS", "ENVID=x")))
    await transaction.recipient(Forward("b@corp.example", ("NOTIFY=NEVER", "ORCPT=rfc822;b")))
    assert script.heard[1:] == [
        "MAIL FROM:<a@b.example>" + " RET=HDRS ENVID=x" * bool(offers),
        "RCPT TO:<b@corp.example>" + " NOTIFY=NEVER ORCPT=rfc822;b" * bool(offers),
    ]
    await transaction.give_up()


async def test_smtputf8_that_is_not_announced_is_refused(hop, script, outgoing, deliver, envelope):
    script.offers = ("PIPELINING",)
    assert await deliver(hop, outgoing, replace(envelope, **PARAMETERS)) == NOT_UTF8
    assert "MAIL" not in script.verbs()
    assert (await deliver(hop, outgoing)).accepted
    assert script.connections == 1


async def test_a_null_reverse_path_stays_null(hop, script, outgoing, deliver, envelope):
    await deliver(hop, outgoing, replace(envelope, reverse_path=""))
    assert script.heard[1] == "MAIL FROM:<>"


KNOWN = Client("192.0.2.1", "n.example", "h.example")


@pytest.mark.parametrize(
    "offers", [("PIPELINING", "XFORWARD NAME ADDR HELO PROTO"), ("XFORWARD ADDR",)]
)
async def test_a_known_client_is_forwarded_where_announced(
    *, hop, script, outgoing, offers, deliver, envelope
):
    script.offers = offers
    script.answers["XFORWARD"] = ["250 2.0.0 ok", "501 5.5.4 not that"]
    assert (await deliver(hop, outgoing, replace(envelope, client=KNOWN))).accepted
    assert "ADDR=192.0.2.1" in script.heard[1]
    assert script.verbs().index("MAIL") == (3 if "PIPELINING" in offers else 2)


async def test_nothing_is_forwarded_where_not_announced(hop, script, outgoing, deliver, envelope):
    assert (await deliver(hop, outgoing, replace(envelope, client=KNOWN))).accepted
    assert "XFORWARD" not in script.verbs()


async def test_an_old_server_is_greeted_with_helo(hop, script, outgoing, deliver):
    script.answers["EHLO"] = ["502 what"]
    assert (await deliver(hop, outgoing)).accepted
    assert script.verbs()[:2] == ["EHLO", "HELO"]


async def test_a_transaction_that_is_given_up_leaves_a_clean_connection(
    hop, script, outgoing, deliver, envelope
):
    _, transaction = await hop.begin(envelope)
    await transaction.recipient(B)
    await transaction.give_up()
    await transaction.give_up()
    assert (await deliver(hop, outgoing)).accepted
    assert (script.verbs().count("RSET"), script.connections) == (1, 1)


async def test_after_close_no_connection_is_kept(hop, script, outgoing, envelope):
    _, transaction = await hop.begin(envelope)
    await hop.close()
    await transaction.recipient(B)
    assert (await transaction.send(outgoing)).accepted
    await script.until(lambda: "QUIT" in script.verbs())
