"""A part is found wherever some reader finds one, whatever is broken around it.

The cases are categories of MIMEminer (Inbox Invasion, CCS 2024), and of what was found in
MIME-tools (CVE-2024-28054, CVE-2026-116264 to -116273), ClamAV and Python's email.
"""

import base64
import binascii
import quopri

import pytest

from pratique.scanners.budget import Budget, Limits
from pratique.scanners.mime.fields import Value
from pratique.scanners.mime.views import (
    BOUNDARIES,
    DASH_LINES,
    Boundaries,
    Over,
    Stretch,
    Views,
    near,
    place,
)

TYPED = b"Content-Type: multipart/mixed; boundary="


def uuencoded(octets):
    lines = [binascii.b2a_uu(octets[at : at + 45]) for at in range(0, len(octets), 45)]
    return (b"begin 644 a.bin\n" + b"".join(lines) + b"`\nend\n").replace(b"\n", b"\r\n")


def one_line(w):
    return base64.b64encode(w.hidden) + b"\r\n"


@pytest.mark.parametrize(
    ("delimiter", "odd"),
    [
        (b" --outer\r\n", "odd_delimiter"),
        (b"\t--outer\r\n", "odd_delimiter"),
        (b"\0--outer\r\n", "odd_delimiter"),
        (b"--outer junk\r\n", "odd_delimiter"),
        (b"--outer;\r\n", "odd_delimiter"),
        (b"--outer\0\r\n", "odd_delimiter"),
        (b"--outer-\r\n", "odd_delimiter"),
        (b"-outer\r\n", "odd_delimiter"),
        (b"---outer\r\n", "odd_delimiter"),
        (b"--OUTER\r\n", "odd_delimiter"),
        (b"--outer\r", "odd_delimiter"),
        (b"--outer--\r\n--outer\r\n", "part_outside"),
        (b"--outer--\r\n--other\r\n", "part_outside"),
        (b"--outer--\r\n", "part_outside"),
        (b"--outer\r\n\r\n", "header_end"),
        (b"--outer\r\n\r\n\r\n", "header_end"),
        (b"--outer\r\n \r\n", "header_end"),
        (b"--outer \t \r\n", ""),
        (b"--outer\n", ""),
        (b"--outer\r\n--outer\r\n", ""),
    ],
)
def test_a_line_is_a_delimiter_where_it_is_one_to_some_reader(delimiter, odd, read, write):
    seen = read(write.mixed(write.text, last=False) + delimiter + write.file + b"--outer--\r\n")

    assert write.hidden_in(seen)
    assert bool(seen.odd) is bool(odd)
    assert not odd or odd in seen.odd
    assert seen.reached == []


