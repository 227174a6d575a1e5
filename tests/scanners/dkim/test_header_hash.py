"""Which fields a signature covers, in which order, and their hash (RFC 6376 3.7 and 5.4.2)."""

import hashlib

import pytest

from pratique.scanners.dkim.header_hash import Fields

OWN = b"DKIM-Signature: a=1; b=AA AA; c=2 \r\n"
HEADER = [OWN, b"A: 1\r\n", b"B : 2\r\n", b"a:  3\r\n\t4\r\n", b"From: x\n"]
HOLE = OWN.index(b"AA") - len(b"DKIM-Signature:"), OWN.index(b"; c") - len(b"DKIM-Signature:")


@pytest.fixture
def header(fields):
    return Fields(fields(HEADER))


@pytest.mark.parametrize(
    ("names", "places"),
    [
        ([b"a"], [3]),
        ([b"a", b"b", b"a"], [3, 2, 1]),
        ([b"a", b"a", b"a", b"a"], [3, 1]),
        ([b"none"], []),
        ([b"dkim-signature"], []),
        ([], []),
    ],
)
def test_fields_are_taken_from_the_bottom_up_and_none_twice(header, names, places):
    assert list(header.signed(names, 0)) == places


def test_a_second_from_is_signed_whether_it_was_asked_for_or_not(fields):
    header = Fields(fields([b"From: 1\r\n", OWN, b"From: 2\r\n", b"From: 3\r\n"]))
    assert list(header.signed([b"from"], 1)) == [3, 2]
    assert list(header.signed([b"from", b"from"], 1)) == [3, 2, 0]
    assert list(header.signed([b"to"], 1)) == []


def test_another_signature_can_be_covered_and_its_own_cannot(fields):
    header = Fields(fields([OWN, OWN, b"From: 1\r\n"]))
    assert list(header.signed([b"dkim-signature", b"dkim-signature"], 0)) == [1]
    assert list(header.signed([b"dkim-signature", b"dkim-signature"], 1)) == [0]


def test_what_is_hashed_in_each_form(header):
    simple = b"a:  3\r\n\t4\r\nB : 2\r\nDKIM-Signature: a=1; b=; c=2 "
    relaxed = b"a:3 4\r\nb:2\r\ndkim-signature:a=1; b=; c=2"
    for form, text in ("simple", simple), ("relaxed", relaxed):
        assert header.emptied(0, form, HOLE) == text.rpartition(b"\n")[2]
        digest = header.digest([b"a", b"b"], 0, form, HOLE)
        # The hole begins after the blank that stands before the value.
        assert digest == hashlib.sha256(text).digest()


def test_a_field_with_lf_or_without_an_end_has_crlf(header):
    assert header.canonical(4, "simple") == b"From: x\r\n"
    assert Fields([(b"to", b"To: x")]).canonical(0, "relaxed") == b"to:x\r\n"


def test_fields_of_a_name_are_known_by_their_places(header):
    assert header.named(b"a") == [1, 3]
    assert header.named(b"cc") == []
