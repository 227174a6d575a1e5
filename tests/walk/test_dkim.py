"""Signatures are stated by a confined worker, and the other side of the wall believes it."""

import base64
import hashlib

import pytest

from pratique.milter.seeing import facts_of

BODY = b"Gr\xc3\xbc\xc3\x9fe\r\n"
FROM = b"From: ann@example.org\r\n"
TAGS = b"a=rsa-sha256; d=%b; s=k; t=99999999999999; b=AAAA; bh=%b; h=from"
DIGEST = base64.b64encode(hashlib.sha256(BODY).digest())

pytestmark = [pytest.mark.slow, pytest.mark.real("kernel confinement")]


def seal(number):
    set_ = b"i=%d; " % number
    chain = b"; cv=pass" if number > 1 else b"; cv=none"
    return (
        b"ARC-Seal: " + set_ + b"a=rsa-sha256; d=example.org; s=k; b=AAAA" + chain + b"\r\n"
        b"ARC-Message-Signature: " + set_ + TAGS % (b"example.org", DIGEST) + b"\r\n"
        b"ARC-Authentication-Results: " + set_ + b"mx.example.org; spf=pass\r\n"
    )


def test_a_worker_states_as_many_signatures_and_sets_as_there_may_be(tmp_path):
    host = "b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example".encode()
    signature = b"DKIM-Signature: v=1; " + TAGS % (host, DIGEST) + b"\r\n"
    sets = b"".join(seal(number) for number in range(11, 0, -1))
    mail = tmp_path / "a.eml"
    mail.write_bytes(signature * 11 + sets + FROM + b"\r\n" + BODY)
    (known,) = facts_of([mail])
    assert not known.failures
    assert [one.class_ for one in known.limits] == ["signatures", "signatures"]
    assert len(known.signatures) == 30
    assert all(one.body_ok and len(one.signed_sha256) == 32 for one in known.signatures)
    assert {one.domain for one in known.signatures[:10]} == {"xn--bcher-kva.example"}
