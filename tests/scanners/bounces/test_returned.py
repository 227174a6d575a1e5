"""What a bounce returns stands in its place; whatever only looks returned does not count."""

import binascii
import io
import zipfile

import pytest

from pratique.scanners.bounces import returned
from pratique.scanners.bounces.returned import FIELDS, is_header

TRICKS = (
    "first", "alone", "third", "called a page", "zip in its place", "zip declared a message",
    "zip declared a header", "zip below a header that calls itself a message",
    "file in a header", "message called a zip",
    "message without a header", "zip before the text",
    "report in a report", "beside the report", "uuencoded below a header in the text",
)  # fmt: skip


@pytest.fixture(scope="module")
def archive():
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as made:
        made.writestr("notes.txt", "notes")
    return space.getvalue()


@pytest.fixture
def paths(gather):
    """The paths of what counts as returned."""

    def found(octets):
        known = gather(octets)
        roots = returned.roots(known.outline, known.header.media_type())
        changed = {one.id: one for one in returned.restated(known.outline, roots)}
        parts = [changed.get(one.id, one) for one in known.outline.parts]
        return [one.path for one in parts if one.returned]

    return found


@pytest.fixture
def message(bounces, archive):
    """A returned message with a zip in it."""
    inner = bounces.multipart(bounces.text, bounces.file("a.zip", archive), head=bounces.header)
    return b"Content-Type: message/rfc822\n\n" + inner


def test_the_message_that_a_report_returns_counts_with_all_that_lies_in_it(paths, bounces, message):
    whole = ["3", "3/1", "3/2", "3/2/zip:notes.txt"]
    assert paths(bounces.report(bounces.text, bounces.status, message)) == whole


def test_a_report_without_a_status_part_returns_what_follows_its_text(paths, bounces, message):
    assert paths(bounces.report(bounces.text, message))[0] == "2"


def test_a_bounce_without_a_report_returns_what_follows_its_text(paths, bounces, message):
    assert paths(bounces.multipart(bounces.text, message, head=bounces.daemon))[0] == "2"
    assert paths(bounces.multipart(bounces.text, bounces.headers, head=bounces.daemon)) == ["2"]


def test_a_report_that_a_gateway_wrapped_returns_its_message(paths, bounces, message):
    report = bounces.report(bounces.text, bounces.status, message, head=b"")
    assert paths(bounces.multipart(report, bounces.text, head=bounces.daemon))[0] == "1/3"


def test_a_report_below_a_notice_of_a_gateway_returns_its_message(paths, bounces, message):
    report = bounces.report(bounces.text, bounces.status, message, head=b"")
    assert paths(bounces.multipart(bounces.text, report, head=bounces.daemon))[0] == "2/3"
    signed = bounces.multipart(report, bounces.text, type_=b"signed", head=bounces.daemon)
    assert paths(signed)[0] == "1/3"


def test_servers_differ_in_the_order_of_what_they_send(paths, bounces, message):
    logo = bounces.file("logo.png", b"\x89PNG\r\n\x1a\n", "image/png")
    assert paths(bounces.report(bounces.text, message, bounces.status))[0] == "2"
    assert paths(bounces.report(logo, bounces.text, bounces.status, message))[0] == "4"


def test_two_messages_may_be_returned(paths, bounces):
    two = bounces.report(bounces.text, bounces.status, *[bounces.returned] * 3)
    assert [path for path in paths(two) if "/" not in path] == ["3", "4"]


def test_a_file_of_a_mail_program_is_what_a_gateway_makes_of_a_message(paths, bounces):
    inner = bounces.header + b"\nhello\n"
    saved = bounces.file("original.eml", inner)
    assert paths(bounces.report(bounces.text, bounces.status, saved))[:1] == ["3"]
    assert paths(bounces.report(bounces.text, bounces.status, bounces.file("x.mht", inner))) == []


@pytest.mark.parametrize("type_", [b"text", b"message"])
def test_a_header_alone_counts_by_either_of_its_types(type_, paths, bounces):
    header = b"Content-Type: " + type_ + b"/rfc822-headers\n\n" + bounces.header
    assert paths(bounces.report(bounces.text, bounces.status, header)) == ["3"]


