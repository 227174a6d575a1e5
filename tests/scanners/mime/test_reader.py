"""A message in, its members out: the whole reader."""

import base64
import binascii

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.mime import Mime
from pratique.scanners.mime.carried import UU_FILES
from pratique.scanners.part import Part

OCTETS = b"MZ\x90\x00" + bytes(range(256)) * 4
ENCODED = base64.encodebytes(OCTETS)
ATTACHED = (
    b'Content-Type: application/octet-stream; name="a.exe"\n'
    b"Content-Transfer-Encoding: base64\n"
    b'Content-Disposition: attachment; filename="a.exe"\n\n' + ENCODED
)
RETURNED = (
    b"Received: from bot by mx.example.org; Mon, 02 Mar 2026 09:00:00 +0900\n"
    b"From: a@example.org\nTo: b@example.net\nSubject: x\nMIME-Version: 1.0\n"
)


def multipart(*parts, subtype=b"mixed", boundary=b"b"):
    head = b"Content-Type: multipart/" + subtype + b"; boundary=" + boundary + b"\n\n"
    delimiter = b"--" + boundary
    return head + b"".join(delimiter + b"\n" + part + b"\n" for part in parts) + delimiter + b"--\n"


@pytest.mark.parametrize(("kind", "wanted"), [("message", True), ("text", False), ("", False)])
def test_only_messages_are_recognized(kind, wanted):
    assert Mime().recognize(Part(facts.Part(kind=kind), memoryview(b""))) == (
        "whole" if wanted else ""
    )


@pytest.mark.parametrize("eol", [b"\n", b"\r\n", b"\r"])
def test_an_attachment_is_decoded_and_named(eol, read):
    message = b"From: a@example.org\n" + multipart(b"\nHello", ATTACHED)
    seen = read(message.replace(b"\n", eol))

    member = seen.at("2")
    assert seen.octets("1") == b"Hello"
    assert bytes(member.octets) == OCTETS
    assert (member.name, member.names, member.raw_name) == ("a.exe", (), b"")
    assert member.declared_type == "application/octet-stream"
    assert (member.disposition, member.view) == ("attachment", "standard")
    assert seen.odd == (["mixed_line_ends"] if eol == b"\r" else [])


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\r\n",
        b"Subject: x\r\n",
        b"Subject: x\r\n\r\n",
        b"From a@example.org Mon Mar  2 10:00:00 2026\nSubject: x\n\n",
    ],
)
def test_a_message_without_a_body_is_one_empty_text(message, read):
    seen = read(message)

    assert seen.paths == ["1"]
    assert seen.octets("1") == b""
    assert seen.odd == []


def test_members_come_in_document_order_with_their_place(read):
    inner = multipart(b"\none", ATTACHED, boundary=b"c")

    seen = read(multipart(b"\nHello", inner, b"Content-Type: message/rfc822\n\nSubject: y\n\nz"))

    assert seen.paths == ["1", "2", "2/1", "2/2", "3"]
    assert (seen.at("2").declared_type, seen.octets("2")) == ("multipart/mixed", b"")
    assert (seen.at("3").declared_type, seen.octets("3")) == ("message/rfc822", b"Subject: y\n\nz")


