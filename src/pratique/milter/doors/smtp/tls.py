"""Keep a certificate ready for TLS, always the one that its files have now.

Certificates are renewed every few weeks by a program that writes two files and may or may
not tell anyone.  So a new connection that begins TLS checks the files, once a second at
most, and reads them if they changed: nothing must be restarted or told, and `pratique
reload`, which starts a new door, reads them as well.  A pair that does not fit together,
say because only one of the two files is written yet, is not taken: the log says so, the
previous pair stays in use, and the files are checked again.

A pair is tried before it is taken: TLS is spoken with it in memory.  That finds, in the
words of OpenSSL, what a client would: a key that does not match, an expired certificate.
TLS 1.2 at least (RFC 8996); the choice of ciphers is left to OpenSSL and the system's policy.
"""

import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pratique.milter.doors.places import DoorError

log = logging.getLogger("pratique.door")

# The files are checked at most this often: two system calls for each of a thousand
# connections a second would do no harm, but no good either.
LOOK_SECONDS = 1.0
# TLS is agreed on after two flights each way; a few more for any version to come.
_FLIGHTS = 10

_Stamp = tuple[tuple[int, int, int], ...]


@dataclass(slots=True)
class Certificate:
    """A certificate with its key, for one listener.  Raises DoorError if they cannot be used."""

    certificate: Path
    key: Path
    clock: Callable[[], float] = time.monotonic
    _context: ssl.SSLContext = field(init=False)
    _stamp: _Stamp = field(init=False)
    _looked_at: float = field(init=False)

    def __post_init__(self) -> None:
        """Read the files."""
        self._looked_at = self.clock()
        try:
            self._stamp = self._stamped()
            self._context = _read(self.certificate, self.key)
        except OSError as error:
            raise DoorError(_in_words(error, self.certificate, self.key)) from error

    @property
    def context(self) -> ssl.SSLContext:
        """The context for a new connection; it follows the files."""
        now = self.clock()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._look()
        return self._context

    def _look(self) -> None:
        try:
            stamp = self._stamped()
            if stamp == self._stamp:
                return
            self._context = _read(self.certificate, self.key)
            self._stamp = stamp
            log.info("read the certificate anew: %s", self.certificate)
        except OSError as error:
            why = _in_words(error, self.certificate, self.key)
            log.error("%s; the certificate that was read before is used on", why)

    def _stamped(self) -> _Stamp:
        found = (path.stat() for path in (self.certificate, self.key))
        return tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in found)


def _read(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a context with this pair.  Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    # A key locked with a password would make OpenSSL ask for it on the terminal.
    context.load_cert_chain(certificate, key, password=_no_password)
    wrong = _tried(context, certificate)
    if wrong:
        log.warning("%s: clients that verify it will refuse it: %s", certificate, wrong)
    return context


class _LockedError(OSError):
    """The key can be opened only with a password."""


def _no_password() -> str:
    raise _LockedError("the key is locked with a password: write it without one")


def _tried(server: ssl.SSLContext, certificate: Path) -> str:
    """Return what a client that trusts this very certificate objects to; empty if nothing."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(cafile=str(certificate))
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True)
    for _ in range(_FLIGHTS):
        waiting = 0
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                waiting += 1
            except ssl.SSLCertVerificationError as error:
                return str(error.verify_message)
        if not waiting:
            return ""
    return "TLS cannot be agreed on"


def _in_words(error: OSError, certificate: Path, key: Path) -> str:
    """Say what is wrong, for an admin."""
    if isinstance(error, _LockedError):
        return f"tls_key: {key}: {error}"
    if isinstance(error, ssl.SSLError):
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"tls_key: {key} is not the key of the certificate in {certificate}"
        return f"tls_certificate, tls_key: {certificate} and {key} are no pair in PEM: {error}"
    named = f"tls_key: {key}" if certificate.exists() else f"tls_certificate: {certificate}"
    return f"{named}: {error.strerror}"
