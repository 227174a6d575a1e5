"""Tags of ours (BATV) in an SMTP session: the next hop hears them, or does not, and nobody else."""

from datetime import UTC, date, datetime

import pytest

from pratique.milter.mail import Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.sections.sent import BatvSection, SentSection
from pratique.milter.sent.keys import Key, Keys
from pratique.milter.sent.tags import Tags

KEYS = Keys((Key(1, date(2025, 1, 1), bytes(range(32))),))
TAGS = Tags(KEYS, SentSection(keys="x", batv=(BatvSection(domain="corp.example"),)))
# The doors' clock.
NOW = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
TAGGED, BOB = (TAGS.outgoing(f"{name}@corp.example", NOW) for name in ("ann", "bob"))
EHLO, OURS, NULL = "EHLO x", "MAIL FROM:<ann@corp.example>", "MAIL FROM:<>"
TO_ANN, TO_TAGGED = "RCPT TO:<ann@corp.example>", f"RCPT TO:<{TAGGED}>"
CONTENT = b"Subject: x\r\n\r\nhello\r\n.\r\n"
NO = Reply(550, ("5.1.1 no such user",))


@pytest.fixture
def said(open_door):
    """A door with tags, a client, and what it hears of these lines after the greeting."""

    async def said(*lines, take=None, **settings):
        door = await open_door(take, tags=TAGS, **settings)
        client = await door.client()
        await client.hear()
        await client.ask("LHLO x" if settings.get("lmtp") else EHLO)
        return door, client, [await client.ask(line) for line in lines]

    return said


async def test_the_next_hop_hears_the_tag_and_we_do_not(said):
    door, client, _ = await said(OURS, "RCPT TO:<joe@corp.example>", direction="outbound")
    assert (await client.message(CONTENT)).startswith("250")
    assert door.hop.events[0] == f"MAIL {TAGGED}"
    assert door.taken[0].envelope.reverse_path == "ann@corp.example"


async def test_it_is_said_again_when_the_transaction_is_taken_up_again(said):
    async def take(content, envelope, downstream):
        downstream.park()
        return await downstream.send(Outgoing(content))

    _, joe = OURS, "RCPT TO:<joe@corp.example>"
    door, client, _ = await said(OURS, joe, take=take, direction="outbound")
    assert (await client.message(CONTENT)).startswith("250")
    assert door.hop.events.count(f"MAIL {TAGGED}") == 2


async def test_those_who_get_a_message_apart_get_it_from_the_same(said):
    async def take(content, envelope, downstream):
        for forward in envelope.recipients:
            reply = await downstream.send(Outgoing(content), (forward,))
        return reply

    lines = (OURS, "RCPT TO:<joe@corp.example>", "RCPT TO:<jim@corp.example>")
    door, client, _ = await said(*lines, take=take, direction="outbound")
    assert (await client.message(CONTENT)).startswith("250")
    mails = [event for event in door.hop.events if event.startswith("MAIL")]
    assert set(mails) == {f"MAIL {TAGGED}"}
    assert len(door.hop.messages) == 2


@pytest.mark.parametrize("line", [NULL, "MAIL FROM:<joe@elsewhere.example>"])
async def test_what_is_not_of_ours_is_not_tagged(said, line):
    door, _, _ = await said(line, direction="outbound")
    assert door.hop.events == ["MAIL " + line[11:-1]]


async def test_what_comes_in_is_not_tagged(said):
    door, _, _ = await said(OURS, direction="inbound")
    assert door.hop.events == ["MAIL ann@corp.example"]


async def test_a_bounce_is_for_the_plain_address_and_keeps_its_parameters(said, loopback):
    wishes = "NOTIFY=NEVER ORCPT=rfc822;prvs+3D1@corp.example"
    door, client, heard = await said(NULL, f"{TO_TAGGED} {wishes}", xforward_from=loopback)
    assert heard[1] == "250 2.0.0 ann@corp.example fine"
    assert (await client.message(CONTENT)).startswith("250")
    assert door.hop.events[1] == "RCPT ann@corp.example"
    (forward,) = door.taken[0].envelope.recipients
    assert forward == Forward("ann@corp.example", tuple(wishes.split()), TAGGED)


async def test_whether_we_relay_is_asked_of_the_plain_address(said):
    tagged = TAGGED.replace("ann", "ann%elsewhere.example")
    _, _, heard = await said(NULL, f"RCPT TO:<{tagged}>", domains=("corp.example",))
    assert heard[1] == "550 5.7.1 relaying denied"


@pytest.mark.parametrize("lines", [(TO_ANN, TO_TAGGED), (TO_TAGGED, TO_ANN)])
async def test_both_forms_of_a_recipient_are_one_message(said, lines):
    door, client, heard = await said(NULL, *lines)
    assert heard[1] == heard[2] == "250 2.0.0 ann@corp.example fine"
    assert (await client.message(CONTENT)).startswith("250")
    assert door.hop.events.count("RCPT ann@corp.example") == 1
    assert [one.address for one in door.taken[0].envelope.recipients] == ["ann@corp.example"]


async def test_a_form_that_was_refused_is_asked_about_again(said):
    door, _, _ = await said(NULL)
    door.hop.answers["ann@corp.example"] = [NO, NO]
    client = door.conversations[0]
    assert [(await client.ask(line))[:3] for line in (TO_ANN, TO_TAGGED)] == ["550", "550"]


async def test_in_lmtp_each_command_has_its_reply_in_its_order(said):
    async def take(content, envelope, downstream):
        assert len(envelope.recipients) == 2
        return Reply(451, ("x",), (Reply(250, ("2.0.0 ann",)), Reply(452, ("4.2.2 bob",))))

    lines = (NULL, TO_ANN, f"RCPT TO:<{BOB}>", TO_TAGGED, "RCPT TO:<bob@corp.example>")
    _, client, _ = await said(*lines, take=take, lmtp=True)
    heard = [await client.message(CONTENT), *[await client.hear() for _ in range(3)]]
    assert [each[4:] for each in heard] == ["2.0.0 ann", "4.2.2 bob", "2.0.0 ann", "4.2.2 bob"]
    assert await client.ask("NOOP") == "250 2.0.0 ok"


async def test_another_form_takes_no_place_among_the_recipients(said):
    recipients = [f"RCPT TO:<a{number}@corp.example>" for number in range(99)]
    _, client, _ = await said(NULL, *recipients, TO_ANN, max_recipients=100)
    assert (await client.ask(TO_TAGGED)).startswith("250")
    assert (await client.ask("RCPT TO:<x@corp.example>")).startswith("452")
