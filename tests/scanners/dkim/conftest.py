"""Sign mail with dkimpy, have its signatures stated, and verify both ways.

dkimpy is the second opinion: it finds a message valid or not from its octets.  Our answer
is made from what the scanner states, as the other side of the wall makes it: the body has
its hash, and the key verifies the stated hash of the header.
"""

import base64
import hashlib
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa, utils
from dkim.canonicalization import CanonicalizationPolicy
from dkim.util import parse_tag_value

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.builtin.dkim import Dkim
from pratique.scanners.part import Message

DOMAIN = b"example.org"
RSA_NAME, ED_NAME = b"rsa._domainkey.example.org.", b"ed._domainkey.example.org."
# What dkimpy raises at damage: its own, and what Python says of what it did not expect.
RAISED = (dkim.DKIMException, ValueError, LookupError, TypeError, AssertionError)


def stated(octets: bytes, **limits: int) -> facts.Facts:
    """All that the scanner says of a message."""
    budget = Budget(Limits(**limits))
    message = Message(memoryview(octets), facts.Envelope(), facts.Mail(), budget)
    known = facts.Facts()
    for found in Dkim(message).conclude():
        known.MergeFrom(found)
    return known


@dataclass
class Keys:
    """An RSA and an Ed25519 key, as dkimpy takes them and as DNS has them."""

    rsa_key: rsa.RSAPrivateKey
    ed_key: ed25519.Ed25519PrivateKey

    def __post_init__(self) -> None:
        raw, pem, der = (
            serialization.Encoding.Raw, serialization.Encoding.PEM, serialization.Encoding.DER
        )  # fmt: skip
        nothing = serialization.NoEncryption()
        form = serialization.PrivateFormat.TraditionalOpenSSL
        self.rsa_pem = self.rsa_key.private_bytes(pem, form, nothing)
        private = self.ed_key.private_bytes(raw, serialization.PrivateFormat.Raw, nothing)
        self.ed_base64 = base64.b64encode(private)
        public = self.rsa_key.public_key().public_bytes(
            der, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        short = self.ed_key.public_key().public_bytes(raw, serialization.PublicFormat.Raw)
        self.zone = {
            RSA_NAME: b"v=DKIM1; k=rsa; p=" + base64.b64encode(public),
            ED_NAME: b"v=DKIM1; k=ed25519; p=" + base64.b64encode(short),
        }

    def ask(self, name: bytes, timeout: float = 5) -> bytes | None:
        """What DNS says of a name."""
        return self.zone.get(name.lower())

    def sign(self, octets: bytes, *, algorithm: str = "rsa", **how: object) -> bytes:
        """The message with dkimpy's signature before it."""
        if algorithm == "rsa":
            selector, key, word = b"rsa", self.rsa_pem, b"rsa-sha256"
        else:
            selector, key, word = b"ed", self.ed_base64, b"ed25519-sha256"
        made = dkim.sign(octets, selector, DOMAIN, key, signature_algorithm=word, **how)
        return made + octets

    def of(self, signatures: Iterable[facts.Signature]) -> "Keys":
        """The same keys, and the RSA key is in DNS wherever these ask for theirs."""
        keys = Keys(self.rsa_key, self.ed_key)
        names = [f"{one.selector}._domainkey.{one.domain}.".encode() for one in signatures]
        keys.zone |= dict.fromkeys(names, keys.zone[RSA_NAME])
        return keys

    def value(self, one: facts.Signature) -> bytes:
        """What b= has to say so that the RSA key verifies it."""
        prehashed = utils.Prehashed(hashes.SHA256())
        signed = self.rsa_key.sign(one.signed_sha256, padding.PKCS1v15(), prehashed)
        return base64.b64encode(signed)

    def write(self, octets: bytes, tags: bytes, body: bytes = b"") -> bytes:
        """The message with a signature of exactly these tags, `bh=%b` and `b=AAAA` among them.

        `body` is what is hashed for bh=.
        """
        tags = tags.replace(b"%b", base64.b64encode(hashlib.sha256(body).digest()))
        field = b"DKIM-Signature: " + tags + b"\r\n"
        return field.replace(b"AAAA", self.value(stated(field + octets).signatures[0])) + octets

    def verifies(self, one: facts.Signature) -> bool:
        """Whether its key verifies what is stated of a signature."""
        record = self.zone.get(f"{one.selector}._domainkey.{one.domain}.".encode(), b"")
        if one.problem or not one.body_ok:
            return False
        try:
            if one.algorithm == "rsa-sha256" and b"k=rsa" in record:
                prehashed = utils.Prehashed(hashes.SHA256())
                key = self.rsa_key.public_key()
                key.verify(one.value, one.signed_sha256, padding.PKCS1v15(), prehashed)
            elif one.algorithm == "ed25519-sha256" and b"k=ed25519" in record:
                self.ed_key.public_key().verify(one.value, one.signed_sha256)
            else:
                return False
        except InvalidSignature:
            return False
        return True

    def ours(self, octets: bytes) -> list[bool]:
        """Which DKIM signatures are valid by what is stated, the topmost first."""
        return [self.verifies(one) for one in stated(octets).signatures if one.kind == "dkim"]

    def theirs(self, octets: bytes) -> list[bool]:
        """The same by dkimpy."""
        try:
            fields = dkim.DKIM(octets).headers
        except RAISED:
            return []
        count = sum(name.lower() == b"dkim-signature" for name, _ in fields)
        return [self._is_valid(octets, number) for number in range(count)]

    def _is_valid(self, octets: bytes, number: int) -> bool:
        try:
            return bool(dkim.DKIM(octets).verify(idx=number, dnsfunc=self.ask))
        except RAISED:
            return False

    def seal(self, octets: bytes, chain: str = "none", **how: object) -> bytes:
        """The message with dkimpy's next ARC set before it, and no other results of ours."""
        octets = re.sub(rb"(?m)^Authentication-Results:.*\r\n", b"", octets)
        results = f"Authentication-Results: mx.example.org; arc={chain}; spf=pass\r\n".encode()
        made = dkim.arc_sign(
            results + octets, b"rsa", DOMAIN, self.rsa_pem, b"mx.example.org", **how
        )
        assert len(made) == 3
        return b"".join(made) + results + octets

    def our_chain(self, octets: bytes) -> str:
        """The result of the chain by what is stated (RFC 8617 5.2)."""
        signings = [one for one in stated(octets).signatures if one.kind != "dkim"]
        if not signings:
            return "none"
        newest = max(one.instance for one in signings)
        seals = [one for one in signings if one.kind == "arc_seal"]
        message = [one for one in signings if one.instance == newest and one not in seals]
        told = all((one.chain == "none") == (one.instance == 1) for one in seals)
        told = told and all(one.chain != "fail" for one in seals)
        good = len(message) == 1 and all(map(self.verifies, (*message, *seals)))
        return "pass" if good and told and not any(one.problem for one in signings) else "fail"

    def their_chain(self, octets: bytes) -> str:
        """The same by dkimpy; of a chain that says `fail` it says nothing."""
        try:
            result = dkim.ARC(octets).verify(dnsfunc=self.ask)[0]
        except RAISED:
            return "fail"
        return (result or b"fail").decode()


State = Callable[[bytes], facts.Signature]
BODY_HASH = re.compile(rb"([;\s]bh\s*=)[^;]*?(?=\s*(?:;|\Z))")


def renew(keys: Keys, octets: bytes, span: tuple[int, int], state: State) -> bytes:
    """The message with one signing field made anew: bh= by dkimpy, b= over the hash we state."""
    start, end = span
    field, rest = octets[start:end], octets[end:]
    tags = parse_tag_value(field.partition(b":")[2])
    if b"bh" in tags:
        body = CanonicalizationPolicy.from_c_value(tags.get(b"c")).canonicalize_body(
            dkim.DKIM(octets).body
        )
        digest = hashlib.sha256(body[: int(tags.get(b"l", 2**40))]).digest()
        field = BODY_HASH.sub(rb"\g<1>" + base64.b64encode(digest), field)
    one = state(octets[:start] + field + rest)
    return octets[:start] + filled(field, keys.value(one)) + rest


def filled(field: bytes, value: bytes) -> bytes:
    """A signing field with that value, as dkimpy finds its place."""
    made = dkim.RE_BTAG.sub(lambda found: found[1] + value, field).rstrip(b"\r\n")
    return made + field[len(field.rstrip(b"\r\n")) :]


FROM = b"From: Ann <ann@example.org>\r\n"
Damage = Callable[[bytes, random.Random], bytes]


def _lines(change: Callable[[list[bytes], random.Random], object]) -> Damage:
    def changed(octets: bytes, dice: random.Random) -> bytes:
        lines = octets.splitlines(keepends=True)
        change(lines, dice)
        return b"".join(lines)

    return changed


def _swap(lines: list[bytes], dice: random.Random) -> None:
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


def _insert(octets: bytes, dice: random.Random, what: bytes) -> bytes:
    at = dice.randrange(len(octets) + 1)
    return octets[:at] + what + octets[at:]


def _at_gap(octets: bytes, dice: random.Random) -> bytes:
    """Other white space where some is: what the relaxed form is about."""
    places = [at for at, octet in enumerate(octets) if octet in b" \t\r\n"]
    if not places:
        return octets
    at = dice.choice(places)
    return octets[:at] + dice.choice([b" ", b"\t", b"  ", b"\r\n ", b"\r\n\r\n"]) + octets[at:]


_DAMAGES = (
    lambda octets, dice: _insert(octets, dice, bytes([dice.randrange(256)])),
    lambda octets, dice: _insert(octets, dice, dice.choice([b" ", b"\t", b"\r\n", b"=", b";"])),
    lambda octets, dice: octets[: (at := dice.randrange(len(octets)))] + octets[at + 1 :],
    lambda octets, dice: octets[: dice.randrange(len(octets))],
    _lines(_swap),
    _lines(lambda lines, dice: lines.pop(dice.randrange(len(lines)))),
    _lines(lambda lines, dice: lines.insert(dice.randrange(len(lines)), dice.choice(lines))),
    lambda octets, dice: octets.replace(b"\r\n", b"\n"),
    lambda octets, dice: octets + dice.choice([b"\r\n", b"\r\n\r\n", b" \r\n", b"x\r\n", b" "]),
    lambda octets, dice: octets.swapcase(),
    lambda octets, dice: FROM + octets,
    lambda octets, dice: b"X-Added: above\r\n" + octets,
    _at_gap,
    lambda octets, dice: octets,
)


def damage(octets: bytes, dice: random.Random, times: int) -> bytes:
    """A message with so many things done to it; some of them break no signature."""
    for _ in range(times):
        if octets.strip():
            octets = dice.choice(_DAMAGES)(octets, dice)
    return octets


@pytest.fixture(scope="session")
def anew() -> SimpleNamespace:
    """Make signing fields anew."""
    return SimpleNamespace(renew=renew, filled=filled)


@pytest.fixture(scope="session", name="damage")
def damage_fixture() -> Callable[[bytes, random.Random, int], bytes]:
    return damage


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys(rsa.generate_private_key(65537, 1024), ed25519.Ed25519PrivateKey.generate())


@pytest.fixture(scope="session", name="stated")
def stated_fixture() -> Callable[..., facts.Facts]:
    return stated


@pytest.fixture(scope="session")
def fields() -> Callable[[Sequence[bytes]], list[tuple[bytes, bytes]]]:
    """Whole fields, with their names in lower case."""
    return lambda whole: [(one.partition(b":")[0].strip().lower(), one) for one in whole]


@pytest.fixture(scope="session")
def mail() -> SimpleNamespace:
    """A message, its header and its body."""
    header = (
        b"Received: from a.example\r\n\tby b.example\r\nReceived: from c.example\r\n"
        b"From: Ann <ann@example.org>\r\nTo: bob@example.net,\r\n  carol@example.net\r\n"
        b"Subject:  caf\xc3\xa9 \t au   lait \r\nMessage-ID: <1@example.org>\r\n"
    )
    body = b"Hello  Bob, \t\r\n\r\n\tthis is  it. \r\n \r\n\r\n"
    return SimpleNamespace(header=header, body=body, whole=header + b"\r\n" + body)
