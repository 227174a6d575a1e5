"""What nobody looked into is told, with its reason."""

import pytest

PGP = b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"
SIGNED = bytes.fromhex("3080 0609 2a864886f70d010702 a080")
ENVELOPED = bytes.fromhex("308203e8 0609 2a864886f70d010703 a0820100")
AUTH = bytes.fromhex("3080 060b 2a864886f70d0109100117 a080")


def leaf(type_, octets):
    return b"Content-Type: " + type_ + b"\r\nContent-Transfer-Encoding: binary\r\n\r\n" + octets


@pytest.mark.parametrize(
    ("type_", "octets", "unopened"),
    [
        (b"text/plain", b"Hello\r\n\r\n" + PGP, "pgp"),
        (b"text/plain", PGP, "pgp"),
        (b"application/pgp-encrypted", PGP, "pgp"),
        (b"application/pgp-encrypted", b"Version: 1\r\n", ""),
        (b"text/plain", b"Look for > -----BEGIN PGP MESSAGE----- in it", ""),
        (b"image/png", PGP, ""),
        (b"application/pkcs7-mime; smime-type=enveloped-data", b"x", "smime"),
        (b"application/pkcs7-mime; smime-type=authEnveloped-data", b"x", "smime"),
        (b"application/x-pkcs7-mime", ENVELOPED, "smime"),
        (b"application/pkcs7-mime", AUTH, "smime"),
        (b"application/pkcs7-mime; smime-type=signed-data", SIGNED, "unreadable"),
        (b"application/pkcs7-mime; smime-type=enveloped-data", SIGNED, "unreadable"),
        (b"application/pkcs7-mime; smime-type=certs-only", SIGNED, ""),
        (b"application/pkcs7-mime", b"MZ", "unreadable"),
        (b"application/pkcs7-mime", b"", "unreadable"),
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


@pytest.mark.parametrize(
    ("protocol", "octets", "unopened"),
    [
        (b'"application/pgp-encrypted"', PGP, "pgp"),
        (b'"application/pgp-encrypted"', b"\x84\x8c\x03", "pgp"),
        (b"x/y", PGP, "pgp"),
        (b"x/y", b"\x84\x8c\x03", "unreadable"),
    ],
)
def test_the_second_part_of_multipart_encrypted_is_closed(protocol, octets, unopened, read):
    seen = read(
        b"Content-Type: multipart/encrypted; boundary=b; protocol=" + protocol + b"\r\n\r\n"
        b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
        b"--b\r\nContent-Type: application/octet-stream\r\n\r\n" + octets + b"\r\n--b--\r\n"
    )

    assert [each.unopened for each in seen.members] == ["", unopened]
    assert seen.octets("2").startswith(octets.rstrip())
