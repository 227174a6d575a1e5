"""A header section is read to its end, and no further."""

import pytest

from pratique.scanners.budget import Limits, OverBudget
from pratique.scanners.mime.header import (
    Header,
    breaks,
    find_end,
    read_fields,
    read_header,
    skip_before,
    unfold,
)


def header_of(octets, **limits):
    return Header(0, *read_header(octets, 0, len(octets), limits=Limits(**limits)))


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_fields_come_with_their_names_values_and_offsets(end):
    octets = end.join([b"From: a@example.org", b"Subject: a", b" b", b"", b"body"])

    header = header_of(octets)

    assert [each.name for each in header.fields] == [b"from", b"subject"]
    assert [unfold(each.value) for each in header.fields] == [b"a@example.org", b"a b"]
    assert octets[header.fields[1].start : header.fields[1].end] == end.join(
        [b"Subject: a", b" b", b""]
    )
    assert octets[header.body :] == b"body"


@pytest.mark.parametrize(
    ("octets", "body"),
    [
        (b"\nbody", b"body"),
        (b"\r\nbody", b"body"),
        (b"A: b\n\r\nbody", b"body"),
        (b"A: b\r\n\nbody", b"body"),
        (b"A: b", b""),
        (b"A: b\r\n", b""),
        (b"", b""),
        (
            b"text where a header should be\nand more\n",
            b"text where a header should be\nand more\n",
        ),
        (b"text where a header should be\n\nmore", b"text where a header should be\n\nmore"),
    ],
)
def test_the_body_begins_after_the_first_empty_line(octets, body):
    assert octets[header_of(octets).body :] == body


def test_a_line_that_is_no_field_is_passed_over_and_kept():
    header = header_of(b"A: b\nno field at all\nC: d\n\nbody")

    assert [each.name for each in header.fields] == [b"a", b"c"]
    assert header.junk == [5]


def test_a_blank_before_the_colon_is_told():
    (field,) = header_of(b"Content-Type : text/html\n\n").fields

    assert (field.name, field.spaced) == (b"content-type", True)


def test_a_line_of_blanks_is_a_fold_and_no_end():
    (field,) = header_of(b"Subject: a\r\n \r\n b\r\n\r\nbody").fields

    assert unfold(field.value) == b"a  b"


def test_a_delimiter_ends_a_header_that_has_no_empty_line():
    octets = b"A: b\n--other\n--delimiter\nC: d\n\n"

    body, text = read_header(
        octets,
        0,
        len(octets),
        limits=Limits(),
        is_delimiter=lambda at: octets.startswith(b"--delimiter", at),
    )

    assert [each.name for each in Header(0, body, text).fields] == [b"a"]
    assert octets[body:].startswith(b"--delimiter")


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_header_of_the_plain_grammar_breaks_nowhere(end):
    lines = [b"A: b", b"C:", b"D : e", b"F: g", b" h", b"\t i ", b"J: \xe4", b"Content-Type: a/b"]

    assert breaks(b"".join(line + end for line in lines)) == []
    assert breaks(end.join(lines)) == []
    assert breaks(b"") == []


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        (b"A: b\0\r\n", ["nul_in_header"]),
        (b"A: b\rC: d\r\n", ["mixed_line_ends"]),
        (b"A: b\r\r\nC: d\r\n", ["mixed_line_ends"]),
        (b"A: b\r\nC: d\n", ["mixed_line_ends"]),
        (b"A: b\r\n \t\r\nC: d\r\n", ["header_end"]),
        (b"A: b\r\nno field\r\nC: d\r\n", ["header_end"]),
        (
            b"A: b\nno field\n \nC: d\0\r\n",
            ["nul_in_header", "mixed_line_ends", *["header_end"] * 2],
        ),
    ],
)
def test_where_a_header_breaks_the_grammar_is_told(text, classes):
    assert [class_ for class_, _ in breaks(text)] == classes


@pytest.mark.parametrize(
    "before",
    [
        *(b"", b"\r\n\n", b"\xef\xbb\xbf", b"From a@example.org Mon Mar  2 10:00:00 2026\n"),
        *(b"\n>From a@example.org\n", b"From a\nFrom b\n"),
    ],
)
def test_what_stands_before_a_message_is_skipped(before):
    octets = before + b"From: b@example.org\n\n"

    assert skip_before(octets, 0, len(octets)) == len(before)


def test_a_header_of_as_many_octets_as_allowed_is_read():
    octets = b"A: " + b"b" * 995 + b"\r\n"

    assert len(header_of(octets + b"\r\nbody", header_octets=1000).fields) == 1
    with pytest.raises(OverBudget) as over:
        header_of(b"x" + octets + b"\r\nbody", header_octets=1000)
    assert over.value.class_ == "header"


def test_a_header_of_as_many_fields_as_allowed_is_read():
    assert len(header_of(b"A: b\n" * 9 + b"junk\n\n", header_fields=10).fields) == 9
    with pytest.raises(OverBudget) as over:
        header_of(b"A: b\n" * 10 + b"junk\n\n", header_fields=10)
    assert over.value.class_ == "header"


def test_a_header_that_never_ends_is_not_searched_beyond_the_limit():
    with pytest.raises(OverBudget):
        header_of(b"A: b\n" * 1000, header_octets=100)


def test_reading_may_stop_at_a_limit_without_an_error():
    octets = b"A: b\n" * 3
    header = header_of(b"")

    assert not read_fields(octets, header, len(octets), 2)
    assert len(header.fields) == 2
    assert find_end(octets, 0, len(octets), len(octets)) == (15, 15)


def test_fields_are_known_by_name_and_of_a_repeated_one_all_in_order():
    named = header_of(b"To: a\nFrom: b\nTO: c\n\n").named

    assert list(named) == [b"to", b"from"]
    assert [unfold(each.value) for each in named[b"to"]] == [b"a", b"c"]
