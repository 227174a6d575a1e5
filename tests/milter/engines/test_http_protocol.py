"""HTTP without a wire: one request, one answer, its end told in one way."""

from urllib.parse import urlsplit

import pytest

from pratique.milter.engines.http_protocol import MOST_BODY, Incoming, request
from pratique.milter.engines.troubles import NoAnswer

OK = b"HTTP/1.1 200 OK\r\n"


def test_a_request_has_all_it_needs():
    asked = request(urlsplit("https://h:8443/scan?x=1"), 7, {"Authorization": "Bearer x"})
    first, *lines = asked.decode().split("\r\n")
    assert first == "POST /scan?x=1 HTTP/1.1"
    assert {"Host: h:8443", "Content-Length: 7", "Authorization: Bearer x"} <= set(lines)
    assert lines[-2:] == ["", ""]
    assert request(urlsplit("http://h"), 0, {}).startswith(b"POST / HTTP/1.1\r\n")


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize(
    ("octets", "body", "keeps"),
    [
        (OK + b"Content-Length: 5\r\n\r\nhello", b"hello", True),
        (OK + b"content-length: 0\r\n\r\n", b"", True),
        (OK + b"Transfer-Encoding: Chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", b"hello",
         True),
        (OK + b"Connection: Close\r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
        (OK + b"\r\nhello", b"hello", False),
        (b"HTTP/1.1 204 No\r\n\r\n", b"", True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK
         + b"Content-Length: 5\r\n\r\nhello", b"hello", True),
        (OK + b"Content-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello", b"hello", True),
    ],
)  # fmt: skip
def test_an_answer_ends_where_it_says(octets, body, keeps, step):
    incoming = Incoming()
    for at in range(0, len(octets), step):
        incoming.receive(octets[at : at + step])
        answer = incoming.answer()
    if answer is None:
        incoming.receive(b"")
        answer = incoming.answer()
    head, found = answer
    assert (head.status in (200, 204), found, incoming.keeps) == (True, body, keeps)


def test_what_follows_keeps_no_connection():
    incoming = Incoming()
    incoming.receive(OK + b"Content-Length: 5\r\n\r\nhello, and more")
    assert incoming.answer()[1] == b"hello"
    assert not incoming.keeps


@pytest.mark.parametrize(
    "octets",
    [
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Content-Length: -5\r\n\r\n",
        OK + b"Content-Length: %d\r\n\r\n" % (MOST_BODY + 1),
        OK + b"\r\n" + bytes(MOST_BODY + 1),
        OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (MOST_BODY + 1) + bytes(MOST_BODY + 1),
        OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5,
        b"ICAP/1.0 200 OK\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_is_no_answer_is_none(octets):
    incoming = Incoming()
    incoming.receive(octets)
    with pytest.raises(NoAnswer):
        incoming.answer()


def test_an_answer_may_be_so_large():
    incoming = Incoming()
    incoming.receive(OK + b"Content-Length: %d\r\n\r\n" % MOST_BODY + bytes(MOST_BODY))
    assert len(incoming.answer()[1]) == MOST_BODY
