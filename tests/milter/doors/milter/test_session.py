"""One connection of a mail server, without libmilter."""

import asyncio
import threading
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from pratique.milter.content import content_of
from pratique.milter.doors.milter.ending import Ending
from pratique.milter.doors.milter.session import NOT_NOW, TOO_SLOW, MilterDesk, MilterSession
from pratique.milter.doors.milter.settings import MilterSettings
from pratique.milter.doors.milter.traffic import Traffic
from pratique.milter.doors.queue_id import QueueIds
from pratique.milter.doors.replies import OUR_FAULT, TOO_LARGE
from pratique.milter.doors.room import Room
from pratique.milter.mail import Outgoing
from pratique.milter.next_hop import Reply

NOW = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
OK = Reply(250, ("2.0.0 Ok",))


class Takes:
    """What messages are given to: remembers, and answers what it is told to."""

    def __init__(self):
        self.seen, self.contents = [], []
        self.ending = Ending(OK)
        self.wait = None

    async def take(self, content, envelope, left_out):
        self.contents.append(content)
        self.seen.append((b"".join(content.span(0, content.size)), envelope, left_out))
        if self.wait is not None:
            await self.wait.wait()
        if isinstance(self.ending, Exception):
            raise self.ending
        return self.ending


@pytest.fixture
def takes():
    return Takes()


@pytest.fixture
def loop():
    """A loop in a thread of its own."""
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever)
    thread.start()
    yield made
    if not made.is_closed():
        made.call_soon_threadsafe(made.stop)
        thread.join()
        made.close()


@pytest.fixture
def open_session(takes, loop):
    """`open_session(**settings)`; at the end nothing of a message is left."""
    desks = []

    def make(**settings):
        given = MilterSettings(**settings)
        traffic = Traffic(given.max_connections)
        ids = QueueIds(lambda: 1)
        desk = MilterDesk(given, takes.take, loop, lambda: NOW, ids, Room(10**6), traffic)
        desks.append(desk)
        return MilterSession(desk), desk

    yield make
    for desk in desks:
        assert desk.room.left == 10**6
        assert (desk.traffic.messages, desk.traffic.waiting) == (0, 0)


def bring(session, *, body=b"hello"):
    session.mail((b"<a@b.example>",))
    session.recipient((b"<c@d.example>",))
    session.field("Subject", b" hi")
    session.end_of_header()
    session.body(body)


def finish(session, known=()):
    finished = session.finish(known)
    session.over()
    return finished


def test_a_message_is_handed_over_whole(open_session, takes):
    session, _ = open_session(name="front")
    session.connect("mx.example", "192.0.2.1", 25)
    session.helo("helo.example")
    bring(session)
    assert finish(session, (("i", "4ABC"),)).ending.reply == OK
    ((content, envelope, left_out),) = takes.seen
    assert (content, left_out) == (b"Subject: hi\r\n\r\nhello", 0)
    assert (envelope.mta_id, envelope.door, envelope.received_at) == ("4ABC", "front", NOW)
    assert envelope.macros == (("i", "4ABC"),)
    assert takes.contents[0].descriptor == -1


def test_an_ipv4_client_on_an_ipv6_socket_is_an_ipv4_client(open_session, takes):
    session, _ = open_session()
    session.connect("mx.example", "::ffff:192.0.2.1", 25)
    bring(session)
    finish(session)
    assert takes.seen[0][1].client.ip == "192.0.2.1"


def test_nothing_is_handed_over_twice(open_session, takes):
    session, _ = open_session()
    bring(session)
    finish(session)
    assert finish(session).ending.reply == OUR_FAULT
    assert len(takes.seen) == 1


def test_what_is_said_before_a_message_is_of_no_message(open_session, takes):
    session, _ = open_session()
    session.recipient((b"<c@d>",))
    session.field("A", b" 1")
    session.end_of_header()
    session.body(b"x")
    session.spoil()
    assert finish(session).ending.reply == OUR_FAULT
    assert takes.seen == []


def test_a_message_that_lost_a_step_is_deferred(open_session, takes):
    session, _ = open_session()
    bring(session)
    session.spoil()
    assert finish(session).ending.reply == OUR_FAULT
    assert takes.seen == []
    bring(session)
    assert finish(session).ending.reply == OK


def test_an_exception_is_4yz(open_session, takes, caplog):
    session, _ = open_session()
    takes.ending = ValueError("what went wrong")
    bring(session)
    assert finish(session).ending.reply == OUR_FAULT
    assert "what went wrong" in caplog.text


def test_a_timeout_of_who_decides_is_told_as_what_it_is(open_session, takes, caplog):
    session, _ = open_session()
    takes.ending = TimeoutError("no worker")
    bring(session)
    assert finish(session).ending.reply == OUR_FAULT
    assert "no worker" in caplog.text


def test_who_decides_too_late_still_finishes(open_session, takes, loop, until):
    session, desk = open_session(seconds=0.05)
    takes.wait, takes.ending = asyncio.Event(), Ending(OK, body=content_of([b"new"]))
    bring(session)
    assert finish(session).ending.reply == TOO_SLOW
    assert takes.contents[0].descriptor >= 0
    assert desk.room.left < 10**6
    loop.call_soon_threadsafe(takes.wait.set)
    until(lambda: takes.ending.body.descriptor == -1, "end of the body that nobody wants")
    assert takes.contents[0].descriptor == -1


