"""The copy in a bounce is found wherever it stands, and what is put into it is read there."""

import base64
import quopri

import pytest

HEADER = (
    b"Received: from a.example by mx.example\nFrom: ann@example.org\nTo: gone@there.example\n"
    b"Message-ID: <original@example.org>\nDate: Mon, 2 Mar 2026 09:00:00 +0900\n"
)
EIGHT = b"".join(b"X-%d: y\n\tz\n" % number for number in range(8))
TOP = b"To: Ann <ann@example.org>\nSubject: Returned mail\n"
MARK = b"X-Pratique-Watermark: 1-2-x\r\n"


@pytest.fixture(scope="module")
def copies(bench):
    return bench("returned_copies")


def encoded(octets, encoding):
    if encoding == "base64":
        octets = base64.encodebytes(octets)
    elif encoding:
        octets = quopri.encodestring(octets)
    return TOP + b"Content-Transfer-Encoding: " + (encoding or "7bit").encode() + b"\n\n" + octets


@pytest.mark.parametrize("encoding", ["", "base64", "quoted-printable"])
@pytest.mark.parametrize("prefix", [b"", b"> ", b"    "])
def test_a_copy_is_found_by_its_message_id_and_stamped_below_it(copies, encoding, prefix):
    quoted = b"".join(prefix + line for line in HEADER.splitlines(keepends=True))
    sample = copies.read(encoded(b"Sorry = no.\n\n" + quoted + b"\nhello\n", encoding))
    assert sample.copy.message_id == b"<original@example.org>"
    assert sample.reverse_path == "ann@example.org"
    assert set(sample.recipients) == {"gone@there.example"}
    again = copies.read(copies.stamped(sample, MARK)).copy
    line = prefix + b"Message-ID: <original@example.org>\n"
    assert again.text == sample.copy.text.replace(line, line + prefix + MARK.rstrip() + b"\n")


def test_a_copy_without_a_message_id_is_found_by_eight_fields_and_stamped_above_them(copies):
    octets = TOP + b"\nSorry.\n\n" + EIGHT + b"\nhello\n"
    sample = copies.read(octets)
    assert sample.copy.message_id == b""
    fields = b"Message-ID: <new@example.org>\r\n" + MARK
    assert copies.stamped(sample, fields) == octets.replace(
        EIGHT, fields.replace(b"\r", b"") + EIGHT
    )


@pytest.mark.parametrize(
    "body", [b"Sorry.\n", EIGHT.partition(b"X-7")[0], b"&lt;a@b.example&gt;\n", b""]
)
def test_nothing_is_returned_where_less_stands(copies, body):
    sample = copies.read(TOP + b"\n" + body)
    assert sample.copy is None
    assert copies.stamped(sample, MARK) == sample.octets


@pytest.mark.parametrize("prefix", [b"", b" | "])
def test_the_original_is_the_header_that_came_back(copies, prefix):
    quoted = b"".join(prefix + line for line in (HEADER + EIGHT).splitlines(keepends=True))
    sample = copies.read(TOP + b"\nSorry.\n\n" + quoted + b"\nhello\n")
    header, _, body = copies.original(sample).partition(b"\r\n\r\n")
    assert header.replace(b"\r\n", b"\n") + b"\n" == HEADER + EIGHT
    assert body == b"hello\r\n"


def test_without_a_copy_the_original_has_nobody_but_these_two(copies):
    octets = copies.original(copies.read(TOP + b"\nNo gone@there.example here.\n"))
    assert octets.startswith(b"From: ann@example.org\r\nTo: gone@there.example\r\n")
