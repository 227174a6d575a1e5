"""Prove from its octets that something is encrypted, whatever is said of it.

OpenPGP messages, RFC 9580: armoured (6.2) or as packets (4.2); CMS, RFC 5652 3.  Each
proof goes from the first octet to the last, for what stands before or behind an
encrypted message is what somebody wants to hide in its name.  No proof is perfect:
whoever writes the lengths can wrap what he likes.  So what ends like a zip, which is found
from its end, and what begins like an archive or a program a little behind its beginning,
where the content of such a wrapping begins, is never closed (`readable_within`).
"""

import re
from collections.abc import Iterator

_BEGIN = rb"-----BEGIN PGP MESSAGE-----[ \t]*\r?\n"
_END = rb"-----END PGP MESSAGE-----"
# Armour and nothing else: its own header fields, then base64 up to its end.  A message
# that was cut short lacks that end, and is no more readable for it.
_ARMOUR = re.compile(
    rb"\s*+" + _BEGIN + rb"(?>[A-Za-z-]{1,40}:[^\r\n]{0,1000}\r?\n)*+"
    rb"[A-Za-z0-9+/=\s]*+(?:" + _END + rb"\s*+)?\Z"
)
_BLOCK_BEGIN = re.compile(rb"-(?<![^\r\n].)" + _BEGIN[1:])
_BLOCK_END = re.compile(rb"(?<=[\r\n])" + _END)

# RFC 9580 5: session keys come first, then the encrypted data, which is the last.
_KEYS = {1: (2, 3, 6), 3: (4, 5, 6)}
_ENCRYPTED = {9: None, 18: (1, 2), 20: (1,)}
# One for each recipient; GnuPG itself stops reading at a few hundred.
PACKETS = 1000
# A writer cuts a stream in chunks of 8 KB or more; 25 MB in the smallest allowed ones (512).
CHUNKS = 50_000

# CMS content types (RFC 5652, RFC 5083, RFC 3274) as they stand in DER and BER alike.
_CMS = {
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02": "signed-data",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03": "enveloped-data",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06": "encrypted-data",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17": "authenveloped-data",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09": "compressed-data",
}
_SEQUENCE, _IDENTIFIER, _INDEFINITE = 0x30, 6, 0x80

# The record at a zip's end, and the comment of at most 65,535 octets after it.
_ZIP_END = b"PK\x05\x06"
_ZIP_END_SEARCHED = 22 + 65_535

# Lengths, identifiers and keys stand before the content: of OpenPGP and CMS with a few
# recipients up to some KB.  Chance makes one of these signatures once in a billion mails.
_WRAPPING = 16 * 1024
_MAGIC = re.compile(
    rb"PK\x03\x04[\x00-\x3f]|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|MSCF\x00\x00\x00\x00|\x7fELF[\x01\x02]"
    rb"|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|\xfd7zXZ\x00|%PDF-1|BZh[1-9]1AY&SY|\x1f\x8b\x08[\x00-\x1f]....[\x00\x02\x04][\x00-\x0d\xff]",
    re.DOTALL,
)
_MZ = re.compile(rb"MZ")


def ends_like_a_zip(octets: bytes) -> bool:
    """Tell whether an unpacker would find a zip from the end; chance does it once in 65,000."""
    return octets.rfind(_ZIP_END, max(0, len(octets) - _ZIP_END_SEARCHED)) >= 0


def readable_within(octets: bytes) -> bool:
    """Tell whether some reader would find a file in what calls itself encrypted."""
    if ends_like_a_zip(octets):
        return True
    head = octets[:_WRAPPING]
    if _MAGIC.search(head) is not None:
        return True
    return any(_begins_program(octets, found.start()) for found in _MZ.finditer(head))


def _begins_program(octets: bytes, at: int) -> bool:
    """Two letters prove nothing; the second header where the first says does."""
    second = at + int.from_bytes(octets[at + 60 : at + 64], "little")
    return octets[second : second + 4] == b"PE\0\0" or b"This program" in octets[at : at + 256]


