"""Several mail servers: the first that is there gets the mail, and nobody gets it twice."""

import asyncio

import pytest

from pratique.milter.mail import Forward
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.connection import Timeouts
from pratique.milter.next_hop.failover import Failover
from pratique.milter.next_hop.pause import Pause
from pratique.milter.next_hop.pool import Limits
from pratique.milter.next_hop.smtp import AWAY, BUSY, SmtpNextHop, Way
from pratique.milter.next_hop.transaction import LOST
from pratique.milter.next_hop.wire import MALFORMED

B = Forward("b@corp.example")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


class Two:
    """Two servers, and in front of them a next hop that knows both."""

    def __init__(self, first, second, clock):
        self.first, self.second = first, second
        limits = Limits(wait_seconds=0.01, connections=1)
        way = Way(limits=limits, timeouts=Timeouts(command=20, end_of_content=20))
        self.hops = [
            SmtpNextHop("127.0.0.1", one.port, "us.example", way) for one in (first, second)
        ]
        for hop in self.hops:
            hop.pause = Pause(clock)
        self.hop = Failover(self.hops)


@pytest.fixture
async def two(new_script, clock):
    made = Two(await new_script(), await new_script(), clock)
    yield made
    await made.hop.close()


async def test_while_the_first_is_there_the_second_is_never_asked(two, outgoing, deliver):
    for _ in range(3):
        assert (await deliver(two.hop, outgoing)).accepted
    assert (len(two.first.messages), two.second.connections) == (3, 0)


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("", "554 5.3.2 go away"),
        ("", "421 4.3.2 busy"),
        ("", "CLOSE"),
        ("", "HTTP/1.1 400"),
        ("EHLO", "250-half\r\nCLOSE"),
        ("EHLO", "CLOSE"),
        ("MAIL", "CLOSE"),
        ("MAIL", "421 4.3.2 bye"),
        ("MAIL", "nonsense"),
    ],
)
async def test_who_is_not_there_is_passed_over_before_anything_was_said(
    two, outgoing, deliver, verb, answer
):
    two.first.answers[verb] = [answer]
    assert (await deliver(two.hop, outgoing)).accepted
    assert (two.first.messages, len(two.second.messages)) == ([], 1)


@pytest.mark.parametrize(
    ("verb", "answer", "reply"),
    [
        ("MAIL", "550 5.1.8 no", Reply(550, ("5.1.8 no",))),
        ("MAIL", "451 4.3.0 later", Reply(451, ("4.3.0 later",))),
        ("RCPT", "550 5.1.1 no", Reply(550, ("5.1.1 no",))),
        ("RCPT", "CLOSE", LOST),
        ("DATA", "CLOSE", LOST),
        (".", "CLOSE", LOST),
        (".", "421 4.3.2 bye", Reply(451, ("4.3.2 bye",))),
        (".", "554 5.7.1 no", Reply(554, ("5.7.1 no",))),
        (".", "gibberish", MALFORMED),
    ],
)
async def test_what_was_answered_or_sent_goes_nowhere_else(
    *, two, outgoing, deliver, verb, answer, reply
):
    two.first.answers[verb] = [answer]
    assert await deliver(two.hop, outgoing) == reply
    assert two.second.connections == 0


async def test_who_was_away_is_not_asked_again_before_its_pause_is_over(
    two, outgoing, deliver, clock
):
    two.first.answers[""] = ["CLOSE"]
    for _ in range(3):
        assert (await deliver(two.hop, outgoing)).accepted
    assert (two.first.connections, len(two.second.messages)) == (1, 3)
    clock.now += 1.0
    assert (await deliver(two.hop, outgoing)).accepted
    assert len(two.first.messages) == 1


async def test_if_all_are_away_the_one_whose_pause_ends_first_is_asked(
    two, outgoing, deliver, clock
):
    two.first.answers[""], two.second.answers[""] = ["CLOSE"], ["CLOSE"]
    assert await deliver(two.hop, outgoing) == AWAY
    assert (await deliver(two.hop, outgoing)).accepted
    assert (two.first.connections, two.second.connections) == (2, 1)


