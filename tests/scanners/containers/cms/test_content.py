"""Where the content of CMS is."""

from base64 import encodebytes

import pytest

from pratique.scanners.containers.cms import content as cms_content
from pratique.scanners.containers.gather import Damaged


def der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content


def info(type_: bytes, *body: bytes) -> bytes:
    return der(0x30, der(6, type_), der(0xA0, der(0x30, *body)))


WITHIN = der(0x30, der(6, cms_content.PLAIN), der(0xA0, der(4, b"hello")))
ALGORITHM = der(0x30, der(6, b"\x2a\3"), der(5))
SIGNED = info(cms_content.SIGNED, der(2, b"\1"), der(0x31, ALGORITHM), WITHIN, der(0x31))
FORMS = [
    SIGNED,
    info(cms_content.DIGESTED, der(2, b"\0"), ALGORITHM, WITHIN, der(4, b"x")),
    info(cms_content.COMPRESSED, der(2, b"\0"), ALGORITHM, WITHIN),
    info(cms_content.AUTHENTICATED, der(2, b"\0"), der(0x31), ALGORITHM, WITHIN, der(4, b"x")),
    der(0x30, der(6, cms_content.PLAIN), der(0xA0, der(4, b"hello"))),
]


@pytest.mark.parametrize("octets", FORMS)
def test_the_content_is_found_in_every_form(octets):
    content = cms_content.read_content(memoryview(octets + b"rest"))

    assert content.within is not None
    assert octets[content.within.start : content.within.end] == b"hello"
    assert content.inner == cms_content.PLAIN
    assert content.end == len(octets)


@pytest.mark.parametrize("type_", [cms_content.ENVELOPED, b"\x2a\3\4"])
def test_what_is_encrypted_or_unknown_has_no_content_for_us(type_):
    assert cms_content.read_content(memoryview(info(type_, WITHIN))).within is None


def test_a_detached_signature_has_none():
    empty = der(0x30, der(6, cms_content.PLAIN))
    octets = info(cms_content.SIGNED, der(2, b"\1"), der(0x31), empty, der(0x31))
    assert cms_content.read_content(memoryview(octets)).within is None


@pytest.mark.parametrize("octets", [b"", b"0", b"hello", SIGNED[4:], SIGNED[:40], b"\x30\0"])
def test_what_is_no_cms_is_damaged(octets):
    with pytest.raises(Damaged):
        cms_content.read_content(memoryview(octets))


@pytest.mark.parametrize("words", [b"PKCS7", b"CMS", b"PKCS #7 SIGNED DATA"])
def test_armour_is_taken_off(words):
    armoured = b"-----BEGIN " + words + b"-----\n" + encodebytes(SIGNED)
    armoured += b"-----END " + words + b"-----\n"

    assert cms_content.is_armoured(armoured)
    assert cms_content.unarmoured(armoured) == SIGNED


def test_other_octets_have_no_armour():
    assert cms_content.unarmoured(SIGNED) == SIGNED
    assert not cms_content.is_armoured(b"see -----BEGIN PKCS7-----")
