"""Check whether the certificates that listeners show fit, cover our name, and are still valid."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pratique.milter.assembly import own_name
from pratique.milter.doctor import access
from pratique.milter.doctor.access import READ
from pratique.milter.doctor.line import Case, Line, ok, warning, wrong
from pratique.milter.sections.listener import Listener

# Let's Encrypt renews 30 days before the end: with fewer left, renewal has failed.  A week is
# what an admin needs.
SOON, LAST = timedelta(days=30), timedelta(days=7)


def certificates(case: Case) -> Iterator[Line]:
    """Check those of each listener that speaks TLS."""
    with_tls = [one for one in case.settings.listeners if one.tls_certificate is not None]
    if not with_tls:
        yield ok("no listener shows one")
    for listener in with_tls:
        yield from _of(listener, case)


def _of(listener: Listener, case: Case) -> Iterator[Line]:
    assert listener.tls_certificate is not None
    file, key = listener.tls_certificate, listener.tls_key or listener.tls_certificate
    for path in dict.fromkeys((file, key)):
        if not path.exists():
            yield wrong(f"{path} is not there", f"see [[listener]] {listener.name}")
            return
        if why := access.hindrance(path, case.user, READ):
            yield wrong(f"the service cannot read it: {why}", f"chown {case.user.name} {path}")
            return
    try:
        chain = x509.load_pem_x509_certificates(file.read_bytes())
    except ValueError as error:
        yield wrong(f"{file}: no certificate in PEM: {error}", "the file that your CA gave you")
        return
    yield from _key(key, chain[0])
    if key.stat().st_mode & 0o004:
        yield wrong(f"anybody on this host may read the key {key}", f"chmod o-r {key}")
    yield from _names(file, chain[0], listener.hostname or own_name())
    yield from expiry(str(file), chain[0], case.now())
    yield from _order(file, chain)


def _key(key: Path, first: x509.Certificate) -> Iterator[Line]:
    try:
        own = load_pem_private_key(key.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        yield wrong(f"{key}: no key in PEM without a password: {error}", "write it without one")
        return
    if own.public_key() != first.public_key():
        yield wrong(
            f"{key} is not the key of the first certificate",
            "the key that the certificate was asked for with; our own certificate first",
        )


def _names(file: Path, first: x509.Certificate, hostname: str) -> Iterator[Line]:
    names = names_of(first)
    if any(covers(name, hostname) for name in names):
        yield ok(f"{file} is for {hostname}")
    else:
        yield warning(
            f"{file} is for {', '.join(names) or 'no name'}, and we greet as {hostname}",
            f"a certificate for {hostname}, or `hostname` in that [[listener]]",
        )


def names_of(certificate: x509.Certificate) -> list[str]:
    """Return the DNS names that it is for (RFC 9525 2); a common name does not count."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [name.lower() for name in found.value.get_values_for_type(x509.DNSName)]


def covers(name: str, hostname: str) -> bool:
    """Whether a name in a certificate covers a host (RFC 9525 6.3)."""
    if name.startswith("*."):
        return hostname.lower().partition(".")[2] == name[2:]
    return name == hostname.lower()


def expiry(what: str, certificate: x509.Certificate, now: datetime) -> Iterator[Line]:
    """Say how long it is still valid."""
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    left = last - now
    if now < first:
        yield wrong(f"{what} holds from {first:%Y-%m-%d} on", "wait, or see to the clock")
    elif left <= timedelta():
        yield wrong(f"{what} has expired on {last:%Y-%m-%d}", "renew it")
    elif left < LAST:
        yield wrong(f"{what} expires in {left.days} days, on {last:%Y-%m-%d}", "renew it now")
    elif left < SOON:
        yield warning(f"{what} expires in {left.days} days, on {last:%Y-%m-%d}", "renew it")
    else:
        yield ok(f"{what} holds until {last:%Y-%m-%d}")


def _order(file: Path, chain: list[x509.Certificate]) -> Iterator[Line]:
    for each, above in pairwise(chain):
        try:
            each.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature):
            yield wrong(
                f"{file}: {_short(each)} is not signed by the one after it, {_short(above)}",
                "our own certificate first, then each one that signed the one before it",
            )
            return
    if len(chain) == 1 and chain[0].issuer != chain[0].subject:
        yield warning(
            f"{file} has our own certificate alone: who does not know {_short_name(chain[0])} "
            "refuses it",
            "the whole chain, which CAs call fullchain.pem",
        )


def _short(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string() or "one without a name"


def _short_name(certificate: x509.Certificate) -> str:
    return certificate.issuer.rfc4514_string()
