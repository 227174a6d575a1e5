"""What a note may hold: a stranger's words, and nothing that ends it."""

from binascii import a2b_qp

import pytest

from pratique.scanners.rewriting.note import note_body, note_entity, note_fields


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("gone", b"gone"),
        ("one\ntwo\n", b"one\r\ntwo"),
        ("caf\u00e9", b"caf=C3=A9"),
        ("--b", b". --b"),
        ("  --b", b".   --b"),
        ("a\u202eb", b"a=EF=BF=BDb"),
        ("a\rb\x00", b"a=EF=BF=BDb=EF=BF=BD"),
    ],
)
def test_the_body_is_text_and_no_delimiter(text, body):
    assert note_body(text) == body
    utf8 = b"=" in body
    assert (b"quoted-printable" in note_fields(text)) is utf8
    assert (b"us-ascii" in note_fields(text)) is not utf8


def test_a_long_line_is_broken_for_the_way_alone():
    body = note_body("x" * 201)
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert body.replace(b"=\r\n", b"") == b"x" * 201
    assert note_body("x" * 200) == b"x" * 200


def test_the_entity_has_the_line_ends_of_its_message():
    assert b"\r" not in note_entity("one\ntwo", b"\n")
    assert note_entity("one\ntwo").endswith(b"\r\n\r\none\r\ntwo")


def test_what_is_no_text_at_all_is_written_all_the_same():
    assert note_body("a\udc80") == b"a=EF=BF=BD"


def test_a_line_that_is_broken_on_the_way_never_begins_with_a_dash():
    for width in range(80):
        text = "\u00fc" + "x" * width + "--b" * 60
        lines = note_body(text).split(b"\r\n")
        assert not any(line.startswith(b"-") for line in lines)
        assert max(map(len, lines)) <= 76
        assert a2b_qp(b"\n".join(lines)).decode() == text


def test_what_looks_like_an_encoded_dash_stays_what_it_is():
    assert a2b_qp(note_body("\u00fc =00 =2D -")).decode() == "\u00fc =00 =2D -"
