"""A returned message in a text is found, and what people quote above a reply is not."""

import pytest

from pratique.scanners.mime.inline import MESSAGES, SEARCHED, find_messages

RETURNED = b"""Received: from bot by mx.example.org; Mon, 02 Mar 2026 09:00:00 +0900
\tfolded
From: a@example.org
To: b@example.net
Subject: x

body
"""
QMAIL = b"Hi. This is the qmail-send program.\n\n--- Below this line is a copy of the message.\n\n"
EXIM = b"------ This is a copy of the message, including all the headers. ------\n\n"
SENDMAIL = b"   ----- Unsent message follows -----\n"
GMAIL = b"----- Original message -----\n\n"
YAHOO = b"--- Original message follows.\n\nReturn-Path: <a@example.org>\n"


def found(text, budget):
    return [text[at:] for at in find_messages(text, budget)]


@pytest.mark.parametrize("before", [QMAIL, EXIM, SENDMAIL, GMAIL, YAHOO, b"", b"It failed:\n\n"])
@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
def test_a_returned_message_is_found_with_its_whole_header(before, eol, budget):
    text = (before + RETURNED).replace(b"\n", eol)

    (message,) = found(text, budget)

    wanted = b"Return-Path: <a@example.org>\n" + RETURNED if before == YAHOO else RETURNED
    assert message == wanted.replace(b"\n", eol)


def test_mboxs_separator_may_stand_before_it(budget):
    text = b"x\n\nFrom a@example.org Mon Mar  2 10:00:00 2026\n" + RETURNED

    (message,) = found(text, budget)

    assert message.startswith(b"From a@example.org")


@pytest.mark.parametrize(
    "text",
    [
        b"-----Original Message-----\nFrom: A\nSent: Monday\nTo: B\nSubject: x\n\nHello\n",
        b"Hello\n\nFrom: A\nDate: Monday\nTo: B\nSubject: x\nCc: C\n\nHello\n",
        b"Hello\n\nReceived: x\nFrom: y\n\nonly two\n",
        b"Hello\n\nX-A: x\nX-B: y\nReceived: z\n\nonly one that is known\n",
        b"Hello\n> Received: x\n> From: y\n> To: z\n",
        b"a line of text and then\nReceived: x\nFrom: y\nTo: z\n",
        b"",
        b"\n\n\n",
    ],
)
def test_what_is_no_returned_message_is_left_alone(text, budget):
    assert found(text, budget) == []


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_are_opened_and_one_more_is_told(more, read):
    seen = read(b"Subject: x\n\nx\n" + (b"\n" + RETURNED) * (MESSAGES + more))

    assert len([each for each in seen.members if each.returned]) == MESSAGES
    assert [(each.class_, each.at) for each in seen.reached] == [("parts", seen.at("1"))] * more


@pytest.mark.parametrize(("before", "opened"), [(SEARCHED - 2, 1), (SEARCHED - 1, 0)])
def test_one_that_begins_so_late_is_opened_and_a_later_one_is_told(before, opened, read):
    seen = read(b"Subject: x\n\n" + b"x" * before + b"\n\n" + RETURNED)

    assert len([each for each in seen.members if each.returned]) == opened
    assert len(seen.reached) == 1 - opened


def test_a_long_text_without_one_reaches_no_limit(read):
    assert not read(b"Subject: x\n\n" + b"hello\n\n" * 200_000).reached


def test_one_whose_first_line_is_its_only_field_of_transport_is_found(read):
    returned = b"Received: by a\nFrom: a@example.org\nTo: b@example.net\n\nhello\n"

    assert read(b"Subject: x\n\n" + returned).paths == ["1", "1/inline"]
