"""Replies out of a stream, replies for our client, dots, paths, XFORWARD."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.mail import Client, Envelope
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.wire import (
    MALFORMED,
    MAX_REPLY_LINE,
    MAX_REPLY_LINES,
    MAX_SAID,
    DotStuffer,
    ReplyReader,
    WireError,
    mirrored,
    path,
    xforward,
)

WIRE = b"220 a\r\n250-b\r\n250-c d\r\n250 e\r\n354\r\n250-\r\n250 \r\n421 bye\n"
REPLIES = [
    Reply(220, ("a",)),
    Reply(250, ("b", "c d", "e")),
    Reply(354, ("",)),
    Reply(250, ("", "")),
    Reply(421, ("bye",)),
]


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7, 100])
def test_replies_do_not_depend_on_how_the_stream_is_cut(step):
    reader = ReplyReader()
    chunks = [WIRE[at : at + step] for at in range(0, len(WIRE), step)]
    assert [reply for chunk in chunks for reply in reader.feed(chunk)] == REPLIES


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"25",
        b"2500 x",
        b"abc x",
        b"150 x",
        b"650 x",
        b"270 x",
        b"250x",
        b"-250 x",
        b"25\x00 x",
    ],
)
def test_a_line_that_is_no_reply_breaks_the_protocol(line):
    with pytest.raises(WireError):
        list(ReplyReader().feed(line + b"\r\n"))


def test_a_reply_has_one_code():
    with pytest.raises(WireError):
        list(ReplyReader().feed(b"250-a\r\n251 b\r\n"))


@pytest.mark.parametrize(("past", "raises"), [(0, False), (1, True)])
def test_a_reply_line_has_a_limit(past, raises):
    line = b"250 " + b"x" * (MAX_REPLY_LINE - 4 + past)
    if raises:
        with pytest.raises(WireError):
            list(ReplyReader().feed(line + b"\n"))
        with pytest.raises(WireError):
            list(ReplyReader().feed(line))
    else:
        assert len(list(ReplyReader().feed(line + b"\n"))) == 1
        assert list(ReplyReader().feed(line)) == []


def test_a_reply_has_a_limit_of_lines():
    lines = b"250-x\r\n" * (MAX_REPLY_LINES - 1) + b"250 x\r\n"
    assert len(next(ReplyReader().feed(lines)).lines) == MAX_REPLY_LINES
    with pytest.raises(WireError):
        list(ReplyReader().feed(b"250-x\r\n" + lines))


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (Reply(250, ("2.1.5 Ok",)), Reply(250, ("2.1.5 Ok",))),
        (Reply(250, ("Ok",)), Reply(250, ("2.0.0 Ok",))),
        (Reply(550, ("no", "5.1.1 way")), Reply(550, ("5.0.0 no", "5.1.1 way"))),
        (Reply(550, ("",)), Reply(550, ("5.0.0",))),
        (Reply(450, ("5.1.1 no",)), Reply(450, ("4.1.1 no",))),
        (Reply(421, ("4.3.2 closing",)), Reply(451, ("4.3.2 closing",))),
        (Reply(503, ("5.5.1 order",)), Reply(451, ("4.5.1 order",))),
        (Reply(530, ("5.7.0 STARTTLS first",)), Reply(451, ("4.7.0 STARTTLS first",))),
        (Reply(550, ("5.1.1 a\x00b\x1b[31m\x7f\u00e9",)), Reply(550, ("5.1.1 a?b?[31m??",))),
        (Reply(354, ("go",)), MALFORMED),
    ],
)
def test_a_reply_is_mirrored_for_our_client(said, heard):
    assert mirrored(said) == heard


def test_a_mirrored_line_has_a_limit():
    assert len(mirrored(Reply(550, ("5.1.1 " + "x" * 2000,))).lines[0]) == MAX_SAID


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        (b"", b".\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.\r\nb\r\n..c\r\n", b"a\r\n..\r\nb\r\n...c\r\n.\r\n"),
        (b"a\r", b"a\r\r\n.\r\n"),
        (b"a\n.\nb\r\n", b"a\n..\nb\r\n.\r\n"),
        (b"a\n", b"a\n\r\n.\r\n"),
    ],
)
def test_dots_are_stuffed_at_every_cut(content, wire):
    for one, two in itertools.combinations_with_replacement(range(len(content) + 1), 2):
        stuffer = DotStuffer()
        chunks = (content[:one], content[one:two], content[two:])
        assert b"".join(map(stuffer.stuff, chunks)) + stuffer.ending() == wire


@pytest.mark.parametrize("letter", ["\r", "\n", "\x00", "\x7f"])
def test_an_address_cannot_break_out_of_its_line(letter):
    with pytest.raises(ValueError, match="control character"):
        path(f"a{letter}b@c.example")


def test_a_path_is_utf8_in_angle_brackets():
    assert (path(""), path("j\u00f6rg@b.example")) == (b"<>", b"<j\xc3\xb6rg@b.example>")


def test_octets_of_a_path_that_are_no_utf8_go_on_as_they_came():
    assert path("j\udcf6rg@b.example") == b"<j\xf6rg@b.example>"


ENVELOPE = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC))
ALL = frozenset({"NAME", "ADDR", "PORT", "PROTO", "HELO", "SOURCE", "IDENT"})


@pytest.mark.parametrize(
    ("client", "announced", "commands"),
    [
        (Client(), ALL, []),
        (Client("192.0.2.1"), frozenset(), []),
        (
            Client("192.0.2.1", "n.example", "h.example"),
            ALL,
            [
                b"XFORWARD NAME=n.example ADDR=192.0.2.1\r\n",
                b"XFORWARD PROTO=ESMTP HELO=h.example\r\n",
            ],
        ),
        (Client("192.0.2.1", "n", "h"), frozenset({"ADDR"}), [b"XFORWARD ADDR=192.0.2.1\r\n"]),
        (
            Client("192.0.2.1", "n", "h", "REMOTE"),
            ALL,
            [
                b"XFORWARD NAME=n ADDR=192.0.2.1\r\n",
                b"XFORWARD PROTO=ESMTP HELO=h SOURCE=REMOTE\r\n",
            ],
        ),
        (
            Client("2001:db8::1", "", "a+b=c d\r\n"),
            ALL,
            [
                b"XFORWARD NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1\r\n",
                b"XFORWARD PROTO=ESMTP HELO=a+2Bb+3Dc+20d+0D+0A\r\n",
            ],
        ),
    ],
)
def test_a_known_client_is_forwarded(client, announced, commands):
    assert xforward(replace(ENVELOPE, client=client), announced) == commands


@pytest.mark.parametrize(
    ("client", "commands"),
    [
        (Client(), [b"XFORWARD IDENT=4F1B2\r\n"]),
        (
            Client("192.0.2.1", "n", "h"),
            [
                b"XFORWARD NAME=n ADDR=192.0.2.1\r\n",
                b"XFORWARD PROTO=ESMTP HELO=h IDENT=4F1B2\r\n",
            ],
        ),
    ],
)
def test_what_the_server_in_front_calls_the_message_goes_on(client, commands):
    assert xforward(replace(ENVELOPE, client=client, mta_id="4F1B2"), ALL) == commands


def test_a_name_of_a_message_cannot_break_out_of_its_line():
    envelope = replace(ENVELOPE, mta_id="a b\r\nQUIT")
    assert xforward(envelope, ALL) == [b"XFORWARD IDENT=a+20b+0D+0AQUIT\r\n"]
