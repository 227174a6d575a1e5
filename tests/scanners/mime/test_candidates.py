"""A value has each of the meanings that some reader takes from it."""

import pytest

from pratique.scanners.mime.candidates import (
    ENCODINGS,
    boundaries,
    encodings,
    guess_encoding,
    types,
)


@pytest.mark.parametrize(
    ("value", "odd"),
    [
        (b" (really) base64", "odd_value"),
        (b" base64 (really)", "odd_value"),
        (b" base64(", "odd_value"),
        (b" (base64", "odd_value"),
        (b" (a (nested) comment) base64", "odd_value"),
        (b' "base64"', "odd_value"),
        (b" 'base64'", "unknown_transfer_encoding"),
        (b' "base64', "odd_value"),
        (b" base64;", "odd_value"),
        (b" base64; x=y", "unknown_transfer_encoding"),
        (b" ;base64", "odd_value"),
        (b" base64, 7bit", "unknown_transfer_encoding"),
        (b" 7bit, base64", "unknown_transfer_encoding"),
        (b' "7bit, base64"', "unknown_transfer_encoding"),
        (b" 7bit base64", "odd_value"),
        (b" base-64", "unknown_transfer_encoding"),
        (b" base 64", "unknown_transfer_encoding"),
        (b" base645", "unknown_transfer_encoding"),
        (b" x-base64", "unknown_transfer_encoding"),
        (b" nonsense", "unknown_transfer_encoding"),
        (b" =?us-ascii?Q?base64?=", "unknown_transfer_encoding"),
        (b" =?utf-8?B?YmFzZTY0?=", "unknown_transfer_encoding"),
        (b"base64", ""),
        (b"\tbase64\t ", ""),
    ],
)
def test_an_encoding_is_taken_in_each_of_its_meanings(value, odd, read, write):
    field = b"Content-Transfer-Encoding:" + value + b"\r\n"

    seen = read(write.with_header(write.typed + write.place + field))

    assert write.hidden_in(seen)
    assert bool(seen.odd) is bool(odd)
    assert not odd or odd in seen.odd


