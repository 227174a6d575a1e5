"""DNS as a test wants it (records by name and type, failures, what was asked), and signatures."""

import base64
import hashlib

import dns.name
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa, utils

from pratique.milter.config import parse
from pratique.milter.lookups.asked import lookups_of
from pratique.milter.lookups.resolver import Reply
from pratique.scanners import facts_pb2 as facts

AWAY = Reply(failure="no answer")


def quoted(text):
    """A TXT record as the resolver gives it."""
    octets = text.encode("utf-8")
    escaped = "".join(
        f"\\{chr(one)}" if one in b'"\\' else chr(one) if 32 <= one < 127 else f"\\{one:03d}"
        for one in octets
    )
    return f'"{escaped}"'


class Zone:
    """Names to records: `zone.add("a.example", "TXT", ...)`; CNAMEs are followed."""

    def __init__(self):
        self.records, self.asked = {}, []

    def add(self, name, type_, *records):
        self.records.setdefault((name.lower(), type_), []).extend(records)
        return self

    def txt(self, name, *texts):
        return self.add(name, "TXT", *(quoted(text) for text in texts))

    def fail(self, name, *types):
        for type_ in types or ("A", "AAAA", "MX", "TXT", "PTR"):
            self.records[name.lower(), type_] = AWAY

    async def ask(self, name, type_, until):
        labels = dns.name.from_text(name).labels
        plain = b".".join(labels).decode("latin-1").rstrip(".").lower()
        self.asked.append((plain, type_))
        for _ in range(5):
            found = self.records.get((plain, type_))
            if found is not None:
                return found if isinstance(found, Reply) else Reply(tuple(found))
            plain = self.records.get((plain, "CNAME"), [""])[0].lower()
        return Reply()


@pytest.fixture
def zone():
    return Zone()


DER, RAW = serialization.Encoding.DER, serialization.Encoding.Raw
RSA_KEY = rsa.generate_private_key(65537, 2048)
ED_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)


class Keys:
    """An RSA and an Ed25519 key: their records, and signatures as the worker states them."""

    rsa, ed25519 = RSA_KEY, ED_KEY

    @staticmethod
    def written(public, form=serialization.PublicFormat.SubjectPublicKeyInfo):
        if isinstance(public, ed25519.Ed25519PublicKey):
            octets = public.public_bytes(RAW, serialization.PublicFormat.Raw)
        else:
            octets = public.public_bytes(DER, form)
        return base64.b64encode(octets).decode()

    def record(self, kind="rsa", tags="v=DKIM1; "):
        public = getattr(self, kind).public_key()
        return f"{tags}k={kind}; p={self.written(public)}"

    def sign(self, header=b"header", kind="rsa", domain="a.example", **more):
        """A signature of such a header; `more` is what it says beside, true or not."""
        digest = hashlib.sha256(header).digest()
        if kind == "rsa":
            way = padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())
            value = self.rsa.sign(digest, *way)
        else:
            value = self.ed25519.sign(digest)
        said = {
            "kind": "dkim",
            "domain": domain,
            "selector": "s",
            "algorithm": f"{kind}-sha256",
            "identity": f"@{domain}",
            "signed_sha256": digest,
            "value": value,
            "body_ok": True,
            "body_length": -1,
        }
        return facts.Signature(**(said | more))


@pytest.fixture(scope="session")
def keys():
    return Keys()


@pytest.fixture
async def lookups(name_server):
    """What a door has that asks this server; `seconds` of a question."""
    made = []

    def start(seconds=0.4):
        written = (
            f'[authentication]\n[dns]\nservers = ["127.0.0.1@{name_server.port}"]\n'
            f"seconds = {seconds}\n"
        )
        made.append(lookups_of(parse(written, "x")))
        return made[-1]

    yield start
    for one in made:
        await one.close()
