"""What a bounce says of the mail that it answers, wherever and however it says it."""

import time

import pytest

from pratique.scanners.bounces import quoted
from pratique.scanners.bounces.outline import STATUS_OCTETS
from pratique.scanners.bounces.quoted import (
    ADDRESSES,
    FAILED,
    MESSAGE_IDS,
    PLACES,
    RECIPIENTS,
    WATERMARKS,
)

HEAD = b"From: mailer-daemon@mx.example\nTo: ann@example.org\nMessage-ID: <own@mx.example>\n"


@pytest.fixture
def ids(gather):
    def found(octets):
        known = gather(octets)
        return quoted.message_ids(known.outline, known.header, list(known.outline.heads))

    return found


@pytest.mark.parametrize(
    "text",
    [
        b"Message-ID: <x@y.example>",
        b"message-id:<x@y.example>",
        b"Message-Id:   <x@y.example> (added by relay)",
        b"> Message-ID: <x@y.example>",
        b">>  Message-ID: <x@y.example>",
        b"\tMessage-ID: <x@y.example>",
        b"| Message-ID: <x@y.example>",
        b"X-Original-Message-ID: <x@y.example>",
        b"Original-Message-Id: <x@y.example>",
        b"Message-ID: x@y.example",
        b"Message-ID:\n <x@y.example>",
        b"Received: unfolded\nby relay\nMessage-ID: <x@y.example>",
        b"a line\rMessage-ID: <x@y.example>",
    ],
)
def test_a_message_id_in_the_text_is_found(text, ids):
    assert ids(HEAD + b"\nIt failed:\n" + text + b"\n") == ["<x@y.example>"]


@pytest.mark.parametrize(
    "text",
    [
        b"The field Message-ID: <x@y.example> is missing",
        b"Message-IDs: <x@y.example>",
        b"Message-ID: ",
        b"Message-ID: none",
        b"Message-ID: <x y>",
        b"",
    ],
)
def test_what_is_no_field_is_none(text, ids):
    assert ids(HEAD + b"\nIt failed:\n" + text + b"\n") == []


def test_a_message_id_in_a_page_is_found(ids):
    head = HEAD + b"Content-Type: text/html\n\n<html><pre>Received: x<br>"
    page = (
        b"<b>Message-ID</b> <p>Message-ID: &lt;x@y.example&gt;<br>Message-ID: <z@y.example></html>"
    )
    assert ids(head + page) == ["<x@y.example>", "<z@y.example>"]


def test_the_returned_part_comes_first_and_each_id_once(ids, bounces):
    text = b"\nMessage-ID: <other@y.example>\nMessage-ID: <original@example.org>\n"
    found = ids(bounces.report(text, bounces.status, bounces.returned))
    assert found == ["<original@example.org>", "<other@y.example>"]


@pytest.mark.parametrize(
    "field",
    [
        b"X-Original-Message-ID: <x@y.example>\n",
        b"In-Reply-To: <x@y.example>\n",
        b"In-Reply-To: your mail <x@y.example>\n",
        b"References: <first@y.example>\n <x@y.example>\n",
    ],
)
def test_the_bounces_own_header_may_name_what_it_answers(field, ids):
    assert ids(HEAD + field + b"\nIt failed.\n") == ["<x@y.example>"]


@pytest.mark.parametrize(
    ("count", "kept"), [(MESSAGE_IDS, MESSAGE_IDS), (MESSAGE_IDS + 1, MESSAGE_IDS)]
)
def test_so_many_ids_are_kept(count, kept, ids):
    lines = b"".join(b"Message-ID: <%d@y.example>\n" % number for number in range(count))
    assert len(ids(HEAD + b"\n" + lines)) == kept


@pytest.mark.parametrize(("words", "found"), [(PLACES - 1, 1), (PLACES, 0)])
def test_so_many_places_are_looked_at(words, found, ids):
    text = b"a Message-ID\n" * words + b"Message-ID: <x@y.example>\n"
    assert len(ids(HEAD + b"\n" + text)) == found


