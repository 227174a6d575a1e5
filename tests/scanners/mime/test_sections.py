"""A header ends where some reader ends it, and its fields are found wherever some finds them.

The cases are the categories of MIMEminer (Inbox Invasion, CCS 2024): blanks, NULs and line
ends around a field, and what may stand between a header and a body.
"""

import pytest

from pratique.scanners.mime.sections import (
    LINES,
    SECTIONS,
    VALUES,
    WINDOW,
    begins_cut,
    continues,
    sections,
    structural,
)

BASE64 = b"Content-Transfer-Encoding: base64\r\n"
QUOTED = b"Content-Transfer-Encoding: quoted-printable\r\n"
FIELDS = [
    ("a blank before the name", b" " + BASE64, "malformed_field"),
    ("a tab before the name", b"\t" + BASE64, "malformed_field"),
    ("a NUL before the name", b"\0" + BASE64, "nul_in_header"),
    ("a NUL behind the name", BASE64.replace(b":", b"\0:"), "nul_in_header"),
    ("a blank before the colon", BASE64.replace(b":", b" :"), "malformed_field"),
    ("a tab before the colon", BASE64.replace(b":", b"\t:"), "malformed_field"),
    ("a fold before the colon", BASE64.replace(b":", b"\r\n :"), "header_end"),
    ("a fold behind the colon", BASE64.replace(b": ", b":\r\n "), ""),
    ("a fold without its blank", BASE64.replace(b": ", b":\r\n"), "header_end"),
    ("a fold in the value", BASE64.replace(b"base64", b"bas\r\n e64"), "unknown_transfer_encoding"),
    ("a NUL in the value", BASE64.replace(b"base64", b"bas\0e64"), "nul_in_header"),
    ("a NUL before the value", BASE64.replace(b"base64", b"\0base64"), "nul_in_header"),
    ("a NUL behind the value", BASE64.replace(b"base64", b"base64\0x"), "nul_in_header"),
    ("a blank in the name", BASE64.replace(b"-Tr", b"- Tr"), "header_end"),
    ("odd letter case", BASE64.swapcase(), ""),
    ("a line that is no field before", b"no field here\r\n" + BASE64, "header_end"),
    ("two fields on one line", b"X-A: b " + BASE64, "malformed_field"),
    ("two fields run together", b"X-A: b" + BASE64, "malformed_field"),
    ("a field in a comment", b"X-A: (b\r\n " + BASE64.rstrip() + b")\r\n", "malformed_field"),
    ("a bare CR before", b"X-A: b\r" + BASE64, "mixed_line_ends"),
    ("a bare LF before", b"X-A: b\n" + BASE64, "mixed_line_ends"),
    ("LF CR before", b"X-A: b\n\r" + BASE64, "mixed_line_ends"),
    ("CR CR LF before", b"X-A: b\r\r\n" + BASE64, "mixed_line_ends"),
    ("CR, a letter, LF before", b"X-A: b\rx\n" + BASE64, "mixed_line_ends"),
    ("CR LF LF before", b"X-A: b\r\n\n" + BASE64, "header_end"),
    ("an empty line before", b"\r\n" + BASE64, "header_end"),
    ("two empty lines before", b"\r\n\r\n" + BASE64, "header_end"),
    ("a line of blanks before", b" \t\r\n" + BASE64, "header_end"),
    (
        "first of two",
        BASE64 + b"Content-Transfer-Encoding: 7bit\r\n",
        "duplicate_transfer_encoding",
    ),
    ("last of two", b"Content-Transfer-Encoding: 7bit\r\n" + BASE64, "duplicate_transfer_encoding"),
    ("behind another", QUOTED + BASE64, "duplicate_transfer_encoding"),
    (
        "second of three",
        b"Content-Transfer-Encoding: 7bit\r\n" + BASE64 + b"Content-Transfer-Encoding: 8bit\r\n",
        "duplicate_transfer_encoding",
    ),
]


@pytest.mark.parametrize(
    ("head", "odd"), [each[1:] for each in FIELDS], ids=[each[0] for each in FIELDS]
)
@pytest.mark.parametrize("first", [True, False])
def test_a_field_is_found_wherever_some_reader_finds_it(head, odd, first, read, write):
    # At the very beginning there is nothing that it could be folded into.
    fields = [write.typed, head, write.place] if first else [write.typed, write.place, head]
    seen = read(write.with_header(b"".join(fields)))

    assert write.hidden_in(seen)
    assert bool(seen.odd) is bool(odd)
    assert not odd or odd in seen.odd
    assert seen.reached == []


@pytest.mark.parametrize(
    "separator",
    [
        *(b"\r\r", b"\n\n", b"\n\r\n", b"\r\n\n", b"\r\n\r", b"\n\r\n\r", b"\r\r\n\r\r\n"),
        *(b"\r\n\r\n\r\n", b"\r\n \r\n", b"\r\n\t\r\n", b"\r\n\0\r\n", b"\r\n", b"\n", b"\r"),
        *(b"\r\nno field\r\n", b"\r\r\n", b"\r\n \r\n\r\n", b"\r\n\r\n \r\n", b"\n\n\n", b"\r\n."),
    ],
)
def test_a_body_is_found_behind_whatever_ends_its_header(separator, read, write):
    head = write.typed + write.place + BASE64.rstrip()
    if separator == b"\n\n":
        head = head.replace(b"\r\n", b"\n")

    assert write.hidden_in(read(write.mixed(write.text, head + separator + write.lines)))