def is_armour(octets: bytes) -> bool:
    """Tell whether this is an armoured OpenPGP message and nothing else."""
    return _ARMOUR.match(octets) is not None


def armour_blocks(octets: bytes) -> Iterator[tuple[int, int]]:
    """Where complete armoured messages stand in a text, each from BEGIN to END."""
    at = octets.find(b"-----BEGIN PGP MESSAGE-----")
    while at >= 0 and (begin := _BLOCK_BEGIN.search(octets, at)) is not None:
        end = _BLOCK_END.search(octets, begin.end() - 1)
        if end is None:
            return
        yield begin.start(), end.end()
        at = end.end()


def is_openpgp(octets: bytes) -> bool:
    """Tell whether the octets are packets of an encrypted message, to the last octet."""
    at = 0
    for _ in range(PACKETS):
        if at >= len(octets) or not octets[at] & 0x80:
            return False
        tag, size, begin = _packet(octets, at)
        versions = _KEYS.get(tag)
        if versions is None:
            end = _end_of_encrypted(octets, at) if tag in _ENCRYPTED else -1
            # Some writers end a binary part with a line end of their own.
            return end >= 0 and not octets[end:].strip(b"\r\n")
        if size <= 0 or octets[begin : begin + 1] not in {bytes([each]) for each in versions}:
            return False
        at = begin + size
    return False


def _packet(octets: bytes, at: int) -> tuple[int, int, int]:
    """A packet's tag, the length of its (first) piece, and where that begins."""
    first = octets[at]
    if first & 0x40:
        return first & 0x3F, *_new_length(octets, at + 1)
    width = (1, 2, 4, 0)[first & 3]
    begin = at + 1 + width
    size = int.from_bytes(octets[at + 1 : begin]) if width else len(octets) - begin
    return first >> 2 & 0x0F, size, begin


def _new_length(octets: bytes, at: int) -> tuple[int, int]:
    """RFC 9580 4.2.1: a length of one, two or five octets; a partial one counts as itself."""
    first = octets[at] if at < len(octets) else 0
    if first < 192:
        return first, at + 1
    if first < 224:
        return ((first - 192) << 8) + int.from_bytes(octets[at + 1 : at + 2]) + 192, at + 2
    if first < 255:
        return 1 << (first & 0x1F), at + 1
    return int.from_bytes(octets[at + 1 : at + 5]), at + 5


def _end_of_encrypted(octets: bytes, at: int) -> int:
    """Where the encrypted data ends, partial lengths (RFC 9580 4.2.1.4) joined; or -1."""
    tag, size, begin = _packet(octets, at)
    versions = _ENCRYPTED[tag]
    if versions is not None and octets[begin : begin + 1] not in {bytes([e]) for e in versions}:
        return -1
    partial = bool(octets[at] & 0x40) and b"\xe0" <= octets[at + 1 : at + 2] < b"\xff"
    for _ in range(CHUNKS):
        if begin + size > len(octets) or not partial:
            break
        length = begin + size
        partial = b"\xe0" <= octets[length : length + 1] < b"\xff"
        size, begin = _new_length(octets, length)
    return -1 if partial or begin + size > len(octets) else begin + size


def read_cms(octets: bytes) -> str:
    """The content type of CMS that these octets are from the first to the last, or nothing."""
    if len(octets) < 4 or octets[0] != _SEQUENCE:
        return ""
    size, at = _der_length(octets, 1)
    if size >= 0 and octets[at + size :].strip(b"\r\n\0"):
        return ""
    if octets[at : at + 1] != bytes([_IDENTIFIER]):
        return ""
    length, at = _der_length(octets, at + 1)
    return _CMS.get(octets[at : at + length], "") if 0 < length < 32 else ""


def _der_length(octets: bytes, at: int) -> tuple[int, int]:
    """X.690 8.1.3: a length, -1 for an indefinite one, and where the content begins."""
    first = octets[at] if at < len(octets) else 0
    if first <= _INDEFINITE:
        return (-1 if first == _INDEFINITE else first), at + 1
    width = first & 0x7F
    return int.from_bytes(octets[at + 1 : at + 1 + min(width, 8)]), at + 1 + width
