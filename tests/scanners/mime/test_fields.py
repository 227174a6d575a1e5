"""The structured fields of MIME, by the grammar and by what mail programs make of the rest."""

import pytest

from pratique.scanners.mime.fields import Parameter, extended, percent_decode, read_value


def parameters(value):
    return {each.name: each.value for each in read_value(value).parameters}


@pytest.mark.parametrize(
    ("value", "main", "wanted"),
    [
        (b" text/plain", b"text/plain", {}),
        (b" TEXT/Plain;", b"text/plain", {}),
        (b" text/plain; charset=utf-8", b"text/plain", {b"charset": b"utf-8"}),
        (b' multipart/mixed;\r\n\tboundary="a b"', b"multipart/mixed", {b"boundary": b"a b"}),
        (b' a/b; X="q\\"r"; Y=z ; ', b"a/b", {b"x": b'q"r', b"y": b"z"}),
        (b" a/b (why); x=y", b"a/b", {b"x": b"y"}),
        (b" (why (not)) a/b; x (c) = (d) y (e)", b"a/b", {b"x": b"y"}),
        (b' a/b; x="(kept)"', b"a/b", {b"x": b"(kept)"}),
        (b" a/b; x=(open y", b"a/b", {b"x": b""}),
        (b' a/b; x="open', b"a/b", {b"x": b"open"}),
        (b' a/b; x="1" y=2', b"a/b", {b"x": b"1", b"y": b"2"}),
        (b" a/b x=1", b"a/b", {b"x": b"1"}),
        (b" a/b; x=1 y=2", b"a/b", {b"x": b"1", b"y": b"2"}),
        (b" a/b;; ;x=y", b"a/b", {b"x": b"y"}),
        (b" a/b; x==y=", b"a/b", {b"x": b"=y="}),
        (b" a/b; boundary=----=_Part_1", b"a/b", {b"boundary": b"----=_Part_1"}),
        (b" a/b; x", b"a/b", {}),
        (b' a/b; x="semi;colon"; y=z', b"a/b", {b"x": b"semi;colon", b"y": b"z"}),
        (b' "a/b"', b"a/b", {}),
        (b"", b"", {}),
        (b" ;x=y", b"", {b"x": b"y"}),
    ],
)
def test_a_value_and_its_parameters_are_read(value, main, wanted):
    assert read_value(value).main == main
    assert parameters(value) == wanted


def test_a_value_with_blanks_has_two_readings():
    (found,) = read_value(b" attachment; filename=my invoice.exe").parameters

    assert found == Parameter(b"filename", b"my invoice.exe", b"my")


def test_each_of_repeated_parameters_is_kept():
    assert read_value(b" a/b; x=1; x=2").all(b"x") == [b"1", b"2"]


@pytest.mark.parametrize(
    ("value", "octets", "charset"),
    [
        (b" a; f*=utf-8''gr%C3%BCn.exe", "grün.exe".encode(), "utf-8"),
        (b" a; f*=utf-8'en-US'x.exe", b"x.exe", "utf-8"),
        (b" a; f*0=long; f*1=er.exe", b"longer.exe", ""),
        (b' a; f*1="er.exe"; f*0="long"', b"longer.exe", ""),
        (b" a; f*0*=utf-8''gr%C3; f*1*=%BCn; f*2=%41.exe", "grün%41.exe".encode(), "utf-8"),
        (b" a; f*=no-charset.exe", b"no-charset.exe", ""),
        (b" a; f*0=a; f*2=c", b"ac", ""),
        (b" a; f*10=k; f*9=j", b"jk", ""),
    ],
)
def test_rfc_2231_is_joined_and_decoded(value, octets, charset):
    (found,) = extended(read_value(value).parameters, b"f")

    assert found == (octets, charset)


def test_a_section_that_stands_twice_has_two_readings():
    found = extended(read_value(b" a; f*0=a; f*0=b; f*1=.exe").parameters, b"f")

    assert [each.octets for each in found] == [b"a.exe", b"b.exe"]


def test_another_parameters_sections_are_left_alone():
    assert extended(read_value(b" a; filename*=''x; file=y").parameters, b"file") == []


@pytest.mark.parametrize(
    ("text", "decoded"),
    [(b"a%2Eexe", b"a.exe"), (b"100%", b"100%"), (b"%zz%4", b"%zz%4"), (b"%2e%2E", b"..")],
)
def test_percent_decoding_leaves_what_is_no_escape(text, decoded):
    assert percent_decode(text) == decoded


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", [b'"', b"(", b"()", b";", b"a=", b'a="" ', b" ", b'"\\', b"a*1=b;", b"a b=c ", b"(\\"]
)
def test_the_longest_field_takes_no_time(piece, budget):
    value = b" x;a=" + piece * (65536 // len(piece))

    extended(read_value(value).parameters, b"a")

    budget.check_clock()
