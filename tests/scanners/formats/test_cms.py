"""What is signed, compressed or digested is opened; what is encrypted is said to be."""

import subprocess
import zlib

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import signatures
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.formats.cms import Cms
from pratique.scanners.part import Part

MAIL = b"Content-Type: text/plain\r\n\r\nhello\r\n"


@pytest.fixture
def made(samples):
    return samples("cms")


def opened(octets: bytes, **known: str):
    part = Part(facts.Part(**known), memoryview(octets))
    return part.known, list(Cms().members(part, Budget(Limits())))


def test_a_signed_mail_is_a_message(made):
    known, (member,) = opened(made.signed(MAIL), name="smime.p7m")
    assert (member.declared_type, member.name, bytes(member.octets)) == ("message/rfc822", "", MAIL)
    assert known.unopened == ""


def test_a_signed_file_has_its_name(made):
    _, (member,) = opened(made.signed(b"%PDF-1.7"), name="a.pdf.p7m")
    assert (member.declared_type, member.name) == ("", "a.pdf")


def test_a_mail_without_a_header_is_one_where_mail_is_signed(made):
    octets = made.signed(b"\r\nhello")
    type_ = "application/pkcs7-mime"
    assert opened(octets, declared_type=type_)[1][0].declared_type == "message/rfc822"
    assert opened(octets, name="a.txt.p7m")[1][0].declared_type == ""


@pytest.mark.parametrize("content", [None, b""])
def test_a_detached_signature_holds_nothing(content, made):
    known, members = opened(made.signed(content))
    assert (members, known.unopened) == ([], "")


def test_what_stands_behind_is_given_and_no_oddity(made):
    known, (member,) = opened(made.signed(None) + b"MZ" + bytes(30) + b"\r\n")
    assert (member.step, bytes(member.octets[:2])) == ("cms:behind", b"MZ")
    assert known.unopened == ""


def test_cms_in_cms_is_cms_again(made):
    inner = made.signed(MAIL)
    _, (member,) = opened(made.signed(inner, made.SIGNED))
    assert bytes(member.octets) == inner
    assert member.declared_type == ""


def test_pkcs7_has_cms_without_a_string_around_it(made):
    der, inner = made.der, made.signed(MAIL)
    body = inner[inner.index(made.SIGNED) + len(made.SIGNED) :]
    within = der(0x30, der(6, made.SIGNED), body)
    content = der(0x30, der(2, b"\1"), der(0x31), within, der(0x31))
    _, (member,) = opened(der(0x30, der(6, made.SIGNED), der(0xA0, content)))
    assert signatures.detect(member.octets) == "application/cms"
    assert bytes(opened(bytes(member.octets))[1][0].octets) == MAIL


def test_compressed_data_is_unpacked(made):
    _, (member,) = opened(made.compressed(zlib.compress(MAIL)))
    assert bytes(member.octets) == MAIL


@pytest.mark.parametrize("octets", [b"", b"hello", b"0" * 100, b"\x30\x80" * 500_000])
def test_what_is_none_is_unreadable(octets):
    assert opened(octets)[0].unopened == "unreadable"


def test_a_type_that_nobody_defined_is_unreadable(made):
    der = made.der
    known, members = opened(der(0x30, der(6, b"\x2a\3\4"), der(0xA0, der(0x30))))
    assert (known.unopened, members) == ("unreadable", [])


def test_encrypted_data_is_told(made):
    der, enveloped = made.der, made.SIGNED[:-1] + b"\3"
    known, _ = opened(der(0x30, der(6, enveloped), der(0xA0, der(0x30))))
    assert (known.unopened, known.encrypted) == ("smime", True)


@pytest.fixture(scope="module")
def openssl(tmp_path_factory):
    folder = tmp_path_factory.mktemp("openssl")

    def run(words: str) -> bytes:
        done = subprocess.run(
            ["openssl", *words.split()], cwd=folder, check=True, capture_output=True
        )
        return done.stdout

    run("req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=a -days 2")
    (folder / "mail").write_bytes(MAIL * 500)
    return run


@pytest.mark.real("openssl")
@pytest.mark.parametrize(
    "words",
    [
        "cms -sign -nodetach", "cms -sign -nodetach -stream", "cms -sign -nodetach -outform PEM",
        "smime -sign -nodetach", "cms -digest_create", "cms -data_create",
    ],
)  # fmt: skip
def test_what_openssl_writes_is_read(words, openssl):
    form = "" if "-outform" in words else "-outform DER"
    key = "-signer c.pem -inkey k.pem" if "-sign" in words else ""
    octets = openssl(f"{words} -binary -in mail {form} {key}")
    known, members = opened(octets, type=signatures.detect(memoryview(octets)))

    assert known.type == "application/cms"
    assert [bytes(member.octets) for member in members] == [MAIL * 500]
    assert known.unopened == ""


@pytest.mark.real("openssl")
@pytest.mark.parametrize(
    ("words", "type_"),
    [
        ("cms -sign -signer c.pem -inkey k.pem -in mail", "application/pkcs7-signature"),
        ("crl2pkcs7 -nocrl -certfile c.pem", "application/pkcs7-signature"),
        ("cms -encrypt -in mail c.pem", "application/pkcs7-mime"),
    ],
)
def test_what_holds_nothing_or_is_encrypted_is_told_by_its_octets(words, type_, openssl):
    octets = openssl(
        words.replace("cms -", "cms -outform DER -").replace("-nocrl", "-nocrl -outform DER")
    )
    assert signatures.detect(memoryview(octets)) == type_
    assert opened(octets)[1] == []
