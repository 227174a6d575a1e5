"""What is announced: what can be passed through, and never more."""

from dataclasses import replace

import pytest

from pratique.milter.doors.smtp import greeting
from pratique.milter.doors.smtp.peer import Peer

ALL = {"8BITMIME", "SMTPUTF8", "DSN"}


@pytest.mark.parametrize(
    ("reply", "of_next_hop", "announced"),
    [
        ("sender", {"PIPELINING", "DSN", "8BITMIME", "SMTPUTF8", "CHUNKING"}, ALL),
        ("sender", {"PIPELINING", "8BITMIME"}, {"8BITMIME"}),
        ("sender", {"PIPELINING", "DSN"}, {"DSN"}),
        ("sender", {"PIPELINING"}, set()),
        ("sender", set(), {"8BITMIME", "SMTPUTF8"}),
        ("queue", {"PIPELINING"}, ALL),
        ("queue", set(), ALL),
    ],
)
def test_what_is_passed_through(settings, reply, of_next_hop, announced):
    settings = replace(settings, reply=reply)
    through = greeting.passed_through(settings, of_next_hop)
    assert through == announced
    said = set(greeting.offered(settings, Peer("192.0.2.1", settings), through).lines)
    assert said & ALL == announced
    assert "CHUNKING" not in said


def test_what_a_peer_may_say_is_announced_to_it_alone(settings, loopback):
    settings = replace(settings, xforward_from=loopback, xclient_from=loopback)
    listed, stranger = (
        " ".join(greeting.offered(settings, Peer(ip, settings), ()).lines)
        for ip in ("127.0.0.1", "192.0.2.1")
    )
    assert "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE" in listed
    assert "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT" in listed
    assert "XFORWARD" not in stranger
    assert "XCLIENT" not in stranger


def test_the_banner_says_which_protocol_is_spoken(settings):
    assert str(greeting.banner(settings)) == "220 mx.corp.example ESMTP"
    assert str(greeting.banner(replace(settings, lmtp=True))) == "220 mx.corp.example LMTP"
    assert str(greeting.hello(settings)) == "250 mx.corp.example"


@pytest.mark.parametrize(
    ("greeted", "utf8", "name"),
    [
        ("SMTP", False, "SMTP"),
        ("ESMTP", False, "ESMTP"),
        ("ESMTP", True, "UTF8SMTP"),
        ("LMTP", False, "LMTP"),
        ("LMTP", True, "UTF8LMTP"),
    ],
)
def test_a_protocol_has_the_name_that_the_trace_field_gives_it(greeted, utf8, name):
    assert greeting.protocol(greeted, utf8=utf8) == name
