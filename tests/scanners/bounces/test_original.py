"""What a bounce says of the message that it answers."""

import hashlib
from datetime import UTC, datetime

import pytest

from pratique.scanners.bounces import original
from pratique.scanners.bounces.outline import HEAD_OCTETS
from pratique.scanners.bounces.quoted import MESSAGE_IDS

SIGNATURE = b"DKIM-Signature: v=1; h=from:to:date\n"
HEAD = b"From: MAILER-DAEMON@mx.example\nSubject: Returned mail\n"


@pytest.fixture
def read(gather):
    def said(octets):
        known = gather(octets)
        roots = list(known.outline.heads)
        return original.read(known.outline, known.header, roots, {"mailer-daemon@mx.example"})

    return said


def test_all_that_a_report_says_is_told(read, bounces):
    said = read(bounces.report())
    assert list(said.message_ids) == ["<original@example.org>"]
    assert list(said.failed) == ["gone@there.example"]
    assert said.reporter == "mx.example"
    assert said.date.ToDatetime(UTC) == datetime(2026, 3, 2, tzinfo=UTC)
    assert list(said.authors) == ["ann@example.org"]
    assert list(said.recipients) == ["gone@there.example"]
    assert list(said.received_by) == ["mx.example"]
    assert said.header_fields == 5
    assert not said.signatures
    assert not said.watermarks


def test_a_header_in_the_text_is_one_too(read, bounces):
    text = b"\n--- Below this line is a copy of the message.\n\n" + bounces.header + b"\nhello\n"
    said = read(HEAD + text)
    assert list(said.message_ids) == ["<original@example.org>"]
    assert list(said.authors) == ["ann@example.org"]


def test_where_nothing_is_returned_nothing_of_it_is_said(read):
    said = read(HEAD + b"\n<gone@there.example>: unknown user\n")
    assert list(said.failed) == ["gone@there.example"]
    assert not said.authors
    assert not said.HasField("date")
    assert said.header_fields == 0


@pytest.mark.parametrize(
    ("written", "host"),
    [
        (b"dns; mx.example", "mx.example"),
        (b"DNS;MX.Example.", "mx.example"),
        (b"mx.example", "mx.example"),
        (b"dns; ", ""),
        (b"dns; a b", ""),
        (b"x-local; \xff", ""),
    ],
)
def test_the_reporter_is_a_host(read, bounces, written, host):
    status = bounces.status.replace(b"dns; mx.example", written)
    assert read(bounces.report(bounces.text, status)).reporter == host


def returned(bounces, *more, header=b""):
    part = b"Content-Type: text/rfc822-headers\n\n" + b"".join(more) + (header or bounces.header)
    return bounces.report(bounces.text, bounces.status, part)


@pytest.mark.parametrize(
    ("by", "host"),
    [
        (b"from a by MX.Example (Postfix) with ESMTP id 1", ["mx.example"]),
        (b"from a (by b.example) by [192.0.2.1]", ["192.0.2.1"]),
        (b"by mx.example", ["mx.example"]),
        (b"from standby mx.example", []),
        (b"", []),
    ],
)
def test_hosts_that_took_it_are_told(read, bounces, by, host):
    header = bounces.header.replace(b"from a.example by mx.example", by)
    assert list(read(returned(bounces, header=header)).received_by) == host


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"Received: from a by mx%d.example\n", ("received_by", original.HOSTS)),
        (b"DKIM-Signature: h=from:to:date; s=%d\n", ("signatures", original.SIGNATURES)),
    ],
)
def test_so_many_fields_are_told(read, bounces, line, told, more):
    place, most = told
    many = b"".join(line % number for number in range(most + more))
    bare = bounces.header.split(b"\n", 1)[1]
    assert len(getattr(read(returned(bounces, many, header=bare)), place)) == most


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize(
    ("name", "told"),
    [(b"From", ("authors", original.AUTHORS)), (b"To", ("recipients", original.RECIPIENTS))],
)
def test_so_many_addresses_are_told(read, bounces, name, told, more):
    place, most = told
    many = b", ".join(b"a%d@b.example" % number for number in range(most + more))
    header = b"Received: x\nMessage-ID: <a@b>\nSubject: y\n" + name + b": " + many + b"\n"
    assert len(getattr(read(returned(bounces, header=header)), place)) == most


