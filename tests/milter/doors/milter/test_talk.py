"""The milter protocol without a socket: what may be said when, and what is answered."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.milter.doors.milter.ending import Ending
from pratique.milter.doors.milter.packets import MilterError, packet
from pratique.milter.doors.milter.session import Finished, MilterDesk
from pratique.milter.doors.milter.settings import MilterSettings
from pratique.milter.doors.milter.talk import Talk
from pratique.milter.doors.milter.traffic import Traffic
from pratique.milter.doors.queue_id import QueueIds
from pratique.milter.doors.replies import OUR_FAULT
from pratique.milter.doors.room import Room

NOW = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
OFFER = packet(b"O", bytes((0, 0, 0, 6, 0, 0, 1, 0xFF, 0, 0x1F, 0xFF, 0xFF)))
MAIL, RCPT = packet(b"M", b"<a@b>\0"), packet(b"R", b"<c@d>\0")
FIELD, EOH, BODY, END = packet(b"L", b"A\0 b\0"), packet(b"N"), packet(b"B", b"x"), packet(b"E")
MESSAGE = MAIL + RCPT + FIELD + EOH + BODY + END
LATER = b"y451 4.3.0 local error\0"


class Spoken:
    """A conversation, and all that came of it."""

    def __init__(self, *, max_connections=10):
        self.said, self.ends = b"", []
        self.traffic = Traffic(max_connections)
        loop = asyncio.new_event_loop()
        loop.close()
        self.desk = MilterDesk(
            MilterSettings(),
            None,
            loop,
            lambda: NOW,
            QueueIds(lambda: 1),
            Room(10**6),
            self.traffic,
        )
        self.talk = Talk(self.desk, self.hear, lambda *end: self.ends.append(end))

    def hear(self, octets):
        self.said += octets

    def take(self, octets):
        """What is answered to this."""
        self.said = b""
        self.talk.take(octets)
        return self.said

    def tell(self):
        """What is said where the message that waits could not be taken."""
        self.said = b""
        self.talk.told(Finished(Ending(OUR_FAULT)))
        self.ends[-1][0].reset()
        return self.said


@pytest.fixture
def spoken():
    made = Spoken()
    made.take(OFFER)
    yield made
    made.talk.close()
    assert (made.traffic.connections, made.traffic.messages) == (0, 0)


def test_no_step_of_a_message_is_answered_but_its_end(spoken):
    assert spoken.take(MESSAGE) == b""
    assert spoken.talk.waits
    assert spoken.tell()[4:] == LATER
    assert not spoken.talk.waits


def test_what_comes_while_a_message_waits_is_followed_after_its_answer(spoken):
    spoken.take(MESSAGE + MESSAGE)
    assert len(spoken.ends) == 1
    spoken.tell()
    assert (len(spoken.ends), spoken.talk.waits) == (2, True)
    spoken.tell()


def test_whoever_asks_for_answers_gets_one_to_each_step():
    made = Spoken()
    offer = packet(b"O", bytes((0, 0, 0, 2, 0, 0, 0, 0x1F, 0, 0, 0, 0)))
    assert made.take(offer)[4:] == b"O\0\0\0\2\0\0\0\x1f\0\0\0\0"
    steps = [packet(b"C", b"x\0U"), packet(b"H", b"x\0"), MAIL, RCPT, packet(b"T"), FIELD]
    for step in (*steps, EOH, BODY, packet(b"U", b"VRFY\0")):
        assert made.take(step) == packet(b"c")
    made.talk.close()


@pytest.mark.parametrize(
    "before",
    [
        b"",
        MAIL,
        MAIL + RCPT + FIELD,
        MAIL + RCPT + EOH + FIELD,
        MAIL + RCPT + EOH + RCPT,
        MAIL + RCPT + BODY + EOH,
        MAIL + RCPT + EOH + packet(b"A"),
        MAIL + RCPT + EOH + packet(b"C", b"x\0U"),
        MAIL + RCPT + EOH + packet(b"H", b"x\0"),
        MAIL + RCPT + EOH + packet(b"T"),
        MAIL + RCPT + EOH + packet(b"K"),
    ],
)
def test_an_end_without_a_message_is_answered_with_come_again(spoken, before):
    assert spoken.take(before + END)[4:] == LATER
    assert spoken.ends == []
    # And whatever was before, the next message is one.
    spoken.take(MESSAGE)
    assert len(spoken.ends) == 1
    spoken.tell()


@pytest.mark.parametrize(
    "octets",
    [
        OFFER,
        packet(b"?"),
        packet(b"M", b"<a@b>"),
        packet(b"C", b"name"),
        packet(b"H"),
        MAIL + RCPT + packet(b"L", b"A\0 b"),
    ],
    ids=["second offer", "no command", "no end", "no client", "no name", "no value"],
)
def test_what_makes_no_sense_ends_it(spoken, octets):
    with pytest.raises(MilterError):
        spoken.take(octets)


@pytest.mark.parametrize(
    "octets", [MAIL, END, packet(b"C", b"x\0U"), packet(b"O", b"\0\0\0\6"), packet(b"O", bytes(12))]
)
def test_who_does_not_negotiate_is_hung_up_on(octets):
    made = Spoken()
    with pytest.raises(MilterError):
        made.take(octets)
    assert made.said == b""


def test_who_is_one_too_many_hears_it_at_his_connect():
    made = Spoken(max_connections=0)
    agreed = made.take(OFFER)
    assert not int.from_bytes(agreed[13:17], "big") & 0x1000
    assert made.take(packet(b"C", b"x\0U"))[4:].startswith(b"y451 4.3.2")
    made.talk.close()


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (b"mx.example\x004\x04\xd2192.0.2.1\0", ("192.0.2.1", "mx.example")),
        (b"mx.example\x006\x04\xd2IPv6:2001:db8::1\0", ("2001:db8::1", "mx.example")),
        (b"mx.example\x006\x04\xd2::ffff:192.0.2.1\0", ("192.0.2.1", "mx.example")),
        (b"mx.example\x004\x04\xd2nonsense\0", ("", "")),
        (b"mx.example\0U", ("", "")),
        (b"mx.example\0", ("", "")),
    ],
)
def test_a_client_is_who_was_told(spoken, said, known):
    spoken.take(packet(b"C", said) + MESSAGE)
    client = spoken.ends[0][0]._client
    assert (client.ip, client.name) == known
    spoken.tell()


def test_macros_of_a_message_are_not_those_of_the_next(spoken):
    spoken.take(packet(b"D", b"Cj\0mx\0") + packet(b"C", b"x\0U"))
    spoken.take(packet(b"D", b"Mi\0first\0") + MAIL + RCPT + packet(b"D", b"E{auth_authen}\0ann\0"))
    spoken.take(EOH + END)
    spoken.tell()
    spoken.take(MESSAGE)
    spoken.tell()
    assert [dict(known) for _, known in spoken.ends] == [
        {"j": "mx", "i": "first", "auth_authen": "ann"},
        {"j": "mx", "i": "first"},
    ]


@pytest.mark.parametrize("anew", [packet(b"K"), packet(b"C", b"y\0U")])
def test_macros_of_a_client_are_not_those_of_the_next(spoken, anew):
    spoken.take(packet(b"C", b"x\0U") + packet(b"D", b"M{auth_authen}\0ann\0") + MAIL + RCPT)
    spoken.take(anew + MESSAGE)
    assert [dict(known) for _, known in spoken.ends] == [{}]
    spoken.tell()


def test_a_quit_is_the_end(spoken):
    spoken.take(packet(b"Q") + MESSAGE)
    assert (spoken.talk.over, spoken.ends) == (True, [])


def test_another_client_on_the_same_connection_is_nobody_yet(spoken):
    spoken.take(packet(b"C", b"mx.example\x004\x04\xd2192.0.2.1\0") + packet(b"K") + MESSAGE)
    assert spoken.ends[0][0]._client.ip == ""
    spoken.tell()


def test_a_second_client_without_an_address_is_not_the_first(spoken):
    spoken.take(packet(b"C", b"mx.example\x004\x04\xd2192.0.2.1\0") + packet(b"C", b"x\0U"))
    spoken.take(MESSAGE)
    assert spoken.ends[0][0]._client.ip == ""
    spoken.tell()


_COMMANDS = st.sampled_from(b"ODCHMRTLNBEAQKUx")
_PACKETS = st.builds(
    lambda command, octets: packet(bytes((command,)), octets), _COMMANDS, st.binary(max_size=12)
)
_GOOD = st.sampled_from([MAIL, RCPT, FIELD, EOH, BODY, END, packet(b"A"), packet(b"K")])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(_GOOD, _PACKETS), max_size=25), st.integers(1, 40))
def test_whatever_is_said_there_is_an_answer_to_each_end_or_none_at_all(packets, piece):
    made, octets = Spoken(), OFFER + b"".join(packets)
    try:
        for at in range(0, len(octets), piece):
            made.talk.take(octets[at : at + piece])
            while made.talk.waits:
                made.tell()
    except MilterError:
        pass
    made.talk.close()
    assert (made.traffic.connections, made.traffic.messages) == (0, 0)
