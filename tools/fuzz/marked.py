"""Make files that can be recognized wherever they turn up again, whole or not.

A file begins with a mark, which says how its octets were made and how many they are; so
whoever finds it can tell whether it is all there, without having been told of it.
"""

import hashlib
import re

from fuzz.choices import Choices, one

# No colon in it, or some program would take it for a header field.
MARK = b"PRATIQUE INERT MARKER "
SIZES = 1, 30, 200, 400, 1500
# Programs differ in what they take for the line end before a file.
BEFORE = 12
_START = re.compile(re.escape(MARK) + rb"([01])([0-9a-f]{6})/([0-9]{4}) ")


def marked(choices: Choices, *, text: bool = False) -> bytes:
    """A file of its own: its octets are a hash of a chosen number."""
    return _made(choices.number(0, 0xFFFFFF), one(choices, SIZES), text=text)


def recognized(octets: bytes) -> bytes | None:
    """The marked file that stands at the beginning, if all of it is there."""
    start = _START.search(octets, 0, BEFORE + 64)
    if start is None or start.start() > BEFORE:
        return None
    file = _made(int(start[2], 16), int(start[3]), text=start[1] == b"1")
    return file if octets.startswith(file, start.start()) else None


def _made(number: int, size: int, *, text: bool) -> bytes:
    noise = hashlib.shake_256(number.to_bytes(4, "big")).digest(size)
    start = MARK + b"%d%06x/%04d " % (text, number, size)
    if not text:
        return start + b"\0" + noise
    digits = noise.hex().encode()
    return start + b"\r\n".join(digits[at : at + 60] for at in range(0, len(digits), 60))
