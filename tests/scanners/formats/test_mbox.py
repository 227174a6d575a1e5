"""Where one message of a mailbox ends and the next begins."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Limits
from pratique.scanners.formats.mbox import Mbox
from pratique.scanners.part import Part

FROM = b"From ann@example.org Mon Mar  2 09:00:00 2026\n"
A, B = b"Subject: a\n\nhello\n", b"Subject: b\n\nworld\n"


@pytest.mark.parametrize(
    "octets",
    [
        FROM + A + b"\n" + FROM + B,
        b"From a\n" + A + b"\nFrom b\n" + B,
        b"\n\n" + FROM + A + FROM + B,
        (FROM + A + b"\n" + FROM + B).replace(b"\n", b"\r\n"),
        b"\1\1\1\1\n" + A + b"\1\1\1\1\n\1\1\1\1\n" + B + b"\1\1\1\1\n",
    ],
    ids=["rfc 4155", "no date", "no empty line", "crlf", "mmdf"],
)
def test_each_message_is_given(octets, open_with):
    opened = open_with(Mbox(), octets)

    assert [one.strip().replace(b"\r", b"") for one in opened.octets] == [A.strip(), B.strip()]
    assert {member.declared_type for member in opened.members} == {"message/rfc822"}
    assert {member.view for member in opened.members} == {"standard"}


def test_uw_imap_says_how_long_a_message_is(open_with):
    line = b" 2-Mar-2026 09:00:00 +0000,%d;000000000000-00000000\r\n"
    octets = b"*mbx*\r\n".ljust(2048, b"\0") + line % len(A) + A + line % len(B) + B
    assert open_with(Mbox(), octets).octets == [A, B]


@pytest.mark.parametrize("line", [b"From here on we sail.\n", b">From ann\n", b"From: b\n"])
def test_a_line_of_a_letter_is_no_separator(line, open_with):
    opened = open_with(Mbox(), FROM + A + b"\n" + line + b"hello\n")
    assert len(opened.members) == 1


def test_a_length_that_reaches_over_a_separator_is_a_reading_of_its_own(open_with):
    body = b"hello\n\nFrom here\nno: field\n"
    head = b"Subject: a\nContent-Length: %d\n\n" % len(body)
    opened = open_with(Mbox(), FROM + head + body + b"\n" + FROM + B)

    assert head + body in opened.octets
    assert [member.view for member in opened.members] == [
        "standard",
        "further",
        "standard",
        "standard",
    ]


@pytest.mark.parametrize("length", [b"5", b"999999", b"x"])
def test_a_length_that_lies_is_no_reading(length, open_with):
    octets = FROM + b"Content-Length: " + length + b"\n\nhello\n\n" + FROM + B
    assert len(open_with(Mbox(), octets).members) == 2


def test_an_attached_message_may_have_others_behind_it(open_with):
    octets = FROM + A + b"\n" + FROM + B
    inner = facts.Part(type="message/rfc822", kind="message", parent=0)
    outer = facts.Part(type="message/rfc822", kind="message", parent=-1)

    assert Mbox().recognize(Part(inner, memoryview(octets))) == "within"
    assert Mbox().recognize(Part(inner, memoryview(FROM + A))) == ""
    assert Mbox().recognize(Part(outer, memoryview(octets))) == ""


@pytest.mark.parametrize(("messages", "unopened"), [(3, ""), (4, "over_budget")])
def test_no_more_messages_than_parts_are_given(messages, unopened, open_with):
    opened = open_with(Mbox(), (FROM + A + b"\n") * messages, Limits(parts=3))
    assert (len(opened.members), opened.known.unopened) == (3, unopened)