@pytest.mark.parametrize(("length", "found"), [(990, 1), (991, 0)])
def test_a_message_id_is_as_long_as_a_line(length, found, ids):
    assert len(ids(HEAD + b"\nMessage-ID: <" + b"x" * length + b">\n")) == found


@pytest.fixture
def failed(gather):
    def found(octets):
        known = gather(octets)
        named = quoted.failed_recipients(known.outline, known.header, {"ann@example.org"})
        return next(iter(named), "")

    return found


@pytest.fixture
def all_failed(gather):
    def found(octets):
        known = gather(octets)
        return quoted.failed_recipients(known.outline, known.header, {"ann@example.org"})

    return found


def test_who_failed_is_said_by_the_status_part(failed, bounces):
    assert failed(bounces.report()) == "gone@there.example"


@pytest.mark.parametrize(
    ("octets", "address"),
    [
        (b"X-Failed-Recipients: gone@there.example, x@y.example\n\nhello", "gone@there.example"),
        (b"\n<gone@there.example>: unknown user", "gone@there.example"),
        (b"\nann@example.org wrote to gone@there.example.", "gone@there.example"),
        (b"\nANN@Example.org wrote to @ and to root@localhost", ""),
        (b"\nnobody failed", ""),
    ],
)
def test_who_failed_is_looked_for_everywhere(octets, address, failed):
    assert failed(HEAD + octets) == address


def test_all_who_failed_are_told_the_surest_first_and_each_once(all_failed, bounces):
    status = bounces.status + b"\nFinal-Recipient: rfc822; two@there.example\n"
    text = b"\nI could not deliver to <gone@there.example>, forwarded from <gone@here.example>\n"
    octets = bounces.report(text, status)
    assert all_failed(octets) == ["gone@there.example", "two@there.example", "gone@here.example"]


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_of_them_are_told(more, all_failed):
    text = b"\n".join(b"<x%d@y.example>" % number for number in range(FAILED + more))
    assert len(all_failed(HEAD + b"\n" + text)) == FAILED


@pytest.mark.parametrize("more", [0, 1])
def test_more_recipients_than_are_looked_at_are_known_to_be_more(more, gather, bounces):
    group = b"\nFinal-Recipient: rfc822; x@y.example\nAction: failed\n"
    status = b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; a\n"
    octets = bounces.report(bounces.text, status + group * (RECIPIENTS + more))
    assert quoted.has_many_recipients(gather(octets).outline) is bool(more)


@pytest.mark.parametrize("more", [-1, 0])
def test_a_status_part_that_is_cut_off_may_have_more(more, gather, bounces):
    status = b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; a\n"
    filled = status + b"X" * (STATUS_OCTETS - len(b"Reporting-MTA: dns; a\n") + more)
    known = gather(bounces.report(bounces.text, filled))
    assert quoted.has_many_recipients(known.outline) is (more == 0)


@pytest.fixture
def marks(gather):
    def found(octets):
        known = gather(octets)
        return quoted.watermarks(known.outline, list(known.outline.heads))

    return found


MARK = b"2-20779-abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    "written",
    [
        b"X-Pratique-Watermark: " + MARK,
        b"x-pratique-watermark:" + MARK,
        b"    X-PRATIQUE-Watermark :\n     " + MARK,
        b"> X-Pratique-Watermark:\r\n>  " + MARK,
        b"X-Pratique-Watermark: " + MARK[:12] + b"\n  " + MARK[12:],
        b"> X-Pratique-Watermark: " + MARK[:12] + b"\n>  " + MARK[12:],
        b"X-Pratique-Watermark: " + MARK.upper(),
    ],
)
def test_a_mark_in_the_text_is_found(written, marks):
    assert marks(HEAD + b"\nIt failed:\n" + written + b"\n") == [MARK.decode()]


def test_a_mark_in_what_is_returned_is_found(marks, bounces):
    header = b"X-Pratique-Watermark: " + MARK + b"\n" + bounces.header
    returned = b"Content-Type: text/rfc822-headers\n\n" + header
    assert marks(bounces.report(bounces.text, bounces.status, returned)) == [MARK.decode()]


