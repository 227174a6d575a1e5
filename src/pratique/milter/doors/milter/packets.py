"""Cut what a mail server says into packets of the milter protocol, and define its numbers.

There is no RFC.  Sendmail's mfdef.h names the numbers, libmilter has one side and Postfix's
milter8.c the other.  A packet is a length (four octets, network order), one octet that says
what it is, and its data; texts end with NUL.

libmilter takes packets of up to 65,535 octets after that one octet and hangs up on a larger
one; so do we.  A mail server sends larger ones only where that was agreed on (SMFIP_MDS_256K),
which we do not offer: Postfix sends body chunks of 65,535 octets, and fields of 60,000.
"""

import struct
from enum import IntFlag

# The first version that has all that is defined here; first in Sendmail 8.14 and Postfix 2.6.
VERSION = 6
# libmilter's SMFI_PROT_VERSION_MIN.
OLDEST_VERSION = 2

# A length, and the packet's command.
_HEAD = struct.Struct(">IB")
_LENGTH_OCTETS = 4
# MILTER_CHUNK_SIZE: octets after the command.
MAX_OCTETS = 65_535


class MilterError(Exception):
    """The peer does not speak the milter protocol; says why."""


class Actions(IntFlag):
    """What a milter may ask for (SMFIF_ in mfapi.h)."""

    ADD_FIELDS = 0x1
    CHANGE_BODY = 0x2
    ADD_RECIPIENT = 0x4
    DELETE_RECIPIENT = 0x8
    CHANGE_FIELDS = 0x10
    QUARANTINE = 0x20
    CHANGE_FROM = 0x40
    ADD_RECIPIENT_PARAMETERS = 0x80
    SET_MACROS = 0x100


class Steps(IntFlag):
    """Parts of a conversation that may be left out (SMFIP_ in mfdef.h)."""

    NO_UNKNOWN = 0x100
    NO_DATA = 0x200
    # The step gets no answer.
    FIELD_UNANSWERED = 0x80
    CONNECT_UNANSWERED = 0x1000
    HELO_UNANSWERED = 0x2000
    MAIL_UNANSWERED = 0x4000
    RECIPIENT_UNANSWERED = 0x8000
    END_OF_HEADER_UNANSWERED = 0x40000
    BODY_UNANSWERED = 0x80000
    # The blanks after a field's colon are sent along.
    BLANKS_KEPT = 0x100000


class Packets:
    """The packets of one connection, cut as its octets come."""

    def __init__(self) -> None:
        self._octets = b""
        self._at = 0

    @property
    def unread(self) -> int:
        """Octets that are not cut yet."""
        return len(self._octets) - self._at

    def feed(self, octets: bytes) -> None:
        """Add octets that came."""
        self._octets = self._octets[self._at :] + octets if self.unread else octets
        self._at = 0

    def next(self) -> tuple[int, bytes] | None:
        """Return the next packet's command and data; None if it is not complete yet.

        Raises MilterError.
        """
        octets, at = self._octets, self._at
        if len(octets) - at < _HEAD.size:
            return None
        length, command = _HEAD.unpack_from(octets, at)
        if not 1 <= length <= 1 + MAX_OCTETS:
            raise MilterError(f"a packet of {length} octets")
        end = at + _LENGTH_OCTETS + length
        if end > len(octets):
            return None
        self._at = end
        return command, octets[at + _HEAD.size : end]


def packet(command: bytes, octets: bytes = b"") -> bytes:
    """Return a packet to send."""
    return (1 + len(octets)).to_bytes(_LENGTH_OCTETS, "big") + command + octets


def texts(octets: bytes) -> list[bytes]:
    """Split texts, each of which ends with NUL; at least one.  Raises MilterError."""
    if not octets.endswith(b"\0"):
        raise MilterError("a text without an end")
    return octets[:-1].split(b"\0")
