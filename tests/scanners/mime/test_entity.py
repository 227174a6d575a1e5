"""What an entity's header says, and where readers differ about it."""

import pytest

from pratique.scanners.mime.entity import (
    FIELDS,
    Entity,
    body_of,
    default_type,
    read_boundaries,
    read_said,
)
from pratique.scanners.mime.fields import read_value
from pratique.scanners.mime.header import Header


def entity(*lines, parent=None):
    said = read_said(b"\r\n".join([*lines, b""]), default_type(parent))
    return Entity(Header(0, 0), said, [*said.odd])


@pytest.mark.parametrize(
    ("line", "declared"),
    [
        (b"Content-Type: TEXT/HTML; charset=x", "text/html"),
        (b"content-type:application/zip", "application/zip"),
        (b"Subject: x", "text/plain"),
        (b"Content-Type:", "text/plain"),
        (b"Content-Type: text", "text/plain"),
        (b"Content-Type: text/html\xff", "text/html\ufffd"),
    ],
)
def test_the_declared_type_is_told(line, declared):
    assert entity(line).declared_type == declared


def test_a_part_of_a_digest_is_a_message_unless_it_says_otherwise():
    digest = entity(b"Content-Type: multipart/digest; boundary=b")

    assert entity(parent=digest).declared_type == "message/rfc822"
    assert entity(b"Content-Type: text/plain", parent=digest).declared_type == "text/plain"


@pytest.mark.parametrize(
    ("value", "encoding"),
    [
        *((b"base64", "base64"), (b" BASE64 ", "base64"), (b"\r\n\tbase64", "base64")),
        *((b"(x) base64", "base64"), (b"base64 (x)", "base64"), (b'"base64"', "base64")),
        *((b"quoted-printable;", "quoted-printable"), (b"", ""), (b"x-foo", "x-foo")),
    ],
)
def test_the_transfer_encoding_is_told(value, encoding):
    assert entity(b"Content-Transfer-Encoding:" + value).encodings == [encoding]


@pytest.mark.parametrize(
    ("lines", "classes"),
    [
        ([b"Content-Type: a/b", b"Content-Type: c/d"], ["duplicate_content_type"]),
        (
            [b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: 7bit"],
            ["duplicate_transfer_encoding"],
        ),
        (
            [b"Content-Disposition: inline", b"Content-Disposition: attachment"],
            ["duplicate_disposition"],
        ),
        ([b"Content-Transfer-Encoding: base-64"], ["unknown_transfer_encoding"]),
        ([b"Content-Type : a/b"], ["malformed_field"]),
        ([b"Content-Type: multipart/x; boundary=a; boundary=b"], ["duplicate_parameter"]),
        ([b"Content-Type: multipart/x; boundary=a; boundary*0=b"], ["duplicate_parameter"]),
        ([b"Content-Type: multipart/x; boundary=" + b"a" * 71], ["invalid_boundary"]),
    ],
)
def test_what_readers_differ_on_is_told(lines, classes):
    assert [each.class_ for each in entity(*lines).odd] == classes


@pytest.mark.parametrize(
    "lines",
    [
        [b"Content-Type: a/b", b"Content-Type: A/B"],
        [b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: BASE64"],
        [b"Content-Transfer-Encoding:\r\n\tbase64 "],
        [b"Content-Transfer-Encoding: 8-bit"],
        [b"DKIM-Signature: v=1; h=from:to:content-type:", b" content-transfer-encoding:subject;"],
        [b"ARC-Seal: h=Content-Type:To", b"Content-Type: a/b"],
        [b"no field", b"Subject: it changes nothing"],
        [b"Content-Type: multipart/x; boundary=a; boundary=a"],
        [b"Content-Type: multipart/x; boundary=" + b"a" * 70],
        [b"Content-Type: text/plain; charset=a; charset=b"],
        [b'Content-Type: text/plain (why); charset="utf-8"'],
        [b"Subject : a blank that changes nothing"],
    ],
)
def test_what_all_read_alike_is_not_odd(lines):
    assert entity(*lines).odd == []


def test_a_nul_is_told():
    assert [each.class_ for each in entity(b"A: \0b").odd] == ["nul_in_header"]


@pytest.mark.parametrize(("size", "cut"), [(65535, 0), (65536, 1)])
def test_a_field_is_read_up_to_its_limit(size, cut):
    # The CR of its line end is one octet of the value.
    assert len(entity(b"Content-Type:" + b"a" * size).cut) == cut


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"m/x; boundary=a", [b"a"]),
        (b'm/x; boundary="a  "', [b"a"]),
        (b"m/x; boundary=a b", [b"a b", b"a"]),
        (b"m/x; boundary=a; boundary=b", [b"a", b"b"]),
        (b"m/x; boundary*0=a; boundary*1=b", [b"ab"]),
        (b"m/x; boundary*=''a%2Fb", [b"a/b"]),
        (b'm/x; boundary=""', []),
        (b"m/x", []),
        (b"m/x" + b"; boundary=x".join(b"%d" % number for number in range(9)), None),
    ],
)
def test_the_boundaries_are_told_each_once_and_at_most_four(value, found):
    boundaries = read_boundaries(read_value(value))

    assert boundaries == found if found is not None else len(boundaries) == 4


def test_the_body_of_an_uncut_multipart_keeps_its_encodings():
    found = entity(b"Content-Type: multipart/x", b"Content-Transfer-Encoding: base64")

    body = body_of(found, "missing_boundary")

    assert (body.declared_type, body.encodings, body.parent) == ("text/plain", ["base64"], found)


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_fields_of_one_name_are_read_and_the_last_one(more, read):
    fields = [b"Content-Disposition: a; filename=%d.x" % each for each in range(FIELDS + more)]

    seen = read(b"\n".join(fields) + b"\n\nx")

    names = [seen.at("1").name, *seen.at("1").names]
    assert len(names) == FIELDS
    assert names[-1] == f"{FIELDS + more - 1}.x"
    assert [each.class_ for each in seen.reached] == ["header"] * more