def test_a_signature_is_told_with_the_hash_of_what_it_signs(read, bounces):
    bare = b"v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=k; h=from:to:date; bh=AA==; b="
    said = read(returned(bounces, b"DKIM-Signature: " + bare + b"AAAA\n"))
    signed = b"from:ann@example.org\r\nto:gone@there.example\r\n"
    signed += b"date:Mon, 02 Mar 2026 09:00:00 +0900\r\ndkim-signature:" + bare
    (one,) = said.signatures
    assert (one.domain, one.problem, one.body_ok) == ("example.org", "", False)
    assert one.signed_sha256 == hashlib.sha256(signed).digest()


@pytest.mark.parametrize(
    ("more", "count"),
    [(b"X: y\n", 1), (b"To: x@y.example\n", 0), (b"Cc: x@y.example\n", 0), (b"Date: x\n", 0)],
)
def test_a_signature_that_does_not_cover_who_and_when_is_left_out(read, bounces, more, count):
    assert len(read(returned(bounces, SIGNATURE, more)).signatures) == count


def test_a_header_that_is_cut_off_has_no_signature(read, bounces):
    long = SIGNATURE + bounces.header
    short = returned(bounces, header=long)
    assert len(read(short).signatures) == 1
    whole = returned(bounces, header=long + b"X: " + b"x" * HEAD_OCTETS + b"\n")
    assert not read(whole).signatures


def test_a_date_before_all_dates_is_none(read, bounces):
    header = bounces.header.replace(b"Mon, 02 Mar 2026", b"Mon, 02 Mar 1926")
    assert not read(returned(bounces, header=header)).HasField("date")


def test_another_report_says_what_it_answers_in_its_own_header_only(gather):
    known = gather(
        b"In-Reply-To: <a@b.example>\nReferences: <c@d.example> <a@b.example>\n"
        b"Subject: Auto: x\n\nMessage-ID: <other@b.example>\n"
    )
    assert list(original.answered(known.header).message_ids) == ["<a@b.example>"]


def test_what_answers_nothing_says_nothing(gather):
    assert original.answered(gather(b"Subject: Auto: x\n\nhello\n").header) is None


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        (b"20140913142357", ["<20140913142357>"]),
        (b"<20140913142357>", ["<20140913142357>"]),
        (b"a b c", ["<abc>"]),
        (b"<a@b.example> (added by mx)", ["<a@b.example>"]),
        (b'<"a b"@b.example>', ['<"ab"@b.example>']),
        (b"<>", []),
        (b" ", []),
    ],
)
def test_an_odd_message_id_of_the_returned_header_is_taken_as_it_stands(
    written, ids, read, bounces
):
    octets = bounces.report().replace(b"<original@example.org>", written)
    assert list(read(octets).message_ids) == ids


def test_an_odd_message_id_comes_first_and_no_more_are_told_than_may_be(read, bounces):
    quoted = b"".join(b"Message-ID: <%d@b.example>\n" % number for number in range(5))
    octets = bounces.report().replace(b"<original@example.org>", b"odd", 1)
    head, _, rest = octets.partition(b"\n\n")
    written = list(read(head + b"\n\n" + rest.replace(b"\n\n", b"\n\n" + quoted, 1)).message_ids)
    assert written[0] == "<odd>"
    assert len(written) <= MESSAGE_IDS


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_returned_header_is_read_whatever_ends_its_lines(read, bounces, end):
    part = b"Content-Type: text/rfc822-headers\n\n" + bounces.header.replace(b"\n", end)
    said = read(bounces.report(bounces.text, bounces.status, part))
    assert said.header_fields == 5
    assert list(said.authors) == ["ann@example.org"]
    assert list(said.received_by) == ["mx.example"]
