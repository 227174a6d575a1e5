"""A message is written anew: what it says is the same, and there is one way to read it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.mime import Mime
from pratique.scanners.part import Oddity, Part

HEAD = b"Received: from x by y; z\r\nFrom: a@b.example\r\nSubject: a\r\n\tfolded\r\n"
MIXED = HEAD + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
TEXT = b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
FILE = (
    b'--b\r\nContent-Type: application/octet-stream; name="a.bin"\r\n'
    b"Content-Disposition: attachment; filename=a.bin\r\n\r\nMZ\x00\xff\r\n"
)
END = b"--b--\r\n"


def odd(octets):
    """What two programs would read differently."""
    known = facts.Part(parent=-1, type="message/rfc822", kind="message", views=["standard"])
    found = Mime().members(Part(known, memoryview(octets)), Budget(Limits()))
    return [each.class_ for each in found if isinstance(each, Oddity)]


def test_the_whole_of_a_small_message(rewriting):
    rebuilt = rewriting(MIXED + b"preamble\r\n" + TEXT + FILE + END + b"epilogue").rebuild()
    assert rebuilt == HEAD + (
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed;\r\n\tboundary="=_pratique-000001"\r\n\r\n'
        b"--=_pratique-000001\r\n"
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n\r\nhello\r\n"
        b"--=_pratique-000001\r\n"
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment;\r\n\tfilename="a.bin"\r\n\r\nTVoA/w==\r\n\r\n'
        b"--=_pratique-000001--\r\n"
    )


AMBIGUOUS = {
    "two types": HEAD + b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n<p>\r\n",
    "a blank before the colon": HEAD + b"Content-Type : text/html\r\n\r\n<p>\r\n",
    "a NUL": HEAD + b"X-Nul: a\0b\r\nContent-Type: text/html\r\n\r\n<p>\r\n",
    "no field": HEAD + b"what is this\r\nContent-Type: text/html\r\n\r\n<p>\r\n",
    "a boundary twice": MIXED.replace(b"boundary=b", b"boundary=b; boundary=c") + TEXT + END,
    "an open multipart": MIXED + TEXT,
    "a byte order mark": b"\xef\xbb\xbf" + HEAD + b"Content-Type: text/html\r\n\r\n<p>\r\n",
    "empty lines before it": b"\r\n\n" + HEAD + b"Content-Type: text/html\r\n\r\n<p>\r\n",
    "a line of a mailbox": b"From x y\r\n" + HEAD + b"Content-Type: text/html\r\n\r\n<p>\r\n",
    "line ends of Unix": (MIXED + TEXT + FILE + END).replace(b"\r\n", b"\n"),
    "a long boundary": (MIXED + TEXT + END).replace(b"b\r\n", b"b" * 80 + b"\r\n"),
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_nothing_is_odd_about_what_was(rewriting, leaves_of, name):
    whole = AMBIGUOUS[name]
    rebuilt = rewriting(whole).rebuild()
    assert odd(rebuilt) == []
    assert [octets for _, _, octets in leaves_of(rebuilt)] == [
        octets for _, _, octets in leaves_of(whole)
    ]
    assert b"\0" not in rebuilt
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", rebuilt)


def test_well_formed_fields_stay_octet_for_octet_and_others_are_written_anew(rewriting):
    whole = b"A:b\r\nB :c\0d\r\nno field\r\nC:\td\r\n \r\n e\r\nD: \xff\r\n\r\nhello\r\n"
    header = rewriting(whole).rebuild().partition(b"\r\n\r\n")[0]
    assert header == (
        b"A:b\r\nD: \xff\r\nB:cd\r\nC:\td\r\n e\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit"
    )


def test_fields_of_ours_that_are_malformed_are_left_out(rewriting):
    whole = b"X-Pratique-Release : x\r\nMIME-Ambiguity-Results : y\r\n\r\nhello\r\n"
    header = rewriting(whole).rebuild().partition(b"\r\n\r\n")[0]
    assert header.split(b"\r\n")[0] == b"MIME-Version: 1.0"


def test_names_and_parameters_are_kept_and_said_once(rewriting):
    fields = (
        b"Content-Type: text/plain; charset=utf-8; charset=x; format=flowed;\r\n"
        b" name*=iso-8859-1''%FC.txt\r\nContent-ID: <1@x>\r\nX-Other: y\r\n"
    )
    rebuilt = rewriting(MIXED + b"--b\r\n" + fields + b"\r\nhello\r\n" + END).rebuild()
    assert (
        b'Content-Type: text/plain;\r\n\tcharset="utf-8";\r\n\tformat="flowed";\r\n'
        b"\tname*=utf-8''%C3%BC.txt\r\nContent-Transfer-Encoding: 7bit\r\nContent-ID: <1@x>\r\n\r\n"
    ) in rebuilt
    assert b"X-Other" not in rebuilt


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b'x="a\xff\xfeb"', b"x*=utf-8''a%EF%BF%BD%EF%BF%BDb"),
        (b"x*=utf-8''a%FFb", b"x*=utf-8''a%EF%BF%BDb"),
        (b"x*=utf-8''%ED%A0%80", b"x*=utf-8''" + b"%EF%BF%BD" * 3),
        (b"x*=no-such-charset''%FF", b"x*=utf-8''%"),
        (b'name="a\xff.txt"', b"name*=utf-8''a%"),
    ],
)
def test_a_parameter_that_is_no_utf_8_is_written_in_utf_8(rewriting, leaves_of, written, said):
    entity = b"--b\r\nContent-Type: text/plain; " + written + b"\r\n\r\nhello\r\n"
    rebuilt = rewriting(MIXED + entity + END).rebuild()
    assert b"Content-Type: text/plain;\r\n\t" + said in rebuilt
    assert rebuilt.isascii()
    assert leaves_of(rebuilt) == [((1,), "text/plain", b"hello")]
    assert rewriting(rebuilt).rebuild() == rebuilt


def test_a_text_that_has_our_boundary_in_it_is_encoded(rewriting, leaves_of):
    text = b"--=_pratique-000001\r\nContent-Type: text/html\r\n\r\n<p>"
    rebuilt = rewriting(MIXED + b"--b\r\n\r\n" + text + b"\r\n" + END).rebuild()
    assert [octets for _, _, octets in leaves_of(rebuilt)] == [text]
    assert rebuilt.count(b"--=_pratique") == 2


def test_a_field_of_a_part_that_has_our_boundary_in_it_is_refused_too(rewriting):
    text = TEXT.replace(b"\r\n\r\n", b"\r\nContent-Description: =_pratique-000001\r\n\r\n")
    edits = rewriting(MIXED + text + END)
    assert edits.rebuild() == b""
    assert "boundary" in edits.refused


@pytest.mark.parametrize("field", [b"X: \r\n\t--=_pratique-000001\r\n", b"--=_pratique-: x\r\n"])
def test_a_header_field_that_has_our_boundary_in_it_is_refused(rewriting, field):
    inner = b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + field + b"\r\nhello\r\n"
    for whole in (field + MIXED + TEXT + END, MIXED + inner + END):
        edits = rewriting(whole)
        assert edits.rebuild() == b""
        assert "boundary" in edits.refused


def test_octets_above_127_in_a_header_that_stays_are_declared(rewriting):
    inner = b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: \xff\r\n\r\nhello\r\n"
    assert rewriting(MIXED + inner + END).rebuild().count(b"Encoding: 8bit") == 2
    assert rewriting(MIXED + inner.replace(b"\xff", b"f") + END).rebuild().count(b": 8bit") == 0


@pytest.mark.parametrize("sealed", [b"multipart/signed", b"Multipart/Encrypted"])
def test_what_is_signed_or_encrypted_is_refused(rewriting, sealed):
    edits = rewriting(MIXED.replace(b"multipart/mixed", sealed) + TEXT + FILE + END)
    assert edits.rebuild() == b""
    assert "part of it is" in edits.refused


@pytest.mark.parametrize(
    "whole", [MIXED + b"no part\r\n", MIXED.replace(b"; boundary=b", b"") + TEXT + END]
)
def test_a_multipart_without_a_part_is_refused(rewriting, whole):
    edits = rewriting(whole)
    assert edits.rebuild() == b""
    assert "no part" in edits.refused


def test_a_part_may_be_taken_out_on_the_way(rewriting, leaves_of):
    rebuilt = rewriting(MIXED + TEXT + FILE + END).rebuild((2,))
    assert [octets for _, _, octets in leaves_of(rebuilt)] == [b"hello", b"gone"]
    edits = rewriting(MIXED + TEXT + FILE + END)
    assert (edits.rebuild((3,)), edits.refused) == (b"", "what is to be taken out is not found")


def test_a_message_in_base64_is_written_as_the_message_that_it_is(rewriting, leaves_of):
    inner = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    whole = MIXED + b"--b\r\n" + inner + b"U3ViamVjdDogeA0KDQpoZWxsbw0K\r\n" + END
    rebuilt = rewriting(whole).rebuild()
    assert b"Subject: x\r\n" in rebuilt
    assert leaves_of(rebuilt) == [((1, 1), "text/plain", b"hello\r\n")]


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_what_is_written_anew_says_the_same_and_twice_is_once(data, messages, rewriting, leaves_of):
    whole = data.draw(messages)
    rebuilt = rewriting(whole).rebuild()
    assert leaves_of(rebuilt) == leaves_of(whole)
    assert odd(rebuilt) == []
    assert rewriting(rebuilt).rebuild() == rebuilt