@pytest.mark.parametrize(
    ("value", "boundary", "odd"),
    [
        (b' boundary="edge"; boundary="other"', b"edge", "duplicate_parameter"),
        (b' boundary="other"; boundary="edge"', b"edge", "duplicate_parameter"),
        (b' boundary="other"; BOUNDARY=edge', b"edge", "duplicate_parameter"),
        (b" boundary=\"other\";\r\n boundary*=us-ascii''edge", b"edge", "duplicate_parameter"),
        (b" boundary*0=ed; boundary*1=ge", b"edge", "odd_value"),
        (b" boundary*1=ge; boundary*0=ed", b"edge", "odd_value"),
        (b" boundary*0=ed; boundary*1=xx; boundary*1=ge", b"edge", "duplicate_parameter"),
        (b" boundary*=us-ascii'en'%65dge", b"edge", "odd_value"),
        (b' boundary="=?us-ascii?Q?edge?="', b"edge", "odd_value"),
        (b' boundary="=?utf-8?B?ZWRnZQ==?="', b"edge", "odd_value"),
        (b" boundary(comment)=edge", b"edge", "odd_value"),
        (b" boundary=(comment)edge", b"edge", "odd_value"),
        (b" boundary=edge(comment)", b"edge", "odd_value"),
        (b" (boundary=other) boundary=edge", b"edge", "odd_value"),
        (b" x:y=1; boundary=edge", b"edge", "odd_value"),
        (b" =1; boundary=edge", b"edge", "odd_value"),
        (b' boundary="edge', b"edge", "odd_value"),
        (b' boundary=edge"', b"edge", "odd_value"),
        (b' boundary=""edge', b"edge", ""),
        (b' boundary="ed"ge', b"ed", ""),
        (b' boundary="ed\\ge"', b"edge", "odd_value"),
        (b' boundary="ed\\ge"', b"ed\\ge", "odd_value"),
        (b' boundary="edge  "', b"edge", "invalid_boundary"),
        (b' boundary=" edge"', b"edge", ""),
        (b' boundary=" edge"', b" edge", ""),
        (b" boundary = edge", b"edge", ""),
        (b" boundary=\r\n edge", b"edge", ""),
        (b' boundary="ed\r\n ge"', b"ed ge", ""),
        (b' boundary="ed\r\n ge"', b"edge", ""),
        (b" boundary=ed ge", b"ed", ""),
        (b" boundary=ed,ge", b"ed", ""),
        (b" boundary=ed;ge", b"ed", ""),
        (b' boundary="ed;ge"', b"ed;ge", ""),
        (b' boundary="edge\0more"', b"edge", "nul_in_header"),
        (b' boundary="\0edge"', b"edge", "nul_in_header"),
        (b" boundary:edge", b"edge", ""),
        (b" boundary", b"edge", "missing_boundary"),
        (b' boundary=""', b"", "missing_boundary"),
        (b' boundary=""', b"edge", "missing_boundary"),
        (b"", b"edge", "missing_boundary"),
        (b" charset=utf-8", b"edge", "missing_boundary"),
        (b" boundary=other", b"edge", "unused_boundary"),
        (b' boundary="' + b"e" * 70 + b'"', b"e" * 70, ""),
        (b' boundary="' + b"e" * 71 + b'"', b"e" * 71, "invalid_boundary"),
        (b' boundary="' + b"e" * 1000 + b'"', b"e" * 1000, "invalid_boundary"),
        (b" boundary=EDGE", b"edge", ""),
    ],
)
def test_a_boundary_is_taken_in_each_of_its_meanings(value, boundary, odd, read, write):
    parts = write.parts(write.text, write.file, boundary=boundary)

    seen = read(write.top + b"Content-Type: multipart/mixed;" + value + b"\r\n\r\n" + parts)

    assert write.hidden_in(seen)
    assert not odd or odd in seen.odd


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (b"base64", ["base64"]),
        (b"7bit", [""]),
        (b"nonsense", ["?"]),
        (b"nonsense, base64", ["base64"]),
        (b"uuencode", ["x-uuencode"]),
        (b"quoted printable", ["quoted-printable"]),
        (b"", []),
    ],
)
def test_what_a_word_is_like_is_what_it_means(value, meant):
    assert encodings([value]) == meant


def test_no_more_encodings_are_meant_than_are_followed():
    words = b"7bit base64 quoted-printable x-uuencode nonsense"

    assert len(encodings([words] * 9)) <= ENCODINGS
    assert set(encodings([words])) == {"", "base64", "quoted-printable", "x-uuencode"}


def test_a_type_is_found_in_a_list_and_without_one_there_is_none():
    assert [each.main for each in types([b"a/b, c/d; x=y"])] == [b"a/b"]
    assert types([b"text", b"", b"=1"]) == []


def test_a_boundary_of_nothing_is_one():
    assert b"" in boundaries([b'a/b; boundary=""'])
    assert boundaries([b"a/b; charset=c"]) == []


@pytest.mark.parametrize(
    ("octets", "guessed"),
    [
        (b"1. - 2. - 3. - (*) - &&& - !!!", [""]),
        (b"TVqQAAMAAAAEAAAA//8AALgAAAA", ["", "base64"]),
        (b"=3D. - 2. - 3. - (*) - &&& - !!!", ["", "quoted-printable"]),
    ],
)
def test_for_a_word_that_nobody_knows_the_octets_are_asked(octets, guessed):
    assert guess_encoding(octets) == guessed


@pytest.mark.slow
@pytest.mark.parametrize("piece", [b"(", b'"', b"=?", b"boundary=", b"; boundary", b"\\", b"\r\n "])
def test_a_long_value_is_read_in_proportion_to_its_length(piece, clocked):
    def read_all(size):
        value = b"multipart/mixed; boundary=x" + piece * (size // len(piece))
        return lambda: (boundaries([value]), encodings([value]), types([value]))

    assert clocked(read_all(40_000)) < 8 * clocked(read_all(10_000)) + 0.05
