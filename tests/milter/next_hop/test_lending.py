"""A client that is slow lends its connection to one that waits, and has it back in time."""

import asyncio

import pytest

from pratique.milter.mail import Forward
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.lending import Lending
from pratique.milter.next_hop.pool import Limits
from pratique.milter.next_hop.smtp import SmtpNextHop, Way
from pratique.milter.next_hop.transaction import NO_LONGER_TAKEN

B, C = Forward("b@corp.example"), Forward("c@corp.example")


class Lender:
    """Notes that it was asked."""

    asked = 0

    def lend(self):
        self.asked += 1


class Want:
    """Whether somebody waits."""

    now = False

    def __call__(self):
        return self.now


@pytest.fixture
def want():
    return Want()


@pytest.fixture
def lending(want):
    return Lending(want)


def test_while_somebody_waits_each_lends_as_soon_as_it_can(lending, want):
    one, two = Lender(), Lender()
    want.now = True
    lending.idle(one)
    assert one.asked == 1
    want.now = False
    lending.idle(two)
    lending.wanted()
    assert (one.asked, two.asked) == (1, 0)


def test_without_anybody_who_waits_for_its_client_nothing_happens(lending):
    lending.wanted()
    lending.busy(Lender())


def test_who_waited_longest_lends_first_and_each_once(lending, want):
    one, two = Lender(), Lender()
    lending.idle(one)
    lending.idle(two)
    want.now = True
    lending.wanted()
    assert (one.asked, two.asked) == (1, 0)
    lending.wanted()
    lending.wanted()
    assert (one.asked, two.asked) == (1, 1)


def test_who_went_on_meanwhile_waits_anew(lending, want):
    one, two = Lender(), Lender()
    lending.idle(one)
    lending.idle(two)
    lending.busy(one)
    lending.idle(one)
    want.now = True
    lending.wanted()
    assert (one.asked, two.asked) == (0, 1)


@pytest.fixture
async def single(script, patient):
    """A next hop to which there is one connection."""
    way = Way(timeouts=patient, limits=Limits(connections=1, wait_seconds=20))
    hop = SmtpNextHop("127.0.0.1", script.port, "us.example", way)
    yield hop
    await hop.close()


async def test_without_want_nothing_is_said_twice(single, script, envelope, outgoing):
    _, transaction = await single.begin(envelope)
    await transaction.recipient(B)
    assert (await transaction.send(outgoing)).accepted
    assert script.verbs() == ["EHLO", "MAIL", "RCPT", "DATA", "."]


async def test_two_slow_clients_share_one_connection(single, script, envelope, outgoing):
    (_, one), (_, two) = await single.begin(envelope), await single.begin(envelope)
    for forward in (B, C):
        assert (await one.recipient(forward)).accepted
        assert (await two.recipient(forward)).accepted
    assert (await one.send(outgoing)).accepted
    assert (await two.send(outgoing)).accepted
    assert (script.connections, len(script.messages)) == (1, 2)
    # All that was said before is said again, and only then the content goes.
    assert script.verbs()[-5:] == ["MAIL", "RCPT", "RCPT", "DATA", "."]


async def test_no_more_lend_than_wait(script, envelope, patient):
    way = Way(timeouts=patient, limits=Limits(connections=2, wait_seconds=20))
    hop = SmtpNextHop("127.0.0.1", script.port, "us.example", way)
    await hop.begin(envelope)
    _, two = await hop.begin(envelope)
    script.answers["RSET"] = ["HANG"]
    waiting = asyncio.ensure_future(hop.begin(envelope))
    await script.until(lambda: "RSET" in script.verbs())
    assert (await two.recipient(B)).accepted
    assert len(hop._resetting) == 1
    script.writers[0].transport.abort()
    _, third = await waiting
    await third.give_up()
    await two.give_up()
    await hop.close()


@pytest.mark.slow
async def test_many_slow_clients_are_few_connections(script, envelope, outgoing, patient):
    way = Way(timeouts=patient, limits=Limits(connections=3, wait_seconds=20))
    hop = SmtpNextHop("127.0.0.1", script.port, "us.example", way)
    everybody_began = asyncio.Barrier(60)

    async def slow():
        reply, transaction = await hop.begin(envelope)
        assert reply.accepted
        await everybody_began.wait()
        assert (await transaction.recipient(B)).accepted
        await everybody_began.wait()
        return await transaction.send(outgoing)

    replies = await asyncio.gather(*(slow() for _ in range(60)))
    assert all(reply.accepted for reply in replies)
    assert (script.connections, len(script.messages)) == (3, 60)
    await hop.close()


@pytest.mark.parametrize("then", ["recipient", "send"])
@pytest.mark.parametrize(
    ("verb", "answer", "heard"),
    [
        ("MAIL", "451 4.3.0 later", Reply(451, ("4.3.0 later",))),
        ("MAIL", "550 5.1.8 no", NO_LONGER_TAKEN),
        ("RCPT", "550 5.1.1 no", NO_LONGER_TAKEN),
        ("RCPT", "450 4.2.1 later", Reply(450, ("4.2.1 later",))),
    ],
)
async def test_what_is_no_longer_taken_is_heard_and_nothing_is_sent(
    *, single, script, envelope, outgoing, verb, answer, heard, then
):
    _, lent = await single.begin(envelope)
    await lent.recipient(B)
    _, other = await single.begin(envelope)
    await other.give_up()
    script.answers[verb] = [answer, answer]
    assert await (lent.recipient(C) if then == "recipient" else lent.send(outgoing)) == heard
    assert not (await lent.send(outgoing)).accepted
    assert script.messages == []


async def test_what_was_lent_and_is_given_up_leaves_nothing(single, script, envelope, outgoing):
    _, lent = await single.begin(envelope)
    _, other = await single.begin(envelope)
    await lent.give_up()
    await other.recipient(B)
    assert (await other.send(outgoing)).accepted
    assert script.verbs().count("RSET") == 1
    assert not (await lent.send(outgoing)).accepted
    assert len(script.messages) == 1


@pytest.mark.parametrize("answer", ["CLOSE", "500 what", "nonsense"])
async def test_a_connection_that_cannot_be_reset_is_replaced(
    single, script, envelope, outgoing, answer
):
    _, lent = await single.begin(envelope)
    await lent.recipient(B)
    script.answers["RSET"] = [answer]
    _, other = await single.begin(envelope)
    await other.recipient(B)
    assert (await other.send(outgoing)).accepted
    assert (await lent.send(outgoing)).accepted
    assert (script.connections, len(script.messages)) == (2, 2)


async def test_what_is_being_sent_is_never_lent(single, script, envelope, outgoing):
    _, transaction = await single.begin(envelope)
    await transaction.recipient(B)
    script.answers["DATA"] = ["HANG"]
    sending = asyncio.ensure_future(transaction.send(outgoing))
    await script.until(lambda: "DATA" in script.verbs())
    waiting = asyncio.ensure_future(single.begin(envelope))
    await asyncio.sleep(0)
    assert "RSET" not in script.verbs()
    sending.cancel()
    _, other = await waiting
    await other.give_up()