async def test_also_if_that_is_not_the_first_of_them(two, outgoing, deliver, clock):
    first, second = (hop.pause for hop in two.hops)
    first.begin()
    clock.now += 1.0
    first.begin()
    second.begin()
    assert (first.ends_at, second.ends_at) == (clock.now + 2.0, clock.now + 1.0)
    assert (await deliver(two.hop, outgoing)).accepted
    assert (two.first.connections, two.second.connections) == (0, 1)


@pytest.mark.parametrize("answer", ["421 4.3.2 too busy", "CLOSE"])
async def test_who_greets_and_takes_no_mail_is_left_alone_for_longer_each_time(
    *, two, outgoing, deliver, clock, answer
):
    pause = two.hops[0].pause
    for asked, seconds in enumerate((1.0, 2.0, 4.0), 1):
        two.first.answers["MAIL"] = [answer]
        assert (await deliver(two.hop, outgoing)).accepted
        assert (two.first.connections, pause.ends_at) == (asked, clock.now + seconds)
        clock.now += seconds
    assert (await deliver(two.hop, outgoing)).accepted
    assert len(two.first.messages) == 1
    # It took mail: the next time begins with the shortest one, after a kept connection too.
    two.first.answers["MAIL"] = [answer, answer]
    assert (await deliver(two.hop, outgoing)).accepted
    assert pause.ends_at == clock.now + 1.0


@pytest.fixture
async def keep_busy(envelope):
    """`await keep_busy(hop, script)`: a connection on which a reply is waited for."""
    waiting = []

    async def keep(hop, script):
        script.answers["RCPT"] = ["HANG"]
        _, transaction = await hop.begin(envelope)
        waiting.append(asyncio.ensure_future(transaction.recipient(B)))
        await script.until(lambda: "RCPT" in script.verbs())
        return waiting[-1]

    yield keep
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_who_has_no_connection_left_is_passed_over_but_not_left_alone(
    two, outgoing, deliver, keep_busy
):
    busy = await keep_busy(two.hop, two.first)
    assert (await deliver(two.hop, outgoing)).accepted
    assert len(two.second.messages) == 1
    busy.cancel()
    await asyncio.gather(busy, return_exceptions=True)
    assert (await deliver(two.hop, outgoing)).accepted
    assert len(two.first.messages) == 1


async def test_if_none_has_a_connection_left_the_client_hears_so(two, envelope, keep_busy):
    for script in (two.first, two.second):
        await keep_busy(two.hop, script)
    assert await two.hop.begin(envelope) == (BUSY, None)


async def test_what_is_said_again_finds_the_one_that_is_there(two, envelope, outgoing):
    _, transaction = await two.hop.begin(envelope)
    await transaction.recipient(B)
    await transaction.give_up()
    two.first.answers = {"": ["CLOSE"], "RSET": ["CLOSE"]}
    two.first.writers[0].close()
    await two.first.writers[0].wait_closed()
    _, transaction = await two.hop.resume(envelope, [B])
    assert (await transaction.send(outgoing)).accepted
    assert len(two.second.messages) == 1


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (("DSN", "SMTPUTF8", "SIZE 9"), ("DSN", "SIZE 10"), {"DSN", "SIZE", "X"}),
        (("DSN",), ("SMTPUTF8",), {"X"}),
    ],
)
async def test_only_what_each_of_them_offers_is_offered(two, first, second, both):
    two.first.offers, two.second.offers = first, second
    assert await two.hop.extensions() == both
    assert await two.hop.extensions() == both
    assert (two.first.connections, two.second.connections) == (1, 1)


async def test_while_one_was_never_seen_nothing_is_offered(two, clock):
    two.second.answers[""] = ["CLOSE"]
    for _ in range(2):
        assert await two.hop.extensions() == frozenset()
    assert two.second.connections == 1
    clock.now += 1.0
    assert "SMTPUTF8" in await two.hop.extensions()


async def test_many_who_find_it_away_at_once_are_all_served(two, outgoing, deliver):
    two.first.answers[""] = ["CLOSE"] * 5
    for hop in two.hops:
        hop._pool._limits = Limits()
    replies = await asyncio.gather(*(deliver(two.hop, outgoing) for _ in range(5)))
    assert all(reply.accepted for reply in replies)
    assert len(two.second.messages) == 5
