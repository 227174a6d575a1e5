"""Decode encoded-words, RFC 2047: `=?charset?B?...?=` in header fields and in names.

The RFC allows them in few places; mail brings them everywhere, inside quoted strings
too, and what a user sees is the decoded text.  So they are decoded wherever they stand.
A character may be cut in two by the sender (RFC 2047 5 forbids it, many do it), so the
octets of neighbours of one charset are joined before they become text.

The pattern reads each octet a bounded number of times: no class in it contains the `?`
that ends it, so a long run of `=?` costs what its length says.
"""

import binascii
import re

from pratique.scanners.text import to_text

# What is decoded of one field: two thirds of what Postfix takes in one (header_size_limit).
FIELD_OCTETS = 64 * 1024
_WORD = re.compile(rb"=\?([^?\s]{1,80})\?([bBqQ])\?([^?\r\n]*+)\?=")
_LENIENT = re.compile(rb"=\?([^?]*+)\?([bBqQ])\?(.*?)(?:\?=|\?*\Z)", re.DOTALL)
# Encoded-words within encoded-words: nobody decodes even two levels on purpose.
_NESTED = 4
_BASE64 = re.compile(rb"[^A-Za-z0-9+/]++")


def decode_words(value: bytes, charset: str = "utf-8") -> tuple[str, bool]:
    """The text with its encoded-words decoded, and whether any octet in it was bad."""
    if b"=?" not in value:
        return to_text(value, charset)
    decoded = [to_text(bytes(octets), named or charset) for named, octets in _runs(value)]
    return "".join(text for text, _ in decoded), any(bad for _, bad in decoded)


def decode_leniently(text: str) -> str:
    """What is left of encoded-words decoded too: unclosed, nested, without a charset.

    Programs differ on all of these, so this is only ever one more reading.
    """
    for _ in range(_NESTED):
        octets = text.encode()
        if _LENIENT.search(octets) is None:
            break
        text = to_text(_LENIENT.sub(_lenient, octets))[0]
    return text


def _lenient(word: re.Match[bytes]) -> bytes:
    charset = word[1].decode("ascii", "replace").partition("*")[0].lower()
    return to_text(_octets(word[2], word[3]), charset or "utf-8")[0].encode()


def _runs(value: bytes) -> list[tuple[str, bytearray]]:
    """The value as runs of octets, each after its charset ("" outside of encoded-words)."""
    runs: list[tuple[str, bytearray]] = []
    after = 0
    for word in _WORD.finditer(value):
        between = value[after : word.start()]
        # Blanks between two encoded-words are no text (RFC 2047 6.2).
        neighbour = after > 0 and not between.strip()
        if between and not neighbour:
            runs.append(("", bytearray(between)))
        # RFC 2231 5: a language may follow the charset.
        charset = word[1].decode("ascii", "replace").partition("*")[0].lower()
        if not (neighbour and runs[-1][0] == charset):
            runs.append((charset, bytearray()))
        runs[-1][1].extend(_octets(word[2], word[3]))
        after = word.end()
    if after < len(value):
        runs.append(("", bytearray(value[after:])))
    return runs


def _octets(encoding: bytes, encoded: bytes) -> bytes:
    if encoding in b"qQ":
        return binascii.a2b_qp(encoded, header=True)
    kept = _BASE64.sub(b"", encoded)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