def test_a_message_inline_in_the_text_counts(paths, bounces):
    text = b"Hi. This is the qmail-send program.\n\n--- Below this line is a copy.\n\n"
    assert paths(bounces.daemon + b"\n" + text + bounces.header + b"\nhello\n") == [
        "1/inline",
        "1/inline/1",
    ]


def tricks(bounces, message, archive):
    """What somebody might write to have a zip counted as returned."""
    text, status, head = bounces.text, bounces.status, bounces.daemon
    declared = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
    zipped = declared + bounces.file("a.zip", archive).partition(b"\n\n")[2]
    as_headers = bounces.file("a.zip", archive, "text/rfc822-headers")
    uu = b"\nbegin 644 a.zip\n" + uuencoded(archive) + b"`\nend\n"
    named = message.replace(b"rfc822\n", b'rfc822; name="mail.zip"\n', 1)
    page = message.replace(b"rfc822\n", b'rfc822; name="mail.mht"\n', 1)
    bare = message.replace(bounces.header, b"X: y\n")
    nested = bounces.report(text, status, message, head=b"")
    return {
        "first": bounces.report(message, status, text),
        "alone": bounces.report(message),
        "third": bounces.report(text, status, *[bounces.returned] * 2, message),
        "called a page": bounces.report(text, status, page),
        "zip in its place": bounces.report(text, status, bounces.file("a.zip", archive)),
        "zip declared a message": bounces.report(text, status, zipped),
        "zip declared a header": bounces.report(text, status, as_headers),
        "zip below a header that calls itself a message": bounces.report(
            text,
            status,
            b"Content-Type: message/rfc822-headers\n\n"
            + bounces.header
            + bounces.file("a.zip", archive),
        ),
        "file in a header": bounces.report(text, status, bounces.headers + uu),
        "message called a zip": bounces.report(text, status, named),
        "message without a header": bounces.report(text, status, bare),
        "zip before the text": bounces.multipart(
            bounces.file("a.zip", archive), message, head=head
        ),
        "report in a report": bounces.report(text, nested),
        "beside the report": bounces.multipart(nested, bounces.file("a.zip", archive), head=head),
        "uuencoded below a header in the text": head + b"\nIt failed.\n\n" + bounces.header + uu,
    }


def uuencoded(octets):
    return b"".join(binascii.b2a_uu(octets[at : at + 45]) for at in range(0, len(octets), 45))


@pytest.mark.parametrize("trick", TRICKS)
def test_what_only_looks_returned_does_not_count(trick, see, bounces, message, archive):
    tried = tricks(bounces, message, archive)
    assert set(tried) == set(TRICKS)
    known = see(tried[trick])

    assert known.bounce.claimed
    archives = [one for one in known.parts if one.kind == "archive"]
    assert archives
    assert not all(one.returned for one in archives)


@pytest.mark.parametrize(
    "head",
    [
        b"Received: x\nFrom: a@b\nTo: c@d\n\nhello",
        b"\n\nReceived:from x\nFrom: a@b\nSubject: x\n\n",
        b"From a@b Mon\nReturn-Path: <a@b>\nDate: x\nSubject: y\n\n",
        b"From: a@b\rDate: x\rMessage-ID: <x@y>\r\rhello",
        b"From: a@b\n not folded\nstray line\nDate: x\nMessage-ID: <x@y>\n",
    ],
)
def test_a_header_that_was_in_transport_is_one(head):
    assert is_header(head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\n",
        b"hello",
        b"From: a@b\nTo: c@d\nSubject: x\n\n",
        b"Received: x\nX-A: y\nX-B: z\n\n",
        b"Received: x\nFrom: a@b\n\nTo: c@d\n",
        b"[original message goes here]\n",
    ],
)
def test_what_is_no_such_header_is_none(head):
    assert not is_header(head)


@pytest.mark.parametrize(("fields", "found"), [(FIELDS - 1, True), (FIELDS, False)])
def test_so_many_fields_of_a_header_are_looked_at(fields, found):
    head = b"Received: x\nFrom: a@b\n" + b"X: y\n" * (fields - 2) + b"Subject: x\n\n"
    assert is_header(head) is found
