"""Stamp what we send with a field that nobody else can make, and know it when it returns.

    X-Pratique-Watermark: 2-20779-k5qz...        number of the key, day, MAC in base32

The MAC is HMAC-SHA256 over the number, the day, the Message-ID and the reverse-path, each
with its length in front, so that no two messages give the same octets.  Since the reverse-path
is included, anybody who has one mail of ours (list archives are full of them) cannot use it to
send bounces to our other users.  128 of its 256 bits are sent (RFC 2104 5: half).

In a returned message the field may be folded, indented, quoted, or changed in case, by servers
that treat a header as text.  So it consists of digits, letters of one case and the hyphen, fits
into one line, and is read without regard to whitespace and case.
"""

import base64
import hmac
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pratique.milter.sent import names
from pratique.milter.sent.day import holds
from pratique.milter.sent.keys import Key, Keys

FIELD = "X-Pratique-Watermark"

# A number and a day of at most six and five digits, 26 letters: 39 characters.  It is still
# read with a space after each of them; anything longer is not ours.
MOST = 100

_USE = "watermark"
_OCTETS = 16
_MARK = re.compile(r"([1-9]\d{0,5})-([1-9]\d{0,4})-([a-z2-7]{26})")

State = Literal["valid", "expired", "bad", "unknown_key", "none"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a field is worth.

    valid        we made it, for this message and this reverse-path, and it is in force
    expired      we made it, but its day is past (or, if a clock was wrong, has not come)
    bad          it was not made with the key that it names, for this message
    unknown_key  it names a key that we do not have, or no longer have
    none         it does not have the form of one
    """

    state: State
    # What uses are counted by; empty unless we made the field.
    proof: str = ""
    day: int = 0

    @property
    def is_valid(self) -> bool:
        """Whether it proves something."""
        return self.state == "valid"


def mark(keys: Keys, day: int, message_id: str, reverse_path: str) -> str:
    """Return the field's body; empty without a Message-ID, since nothing would bind it."""
    if not names.message_id(message_id):
        return ""
    key = keys.signing
    return f"{key.number}-{day}-{_mac(key, day, message_id, reverse_path)}"


def verify(keys: Keys, text: str, message_id: str, reverse_path: str, today: int) -> Verdict:
    """Judge a field by the message that it came back with."""
    found = _MARK.fullmatch(_plain(text))
    if found is None or not names.message_id(message_id):
        return Verdict("none")
    day = int(found[2])
    key = keys.numbered(int(found[1]))
    if key is None:
        return Verdict("unknown_key")
    if not hmac.compare_digest(found[3], _mac(key, day, message_id, reverse_path)):
        return Verdict("bad")
    return Verdict("valid" if holds(day, today) else "expired", found[0], day)


def _plain(text: str) -> str:
    """Undo what servers change."""
    if len(text) > MOST or not text.isascii():
        return ""
    return "".join(text.split()).lower()


def _mac(key: Key, day: int, message_id: str, reverse_path: str) -> str:
    said = str(key.number), str(day), names.message_id(message_id), names.address(reverse_path)
    digest = hmac.digest(key.for_use(_USE), _joined(said), "sha256")
    return base64.b32encode(digest[:_OCTETS]).decode("ascii").rstrip("=").lower()


def _joined(texts: Iterable[str]) -> bytes:
    """Put each text's length in front of it: no two lists of texts give the same octets."""
    # A lone surrogate is in no text of ours, and would raise if it ever were.
    octets = (text.encode("utf-8", "surrogatepass") for text in texts)
    return b"".join(struct.pack(">I", len(one)) + one for one in octets)
