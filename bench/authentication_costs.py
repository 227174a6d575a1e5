"""Measure what it costs to know who a message comes from, on both sides of the wall.

In the door's loop SPF, DKIM, DMARC and ARC are evaluated from facts; all answers of DNS are
known, as they are for most mail of a day, so what is left is our own work.  In a worker the
header and the body are hashed, once for all signatures of the same form; dkimpy takes turns
with it on the same messages.

    python bench/authentication_costs.py [--write]
"""

import argparse
import asyncio
import base64
import hashlib
import statistics
import time
from collections.abc import Sequence
from typing import Final

from costs_page import PAGE, machine, number, put, table
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa, utils
from dkim_hashes import file, milliseconds, ours, signed, text, theirs

from pratique.milter.lookups.auth.domains import organizational
from pratique.milter.lookups.auth.lookup import Authentication, AuthenticationSettings
from pratique.milter.lookups.resolver import Reply, Resolver, ResolverSettings
from pratique.scanners import facts_pb2 as facts

TURNS, BATCHES = 200, 7
SIZES: Final = ((4_096, 300), (100_000, 60), (5_000_000, 9), (25_000_000, 3))
CLIENT, DOMAIN = "198.51.100.7", "example.org"
HEADER = hashlib.sha256(b"the header").digest()
SPF = {
    DOMAIN: ("TXT", '"v=spf1 include:_spf.one.example include:_spf.two.example -all"'),
    "_spf.one.example": ("TXT", '"v=spf1 ' + "ip4:192.0.2.0/24 " * 12 + '~all"'),
    "_spf.two.example": ("TXT", f'"v=spf1 ip4:203.0.113.0/24 ip4:{CLIENT} ~all"'),
    f"_dmarc.{DOMAIN}": ("TXT", '"v=DMARC1; p=reject; rua=mailto:reports@example.org"'),
}


class Key:
    """A private key, and its record."""

    def __init__(self, kind: str) -> None:
        self.kind, encoding = kind, serialization.Encoding
        self._rsa = rsa.generate_private_key(65537, 2048)
        self._ed = ed25519.Ed25519PrivateKey.generate()
        if kind == "rsa":
            form = serialization.PublicFormat.SubjectPublicKeyInfo
            octets = self._rsa.public_key().public_bytes(encoding.DER, form)
        else:
            octets = self._ed.public_key().public_bytes(
                encoding.Raw, serialization.PublicFormat.Raw
            )
        whole = f"v=DKIM1; k={kind}; p={base64.b64encode(octets).decode()}"
        strings = [whole[at : at + 250] for at in range(0, len(whole), 250)]
        self.record = " ".join(f'"{one}"' for one in strings)

    def sign(self) -> bytes:
        """The value of a signature."""
        if self.kind == "rsa":
            prehashed = utils.Prehashed(hashes.SHA256())
            return self._rsa.sign(HEADER, padding.PKCS1v15(), prehashed)
        return self._ed.sign(HEADER)


def message(keys: Sequence[Key], resolver: Resolver) -> facts.Facts:
    """A message with a signature of each key, as a worker states it; all of DNS is known."""
    seen = facts.Facts(parts=[facts.Part()])
    seen.envelope.reverse_path = f"ann@{DOMAIN}"
    seen.envelope.client.ip, seen.envelope.client.helo = CLIENT, f"mx.{DOMAIN}"
    seen.envelope.received_at.FromSeconds(1_800_000_000)
    seen.mail.direction, seen.mail.sha256 = "inbound", "0" * 64
    seen.mail.header.from_.add(address=f"ann@{DOMAIN}", domain=DOMAIN)
    for number_, key in enumerate(keys):
        seen.signatures.add(
            kind="dkim",
            domain=DOMAIN,
            selector=f"s{number_}",
            identity=f"@{DOMAIN}",
            algorithm=f"{key.kind}-sha256",
            signed_sha256=HEADER,
            value=key.sign(),
            body_ok=True,
            body_length=-1,
        )
        known(resolver, f"s{number_}._domainkey.{DOMAIN}", "TXT", key.record)
    return seen


def known(resolver: Resolver, name: str, type_: str, *records: str) -> None:
    """Have an answer remembered, as if it had come."""
    resolver._keep((name, type_), Reply(records), 3600.0)  # noqa: SLF001


async def microseconds(asks: Authentication, seen: facts.Facts) -> float:
    """What a message takes of the processor in the door's loop."""
    until = asyncio.get_running_loop().time() + 600
    spent = []
    for _ in range(BATCHES):
        begin = time.process_time()
        for _ in range(TURNS):
            seen.ClearField("auth")
            await asks.add(seen, until)
        spent.append((time.process_time() - begin) / TURNS)
    return statistics.median(spent) * 1e6


async def in_the_door() -> list[list[str]]:
    """A row for each number of signatures."""
    resolver = Resolver(ResolverSettings(), time.monotonic, organizational)
    for name, (type_, record) in SPF.items():
        known(resolver, name, type_, record)
    asks = Authentication(AuthenticationSettings(), resolver)
    rows = []
    for count in (0, 1, 3, 10):
        row = []
        for kind in ("rsa", "ed25519"):
            seen = message([Key(kind) for _ in range(count)], resolver)
            row.append(await microseconds(asks, seen))
            if (seen.auth.spf, seen.auth.dmarc) != ("pass", "pass"):
                raise SystemExit(f"what is measured is something else: {seen.auth}")
        rows.append([f"signatures: {count}", *map(number, row)])
    return rows


def in_a_worker() -> list[list[str]]:
    """A row for each size and kind of body, in turns with dkimpy."""
    rows = []
    for size, turns in SIZES:
        for told, body in ("text", text(size)), ("attached file", file(size)):
            octets = signed(body, b"relaxed")
            spent = [
                (milliseconds(ours, octets), milliseconds(theirs, octets)) for _ in range(turns)
            ]
            our, their = (statistics.median(one) for one in zip(*spent, strict=True))
            numbers = number(our), number(their), number(their / our)
            rows.append([f"{size:,} octets, {told}", *numbers])
    return rows


def main() -> None:
    """Print both tables, or write them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="write them into docs/costs.md")
    write = parser.parse_args().write
    head = ["microseconds of CPU", "RSA, 2,048 bits", "Ed25519"]
    tables = {
        "authentication": table(head, asyncio.run(in_the_door())),
        "hashes": table(["milliseconds of CPU", "Pratique", "dkimpy", "times"], in_a_worker()),
    }
    page = PAGE.read_text("utf-8")
    for name, rows in tables.items():
        print(rows, "\n")
        page = put(page, name, f"{machine()}\n\n{rows}") if write else page
    if write:
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