@pytest.mark.parametrize(
    "written",
    [
        b"", b"X-Pratique-Watermark:", b"X-Watermark: " + MARK,
        b"X-Pratique-Watermark: " + MARK + b"a", b"X-Pratique-Watermark: " + MARK[:-1],
        b"X-Pratique-Watermark: 20480:a83e6b1fbc7ae37c09a91594",
    ],
)  # fmt: skip
def test_what_is_no_mark_is_none(written, marks):
    assert marks(HEAD + b"\nIt failed:\n" + written + b"\n") == []


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_marks_are_kept(more, marks):
    many = b"".join(
        b"X-Pratique-Watermark: 2-2077%d-abcdefghijklmnopqrstuvwxyz\n" % number
        for number in range(WATERMARKS + more)
    )
    assert len(marks(HEAD + b"\n" + many)) == WATERMARKS


@pytest.mark.parametrize(("own", "found"), [(ADDRESSES - 1, True), (ADDRESSES, False)])
def test_so_many_addresses_are_looked_at(own, found, failed):
    text = b"ann@example.org\n" * own + b"gone@there.example\n"
    assert bool(failed(HEAD + b"\n" + text)) is found


@pytest.mark.parametrize(("signs", "found"), [(ADDRESSES - 1, True), (ADDRESSES, False)])
def test_what_is_no_address_counts_as_one(signs, found, failed):
    text = b" @a" * signs + b" gone@there.example\n"
    assert bool(failed(HEAD + b"\n" + text)) is found


def test_who_reports_is_believed_only_with_whom_it_is_about(gather, bounces):
    alone = b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n"
    assert quoted.reporters(gather(bounces.report()).outline) == "dns; mx.example"
    assert quoted.reporters(gather(bounces.report(bounces.text, alone)).outline) == ""


@pytest.mark.parametrize(
    ("octets", "page_only"),
    [
        (b"Content-Type: text/html\n\n<html>x", True),
        (b"Content-Type: text/html\n\nno page by its octets", True),
        (b"\nhello", False),
        (b"\n\n", False),
    ],
)
def test_a_page_alone_is_known(octets, page_only, gather):
    known = gather(HEAD + octets)
    assert quoted.is_page_only(known.outline, known.header) is page_only


def test_a_page_beside_a_text_is_not_alone_and_beside_an_empty_one_is(gather, bounces):
    page, empty = b"Content-Type: text/html\n\n<html>x", b"Content-Type: text/plain\n\n \n"
    both = gather(bounces.multipart(bounces.text, page, type_=b"alternative"))
    bare = gather(bounces.multipart(empty, page, type_=b"alternative"))
    assert not quoted.is_page_only(both.outline, both.header)
    assert quoted.is_page_only(bare.outline, bare.header)


@pytest.mark.parametrize(
    "piece",
    [
        b"@", b"a" * 64 + b"@", b"@" + b"a." * 100, b"<", b"<a", b"Message-ID:", b"Message-ID: <",
        b"\n \n", b"> ", b"Message-ID:\n ", b"Final-Recipient:", b"\r", b"&lt;",
        b"x-pratique-watermark:",
    ],
)  # fmt: skip
@pytest.mark.parametrize("type_", [b"text/plain", b"text/html", b"message/delivery-status"])
def test_no_text_costs_more_than_its_length(piece, type_, gather, bounces):
    octets = piece * (256 * 1024 // len(piece))
    known = gather(bounces.multipart(b"Content-Type: " + type_ + b"\n\n<html>" + octets, head=HEAD))
    begun = time.process_time()
    quoted.message_ids(known.outline, known.header, list(known.outline.heads))
    quoted.failed_recipients(known.outline, known.header, set())
    quoted.watermarks(known.outline, list(known.outline.heads))
    quoted.reporters(known.outline)
    assert time.process_time() - begun < 1.0