STRUCTURES = [
    (
        "in the preamble",
        lambda w: (
            w.top + TYPED + b"outer\r\n\r\n" + w.parts(w.file, boundary=b"o") + w.parts(w.text)
        ),
        "part_outside",
    ),
    (
        "a preamble without delimiters",
        lambda w: w.top + TYPED + b"outer\r\n\r\n" + w.file + w.parts(w.text),
        "part_outside",
    ),
    (
        "uuencoded in the preamble",
        lambda w: w.top + TYPED + b"outer\r\n\r\n" + uuencoded(w.hidden) + w.parts(w.text),
        "part_outside",
    ),
    ("uuencoded in the epilogue", lambda w: w.mixed(w.text) + uuencoded(w.hidden), "part_outside"),
    (
        "the inner uses the outer boundary",
        lambda w: w.mixed(w.text, TYPED + b"inner\r\n\r\n" + w.parts(w.file)),
        "",
    ),
    (
        "the inner has the same boundary",
        lambda w: w.mixed(w.text, TYPED + b"outer\r\n\r\n" + w.parts(w.file)),
        "nested_boundary",
    ),
    (
        "the inner has no boundary",
        lambda w: w.mixed(w.text, b"Content-Type: multipart/mixed\r\n\r\n" + w.parts(w.file)),
        "",
    ),
    (
        "the inner is not closed",
        lambda w: w.mixed(
            TYPED + b"inner\r\n\r\n" + w.parts(w.text, boundary=b"inner", last=False), w.file
        ),
        "unclosed_multipart",
    ),
    (
        "nothing is closed",
        lambda w: w.top + TYPED + b"outer\r\n\r\n" + w.parts(w.text, w.file, last=False),
        "",
    ),
    (
        "no empty line before the first delimiter",
        lambda w: w.top + TYPED + b"outer\r\n" + w.parts(w.text, w.file),
        "header_end",
    ),
    (
        "a boundary on a text",
        lambda w: (
            w.top + b"Content-Type: text/plain; boundary=outer\r\n\r\n" + w.parts(w.text, w.file)
        ),
        "odd_value",
    ),
    (
        "a text, then a multipart",
        lambda w: (
            w.top + b"Content-Type: text/plain\r\n" + TYPED + b"outer\r\n\r\n" + w.parts(w.file)
        ),
        "duplicate_content_type",
    ),
    (
        "a multipart, then a text",
        lambda w: w.top + TYPED + b"outer\r\nContent-Type: text/plain\r\n\r\n" + w.parts(w.file),
        "duplicate_content_type",
    ),
    (
        "two multiparts",
        lambda w: (
            w.top
            + TYPED
            + b"other\r\n"
            + TYPED
            + b"outer\r\n\r\n"
            + w.parts(w.text, boundary=b"other")
            + w.parts(w.file)
        ),
        "duplicate_content_type",
    ),
    (
        "a list of types",
        lambda w: (
            w.top
            + b"Content-Type: multipart/mixed, text/plain; boundary=outer\r\n\r\n"
            + w.parts(w.file)
        ),
        "odd_value",
    ),
    (
        "a list of types, the other way",
        lambda w: (
            w.top
            + b"Content-Type: text/plain, multipart/mixed; boundary=outer\r\n\r\n"
            + w.parts(w.file)
        ),
        "odd_value",
    ),
    (
        "a multipart that is a file",
        lambda w: w.mixed(w.text, TYPED + b"none\r\n" + w.file),
        "duplicate_content_type",
    ),
    (
        "encoding on a multipart",
        lambda w: w.top + TYPED + b"outer\r\n" + w.base64 + b"\r\n" + w.parts(w.text, w.file),
        "encoded_container",
    ),
    (
        "a multipart in base64",
        lambda w: (
            w.top
            + TYPED
            + b"outer\r\n"
            + w.base64
            + b"\r\n"
            + base64.encodebytes(w.parts(w.text, w.file))
        ),
        "encoded_container",
    ),
    (
        "a multipart in quoted-printable",
        lambda w: (
            w.top
            + TYPED
            + b"outer\r\n"
            + w.quoted
            + b"\r\n"
            + quopri.encodestring(w.parts(w.text, w.file))
        ),
        "encoded_container",
    ),
    (
        "a message in base64",
        lambda w: w.mixed(
            w.text,
            b"Content-Type: message/rfc822\r\n"
            + w.base64
            + b"\r\n"
            + base64.encodebytes(w.mixed(w.file, boundary=b"i")),
        ),
        "encoded_container",
    ),
    (
        "a message said to be in base64",
        lambda w: w.mixed(
            w.text,
            b"Content-Type: message/rfc822\r\n"
            + w.base64
            + b"\r\n"
            + w.mixed(w.file, boundary=b"i"),
        ),
        "encoded_container",
    ),
    (
        "a digest",
        lambda w: w.mixed(
            w.text,
            b"Content-Type: multipart/digest; boundary=inner\r\n\r\n"
            + w.parts(b"\r\n" + w.mixed(w.file, boundary=b"i"), boundary=b"inner"),
        ),
        "",
    ),
    (
        "a byte order mark",
        lambda w: (
            b"\xef\xbb\xbf" + (TYPED + b"outer\r\n" + w.top) + b"\r\n" + w.parts(w.text, w.file)
        ),
        "malformed_field",
    ),
    ("empty lines first", lambda w: b"\r\n\r\n" + w.mixed(w.text, w.file), "header_end"),
    (
        "a header in two blocks",
        lambda w: w.top + b"\r\n" + TYPED + b"outer\r\n\r\n" + w.parts(w.text, w.file),
        "header_end",
    ),
    (
        "bare CRs alone",
        lambda w: w.mixed(w.text, w.file).replace(b"\r\n", b"\r"),
        "mixed_line_ends",
    ),
    ("LF CR alone", lambda w: w.mixed(w.text, w.file).replace(b"\r\n", b"\n\r"), "mixed_line_ends"),
    (
        "CR CR LF alone",
        lambda w: w.mixed(w.text, w.file).replace(b"\r\n", b"\r\r\n"),
        "mixed_line_ends",
    ),
    ("LF alone", lambda w: w.mixed(w.text, w.file).replace(b"\r\n", b"\n"), ""),
    (
        "mbox",
        lambda w: b"From a@example.org Mon Mar  2 10:00:00 2026\r\n" + w.mixed(w.text, w.file),
        "",
    ),
    ("no encoding at all", lambda w: w.with_header(w.typed + w.place), ""),
    ("said to be quoted-printable", lambda w: w.with_header(w.typed + w.place + w.quoted), ""),
    (
        "base64 in a text",
        lambda w: w.top + b"\r\nSee below.\r\n\r\n" + w.lines + b"\r\nBye\r\n",
        "",
    ),
    (
        "base64 in one line of a text",
        lambda w: w.top + b"\r\nSee below.\r\n\r\n" + one_line(w) + b"\r\nBye\r\n",
        "",
    ),
    (
        "uuencoded in a part that is said to be a text",
        lambda w: w.mixed(w.text, b"\r\n" + uuencoded(w.hidden)),
        "",
    ),
]
# What is broken here has no second reading.
ALIKE = {"the inner uses the outer boundary", "the inner has no boundary"}