def test_without_a_loop_it_is_4yz(open_session, takes, loop, until):
    session, _ = open_session()
    bring(session)
    loop.call_soon_threadsafe(loop.stop)
    until(lambda: not loop.is_running(), "end of the loop")
    loop.close()
    assert finish(session).ending.reply == OUR_FAULT


def test_too_large_is_refused_to_a_sender_and_shown_to_who_decides_behind_a_queue(
    open_session, takes
):
    session, _ = open_session(max_size=16)
    bring(session)
    assert finish(session).ending.reply == TOO_LARGE
    assert takes.seen == []
    session, _ = open_session(max_size=16, reply="queue")
    bring(session)
    assert finish(session).ending.reply == OUR_FAULT
    takes.ending = Ending(OK, hold="too large to look into")
    bring(session)
    assert finish(session).ending == takes.ending
    assert takes.seen[-1][::2] == (b"Subject: hi\r\n\r\nh", 4)


REFUSED = Ending(Reply(550, ("5.7.1 no",)), Outgoing(content_of([])))
MADE_UP = ("localhost", "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("reply", "client", "held"),
    [
        ("sender", ("mx.example", "192.0.2.1", 25), False),
        ("sender", ("localhost", "127.0.0.1", 25), False),
        ("sender", MADE_UP, True),
        ("queue", ("mx.example", "192.0.2.1", 25), True),
    ],
)
def test_a_refusal_that_would_bounce_is_held(open_session, takes, reply, client, held):
    session, _ = open_session(reply=reply)
    session.connect(*client)
    takes.ending = REFUSED
    bring(session)
    finished = finish(session)
    assert finished.ending.reply.accepted is held
    assert finished.ending.hold == ("would be refused: 550 5.7.1 no" if held else "")
    assert not (held and finished.dropped)


STRANGER = ("mx.example", "192.0.2.1", 25)


@pytest.mark.parametrize(
    ("setting", "client", "login", "way"),
    [
        ("by_client", STRANGER, "", "inbound"),
        ("by_client", ("ours.example", "10.1.1.1", 25), "", "outbound"),
        ("by_client", STRANGER, "ann", "outbound"),
        # sendmail(1); who connects from this host has a port.
        ("by_client", MADE_UP, "", "outbound"),
        ("by_client", ("localhost", "127.0.0.1", 25), "", "inbound"),
        ("by_client", ("localhost", "", 0), "", "inbound"),
        ("inbound", MADE_UP, "ann", "inbound"),
        ("outbound", STRANGER, "", "outbound"),
    ],
)
def test_what_the_mail_server_says_of_its_client_tells_the_direction(
    open_session, setting, client, login, way
):
    session, _ = open_session(direction=setting, own_networks=(ip_network("10.0.0.0/8"),))
    session.connect(*client)
    session.mail((b"<a@b.example>",))
    envelope = session._envelope(session._message, {"auth_authen": login})
    session.close()
    assert envelope.direction == way


def test_too_large_a_mail_that_would_bounce_is_held(open_session, takes):
    session, _ = open_session(max_size=16)
    session.connect(*MADE_UP)
    bring(session)
    finished = finish(session)
    assert (finished.ending.hold[:20], finished.dropped) == ("would be refused: 55", False)


def test_a_deferral_is_never_held(open_session, takes):
    session, _ = open_session(reply="queue")
    takes.ending = Ending(Reply(451, ("4.3.0 later",)))
    bring(session)
    assert finish(session).ending == takes.ending


def test_a_closing_door_defers_what_begins_and_finishes_what_began(open_session, takes):
    session, desk = open_session()
    bring(session)
    desk.traffic.close()
    assert finish(session).ending.reply == OK
    bring(session)
    assert finish(session).ending.reply == NOT_NOW


def test_what_is_broken_off_leaves_nothing(open_session, takes):
    session, desk = open_session()
    for end in (session.reset, session.close):
        bring(session, body=b"x" * 100_000)
        end()
        assert desk.room.left == 10**6
    assert desk.traffic.connections == 0


@pytest.mark.parametrize(
    ("ending", "dropped"),
    [
        (Ending(OK), True),
        (Ending(OK, Outgoing(content_of([]))), False),
    ],
)
def test_without_anything_to_send_on_a_message_is_dropped(open_session, takes, ending, dropped):
    session, _ = open_session()
    takes.ending = ending
    bring(session)
    assert finish(session).dropped is dropped


@pytest.mark.parametrize(("hold", "dropped"), [("", True), ("why", False)])
def test_when_nobody_is_left_it_is_dropped_unless_it_is_held(open_session, takes, hold, dropped):
    session, _ = open_session()
    bring(session)
    recipients = tuple(session._message.mail.recipients)
    takes.ending = Ending(OK, Outgoing(content_of([])), without=recipients, hold=hold)
    assert finish(session).dropped is dropped


def test_who_goes_to_sleep_is_relieved_if_others_are_there(open_session, takes):
    session, desk = open_session()
    relieved = []
    desk.relieve = lambda: relieved.append(True)
    bring(session)
    finish(session)
    assert relieved == []
    MilterSession(desk)
    bring(session)
    finish(session)
    assert relieved == [True]
