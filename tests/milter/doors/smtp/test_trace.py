"""The Received field: its shape, and nothing that a client can break out of."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pratique.milter.doors.smtp.trace import received_by, received_field
from pratique.milter.mail import Client, Envelope, Forward

ENVELOPE = Envelope(
    queue_id="ID1",
    received_at=datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC),
    reverse_path="a@b.example",
    recipients=(Forward("b@corp.example"),),
    client=Client("192.0.2.1", "", "helo.example"),
)


def test_it_says_who_sent_what_to_whom_and_when(settings):
    assert received_field(ENVELOPE, settings) == (
        b"Received: from helo.example (unknown [192.0.2.1])\r\n"
        b" by mx.corp.example with ESMTP id ID1\r\n"
        b" for <b@corp.example>;\r\n"
        b" Tue, 4 Mar 2025 05:06:07 +0000\r\n"
    )


@pytest.mark.parametrize(
    ("protocol", "tls", "login", "clause"),
    [
        ("ESMTP", "", "", b"ESMTP"),
        ("ESMTP", "TLSv1.3", "", b"ESMTPS"),
        ("ESMTP", "", "ann", b"ESMTPA"),
        ("UTF8SMTP", "TLSv1.3", "ann", b"UTF8SMTPSA"),
        ("LMTP", "TLSv1.3", "", b"LMTPS"),
        ("SMTP", "", "ann", b"SMTP"),
    ],
)
def test_the_protocol_says_what_protected_it(settings, protocol, tls, login, clause):
    told = replace(ENVELOPE, protocol=protocol, tls=tls, authenticated=login)
    assert b" with " + clause + b" id ID1" in received_field(told, settings)


def test_two_recipients_are_not_told_of_each_other(settings):
    two = replace(ENVELOPE, recipients=(Forward("b@corp.example"), Forward("c@corp.example")))
    assert b" for " not in received_field(two, settings)


@pytest.mark.parametrize("address", ["jörg@corp.example", '"a;b"@corp.example', "a(b"])
def test_a_recipient_that_is_not_plain_is_left_out(settings, address):
    field = received_field(replace(ENVELOPE, recipients=(Forward(address),)), settings)
    assert b" for " not in field
    assert b"id ID1;\r\n" in field


@pytest.mark.parametrize(
    ("client", "origin"),
    [
        (Client(), b"from unknown (unknown)\r\n"),
        (
            Client("2001:db8::1", "a.example", "h"),
            b"from h (a.example [IPv6:2001:db8::1])\r\n",
        ),
        (Client("192.0.2.1", "", "[192.0.2.1]"), b"from [192.0.2.1] (unknown [192.0.2.1])\r\n"),
        (Client("192.0.2.1", "", "a (b) by c;"), b"from a??b??by?c? (unknown [192.0.2.1])\r\n"),
        (Client("192.0.2.1", "x\r\ny", "h\r\nBcc: z"), b"from h??Bcc:?z (x??y [192.0.2.1])\r\n"),
    ],
)
def test_a_client_can_forge_nothing(settings, client, origin):
    field = received_field(replace(ENVELOPE, client=client), settings)
    assert field.startswith(b"Received: " + origin)
    assert len(re.findall(rb"\r\n(?! )", field)) == 1


def test_lines_stay_short_whatever_the_client_calls_itself(settings):
    client = Client("192.0.2.1", "n" * 3000, "h" * 3000)
    lines = received_field(replace(ENVELOPE, client=client), settings).split(b"\r\n")
    assert max(map(len, lines)) < 998


@pytest.mark.parametrize(
    ("minutes", "zone"), [(330, b"+0530"), (-210, b"-0330"), (-480, b"-0800"), (0, b"+0000")]
)
def test_the_date_keeps_its_zone(settings, minutes, zone):
    when = datetime(2025, 12, 31, 23, 59, 1, tzinfo=timezone(timedelta(minutes=minutes)))
    field = received_field(replace(ENVELOPE, received_at=when), settings)
    assert field.endswith(b";\r\n Wed, 31 Dec 2025 23:59:01 " + zone + b"\r\n")


def test_it_can_be_written_in_anothers_name_with_a_comment():
    field = received_by(ENVELOPE, "mx.example", "(envelope-from <a@b.example>)")
    lines = field.split(b"\r\n")
    assert lines[1].startswith(b" by mx.example with ")
    assert b" (envelope-from <a@b.example>)" in field
    assert field.endswith(b" +0000\r\n")


def test_whatever_an_envelope_says_it_is_one_field():
    evil = "x\r\nX-Evil: y"
    told = replace(ENVELOPE, queue_id=evil, protocol=evil, client=Client(evil, evil, evil))
    lines = received_by(told, "mx.example").decode().removesuffix("\r\n").split("\r\n")
    assert [line for line in lines[1:] if not line.startswith(" ")] == []
