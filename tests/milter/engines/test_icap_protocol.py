"""ICAP without a wire: what is asked, and what comes next, octet by octet."""

from urllib.parse import urlsplit

import pytest

from pratique.milter.engines import icap_protocol as protocol
from pratique.milter.engines.icap_protocol import Answered, Incoming, Options, Step
from pratique.milter.engines.troubles import NoAnswer
from pratique.milter.engines.web_heads import head_of

URL = urlsplit("icap://scan.example:1344/av?mode=1")


def options(fields):
    return protocol.options_of(head_of(b"ICAP/1.0 200 OK\r\n" + fields + b"\r\n"))


@pytest.mark.parametrize(
    ("fields", "meant"),
    [
        (b"", Options()),
        (b"Methods: RESPMOD, REQMOD\r\nAllow: 204\r\n", Options(allows_204=True)),
        (b'ISTag: "a b"\r\nService: S\r\nServer: T\r\n', Options(istag="a b", service="S")),
        (b"ISTag: bare\r\nServer: T\r\n", Options(istag="bare", service="T")),
        (b"Preview: 0\r\n", Options(preview=0)),
        (b"Preview: 65537\r\n", Options(preview=65536)),
        (b"Preview: 1024\r\nTransfer-Preview: *\r\n", Options(preview=1024)),
        (b"Preview: 1024\r\nTransfer-Complete: *\r\n", Options()),
        (b"Preview: 1024\r\nTransfer-Complete: exe\r\n", Options(preview=1024)),
        (b"Max-Connections: 20\r\n", Options(connections=20)),
        (b"Options-TTL: 3600\r\n", Options(seconds=60.0)),
        (b"Options-TTL: 10\r\n", Options(seconds=10.0)),
        (b"Options-TTL: 0\r\n", Options(seconds=5.0)),
    ],
)
def test_options_are_what_a_server_says_of_itself(fields, meant):
    assert options(fields) == meant


@pytest.mark.parametrize("fields", [b"Methods: REQMOD\r\n", b"Preview: x\r\n"])
def test_options_that_are_of_no_use_are_none(fields):
    with pytest.raises(NoAnswer):
        options(fields)


def test_a_request_says_where_each_part_of_it_begins():
    asked = protocol.request(URL, Options(preview=10, allows_204=True), 7).decode()
    head, _, rest = asked.partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[0] == "RESPMOD icap://scan.example:1344/av?mode=1 ICAP/1.0"
    assert {"Host: scan.example:1344", "Allow: 204", "Preview: 10"} <= set(lines)
    places = dict(one.split("=") for one in lines[-1].removeprefix("Encapsulated: ").split(", "))
    at, body = int(places["res-hdr"]), int(places["res-body"])
    assert (places["req-hdr"], len(rest)) == ("0", body)
    assert rest[:at].startswith("GET http://scan.example/content HTTP/1.1\r\n")
    assert rest[at:].startswith("HTTP/1.1 200 OK\r\n")
    assert "Content-Length: 7\r\n" in rest[at:]


def test_the_request_within_names_an_ipv6_host_in_brackets():
    asked = protocol.request(urlsplit("icap://[2001:db8::1]:13/av"), Options(), 7).decode()
    places = asked.partition("Encapsulated: ")[2].split("\r\n")[0]
    inner = asked.partition("\r\n\r\n")[2]
    assert inner.startswith(
        "GET http://[2001:db8::1]/content HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\nHTTP/1.1 200"
    )
    assert f"res-hdr={inner.index('HTTP/1.1 200')}," in places


def test_what_is_not_offered_is_not_asked_for():
    asked = protocol.request(URL, Options(), 7)
    assert b"Preview" not in asked
    assert b"Allow" not in asked
    assert b"Encapsulated: null-body=0\r\n\r\n" in protocol.options_request(URL)


def test_pieces_become_chunks():
    assert b"".join(protocol.chunked(iter([b"a" * 17, b"b"]))) == (
        b"11\r\n" + b"a" * 17 + b"\r\n1\r\nb\r\n0\r\n\r\n"
    )
    assert b"".join(protocol.chunked(iter([]), protocol.IEOF)) == b"0; ieof\r\n\r\n"


WHOLE = (
    b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=26\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nA: 123\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
).replace(b"=26", b"=27")


@pytest.mark.parametrize("step", [1, 2, 5, 1000])
def test_events_come_in_their_order_however_the_octets_do(step):
    incoming, events = Incoming(may_continue=True), []
    octets = b"ICAP/1.0 100 Continue\r\n\r\n" + WHOLE
    for at in range(0, len(octets), step):
        incoming.receive(octets[at : at + step])
        while (event := incoming.next_event()) is not Step.NEED:
            events.append(event)
            if event is Step.ENDED:
                break
    first, answered, *body = events
    assert first is Step.CONTINUE
    assert isinstance(answered, Answered)
    assert (answered.icap.status, answered.http.get("a")) == (200, "123")
    assert (b"".join(body[:-1]), body[-1]) == (b"hello", Step.ENDED)
    assert (incoming.has_ended, incoming.rest) == (True, b"")


@pytest.mark.parametrize(
    ("places", "octets", "status"),
    [
        (b"", b"", None),
        (b"Encapsulated: null-body=0\r\n", b"", None),
        (b"Encapsulated: res-body=0\r\n", b"0\r\n\r\n", None),
        (b"encapsulated: Res-Hdr=0,null-body=19\r\n", b"HTTP/1.1 403 N\r\n\r\n", 403),
    ],
)
def test_an_answer_may_have_a_head_a_body_both_or_none(places, octets, status):
    incoming = Incoming()
    places = places.replace(b"=19", b"=%d" % len(octets))
    incoming.receive(b"ICAP/1.0 200 OK\r\n" + places + b"\r\n" + octets)
    answered = incoming.next_event()
    assert (answered.http and answered.http.status) == status
    assert incoming.next_event() is Step.ENDED


def test_what_follows_the_end_stays_there():
    incoming = Incoming(may_204=True)
    incoming.receive(b"ICAP/1.0 204 No\r\n\r\nmore")
    assert incoming.next_event().icap.status == 204
    assert (incoming.has_ended, incoming.rest) == (True, b"more")


def test_behind_the_preview_204_is_another_matter():
    incoming = Incoming(may_continue=True, may_204=True)
    incoming.receive(b"ICAP/1.0 100 Continue\r\n\r\n")
    assert (incoming.next_event(), incoming.begun) == (Step.CONTINUE, False)
    incoming.allow_204(allowed=False)
    incoming.receive(b"ICAP/1.0 204 No\r\n\r\n")
    with pytest.raises(NoAnswer, match="not allowed"):
        incoming.next_event()