@pytest.mark.parametrize(
    ("message", "odd", "alike"),
    [(each[1], each[2], each[0] in ALIKE) for each in STRUCTURES],
    ids=[each[0] for each in STRUCTURES],
)
def test_a_part_is_found_wherever_some_reader_finds_one(message, odd, alike, read, write):
    seen = read(message(write))
    inner = [each for each in seen.members if each.declared_type == "message/rfc822"]

    assert any(map(write.hidden_in, [seen, *(read(bytes(each.octets)) for each in inner)]))
    assert odd in seen.odd if odd else alike or not seen.odd


@pytest.mark.parametrize(
    "line",
    [b"--oute", b"outer", b"--", b"> --outre", b'--"oute"', b"see outer"],
)
def test_a_line_that_is_a_delimiter_to_nobody_is_left_alone(line, read, write):
    seen = read(write.mixed(write.text + line + b"\r\nContent-Type: a/b\r\n\r\nmore\r\n"))

    assert seen.paths == ["1"]
    assert seen.odd == []


def test_a_message_whose_gate_fails_gives_nothing_twice(read, write):
    parts = [write.text, write.file, b"\r\nHello\r\n"]

    plain = read(write.mixed(*parts))
    broken = read(write.mixed(*parts).replace(b"outer\r\n\r\n", b"outer (b\r\n\r\n", 1))

    assert broken.odd == ["odd_value"]
    assert [bytes(each.octets) for each in broken.members] == [
        bytes(each.octets) for each in plain.members
    ]


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_boundaries_are_sought_and_one_more_is_a_limit(more):
    found = Boundaries(most=BOUNDARIES)
    found.add([b"b%d" % number for number in range(BOUNDARIES)])

    if more:
        with pytest.raises(Over):
            found.add([b"one more"])
    assert found.add([b"b1"]) == set()


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_lines_of_dashes_are_looked_at_and_one_more_is_a_limit(more):
    octets = b"--x\n" * (DASH_LINES + more)
    stretch = Stretch(0, len(octets), (), Value(b"text/plain"))
    found = Views(octets, Budget(Limits()), set()).read(stretch)

    if more:
        with pytest.raises(Over):
            list(found)
    else:
        assert len(list(found)) > 0


def test_of_too_many_lines_of_dashes_none_is_said_to_be_no_delimiter():
    named = Boundaries()
    named.add([b"outer"])

    assert not near(b"\n--x" * DASH_LINES, 0, 4 * DASH_LINES, named)
    assert near(b"\n--x" * (DASH_LINES + 2), 0, 4 * (DASH_LINES + 2), named)


@pytest.mark.parametrize(
    ("leaf", "wanted"),
    [
        ((0, 6, "base64"), (2, 4, "base64")),
        ((0, 6, "7bit"), (0, 4, "")),
        ((4, 6, ""), (4, 4, "")),
        ((2, 4, "base64"), (2, 4, "base64")),
    ],
)
def test_white_space_that_changes_nothing_makes_no_other_place(leaf, wanted):
    assert place(b"\r\nab\r\n", leaf) == wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        b"--outer x\r\nContent-Type: a/b\r\n\r\nx\r\n",
        b"--outer\r\nContent-Type: a/b (\r\n\r\nx\r\n",
        b"--outer\r\nContent-Type: a/b\r\n \r\nno field\r\nx: y\r\n\r\n",
        b"\r\n\r\n",
        b"\r\n--x\r\n",
    ],
)
def test_a_broken_message_is_read_in_proportion_to_its_length(line, read, write, clocked):
    def read_all(times):
        message = write.mixed(line * times).replace(b"outer\r\n\r\n", b"outer (\r\n\r\n", 1)
        return lambda: read(message, mime_parts=10**6)

    assert clocked(read_all(1200)) < 8 * clocked(read_all(300)) + 0.05
