"""The fields that tell what made a message."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.bounces.outermost import FIELD_OCTETS, read
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.mime.fields import FIELD_OCTETS as TYPE_OCTETS
from pratique.scanners.part import Message


def fields(octets):
    message = Message(memoryview(octets), facts.Envelope(), facts.Mail(), Budget(Limits()))
    return read(message)


def test_fields_are_known_by_their_names_and_unfolded():
    header = fields(b"\n\nSubject: a\r\n b\r\nX-Failed-Recipients: c@d\r\n\r\nSubject: no\r\n")

    assert header.first(b"subject") == b"a b"
    assert b"x-failed-recipients" in header.fields
    assert header.first(b"date") == b""


def test_lines_that_end_in_cr_alone_are_lines():
    assert fields(b"From: a@b\rSubject: x\r\rbody\r").first(b"subject") == b"x"


@pytest.mark.parametrize(
    ("field", "word"),
    [
        (b"Auto-Submitted: auto-replied", b"auto-replied"),
        (b"Auto-Submitted: Auto-Generated (failure)", b"auto-generated"),
        (b"Auto-Submitted:auto-replied; owner-email=x", b"auto-replied"),
        (b"Auto-Submitted:", b""),
        (b"Subject: x", b""),
    ],
)
def test_a_word_stands_before_its_comment_and_parameters(field, word):
    assert fields(field + b"\n\n").word(b"auto-submitted") == word


@pytest.mark.parametrize(
    ("field", "is_list"),
    [
        (b"List-Id: <x.example>", True),
        (b"Precedence: Bulk", True),
        (b"Precedence: first-class", False),
        (b"Subject: a list", False),
    ],
)
def test_lists_and_mass_mailers_are_known(field, is_list):
    assert fields(field + b"\n\n").is_list() is is_list


def test_the_type_of_a_report_is_a_parameter():
    header = fields(
        b'Content-Type: Multipart/Report; boundary=x; report-type="Delivery-Status"\n\n'
    )

    assert (header.media_type(), header.report_type()) == ("multipart/report", b"delivery-status")
    assert (fields(b"\n").media_type(), fields(b"\n").report_type()) == ("text/plain", b"")


@pytest.mark.parametrize(("more", "known"), [(0, b"tlsrpt"), (1, b"tlsrp")])
def test_the_type_is_read_as_far_as_where_the_parts_are_found(more, known):
    start, end = b"multipart/report; (", b"); report-type=tlsrpt"
    comment = b"x" * (TYPE_OCTETS - len(start) - len(end) + more)
    header = fields(b"Content-Type:" + start + comment + end + b"\n\n")

    assert (header.media_type(), header.report_type()) == ("multipart/report", known)


@pytest.mark.parametrize("more", [0, 1])
def test_a_field_is_looked_at_so_far(more):
    header = fields(b"References:" + b"x" * (FIELD_OCTETS + more) + b"\n\n")

    assert len(header.first(b"references")) == FIELD_OCTETS


def test_a_header_that_never_ends_is_read_as_far_as_any():
    assert fields(b"From: a@b\nSubject: x\n" + b"X: y\n" * 5000).first(b"subject") == b"x"