def test_the_parts_of_a_digest_are_messages(read):
    seen = read(multipart(b"\nSubject: y\n\nz", subtype=b"digest"))

    assert (seen.at("1").declared_type, seen.octets("1")) == ("message/rfc822", b"Subject: y\n\nz")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"base64", ENCODED),
        (b"BASE64 ", ENCODED),
        (b"\r\n\tbase64", ENCODED),
        (b"quoted-printable", b"".join(b"=%02X" % octet for octet in OCTETS)),
        (b"binary", OCTETS),
        (b"8bit", OCTETS),
        (
            b"x-uuencode",
            b"begin 644 a.exe\n"
            + b"".join(binascii.b2a_uu(OCTETS[at : at + 45]) for at in range(0, len(OCTETS), 45))
            + b"`\nend\n",
        ),
    ],
)
def test_each_way_to_write_an_encoding_gives_the_octets(encoding, body, read):
    seen = read(b"Content-Type: a/b\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body)

    assert seen.octets("1") == OCTETS
    assert seen.odd == []


@pytest.mark.parametrize(
    ("lines", "class_"),
    [
        (
            b"Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n",
            "duplicate_transfer_encoding",
        ),
        (b"Content-Transfer-Encoding: base-64\n", "unknown_transfer_encoding"),
        (b"Content-Transfer-Encoding: base64, 7bit\n", "unknown_transfer_encoding"),
    ],
)
def test_where_encodings_differ_each_reading_is_given(lines, class_, read):
    seen = read(lines + b"\n" + ENCODED)

    further = [each for each in seen.members if each.view == "further"]
    assert [each.view for each in seen.members if each.step == "1"] == ["standard"]
    assert OCTETS in [bytes(each.octets) for each in further]
    assert seen.odd == [class_]
    assert seen.oddities[0].at is seen.at("1")


@pytest.mark.parametrize(
    ("message", "odd"),
    [
        (b"Content-Transfer-Encoding: base64\n\nQUJD!REVG", ["bad_base64"]),
        (b"Content-Transfer-Encoding: quoted-printable\n\na=xb", []),
        (b"Content-Transfer-Encoding: quoted-printable\n\na=\rb", ["bad_quoted_printable"]),
        (
            b"Content-Type: a/b\nContent-Transfer-Encoding: quoted-printable\n\na=xb",
            ["bad_quoted_printable"],
        ),
        (b"Content-Transfer-Encoding: utf-8\n\na", ["unknown_transfer_encoding"]),
        (
            b"Content-Type: a/b; name=a.exe\nContent-Disposition: x; filename=a.pdf\n\n",
            ["conflicting_names"],
        ),
        (b"Content-Type: a/b; x=\0\n\n", ["nul_in_header"]),
        (b"Content-Type : text/html\n\n", ["malformed_field"]),
        (
            b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQUJD",
            ["encoded_container"],
        ),
        (b"Content-Type: multipart/mixed; boundary=b\n\nno part", ["unused_boundary"]),
        (b"Content-Type: multipart/mixed\n\nno part", ["missing_boundary"]),
        (b"Content-Type: multipart/mixed; boundary=b\n\n \n", []),
        (b"Content-Type: multipart/mixed\n\n", []),
        (multipart(b"\nHello")[:-6], []),
        (multipart(b"Content-Transfer-Encoding: base64\n\nQUJ"), ["bad_base64"]),
    ],
)
def test_what_is_ambiguous_is_told_and_what_is_not_is_not(message, odd, read):
    assert read(message).odd == odd


def test_the_body_of_a_multipart_without_parts_is_looked_into(read):
    text = b"see below\nbegin 644 a.exe\n" + binascii.b2a_uu(b"MZ") + b"`\nend\n"

    seen = read(b"Content-Type: multipart/mixed; boundary=b\n\n" + text)

    assert seen.paths == ["1", "1/uu:a.exe"]
    assert seen.octets("1/uu:a.exe") == b"MZ"


@pytest.mark.parametrize("count", [UU_FILES, UU_FILES + 1])
def test_so_many_uuencoded_files_in_a_text_are_given(count, read):
    file = b"begin 644 a.exe\n" + binascii.b2a_uu(b"MZ") + b"`\nend\n"

    seen = read(b"\n" + file * count)

    assert len(seen.members) == 1 + UU_FILES
    assert [each.class_ for each in seen.reached] == ["parts"] * (count - UU_FILES)


def test_uuencode_in_what_is_no_text_is_left_alone(read):
    file = b"begin 644 a.exe\n" + binascii.b2a_uu(b"MZ") + b"`\nend\n"

    assert read(b"Content-Type: image/png\n\n" + file).paths == ["1"]


REPORT = [
    b"\nIt failed",
    b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x",
]


@pytest.mark.parametrize(
    "type_",
    [
        b"message/rfc822",
        b"message/global",
        b"text/rfc822-headers",
        b"message/global-headers",
        b"message/rfc822-headers",
    ],
)
def test_the_returned_message_of_a_report_is_marked(type_, read):
    seen = read(
        multipart(*REPORT, b"Content-Type: " + type_ + b"\n\n" + RETURNED, subtype=b"report")
    )

    assert [each.returned for each in seen.members] == [False, False, True]


def test_the_first_part_of_a_report_is_never_returned(read):
    octets = multipart(b"Content-Type: message/rfc822\n\n" + RETURNED, subtype=b"report")
    assert not read(octets).at("1").returned


def test_what_is_attached_to_a_report_is_not_returned(read):
    seen = read(multipart(*REPORT, ATTACHED, subtype=b"report"))

    assert not any(each.returned for each in seen.members)


def test_a_message_in_no_report_is_not_returned(read):
    assert not read(multipart(b"Content-Type: message/rfc822\n\n" + RETURNED)).at("1").returned


def test_all_that_lies_in_a_returned_message_is_returned(read):
    known = facts.Part(kind="message", returned=True, views=["standard"])

    seen = read(multipart(b"\nHello", ATTACHED), known=known)

    assert [(each.returned, each.view) for each in seen.members] == [(True, "standard")] * 2


def test_a_returned_message_that_was_cut_short_is_not_odd(read):
    known = facts.Part(kind="message", returned=True, views=["standard"])

    assert read(b"Content-Type: multipart/mixed; boundary=b\n\nThis is", known=known).odd == []


@pytest.mark.parametrize("encoding", [b"7bit", b"quoted-printable", b"base64"])
def test_a_message_returned_inline_is_given_whole(encoding, read):
    text = (
        b"It failed:\n\n--- Below this line is a copy.\n\n"
        + RETURNED
        + multipart(b"\nHi", ATTACHED)
    )
    encode = {
        b"7bit": bytes,
        b"quoted-printable": lambda octets: octets.replace(b"=", b"=3D"),
        b"base64": base64.encodebytes,
    }

    seen = read(b"Content-Transfer-Encoding: " + encoding + b"\n\n" + encode[encoding](text))
    inline = seen.at("1/inline")
    inner = read(
        bytes(inline.octets),
        known=facts.Part(kind="message", returned=inline.returned, views=[inline.view]),
    )

    assert (inline.declared_type, inline.returned, inline.view) == (
        "message/rfc822",
        True,
        "further",
    )
    assert inner.octets("2") == OCTETS
    assert {(each.returned, each.view) for each in inner.members} == {(True, "further")}
    assert seen.odd == inner.odd == []


def test_what_is_odd_in_a_message_found_inline_is_nobodys_ambiguity(read):
    known = facts.Part(kind="message", returned=True, views=["further"])
    message = (
        b"Content-Type: text/plain\nContent-Transfer-Encoding: base-64\n\nHello\n\n" + RETURNED
    )

    seen = read(message, known=known)

    assert seen.odd == []
    assert seen.paths == ["1"]


def test_an_html_text_is_not_searched_for_returned_messages(read):
    assert read(b"Content-Type: text/html\n\n" + RETURNED).paths == ["1"]


@pytest.mark.parametrize(("size", "over"), [(300, False), (301, True)])
def test_a_part_over_its_limit_says_so_and_the_others_are_read(size, over, read):
    seen = read(multipart(b"\n" + b"x" * size, b"\nHello"), part_octets=300)

    assert (seen.at("1").unopened == "over_budget") is over
    assert len(seen.octets("1")) == (0 if over else 300)
    assert [each.class_ for each in seen.reached] == ["part_octets"] * over
    assert seen.octets("2") == b"Hello"


@pytest.mark.parametrize(("octets", "enough"), [(303, True), (302, False)])
def test_what_is_decoded_is_charged_before_it_is(octets, enough, read):
    message = b"Content-Transfer-Encoding: base64\n\n" + base64.b64encode(bytes(301))

    if enough:
        assert len(read(message, octets=octets).octets("1")) == 301
        return
    with pytest.raises(OverBudget) as over:
        read(message, octets=octets)
    assert over.value.class_ == "octets"


@pytest.mark.parametrize(("levels", "over"), [(10, False), (11, True)])
def test_as_many_levels_as_allowed_are_opened_and_the_next_says_so(levels, over, read):
    message = b"\nHello"
    for number in range(levels + 1):
        message = multipart(message, boundary=b"b%d" % number)

    seen = read(message, mime_depth=10)

    assert [each.class_ for each in seen.reached] == ["depth"] * over
    assert b"Hello" in bytes(seen.members[-1].octets)
    assert len(seen.members) == levels + 1


@pytest.mark.parametrize(("around", "over"), [(5, False), (6, True)])
def test_containers_around_the_message_count_but_archives_do_not(around, over, read):
    known = facts.Part(kind="message", depth=around + 3, inside=["message", "zip", "gzip", "tar"])
    message = b"\nHello"
    for number in range(6):
        message = multipart(message, boundary=b"b%d" % number)

    assert bool(read(message, known=known, mime_depth=10).reached) is over


def test_a_name_that_was_cut_is_a_limit(read):
    seen = read(b"Content-Disposition: attachment; filename=" + b"a" * 5000 + b".exe\n\n")

    assert [(each.class_, each.at) for each in seen.reached] == [("names", seen.at("1"))]
    assert seen.at("1").names[0].endswith(".exe")


@pytest.mark.slow
def test_a_hundred_thousand_parts_are_members_one_by_one():
    message = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000
    budget = Budget(Limits(mime_parts=100_001))
    members = Mime().members(Part(facts.Part(kind="message"), memoryview(message)), budget)

    counted = (budget.charge_part() for _ in members)

    with pytest.raises(OverBudget) as over:
        list(counted)
    assert over.value.class_ == "parts"


@pytest.mark.parametrize("parts", [9, 10])
def test_so_many_entities_are_read_and_one_more_is_a_limit_of_what_holds_it(parts, read):
    seen = read(multipart(*[b"\nx"] * parts), mime_parts=10)

    assert len(seen.members) == 9
    assert [(each.class_, each.at) for each in seen.reached] == [("parts", None)] * (parts - 9)


def test_a_second_boundarys_parts_are_a_further_view_and_none_comes_twice(read):
    body = b"--c\n\none\n--c\n" + ATTACHED + b"\n--c--\n--b\n\nHello\n--b--\n"

    seen = read(b"Content-Type: multipart/mixed; boundary=b; boundary=c\n\n" + body)

    assert [each.step for each in seen.members if each.view == "standard"] == ["1"]
    places = [bytes(each.octets) for each in seen.members if len(each.octets)]
    assert places.count(OCTETS) == places.count(b"Hello") == places.count(b"one") == 1
    assert seen.odd == ["duplicate_parameter", "part_outside"]
