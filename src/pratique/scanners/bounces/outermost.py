"""Read the fields of the message's own header that tell what made it."""

import re
from dataclasses import dataclass

from pratique.scanners.mime.fields import Value, read_value
from pratique.scanners.mime.header import Field, unfold
from pratique.scanners.mime.mail import header_of
from pratique.scanners.part import Message

# As much of one field as is looked at; References may have thirty Message-IDs.
FIELD_OCTETS = 8 * 1024
_WORD = re.compile(rb"[^\s;(]*")


@dataclass(frozen=True, slots=True)
class Outermost:
    """The header's fields by name, in their order; of a repeated one all."""

    fields: dict[bytes, list[Field]]
    # Content-Type; the default of RFC 2045 5.2 if there is none.
    type: Value

    def first(self, name: bytes) -> bytes:
        """The first field of that name on one line; empty if there is none."""
        found = self.fields.get(name)
        return unfold(found[0].value[:FIELD_OCTETS]) if found else b""

    def word(self, name: bytes) -> bytes:
        """A field's first word, in lower case."""
        found = _WORD.match(self.first(name))
        return found[0].lower() if found is not None else b""

    def is_list(self) -> bool:
        """Tell whether a mailing list or a mass mailer sent it (RFC 2919, RFC 2369)."""
        listed = any(name.startswith(b"list-") for name in self.fields)
        return listed or self.word(b"precedence") in {b"bulk", b"list", b"junk"}

    def media_type(self) -> str:
        """Content-Type without parameters, in lower case."""
        return self.type.main.decode("ascii", "replace")

    def report_type(self) -> bytes:
        """The parameter report-type (RFC 6522 3), in lower case."""
        return next((one.strip().lower() for one in self.type.all(b"report-type")), b"")


def read(message: Message) -> Outermost:
    """The fields of the outermost header, as far as a header is read at all."""
    # Empty lines and separators of mailboxes before it are skipped once.
    _, header, _ = header_of(message)
    found = header.named.get(b"content-type")
    # As much of it is read as where its parts are found, so that both know one type.
    written = found[0].value if found else b""
    return Outermost(header.named, read_value(written if written.strip() else b"text/plain"))
