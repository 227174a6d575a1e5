"""Collect one message from what a milter is told: its envelope and its content.

The mail server gives the content in pieces: each header field as a name and a value,
then the end of the header, then the body as it is.  Put together they are the octets
that it has, and will deliver:

    name ":" value CRLF      a fold in the value comes as LF and becomes CRLF again
    CRLF                     the end of the header
    body

What the mail server changed in the message before cannot be undone here; the documentation
lists it.  Its own Received field is not shown to milters.
"""

from collections.abc import Sequence
from enum import StrEnum

from pratique.milter.doors.room import RationedWriter, Room
from pratique.milter.mail import Content, Forward

# Octets gathered before they are written: a system call per field is expensive.
_GATHERED = 64 * 1024

# Fields gathered before they are put together.
_FIELDS = 200

# Fields whose place is kept, so that they can be removed.  A header of more than 1000
# is over the budget of a scanner (`budget.header_fields`), which is seldom set higher.
MAX_FIELDS = 20_000

# Octets that the recipients of one message may take: about 300,000 recipients of usual length,
# where Postfix refuses the 1001st (smtpd_recipient_limit).
MAX_ENVELOPE = 64 * 1024 * 1024
_EACH = 200  # octets that Python spends on each recipient


class Fault(StrEnum):
    """Why a message cannot be inspected."""

    NO_ROOM = "no room"
    TOO_MANY_RECIPIENTS = "too many recipients"
    OURS = "local error"


class MilterMail:
    """One message, from MAIL on."""

    def __init__(self, words: Sequence[bytes], room: Room, max_size: int) -> None:
        self.reverse_path = _address(words[0])
        self.parameters = _parameters(words)
        self.recipients: list[Forward] = []
        # All forms of each address that came in any form other than <address>.
        self.said: dict[str, list[str]] = {}
        # Where each field lies, its name, and its number among the fields of that name.
        self.fields: dict[tuple[int, int], tuple[str, int]] = {}
        self.fault: Fault | None = None
        # Octets of content that the mail server has; fewer may be kept.
        self.octets = 0
        self._names: dict[str, int] = {}
        # Names and values of fields that came, and their octets: put together in batches, since
        # what is done in each of libmilter's calls keeps all its other threads waiting.
        self._header: list[tuple[str, bytes]] = []
        self._header_octets = 0
        self._envelope = 0
        self._gathered = bytearray()
        self._writer = RationedWriter(room)
        self._max_size = max_size

    @property
    def left_out(self) -> int:
        """Octets at the end of the content that are not kept; known once it is complete."""
        return max(0, self.octets - self._max_size)

    def recipient(self, words: Sequence[bytes]) -> None:
        """Add a recipient."""
        self._envelope += sum(map(len, words)) + _EACH
        if self._envelope > MAX_ENVELOPE:
            self.fault = self.fault or Fault.TOO_MANY_RECIPIENTS
            return
        address = _address(words[0])
        said = words[0].decode("utf-8", "surrogateescape")
        if said != f"<{address}>":
            self.said.setdefault(address, [f"<{address}>"]).append(said)
        self.recipients.append(Forward(address, _parameters(words)))

    def field(self, name: str, value: bytes) -> None:
        """Add a header field; `value` is all that follows the colon."""
        self._header.append((name, value))
        self._header_octets += len(name) + len(value)
        if self._header_octets > _GATHERED or len(self._header) > _FIELDS:
            self.complete()

    def complete(self) -> None:
        """Put together the fields that came, so that their octets and places are known."""
        header, names = self._header, self._names
        self._header, self._header_octets = [], 0
        for name, value in header:
            start = self.octets
            lines = value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            self._add(b"%b:%b\r\n" % (name.encode("utf-8"), lines))
            if len(self.fields) < MAX_FIELDS:
                key = name.lower()
                names[key] = number = names.get(key, 0) + 1
                self.fields[start, self.octets] = name, number

    def end_of_header(self) -> None:
        """Add the empty line after the header."""
        self.complete()
        self._add(b"\r\n")

    def body(self, octets: bytes) -> None:
        """Add octets of the body."""
        if self._header:
            self.complete()
        self._add(octets)

    def _add(self, octets: bytes) -> None:
        left = self._max_size - self.octets
        self.octets += len(octets)
        if left <= 0 or self.fault is not None:
            return
        self._gathered += octets if len(octets) <= left else octets[:left]
        if len(self._gathered) >= _GATHERED:
            self._write()

    def _write(self) -> None:
        if not self._gathered:
            return
        try:
            self._writer.write(bytes(self._gathered))
        except OSError:
            self.fault = Fault.NO_ROOM
            self._writer.discard()
        self._gathered = bytearray()

    def seal(self) -> Content | None:
        """Return the content, or None if there is a fault; its room stays taken until `discard`."""
        self.complete()
        if self.fault is None:
            self._write()
        return None if self.fault else self._writer.seal()

    def discard(self) -> None:
        """Drop what was collected, and give its room back; a second call does nothing."""
        self._gathered, self._header = bytearray(), []
        self._writer.discard()


def _address(word: bytes) -> str:
    """Return the address between the brackets; octets that are not UTF-8 become U+FFFD.

    A source route, which leads nowhere, is left out (RFC 5321 3.6.1 and F.2).
    """
    inner = word[1:-1] if word[:1] == b"<" and word[-1:] == b">" else word
    route, _, mailbox = inner.partition(b":")
    if route[:1] == b"@" and mailbox:
        inner = mailbox
    return inner.decode("utf-8", "replace")


def _parameters(words: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(word.decode("utf-8", "replace") for word in words[1:])
