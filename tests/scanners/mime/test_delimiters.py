"""Delimiters that only some reader takes for one, and headers that run into their bodies."""

import binascii

import pytest

from pratique.scanners.mime.views import Boundaries

ODD = "odd_delimiter"


def named(*known):
    boundaries = Boundaries()
    boundaries.add(known)
    return boundaries


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"--outer", b"outer"),
        (b"-- outer", b"outer"),
        (b'--"outer"', b"outer"),
        (b">--outer", b"outer"),
        (b"--outerX", b"outer"),
        (b"--ou\0ter", b"outer"),
        (b"and then --outer", b"outer"),
        (b"see boundary-of-a-letter there", b"boundary-of-a-letter"),
        (b"see outer there", None),
        (b"--oute", None),
        (b"", None),
    ],
)
def test_above_a_field_a_line_is_a_delimiter_by_the_boundary_in_it(line, name):
    assert named(b"outer", b"boundary-of-a-letter").above_field(line) == name


def test_no_line_gives_a_boundary_where_none_is_known():
    assert Boundaries().above_field(b"--outer") is None


@pytest.mark.parametrize(
    "line",
    [b"-- outer", b'--"outer"', b">--outer", b"--outerX", b"> --outer", b"x--outer", b"--outer2"],
)
@pytest.mark.parametrize("between", [b"", b"\r\n", b"X-A: " + b"a" * 5000 + b"\r\n"])
def test_a_part_below_a_line_that_some_reader_takes_for_a_delimiter_is_found(
    line, between, read, write
):
    seen = read(write.mixed(write.text + line + b"\r\n" + between + write.file))

    assert write.hidden_in(seen)
    assert ODD in seen.odd


@pytest.mark.parametrize(
    "quoted",
    [
        b"> --outer\r\n> Content-Type: a/b\r\n>\r\n> more\r\n",
        b"> --outer is the line\r\nContent is what follows\r\n",
        b">--outer\r\n\r\nmore\r\n",
        b"--outer2\r\nSubject: x\r\n\r\nmore\r\n",
    ],
)
def test_a_quoted_delimiter_is_none(quoted, read, write):
    assert read(write.mixed(write.text + quoted)).odd == []


def test_a_message_may_name_a_boundary_that_has_the_outer_one_in_front(read, write):
    inner = write.top + write.multipart(b"outer1") + write.parts(write.text, boundary=b"outer1")
    message = b"Content-Type: message/rfc822\r\n\r\n" + inner

    assert read(write.mixed(write.text, message)).odd == []


def test_a_boundary_inside_of_another_parameter_is_one_to_some(read, write):
    kind = b'Content-Type: text/plain; x="; boundary=outer"\r\n\r\n'

    seen = read(write.top + kind + write.parts(write.text, write.file))

    assert write.hidden_in(seen)
    assert seen.odd == ["odd_value"]


def test_a_multipart_that_lost_its_header_is_read_without_an_ambiguity(read, write):
    seen = read(write.top + b"\r\n" + write.parts(write.text, write.file))

    assert write.hidden_in(seen)
    assert seen.odd == []


def test_of_a_lost_multipart_what_is_returned_stands_inline_and_only_there(read, write):
    returned = b"Content-Type: message/rfc822\r\n\r\nReceived: x\r\n" + write.top + b"\r\nx\r\n"

    seen = read(write.top + b"\r\n" + write.parts(write.text, returned))

    messages = [each for each in seen.members if each.declared_type == "message/rfc822"]
    assert [each.returned for each in messages] == [True]


def uuencoded(octets):
    lines = (binascii.b2a_uu(octets[at : at + 45]) for at in range(0, len(octets), 45))
    return b"begin 644 a.exe\r\n" + b"".join(lines).replace(b"\n", b"\r\n") + b"`\r\nend\r\n"


def test_a_header_that_runs_into_its_body_loses_nothing(read, write):
    seen = read(write.top.replace(b"MIME", b"X") + uuencoded(write.hidden))

    assert write.hidden_in(seen)
    assert "header_end" in seen.odd


def test_a_line_that_is_no_field_begins_a_body_for_some_and_is_nothing_odd_above_another(
    read, write
):
    seen = read(write.top + uuencoded(write.hidden) + b"\r\nThe body\r\n")

    assert write.hidden_in(seen)
    assert seen.odd == []


def test_fields_that_bare_carriage_returns_end_are_fields_below_a_line_without_a_name(read, write):
    head = (b":\n:\n" + write.typed + write.base64).replace(b"\r\n", b"\r")

    seen = read(head.replace(b"\n", b"\n\r") + b"\r" + write.lines)

    assert "mixed_line_ends" in seen.odd


def test_base64_in_a_message_that_stands_inline_is_given_once(read, write):
    returned = b"Received: x\r\n" + write.top + write.multipart() + write.parts(write.file)

    seen = read(b"Subject: x\r\n\r\nIt came back:\r\n\r\n" + returned)

    assert [each.step for each in seen.members] == ["1", "inline"]


def test_a_header_whose_only_field_has_a_nul_in_its_name_is_one(read, write):
    head = b"Content-Transfer-Encoding\0: base64\r\n"

    seen = read(write.with_header(head, write.lines[:20] + b"\r\n"))

    assert "nul_in_header" in seen.odd
    assert write.hidden[:15] in [bytes(each.octets) for each in seen.members]
