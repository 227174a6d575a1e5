"""Which header fields stay, and how new ones are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.scanners.budget import Budget, Limits
from pratique.scanners.mime.fields import Value, extended, read_value
from pratique.scanners.rewriting.fields import (
    content_fields,
    is_well_formed,
    kept_fields,
    media_type,
    normalized,
    parameters_of,
    structured,
)
from pratique.scanners.rewriting.outline import outline


def entity_of(octets):
    return outline(octets, Budget(Limits())).entity


def first_field(octets):
    return entity_of(octets).header.fields[0]


@pytest.mark.parametrize(
    ("octets", "anew"),
    [
        (b"A: b\r\n", None),
        (b"A:\r\n", None),
        (b"A: \xff\r\n\tb\r\n", None),
        (b"A : b\r\n", b"A: b\r\n"),
        (b"A: b\n", b"A: b\r\n"),
        (b"A: b\n\tc\r\n", b"A: b\r\n c\r\n"),
        (b"A: b\rc\r\n", b"A: b c\r\n"),
        (b"A: b\0c\r\n", b"A: bc\r\n"),
        (b"A: b\r\n \t\r\n c\r\n", b"A: b\r\n c\r\n"),
        (b"A: b", b"A: b\r\n"),
    ],
)
def test_what_two_programs_read_differently_is_written_anew(octets, anew):
    field = first_field(octets)
    assert is_well_formed(octets, field) is (anew is None)
    if anew is not None:
        assert normalized(octets, field) == anew
        assert is_well_formed(anew, first_field(anew))


def test_fields_stay_in_order_but_for_those_that_go():
    octets = b"A: 1\r\nb: 2\r\nC : 3\r\n\r\n"
    header = entity_of(octets).header
    assert list(kept_fields(octets, header, frozenset({b"b"}))) == [b"A: 1\r\n", b"C: 3\r\n"]


def test_of_a_part_only_what_describes_it_stays_and_each_once():
    octets = (
        b"Content-ID: <1>\r\nX: y\r\ncontent-id: <2>\r\nContent-Type: a/b\r\n"
        b"Content-MD5: x\r\nContent-Description : d\r\n\r\n"
    )
    entity = entity_of(octets)
    assert list(content_fields(octets, entity)) == [
        b"Content-ID: <1>\r\n",
        b"Content-Description: d\r\n",
    ]


@pytest.mark.parametrize(
    ("main", "said"), [(b"text/html", b"text/html"), (b"text", b"a/b"), (b"a/b\xff", b"a/b")]
)
def test_a_media_type_that_is_none_is_another(main, said):
    assert media_type(Value(main), b"a/b") == said


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (b"x", b'n="x"'),
        (b'a"b\\c', b'n="a\\"b\\\\c"'),
        (b"x" * 59, b'n="' + b"x" * 59 + b'"'),
        (b"x" * 60, b"n*=utf-8''" + b"x" * 60),
        (b"x" * 61, b"n*0*=utf-8''" + b"x" * 60 + b";\r\n\tn*1*=x"),
        (b"100%", b"n*=utf-8''100%25"),
        ("\u00fc".encode(), b"n*=utf-8''%C3%BC"),
        (b"x" * 59 + b"\xff", b"n*0*=utf-8''" + b"x" * 59 + b";\r\n\tn*1*=%FF"),
    ],
)
def test_a_value_is_in_quotes_or_in_sections(value, written):
    assert structured(b"A", b"b", [(b"n", value)]) == b"A: b;\r\n\t" + written + b"\r\n"


@pytest.mark.slow
@given(st.text(max_size=300).map(str.encode))
def test_a_value_comes_back(value):
    field = structured(b"A", b"b", [(b"n", value)])
    assert max(map(len, field.split(b"\r\n"))) <= 78
    read = read_value(field.partition(b":")[2])
    plain = read.all(b"n")
    assert (plain or [extended(read.parameters, b"n")[0].octets]) == [value]


@pytest.mark.parametrize(("count", "kept"), [(32, 32), (33, 32)])
def test_parameters_are_kept_up_to_a_limit(count, kept):
    line = b"a/b; " + b"; ".join(b"p%d=1" % number for number in range(count))
    assert len(parameters_of(read_value(line), frozenset())) == kept


def test_each_parameter_is_kept_once_and_in_utf8():
    value = read_value(b"a/b; x=1; x=2; y*=iso-8859-1''%FC; z=3; \xff=4")
    assert parameters_of(value, frozenset({b"z"})) == [(b"x", b"1"), (b"y", "\u00fc".encode())]
