"""Commands out of a stream: at every cut, at the limit, and one past it."""

import pytest

from pratique.milter.doors.smtp.command import CommandError
from pratique.milter.doors.smtp.inbox import (
    BARE_LINE_END,
    MAX_COMMAND,
    NOT_TEXT,
    TOO_LONG,
    Inbox,
)


def drain(inbox):
    """All that is whole: commands, and the replies to what is none."""
    found = []
    while True:
        try:
            command = inbox.command()
        except CommandError as error:
            found.append(error.reply)
            continue
        if command is None:
            return found
        found.append(command)


def read(*chunks):
    inbox, found = Inbox(), []
    for chunk in chunks:
        inbox.feed(chunk)
        found += drain(inbox)
    return found


WIRE = b"EHLO a\r\nmail FROM:<>\r\nNOOP\n\r\nDATA\r\n" + b"x" * 3000 + b"\r\nQUIT\r\n"
COMMANDS = [
    ("EHLO", "a"),
    ("MAIL", "FROM:<>"),
    BARE_LINE_END,
    ("", ""),
    ("DATA", ""),
    TOO_LONG,
    ("QUIT", ""),
]


@pytest.mark.parametrize("step", [1, 2, 3, 5, 100, 2047, 2048, 2049, 10_000])
def test_commands_do_not_depend_on_how_the_stream_is_cut(step):
    assert read(*(WIRE[cut : cut + step] for cut in range(0, len(WIRE), step))) == COMMANDS


def test_a_line_at_the_limit_is_a_command():
    line = b"NOOP " + b"x" * (MAX_COMMAND - 7) + b"\r\n"
    assert len(line) == MAX_COMMAND
    assert read(line) == [("NOOP", "x" * (MAX_COMMAND - 7))]


def test_a_line_past_the_limit_is_none():
    assert read(b"NOOP " + b"x" * (MAX_COMMAND - 6) + b"\r\n") == [TOO_LONG]


def test_a_line_that_never_ends_takes_no_memory():
    inbox = Inbox()
    for _ in range(100):
        inbox.feed(b"x" * 1000)
        assert drain(inbox) == []
    assert len(inbox.take_rest()) <= MAX_COMMAND


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"NOOP\n", BARE_LINE_END),
        (b"NOOP\r\r\n", NOT_TEXT),
        (b"NOOP\rQUIT\r\n", NOT_TEXT),
        (b"NOOP \x00\r\n", NOT_TEXT),
        (b"NOOP \x7f\r\n", NOT_TEXT),
        (b"NOOP\tx\r\n", NOT_TEXT),
        (b"NOOP \x80\r\n", NOT_TEXT),
        (b"NOOP \xc3\r\n", NOT_TEXT),
        (b"NOOP \xed\xa0\x80\r\n", NOT_TEXT),
        (b"\xff\xf4\xff\xfd\x06\r\n", NOT_TEXT),
    ],
)
def test_a_line_that_is_no_text_is_consumed_and_refused(line, reply):
    assert read(line + b"NOOP\r\n") == [reply, ("NOOP", "")]


def test_the_rest_is_what_was_not_asked_for():
    inbox = Inbox()
    inbox.feed(b"DATA\r\nSubject: x\r\n")
    assert inbox.command() == ("DATA", "")
    assert inbox.take_rest() == b"Subject: x\r\n"
    assert inbox.take_rest() == b""
    inbox.feed(b"QUIT\r\n")
    assert inbox.command() == ("QUIT", "")
