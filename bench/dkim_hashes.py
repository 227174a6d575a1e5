"""Compare what signatures cost us with dkimpy, in one run, in turns.

Ours reads the header, hashes it and the body, and verifies nothing: that is 27 microseconds
on the other side of the wall, whatever the size.  dkimpy does all of it; the key is handed to
it.  Mail without a signature comes first, then one signature at 4 KB, 100 KB and 25 MB, as
text and as an attached file, and then what a stranger may make of 25 MB.

    python bench/dkim_hashes.py
"""

import base64
import statistics
import time
from collections.abc import Callable
from random import Random

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.builtin.dkim import Dkim
from pratique.scanners.part import Message

SIZES = ((4_096, 300), (100_000, 60), (25_000_000, 5))
_LINE = b"Hello, here is what you asked for; see the second page.  It has what you want.\r\n"
_HEADER = (
    b"Received: from a.example.org (a.example.org [192.0.2.1])\r\n\tby mx.example.net\r\n" * 3
    + b"From: Ann <a@example.org>\r\nTo: b@example.net\r\nSubject: the report\r\n"
    + b"Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n\r\n"
)
_RSA = rsa.generate_private_key(65537, 2048)
_PEM = _RSA.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
)
_DER = _RSA.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)
_RECORD = b"v=DKIM1; k=rsa; p=" + base64.b64encode(_DER)


def text(size: int) -> bytes:
    """Lines of words."""
    return (_LINE * (size // len(_LINE) + 1))[:size] + b"\r\n"


def file(size: int) -> bytes:
    """Lines of base64."""
    octets = Random("the same octets each time").randbytes(size * 54 // 74)
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")


def signed(body: bytes, form: bytes) -> bytes:
    """A message with dkimpy's signature."""
    octets = _HEADER + body
    return dkim.sign(octets, b"k", b"example.org", _PEM, canonicalize=(b"relaxed", form)) + octets


def ours(octets: bytes) -> bool:
    """State its signatures; tells whether all bodies have their hash."""
    message = Message(memoryview(octets), facts.Envelope(), facts.Mail(), Budget(Limits()))
    found = list(Dkim(message).conclude())
    return all(one.body_ok for stated in found for one in stated.signatures)


def theirs(octets: bytes) -> bool:
    """The same by dkimpy, the key's own work included."""
    return bool(dkim.verify(octets, dnsfunc=lambda *_, **__: _RECORD))


def milliseconds(work: Callable[[bytes], bool], octets: bytes) -> float:
    """What one turn takes of the processor."""
    begin = time.process_time()
    if not work(octets):
        raise SystemExit("a signature that is not valid")
    return (time.process_time() - begin) * 1000


def row(told: str, octets: bytes, turns: int, *, beside: bool = True) -> None:
    """Take turns, and print medians."""
    spent = [
        (milliseconds(ours, octets), milliseconds(theirs, octets) if beside else 0.0)
        for _ in range(turns)
    ]
    our, their = (statistics.median(each) for each in zip(*spent, strict=True))
    ratio = f"{their:10.2f} {their / our:6.1f}" if beside else ""
    print(f"{told:34} {our:10.3f} {ratio}", flush=True)


def hostile(lengths: int) -> bytes:
    """A signature in each of two forms and for each of so many lengths, over blank lines."""
    field = (
        b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=k; h=from; b=AAAA;\r\n"
        b" bh=AAAA; c=simple/%b; l=%d\r\n"
    )
    forms = b"simple", b"relaxed"
    fields = b"".join(field % (forms[one % 2], one * 1000) for one in range(1, lengths + 1))
    return fields + _HEADER + b" \t a \t\r\n\r\n" * 2_400_000


def main() -> None:
    """Print a line for each kind of mail."""
    print(f"{'milliseconds':34} {'ours':>10} {'dkimpy':>10} {'ratio':>6}")
    row("4 KB, no signature", _HEADER + text(4_096), 2000, beside=False)
    for size, turns in SIZES:
        for body, made in ("text", text(size)), ("file", file(size)):
            for form in (b"simple", b"relaxed"):
                told = f"{size:,} octets, {body}, {form.decode()}"
                row(told, signed(made, form), turns)
    octets = hostile(10)
    begin = time.process_time()
    ours(octets)
    spent = (time.process_time() - begin) * 1000
    print(f"{'26 MB of blanks, 10 lengths, both':34} {spent:10.0f}")


if __name__ == "__main__":
    main()
