"""What goes to spamd and comes back: the envelope in front of the message, points in a table."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.engines.spamd_protocol import (
    MOST_BODY,
    MOST_HEAD,
    Incoming,
    preamble,
    request,
    said_of,
)
from pratique.milter.engines.troubles import Away, NoAnswer
from pratique.milter.mail import Client, Envelope, Forward

ENVELOPE = Envelope(
    "Q1",
    datetime(2026, 11, 22, 10, tzinfo=UTC),
    reverse_path="bad@evil.example",
    recipients=(Forward("a@own.example"), Forward("b@own.example")),
    client=Client("192.0.2.7", "name.example", "helo.example"),
)
EVIL = "x\r\nX-Evil: y\r\n\r\nz"
REPORT = """\
Spam detection software, running on the system "mx",
has NOT identified this incoming email as spam.

Content preview:  {preview}

Content analysis details:   (2.3 points, 5.0 required)

 pts rule name              description
---- ---------------------- --------------------------------------------------
 1.3 RCVD_ILLEGAL_IP        Received: contains illegal IP address
-0.0 NO_RELAYS              Informational: message was not relayed via SMTP
 1.0 HEADER_FROM_DIFFERENT_DOMAINS From and EnvelopeFrom 2nd level mail
                            domains are different
1000 GTUBE                  BODY: Generic Test for Unsolicited Bulk Email
                            [score: 5.0 FAKE]
-100 USER_IN_WELCOMELIST    User is listed in 'welcomelist_from'

