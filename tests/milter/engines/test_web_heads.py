"""A head and a chunked body are read as they stand, or not at all."""

import pytest

from pratique.milter.engines.troubles import NoAnswer
from pratique.milter.engines.web_heads import (
    MOST_FIELDS,
    MOST_HEAD,
    Chunked,
    head_end,
    head_of,
    written,
)

HEAD = (
    b"ICAP/1.0 200 OK\r\nA: 1\r\nb:2\r\nA:  3 \r\nX-Many: 1\r\n\tfile name\r\n  name\r\n"
    b"Empty:\r\nISTag: \"x\"\r\nCafe: caf\xc3\xa9 \xff\r\n\r\n"
)  # fmt: skip


def test_a_head_is_its_status_and_its_fields():
    head = head_of(HEAD)
    assert (head.protocol, head.status, head.reason) == ("ICAP/1.0", 200, "OK")
    assert head.fields["a"] == [["1"], ["3"]]
    assert head.fields["x-many"] == [["1", "file name", "name"]]
    assert (head.get("b"), head.get("empty"), head.get("none")) == ("2", "", "")
    assert head.get("x-many") == "1 file name name"
    assert head.get("cafe") == "café \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        (b"HTTP/1.1 204", 204, ""),
        (b"HTTP/1.0 403 Not for you", 403, "Not for you"),
        (b"ICAP/1.0 100 Continue", 100, "Continue"),
    ],
)
def test_a_status_line_may_have_any_reason(line, status, reason):
    head = head_of(line + b"\r\n\r\n")
    assert (head.status, head.reason) == (status, reason)


@pytest.mark.parametrize(
    "octets",
    [
        b"", b"OK", b"HTTP/2 200 OK", b"HTTP/1.1 20 OK", b"HTTP/1.1 2000 OK", b"HTTP/1.1  200 OK",
        b"HTTP/1.1 099 OK", b"SIP/1.0 200 OK", b"HTTP/1.1 200 O\x00K", b"HTTP/1.1 200 OK\nA: 1",
        b"HTTP/1.1 200 OK\r\n A: 1", b"HTTP/1.1 200 OK\r\nA", b"HTTP/1.1 200 OK\r\n: 1",
        b"HTTP/1.1 200 OK\r\nA b: 1", b"HTTP/1.1 200 OK\r\nA: 1\x00", b"HTTP/1.1 200 OK\r\nA: 1\n2",
        b"HTTP/1.1 200 OK\r\nA: 1\r\n\x0b2",
    ],
)  # fmt: skip
def test_what_is_no_head_is_no_answer(octets):
    with pytest.raises(NoAnswer):
        head_of(octets + b"\r\n\r\n")


def test_a_head_has_so_many_lines_and_octets():
    head_of(b"HTTP/1.1 200 OK\r\n" + b"A: 1\r\n" * MOST_FIELDS + b"\r\n")
    with pytest.raises(NoAnswer, match="200 lines"):
        head_of(b"HTTP/1.1 200 OK\r\n" + b"A: 1\r\n" * (MOST_FIELDS + 1) + b"\r\n")
    assert head_end(bytearray(b"x" * (MOST_HEAD - 4) + b"\r\n\r\n")) == MOST_HEAD
    assert head_end(bytearray(b"x" * (MOST_HEAD - 1))) == 0
    with pytest.raises(NoAnswer, match="65536 octets"):
        head_end(bytearray(b"x" * (MOST_HEAD - 3) + b"\r\n\r\n"))


@pytest.mark.parametrize(
    ("fields", "number"),
    [(b"", None), (b"N: 7\r\n", 7), (b"N: 7\r\nN: 7\r\n", 7), (b"N: 007\r\n", 7)],
)
def test_a_number_is_one(fields, number):
    assert head_of(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n").number("n") == number


@pytest.mark.parametrize("value", [b"", b"-1", b"1 2", b"0x7", b"7\r\nN: 8", b"1" * 13, b"\xb2"])
def test_what_is_no_number_is_no_answer(value):
    with pytest.raises(NoAnswer):
        head_of(b"HTTP/1.1 200 OK\r\nN: " + value + b"\r\n\r\n").number("n")


def test_words_are_split_at_commas():
    head = head_of(b"HTTP/1.1 200 OK\r\nAllow: 204, 206\r\nallow:  Trailers ,\r\n\r\n")
    assert head.words("allow") == {"204", "206", "trailers"}


BODY = b"5\r\nhello\r\n0003;x=1\r\nyou\r\n0; ieof\r\nX: 1\r\n\r\nrest"


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100])
def test_chunks_are_put_together_however_they_come(step):
    chunked, waiting, found = Chunked(), bytearray(), b""
    for at in range(0, len(BODY), step):
        waiting += BODY[at : at + step]
        found += chunked.feed(waiting)
    assert (found, chunked.ended, bytes(waiting)) == (b"helloyou", True, b"rest")


@pytest.mark.parametrize(
    "octets",
    [b"x\r\n", b"\r\n", b"-1\r\n", b"12345678\r\n", b"5\r\nhellox\r\n", b"5 5\r\n",
     b"5\nhello\n" * 40, b"0" * 300, b"1;" + b"\x00\r\n",
     b"0\r\n" + (b"X: " + b"a" * 200 + b"\r\n") * 50],
)  # fmt: skip
def test_what_is_no_chunk_is_no_answer(octets):
    with pytest.raises(NoAnswer):
        Chunked().feed(bytearray(octets))


@pytest.mark.parametrize(
    ("host", "as_it_stands"),
    [("scan.example", "scan.example"), ("192.0.2.1", "192.0.2.1"), ("::1", "[::1]"), ("", "")],
)
def test_a_host_is_written_as_addresses_have_it(host, as_it_stands):
    assert written(host) == as_it_stands
