"""Key records of DKIM: which are believed, and for what."""

import base64
import warnings

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from pratique.milter.lookups.auth.dkim_key import MOST_DER, MOST_EXPONENT_BITS, SHORT, BadKey, read

PKCS1 = serialization.PublicFormat.PKCS1


def rsa_of(bits, exponent=65537):
    """The DER of an RSA public key of so many bits; nobody has its private half."""

    def number(value):
        octets = value.to_bytes(value.bit_length() // 8 + 1, "big")
        return b"\x02" + length(len(octets)) + octets

    def length(value):
        if value < 128:
            return bytes([value])
        octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return bytes([0x80 | len(octets)]) + octets

    inner = number(1 << (bits - 1) | 1) + number(exponent)
    return "p=" + base64.b64encode(b"\x30" + length(len(inner)) + inner).decode()


@pytest.mark.parametrize(
    ("tags", "testing", "strict"),
    [
        ("v=DKIM1; ", False, False),
        ("", False, False),
        ("v=DKIM1; t=y; ", True, False),
        ("v=DKIM1; t=s; ", False, True),
        ("v=DKIM1; t=y:s:later; ", True, True),
        ("v=DKIM1; h=sha1 : sha256; s=email; ", False, False),
        ("v=DKIM1; s=*; n=a note; unknown=x; g=*; ", False, False),
    ],
)
@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_key_is_read_with_what_its_owner_says_of_it(keys, kind, tags, testing, strict):
    key = read(keys.record(kind, tags))
    assert (key.kind, key.testing, key.strict) == (kind, testing, strict)
    assert key.fits(f"{kind}-sha256")
    assert not key.fits("rsa-sha1")
    assert not key.fits({"rsa": "ed25519-sha256", "ed25519": "rsa-sha256"}[kind])


def test_a_key_is_rsa_unless_it_says_so_and_of_either_form_of_der(keys):
    public = keys.rsa.public_key()
    assert read(f"p={keys.written(public)}").kind == "rsa"
    assert read(f"p={keys.written(public, PKCS1)}").public == public


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_it_verifies_what_it_signed_and_nothing_else(keys, kind):
    key, one = read(keys.record(kind)), keys.sign(kind=kind)
    assert key.signed(one.signed_sha256, one.value)
    assert not key.signed(b"x" * 32, one.value)
    assert not key.signed(one.signed_sha256, one.value[:-1])
    assert not key.signed(one.signed_sha256, b"")
    assert not key.signed(b"", one.value)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("v=DKIM1; p=", "revoked"),
        ("v=DKIM1; p= \t", "revoked"),
        ("v=DKIM1", "cannot be read"),
        ("p=x;p=x", "cannot be read"),
        ("nonsense", "cannot be read"),
        ("v=DKIM2; p=x", "version"),
        ("k=rsa; v=DKIM1; p=x", "version"),
        ("v=DKIM1; h=sha1; p=x", "SHA-256"),
        ("v=DKIM1; h=; p=x", "SHA-256"),
        ("v=DKIM1; s=tlsrpt; p=x", "not for mail"),
        ("v=DKIM1; p=!!!!", "no base64"),
        ("v=DKIM1; p=AAAA", "none"),
        ("v=DKIM1; k=ed25519; p=AAAA", "none"),
        ("v=DKIM1; k=dsa; " + rsa_of(2048), "unknown kind"),
        ("v=DKIM1; p=" + "A" * (MOST_DER * 4 // 3 + 1), "too long"),
    ],
)
def test_a_record_that_is_no_key_for_mail_is_refused_with_the_reason(record, why):
    with pytest.raises(BadKey, match=why):
        read(record)


@pytest.mark.parametrize(
    ("bits", "exponent", "good"),
    [
        (512, 65537, False),
        (1023, 65537, False),
        (1024, 65537, True),
        (4096, 65537, True),
        (4097, 65537, False),
        (8000, 65537, False),
        (2048, 3, True),
        (2048, (1 << MOST_EXPONENT_BITS) - 1, True),
        (2048, (1 << MOST_EXPONENT_BITS) + 1, False),
        (2048, (1 << 2000) + 1, False),
        (2048, 1, False),
    ],
)
def test_a_key_is_neither_too_weak_nor_too_dear(bits, exponent, good):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if good:
            assert read(rsa_of(bits, exponent)).public.key_size == bits
        else:
            with pytest.raises(BadKey):
                read(rsa_of(bits, exponent))


@pytest.mark.slow
@given(st.text(max_size=60), st.binary(max_size=200))
def test_no_record_raises_anything_else(text, der):
    for record in (text, f"v=DKIM1; p={text}", f"p={base64.b64encode(der).decode()}"):
        try:
            read(record)
        except BadKey:
            continue


def test_a_key_that_was_read_is_kept_unless_it_is_long(keys):
    record = keys.record()
    assert read(record) is read(record)
    long = f"{record}; n={'x' * SHORT}"
    assert read(long) is not read(long)
    for _ in range(2):
        with pytest.raises(BadKey):
            read("v=DKIM1; p=")
