"""Say which one message a release token opens for: its octets and its envelope.

A token travels in the mail, so whoever gets the mail has it.  Alone it must be worth
nothing: it is bound to the octets that follow its own field, as they are sent, and to
the reverse-path and the recipients of the release.  Other servers put their fields in
front of ours (RFC 5321 4.4), so what follows comes back as it went.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from pratique.milter.mail import Envelope, Outgoing


@dataclass(frozen=True, slots=True)
class Bound:
    """What a token was issued for, or what came with one."""

    reverse_path: str
    recipients: frozenset[str]
    # Of what follows the token's field.
    sha256: str

    @classmethod
    def of(cls, tail: Outgoing, envelope: Envelope) -> "Bound":
        """The bound of a message; `tail` is what follows the token's field."""
        return cls(
            _folded(envelope.reverse_path or ""),
            frozenset(_folded(forward.address) for forward in envelope.recipients),
            sha256_of(_as_sent(tail.chunks())),
        )

    def opens_for(self, came: "Bound") -> bool:
        """True for the same message on its way to nobody but those it was released for."""
        return (
            compare_digest(self.sha256, came.sha256)
            and self.reverse_path == came.reverse_path
            and came.recipients <= self.recipients
        )

    def to_json(self) -> dict[str, Any]:
        """As it is written."""
        return {
            "reverse_path": self.reverse_path,
            "recipients": sorted(self.recipients),
            "tail_sha256": self.sha256,
        }

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "Bound":
        """Read it; KeyError or TypeError if it is none."""
        return cls(
            written["reverse_path"], frozenset(written["recipients"]), written["tail_sha256"]
        )


def sha256_of(chunks: Iterable[bytes]) -> str:
    """The SHA-256 of octets, lower-case hexadecimal."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _as_sent(chunks: Iterable[bytes]) -> Iterable[bytes]:
    # SMTP ends a content in CRLF, and adds one where there is none (RFC 5321 4.1.1.4).
    # The token's own field, in front of all this, ends in one.
    end = b"\r\n"
    for chunk in chunks:
        end = (end + chunk[-2:])[-2:]
        yield chunk
    if end != b"\r\n":
        yield b"\r\n"


def _folded(address: str) -> str:
    # RFC 5321 2.4: the case of a domain means nothing, that of a local-part may.
    local_part, at, domain = address.rpartition("@")
    return local_part + at + domain.lower()
