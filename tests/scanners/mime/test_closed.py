"""What nobody looked into is told, with its reason."""

import pytest

from pratique.scanners.mime.carried import PGP_BLOCKS

PGP = b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"
SIGNED = bytes.fromhex("3080 0609 2a864886f70d010702 a080")
COMPRESSED = bytes.fromhex("3080 060b 2a864886f70d0109100109 a080")
COMPRESSED = bytes.fromhex("3080 060b 2a864886f70d0109100109 a080")
ENVELOPED = bytes.fromhex("308203e8 0609 2a864886f70d010703 a0820100")
AUTH = bytes.fromhex("3080 060b 2a864886f70d0109100117 a080")


def leaf(type_, octets):
    return b"Content-Type: " + type_ + b"\r\nContent-Transfer-Encoding: binary\r\n\r\n" + octets


@pytest.mark.parametrize(
    ("type_", "octets", "unopened"),
    [
        (b"text/plain", b"\r\n" + PGP + b"\r\n", "pgp"),
        (b"text/plain", PGP[:36], "pgp"),
        (b"text/plain", b"Hello\r\n\r\n" + PGP, ""),
        (b"text/plain", PGP + b"Bye\r\n", ""),
        (b"text/plain", b"PK\x03\x04\0\0\n" + PGP, ""),
        (b"text/plain", PGP[:36] + b"PK\x03\x04\0\0", ""),
        (b"text/plain", PGP, "pgp"),
        (b"application/pgp-encrypted", PGP, "pgp"),
        (b"application/pgp-encrypted", b"Version: 1\r\n", ""),
        (b"text/plain", b"Look for > -----BEGIN PGP MESSAGE----- in it", ""),
        (b"image/png", PGP, ""),
        (b"application/x-pkcs7-mime", ENVELOPED, "smime"),
        (b"application/pkcs7-mime", AUTH, "smime"),
        (b"application/pkcs7-mime; smime-type=signed-data", SIGNED, ""),
        (b"application/pkcs7-mime; smime-type=enveloped-data", SIGNED, ""),
        (b"application/pkcs7-mime; smime-type=compressed-data", COMPRESSED, "unreadable"),
        (b"application/pkcs7-mime; smime-type=certs-only", SIGNED, ""),
        (b"application/pkcs7-signature", SIGNED, ""),
        (b"message/partial; id=x; number=1; total=2", b"Subject: x\r\n\r\n", "elsewhere"),
        (b"message/external-body; access-type=URL", b"\r\n", "elsewhere"),
    ],
)
def test_a_closed_leaf_says_so(type_, octets, unopened, read):
    member = read(leaf(type_, octets)).at("1")

    assert member.unopened == unopened
    assert bool(member.why) is bool(unopened)
    assert member.encrypted is (unopened in {"pgp", "smime"})


ZIP = b"PK\x05\x06" + bytes(18)
# A session key for somebody, then encrypted data of three octets.
PACKETS = b"\x84\x03\x03ab" + b"\xd2\x03\x01xy"


@pytest.mark.parametrize(
    ("type_", "octets"),
    [
        (b"application/pkcs7-mime; smime-type=enveloped-data", b"x"),
        (b"application/pkcs7-mime; smime-type=enveloped-data", ZIP),
        (b"application/pkcs7-mime", b""),
        (b"application/pkcs7-mime", b"MZ"),
        (b"application/pkcs7-mime", ENVELOPED[4:]),
        (b"application/pkcs7-mime", ENVELOPED + ZIP),
        (b"application/pkcs7-mime", AUTH + ZIP),
        (b"application/pkcs7-mime", b"\x30\x03\x06\x01\x2aPK"),
        (b"application/pgp-encrypted", ZIP),
        (b"application/pgp-encrypted", b"PK" + PGP),
    ],
)
def test_what_is_only_said_to_be_encrypted_stays_open_and_is_told(type_, octets, read):
    seen = read(leaf(type_, octets))

    assert (seen.at("1").unopened, seen.at("1").encrypted) == ("", False)
    assert ("odd_value", "declared encrypted, but is not") in [
        (each.class_, each.detail) for each in seen.oddities
    ]