def bodies(octets):
    return [octets[each.body :] for each in sections(octets, 0, len(octets))]


def test_a_plain_header_has_one_end():
    assert bodies(b"A: b\r\nC: d\r\n e\r\n\r\nbody\r\n\r\nmore") == [b"body\r\n\r\nmore"]


def test_the_ends_come_in_their_order_each_once():
    octets = b"A: b\r\n \r\nno field\r\nC: d\r\n\r\nbody"

    assert bodies(octets) == [
        b"no field\r\nC: d\r\n\r\nbody",
        b"C: d\r\n\r\nbody",
        b"body",
    ]


@pytest.mark.parametrize(("lines", "found"), [(SECTIONS - 1, True), (SECTIONS, False)])
def test_so_many_ends_are_followed(lines, found):
    octets = b"A: b\r\n" + b" \r\n" * lines + b"C: d\r\n\r\nbody"

    assert len(bodies(octets)) == SECTIONS
    assert (b"body" in bodies(octets)) is found


@pytest.mark.parametrize(("lines", "found"), [(LINES - 1, True), (LINES, False)])
def test_so_many_lines_are_looked_at(lines, found):
    assert (b"body" in bodies(b"A: b\r\n" * lines + b"\r\nbody")) is found


@pytest.mark.parametrize(("size", "found"), [(WINDOW, True), (WINDOW + 1, False)])
def test_so_many_octets_are_looked_at(size, found):
    octets = b"A: b\r\n\r\n".rjust(size, b"x") + b"body"

    assert (b"body" in bodies(octets)) is found


@pytest.mark.parametrize(
    ("behind", "wanted"),
    [
        (b"Content-Type: a/b\r\n", True),
        (b"\r\n\r\ncontent-transfer-encoding: base64\r\n", True),
        (b".\r\nContent-Type: a/b\r\n", True),
        (b"X-A: b\r\n c\r\nContent-Type: a/b\r\n", True),
        (b"X-A: " + b"b" * 5000 + b"\r\nContent-Type: a/b\r\n", True),
        (b"X-A: " + b"b" * 8192 + b"\r\nContent-Type: a/b\r\n", False),
        (b"CONTENT-TYPE: A/B\r\n", True),
        (b"\x0bContent-Transfer-Encoding: base64\r\n", True),
        (b"\x80\x81\r\nContent-Disposition: attachment\r\n", True),
        (b"X\x7f: y\r\nContent-Disposition: attachment\r\n", True),
        (b"no field\r\nContent-Transfer-Encoding: quoted-printable\r\n", True),
        (b"no field\r\nnor this\r\nContent-Transfer-Encoding: base64\r\n", True),
        (b"no field\r\nnor this\r\nnor\r\nContent-Transfer-Encoding: base64\r\n", False),
        (b"Use this:\r\n\r\nContent-Transfer-Encoding: base64\r\n", False),
        (b"Use this:\r\n  Content-Transfer-Encoding: base64\r\n", False),
        (b"Hello\r\nContent-Transfer-Encoding: 8bit\r\n", False),
        (b"Hello\r\nContent-Type: a/b\r\n", False),
        (b"Contents: many\r\n", False),
        (b"", False),
    ],
)
def test_a_header_goes_on_behind_an_empty_line_if_mime_fields_follow_closely(behind, wanted):
    assert continues(behind, 0, len(behind)) is wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"--x\r\nContent-Type: a/b\r\n\r\none\r\n--x--\r\n", True),
        (b"A multipart\r\n\r\n--x\r\nX-A: b\r\nContent-Type: a/b\r\n\r\n1\r\n--x\r\n", True),
        (b"--x\r\nContent-Type: a/b\r\n\r\none\r\n", False),
        (b"--x\r\nno field\r\n\r\none\r\n--x--\r\n", False),
        (b"> --x\r\n> Content-Type: a/b\r\n>\r\n> --x\r\n", False),
        (b"Content-Type: b/c; boundary=x\r\n\r\n--x\r\nContent-Type: a/b\r\n\r\n--x\r\n", False),
        (b"x\r\n" * 400 + b"--x\r\nContent-Type: a/b\r\n\r\none\r\n--x--\r\n", False),
        (b"", False),
    ],
)
def test_a_body_begins_like_a_multipart_if_a_delimiter_stands_twice(body, wanted):
    assert begins_cut(b"\r\n" + body, 2, 2 + len(body)) is wanted


def test_each_value_is_taken_whole_and_up_to_the_next_field():
    found = structural(b"Content-Type: a/b;\r\n content-disposition: c; x=y\r\nX: z\r\n")

    assert found.types == [b" a/b;\r\n ", b" a/b;\r\n content-disposition: c; x=y"]
    assert found.dispositions == [b" c; x=y"]
    assert found.encodings == []


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_values_of_a_field_are_read(more):
    text = b"".join(b"Content-Type: a/%d\r\n" % number for number in range(VALUES + more))

    assert structural(text).types == [b" a/%d" % number for number in range(VALUES)]
