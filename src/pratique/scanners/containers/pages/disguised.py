"""Tell whether octets are a file of a known form, as they are or simply hidden.

What a script hides a file behind before it builds it: an exclusive or with one octet, or
one that is added, the order turned around, deflate, base64 once more.  Each is undone only
where the result begins a form that holds or is a program, an archive, a document or a page:
chance does not make one.
"""

import zlib
from binascii import b2a_base64
from collections.abc import Iterator

from pratique.scanners import signatures
from pratique.scanners.containers.pages.data_uris import decode_base64

# Signatures of two or three octets: in a long page chance makes each of them.
_CHANCE = frozenset(
    {"application/x-compress", "application/x-arj", "application/x-lzma", "application/x-tar",
     "application/x-bzip2", "audio/mpeg", "image/bmp", "image/jpeg", "image/x-icon", "image/tiff"}
)  # fmt: skip
# What begins a file worth hiding; the key of an exclusive or is guessed by the first octet.
_BEGINNINGS = (b"PK\3\4", b"MZ", b"Rar!", b"7z\xbc\xaf", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x7fELF",
               b"<htm", b"<HTM", b"<!DO", b"<scr", b"MSCF", b"{\\rt", b"L\0\0\0", b"\x1f\x8b\x08",
               b"X5O!")  # fmt: skip
_LONGEST = max(map(len, _BEGINNINGS))
_XORED = [bytes(byte ^ key for byte in range(256)) for key in range(256)]
_ADDED = [bytes(byte - key & 255 for byte in range(256)) for key in range(256)]
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\r\n\t "
# Enough of deflate to see how it begins, tables and all (RFC 1951 3.2.7).
_TASTE = 512
# Of these, as letters of base64, what is worth a search of its own in a page without script.
LETTERS = tuple(b2a_base64(each)[: len(each) * 8 // 6] for each in (*_BEGINNINGS[:6], b"X5O!"))
# A page's script that is deflated is seldom larger; the member itself is given too.
_INFLATED = 16 * 1024 * 1024
# A program has zeros where DOS has fields that nobody uses.
_ZEROS = 12


def is_known(octets: bytes) -> bool:
    """Whether the octets begin like a file for certain."""
    type_ = signatures.detect(memoryview(octets))
    return bool(type_) and type_ not in _CHANCE and type_ != "application/x-empty"


def unhidden(octets: bytes) -> Iterator[bytes]:
    """What the octets are behind one octet's exclusive or, turned around, or deflated."""
    turned = octets[::-1]
    if begins(turned):
        yield turned
    for beginning in _BEGINNINGS if octets else ():
        key, added = octets[0] ^ beginning[0], octets[0] - beginning[0] & 255
        if not key:
            continue
        for table in (_XORED[key], _ADDED[added]):
            if octets[: len(beginning)].translate(table) == beginning:
                plain = octets.translate(table)
                if begins(plain):
                    yield plain
    yield from _packed(octets)


def _packed(octets: bytes) -> Iterator[bytes]:
    if octets.isascii():
        again = b"" if octets.translate(None, _ALPHABET) else decode_base64(octets)
        if begins(again):
            yield again
    elif may_begin(_raw_inflated(octets[:_TASTE], _LONGEST)):
        plain = _raw_inflated(octets, _INFLATED)
        if begins(plain):
            yield plain
    if octets[:1] == b"\x78" and len(octets) > 1 and int.from_bytes(octets[:2], "big") % 31 == 0:
        yield from _inflated(octets)


def turned_base64(run: bytes) -> bytes:
    """What a run of base64 means that is written backwards; nothing if it begins no file."""
    turned = run.strip(b"=")[::-1]
    # Four letters are three octets, enough to see whether it is worth more.
    octets = decode_base64(turned) if may_begin(decode_base64(turned[:8])) else b""
    return octets if begins(octets) else b""


def may_begin(octets: bytes) -> bool:
    """Whether the first octets are those of a file worth hiding."""
    return octets.startswith(_BEGINNINGS)


def begins(octets: bytes) -> bool:
    """Whether this begins a file, where two letters alone prove no program."""
    if not may_begin(octets):
        return False
    return not octets.startswith(b"MZ") or octets[2:64].count(0) >= _ZEROS or is_known(octets)


def _raw_inflated(octets: bytes, most: int) -> bytes:
    """Deflate without any head (RFC 1951); nothing where it is none."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(octets, most)
    except zlib.error:
        return b""


def _inflated(octets: bytes) -> Iterator[bytes]:
    inflate = zlib.decompressobj()
    try:
        plain = inflate.decompress(octets, _INFLATED)
    except zlib.error:
        return
    if plain:
        yield plain


def is_furniture(octets: bytes) -> bool:
    """Whether this is a picture or a font, of which every page has some."""
    return signatures.detect(memoryview(octets)).startswith(("image/", "font/", "audio/", "video/"))