"""
ROWS = [
    ("GTUBE", 1000.0), ("USER_IN_WELCOMELIST", -100.0), ("RCVD_ILLEGAL_IP", 1.3),
    ("HEADER_FROM_DIFFERENT_DOMAINS", 1.0), ("NO_RELAYS", 0.0),
]  # fmt: skip


def answer(report=REPORT, spam="False ; 2.3 / 5.0", status="SPAMD/1.1 0 EX_OK", length=None):
    body = report.encode()
    length = len(body) if length is None else length
    return f"{status}\r\nContent-length: {length}\r\nSpam: {spam}\r\n\r\n".encode() + body


def taken(octets, step=100_000):
    incoming = Incoming()
    for place in range(0, len(octets), step):
        assert incoming.answer() is None
        incoming.receive(octets[place : place + step])
    return incoming.answer()


def symbols(said):
    (score,) = said.scores
    return [(one.name, one.value) for one in score.symbols]


def test_a_request_has_a_length_and_perhaps_a_user():
    assert request(7) == b"REPORT SPAMC/1.5\r\nContent-length: 7\r\n\r\n"
    assert request(0, "joe") == b"REPORT SPAMC/1.5\r\nContent-length: 0\r\nUser: joe\r\n\r\n"


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_an_answer_is_taken_in_whatever_pieces_it_comes(step):
    spam, report = taken(answer(), step)
    assert (spam, report) == ("False ; 2.3 / 5.0", REPORT)
    (score,) = said_of(spam, report).scores
    assert (score.engine, score.value, score.threshold) == ("spamassassin", 2.3, 5.0)
    assert symbols(said_of(spam, report)) == ROWS


@pytest.mark.parametrize(
    "preview",
    [
        # As SpamAssassin quotes: its further lines begin with two blanks.
        "x\n  ---- ---------------------- ----------------\n   9.9 FAKE                   x",
        # No line of its own ends at these.
        "x\u2028---- ---------------------- ----------------\u2028 9.9 FAKE                   x",
        "x\x85---- ---------------------- ----------------\x0b 9.9 FAKE                   x",
        "x\r---- ---------------------- ----------------\r 9.9 FAKE                   x",
    ],
)
def test_what_it_quotes_of_a_message_is_no_table(preview):
    assert symbols(said_of("False ; 2.3 / 5.0", REPORT.format(preview=preview))) == ROWS
    above = REPORT.format(preview=preview).partition("Content analysis")[0]
    assert symbols(said_of("False ; 2.3 / 5.0", above)) == []


def test_a_report_without_a_table_has_a_score_all_the_same():
    assert symbols(said_of("True ; 1000.0 / 5.0", "It is spam.\n")) == []


@pytest.mark.parametrize(
    "spam",
    [
        "", "True", "True ; 5.0", "Maybe ; 5.0 / 5.0", "True ; nan / 5.0", "True ; inf / 5.0",
        "True ; 1e308 / 5.0", "True ; 9999999.0 / 5.0", "True ; 5.0 / 9999999.0",
        "True ; 5.0 / -", "True ; 5.0 / 5.0 x", "True ; ٣.0 / 5.0", f"True ; {'9' * 400} / 5.0",
    ],
)  # fmt: skip
def test_what_is_no_score_is_no_answer(spam):
    with pytest.raises(NoAnswer):
        said_of(spam, REPORT)


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 200 OK\r\n", b"SPAMD/2.0 0 EX_OK\r\n", b"SPAMD/1.1 EX_OK\r\n", b"\r\n",
        b"SPAMD/1.0 76 Bad header line: x\r\n", b"SPAMD/1.0 79 Timeout: x\r\n",
        b"SPAMD/1.1 70 EX_SOFTWARE\r\n", b"SPAMD/1.1 0 EX_OK\r\nnonsense\r\n\r\n",
        b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 5.0 / 5.0\r\n\r\n",
        answer(length="x"), answer(length=-1), answer(length=""), answer(length=len(REPORT) - 1),
        answer(length=10**12), answer(length="9" * 13),
        b"SPAMD/1.1 0 EX_OK\r\nX: \x00\r\n\r\n", b"SPAMD/1.1 0 EX_OK\r\n: x\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_answer_is_none(octets):
    with pytest.raises(NoAnswer):
        taken(octets)


@pytest.mark.parametrize("code", [69, 75])
def test_one_that_has_no_room_is_away(code):
    with pytest.raises(Away):
        taken(f"SPAMD/1.0 {code} Service Unavailable: x\r\n".encode())


@pytest.mark.parametrize("octets", [b"", b"SPAMD/1.1 0", answer(length=len(REPORT) + 1)])
def test_one_that_is_not_all_is_waited_for(octets):
    assert taken(octets) is None


def test_an_answer_may_be_so_large():
    assert taken(answer("x" * MOST_BODY)) is not None
    with pytest.raises(NoAnswer):
        taken(answer("x" * (MOST_BODY + 1)))


def head(size):
    start, end = b"SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\n", b"\r\n"
    left = size - len(start + end)
    lengths = [100] * (left // 100 - 1) + [left % 100 + 100]
    fields = b"".join(b"X: " + b"y" * (length - 5) + b"\r\n" for length in lengths)
    return start + fields + end


def test_so_may_its_head():
    assert len(head(MOST_HEAD)) == MOST_HEAD
    assert taken(head(MOST_HEAD)) is not None
    with pytest.raises(NoAnswer):
        taken(head(MOST_HEAD + 1))


def test_the_envelope_stands_in_front_of_the_message():
    assert preamble(ENVELOPE, "mx.example") == (
        b"X-Envelope-From: <bad@evil.example>\r\n"
        b"X-Envelope-To: <a@own.example>\r\n"
        b"X-Envelope-To: <b@own.example>\r\n"
        b"Received: from helo.example (name.example [192.0.2.7])\r\n"
        b" by mx.example with ESMTP id Q1\r\n"
        b" (envelope-from <bad@evil.example>);\r\n"
        b" Sun, 22 Nov 2026 10:00:00 +0000\r\n"
        b"X-Pratique-Id: Q1\r\n"
    )


def test_what_is_unknown_does_not():
    unknown = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC))
    assert preamble(unknown, "mx.example") == b"X-Pratique-Id: Q1\r\n"
    assert preamble(None, "mx.example") == b""
    null = preamble(replace(ENVELOPE, reverse_path=""), "mx.example")
    assert null.startswith(b"X-Envelope-From: <>\r\n")
    assert b"(envelope-from <>)" in null


def test_nothing_in_an_envelope_makes_a_field_of_its_own():
    evil = Envelope(
        EVIL, datetime(2026, 11, 22, tzinfo=UTC), EVIL, (), (Forward(EVIL), Forward(EVIL)),
        Client(EVIL, EVIL, EVIL), EVIL, EVIL, EVIL, protocol=EVIL,
    )  # fmt: skip
    told = preamble(evil, "mx.example").decode().removesuffix("\r\n").split("\r\n")
    names = [each.partition(":")[0] for each in told if not each.startswith(" ")]
    assert names == [
        "X-Envelope-From", "X-Envelope-To", "X-Envelope-To", "Received", "X-Pratique-Id",
    ]  # fmt: skip
    assert "" not in told
