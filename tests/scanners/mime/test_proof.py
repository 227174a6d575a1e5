"""Proof from the octets: what is encrypted is told, and what only says so is not."""

import pytest

from pratique.scanners.mime import proof

ARMOUR = (
    b"-----BEGIN PGP MESSAGE-----\r\nVersion: x\r\n\r\nhQEMA+abc=\r\n-----END PGP MESSAGE-----\r\n"
)
# A session key packet (tag 1, version 3), then encrypted data (tag 18, version 1).
KEY = b"\xc1\x04\x03abc"
OPENPGP = KEY + b"\xd2\x05\x01data"
OID = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"


@pytest.mark.parametrize("octets", [ARMOUR, b"\r\n\n" + ARMOUR, ARMOUR[:50]])
def test_armour_and_nothing_else_is_armour(octets):
    assert proof.is_armour(octets)


@pytest.mark.parametrize(
    "octets",
    [b"hello\r\n" + ARMOUR, ARMOUR + b"hello!", b"", b"-----BEGIN PGP", b"PK\3\4" + ARMOUR],
)
def test_what_stands_beside_armour_makes_it_none(octets):
    assert not proof.is_armour(octets)


def test_complete_blocks_in_a_text_are_found_where_they_stand():
    text = b"hello\r\n" + ARMOUR + b"more\r\n" + ARMOUR
    blocks = [text[start:end] for start, end in proof.armour_blocks(text)]
    assert blocks == [ARMOUR.rstrip()] * 2


@pytest.mark.parametrize(
    "text", [b"hello", b"> " + ARMOUR, ARMOUR.partition(b"-----END")[0], b"x" + ARMOUR]
)
def test_a_quoted_or_a_cut_block_is_none(text):
    assert list(proof.armour_blocks(text)) == []


@pytest.mark.parametrize(
    "octets",
    [
        OPENPGP,
        OPENPGP + b"\r\n",
        KEY * 3 + b"\xd2\x05\x01data",
        b"\xc9\x04data",
        # Partial lengths: a piece of 512 octets, then the rest.
        b"\xd2\xe9\x01" + b"x" * 511 + b"\x03end",
    ],
)
def test_packets_to_the_last_octet_are_an_encrypted_message(octets):
    assert proof.is_openpgp(octets)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        KEY,
        OPENPGP + b"PK\3\4",
        OPENPGP[:-1],
        b"\xc1\x04\x09abc\xd2\x05\x01data",
        b"\xd2\x05\x07data",
        b"PK\3\4" + OPENPGP,
        b"\xff\xd8\xff\xe0",
    ],
)
def test_packets_that_do_not_fit_are_none(octets):
    assert not proof.is_openpgp(octets)


@pytest.mark.parametrize(("keys", "encrypted"), [(proof.PACKETS - 1, True), (proof.PACKETS, False)])
def test_so_many_packets_are_followed_and_no_more(keys, encrypted):
    assert proof.is_openpgp(KEY * keys + b"\xd2\x05\x01data") is encrypted


@pytest.mark.parametrize(
    ("last", "type_"), [(b"\x02", "signed-data"), (b"\x03", "enveloped-data"), (b"\x63", "")]
)
@pytest.mark.parametrize("length", [b"\x0b", b"\x80"])
def test_a_content_type_of_cms_is_read_in_der_and_ber(length, last, type_):
    assert proof.read_cms(b"\x30" + length + OID + last) == type_


@pytest.mark.parametrize(
    "octets",
    [b"", b"\x30", b"PK\3\4" + OID + b"\x03", b"\x30\x0b" + OID + b"\x03" + b"more", b"\x30\x84"],
)
def test_octets_before_or_behind_make_it_no_cms(octets):
    assert proof.read_cms(octets) == ""


@pytest.mark.parametrize(
    ("octets", "ends"),
    [
        (b"x" * 99 + b"PK\5\6" + bytes(18), True),
        (b"PK\5\6" + bytes(18) + b"c" * 65_535, True),
        (b"PK\5\6" + bytes(19) + b"c" * 65_535, False),
        (b"PK\3\4 hello", False),
    ],
)
def test_what_ends_like_a_zip_is_told(octets, ends):
    assert proof.ends_like_a_zip(octets) is ends
