"""Encrypt the way to a next hop, as strictly as an admin wants it (RFC 3207).

none           never
opportunistic  if it is offered and works; an attacker on the wire can prevent it
required       always, with whatever server answers: protects against listeners only
verify         always, with a certificate for its name, signed by a trusted authority
               (RFC 9525, RFC 5280): protects against impostors too
fingerprint    always, with one of the certificates that an admin listed, by SHA-256
               of the whole certificate; no name, date or authority counts
"""

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pratique.milter.next_hop.stream import Stream

# RFC 8996.  Stated here, since Debian's Python leaves it to a system file.
_OLDEST = ssl.TLSVersion.TLSv1_2

Level = Literal["none", "opportunistic", "required", "verify", "fingerprint"]


class TlsError(OSError):
    """No TLS with this next hop, or not with the server that is wanted."""


@dataclass(frozen=True, slots=True)
class Tls:
    """What is required of TLS with one next hop."""

    level: Level = "none"
    # TLS from the first octet (port 465, RFC 8314 3) instead of STARTTLS.
    implicit: bool = False
    # The name that the certificate is for, if it differs from the address.
    name: str = ""
    # The authorities that may sign it; None: those that this system trusts.
    authorities: Path | None = None
    # SHA-256 of the certificate, lower case hex.
    fingerprints: frozenset[str] = frozenset()

    def context(self) -> ssl.SSLContext:
        """Return a context with what a handshake requires.  Raises OSError for a bad file."""
        if self.level == "verify":
            context = ssl.create_default_context(cafile=self.authorities)
            context.minimum_version = max(context.minimum_version, _OLDEST)
            return context
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = max(context.minimum_version, _OLDEST)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def check(self, stream: Stream) -> None:
        """Raise TlsError if the certificate is not one of those listed."""
        if self.level != "fingerprint":
            return
        shown = hashlib.sha256(stream.certificate).hexdigest()
        if shown not in self.fingerprints:
            raise TlsError(f"its certificate has the fingerprint {shown}, which is not listed")


IN_CLEAR = Tls()