FILES = [
    b"PK\x03\x04\x14\0" + bytes(20),
    b"Rar!\x1a\x07\x01\0",
    b"7z\xbc\xaf\x27\x1c\0\4",
    b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0",
    b"MZ" + bytes(58) + b"\0\0\0\0This program cannot be run in DOS mode",
]


@pytest.mark.parametrize("file", FILES)
def test_a_file_wrapped_in_the_lengths_of_something_encrypted_stays_open(file, read):
    wrapped = b"\xd2\xff" + (len(file) + 1).to_bytes(4) + b"\x01" + file
    der = ENVELOPED[:1] + b"\x82" + (len(file) + 13).to_bytes(2) + ENVELOPED[4:15] + b"\4"
    der += bytes([len(file)]) + file

    for type_, octets in (b"application/pkcs7-mime", der), (b"application/pgp-encrypted", wrapped):
        seen = read(leaf(type_, octets))
        assert (seen.at("1").unopened, seen.odd) == ("", ["odd_value"])
        assert bytes(seen.at("1").octets) == octets


def test_two_letters_of_a_program_do_not_open_what_is_encrypted(read):
    octets = b"\xd2\x10\x01" + b"MZ" + bytes(13)
    seen = read(
        b"Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\nVersion: 1\r\n"
        b"--b\r\nContent-Type: application/octet-stream\r\n\r\n" + octets + b"\r\n--b--\r\n"
    )

    assert seen.at("2").unopened == "pgp"


def test_a_zip_whose_comment_is_armour_is_never_closed(read):
    octets = ZIP[:-2] + b"\x50\0\n" + PGP

    for type_ in (b"text/plain", b"application/pgp-keys", b"application/pgp-encrypted"):
        assert read(leaf(type_, octets)).at("1").unopened == ""
        assert read(leaf(type_, PGP + ZIP)).at("1").unopened == ""


@pytest.mark.parametrize("more", [0, 1])
def test_messages_in_the_midst_of_a_text_are_closed_members_of_it(more, read):
    seen = read(leaf(b"text/plain", b"Hello\r\n" + PGP * (PGP_BLOCKS + more) + b"Bye\r\n"))

    blocks = seen.members[1:]
    assert seen.at("1").unopened == ""
    assert [(each.unopened, each.encrypted) for each in blocks] == [("pgp", True)] * PGP_BLOCKS
    assert bytes(blocks[0].octets) == PGP.rstrip()
    assert len(seen.reached) == more


@pytest.mark.parametrize("text", [b"> " + PGP, b"Hello\r\n" + PGP[:36], b"x" + PGP])
def test_what_is_no_whole_message_in_a_text_is_no_member(text, read):
    assert read(leaf(b"text/plain", text)).paths == ["1"]


@pytest.mark.parametrize(
    ("octets", "unopened"),
    [
        (PGP, "pgp"),
        (PACKETS, "pgp"),
        (b"\x8c\x02\x04a" + b"\xc9\x02xy", "pgp"),
        (b"\xd2\xe1\x01a\x02xy", "pgp"),
        (b"\xa7xyz", "pgp"),
        (PACKETS[:-1], ""),
        (PACKETS + b"PK", ""),
        (PACKETS + ZIP, ""),
        (b"\x84\x03\x07ab\xd2\x03\x01xy", ""),
        (b"\x84\x03\x03ab", ""),
        (b"\xd2\xe1\x01a", ""),
        (b"\xcb\x03\x01xy", ""),
        (b"PK\x03\x04", ""),
        (b"\x80", ""),
    ],
)
@pytest.mark.parametrize("protocol", [b'"application/pgp-encrypted"', b"x/y"])
def test_the_second_part_of_multipart_encrypted_is_closed_by_its_octets(
    protocol, octets, unopened, read
):
    seen = read(
        b"Content-Type: multipart/encrypted; boundary=b; protocol=" + protocol + b"\r\n\r\n"
        b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        b"--b\r\nContent-Type: application/octet-stream\r\n\r\n" + octets + b"\r\n--b--\r\n"
    )

    assert [each.unopened for each in seen.members] == ["", unopened]
    assert seen.octets("2").startswith(octets.rstrip())
    assert bool(seen.odd) is not bool(unopened)
