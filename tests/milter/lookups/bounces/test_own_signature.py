"""A DKIM signature of ours that came back."""

import asyncio
import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pratique.milter.lookups.bounces.own_signature import Signatures
from pratique.milter.lookups.resolver import Reply
from pratique.scanners import facts_pb2 as facts

DIGEST = hashlib.sha256(b"from:ann@contoso.example\r\n").digest()
KEY = Ed25519PrivateKey.generate()


class Zone:
    """Answers with one record."""

    def __init__(self, reply):
        self.reply, self.asked = reply, []

    async def ask(self, name, type_, until):
        self.asked.append((name, type_))
        return self.reply


@pytest.fixture
def record():
    public = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f'"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}"'


@pytest.fixture
def signature():
    stated = facts.Signature(
        kind="dkim", domain="contoso.example", selector="k", algorithm="ed25519-sha256",
        identity="@contoso.example", signed_sha256=DIGEST, value=KEY.sign(DIGEST), body_length=-1,
    )  # fmt: skip
    stated.expires_at.FromSeconds(1)
    return stated


async def verifies(reply, signature):
    zone = Zone(reply)
    until = asyncio.get_running_loop().time() + 10
    found = await Signatures(zone).verifies(signature, until)
    assert zone.asked == [("k._domainkey.contoso.example", "TXT")]
    return found


async def test_the_header_alone_is_verified_though_it_has_expired(record, signature):
    assert await verifies(Reply((record,)), signature)
    signature.body_length = 10
    assert await verifies(Reply((record,)), signature)
    assert not signature.body_ok


async def test_another_header_is_not(record, signature):
    signature.signed_sha256 = hashlib.sha256(b"from:bob@contoso.example\r\n").digest()
    assert not await verifies(Reply((record,)), signature)


@pytest.mark.parametrize("reply", [Reply(), Reply(failure="timeout"), Reply(('"p="',))])
async def test_without_a_key_nothing_is(reply, signature):
    assert not await verifies(reply, signature)
