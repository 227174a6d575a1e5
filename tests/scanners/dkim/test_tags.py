"""Lists of tags: the grammar of RFC 6376 3.2, to the letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.scanners.dkim.tags import MOST_TAGS, read_tags


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (b" v=1; a=rsa-sha256\r\n", {b"v": b"1", b"a": b"rsa-sha256"}),
        (b"v=1;", {b"v": b"1"}),
        (b" v = 1 ;\r\n\ta\r\n = x y ; \r\n", {b"v": b"1", b"a": b"x y"}),
        (b"a=", {b"a": b""}),
        (b"a=b=c==; z=From:x|To:y", {b"a": b"b=c==", b"z": b"From:x|To:y"}),
        (b"A=1; a=2", {b"A": b"1", b"a": b"2"}),
        (b"x_1=a\r\n b", {b"x_1": b"a\r\n b"}),
        ("d=café.example".encode(), {b"d": "café.example".encode()}),
    ],
)
def test_a_list_is_read(text, values):
    assert read_tags(text).values == values


@pytest.mark.parametrize(
    "text",
    [
        b"", b" \r\n", b";", b"v=1;;", b"v=1; ; a=2", b"v", b"v=1; a", b"=1", b"1=1", b"v-1=1",
        b"v=1; v=1", b"v=\x01", b"v=\x7f", b"v=a\rb", b"v=a\nb", b"v=a\n b", b"v=a\r\nb", b"v=\xff",
        b"v=a\x0bb", b"(c) v=1",
    ],
)  # fmt: skip
def test_what_is_no_list_is_not_read(text):
    assert read_tags(text) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (b" a=1; b=AB CD==\r\n", b" a=1; b="),
        (b" b=AB\r\n\tCD ; a=1\r\n", b" b=; a=1\r\n"),
        (b" b \t= AB; bh=b=x;\r\n", b" b \t=; bh=b=x;\r\n"),
        (b" bh=CD; b=; c=d", b" bh=CD; b=; c=d"),
    ],
)
def test_the_hole_is_what_the_value_of_b_takes_with_the_white_space_around_it(text, left):
    start, end = read_tags(text).hole
    assert text[:start] + text[end:] == left


def test_as_many_tags_as_nobody_writes_are_read_and_not_one_more():
    tags = [b"t%d=1" % number for number in range(MOST_TAGS + 1)]
    assert len(read_tags(b";".join(tags[:-1])).values) == MOST_TAGS
    assert read_tags(b";".join(tags)) is None


@given(st.binary(max_size=60), st.lists(st.sampled_from([b"a=", b"b=", b";", b" ", b"\r\n"])))
def test_octets_of_any_kind_raise_nothing(octets, pieces):
    read_tags(octets + b"".join(pieces))
