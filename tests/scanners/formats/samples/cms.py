"""CMS by hand, from RFC 5652; the tests let openssl(1) write it as well."""

import zlib

# What is signed in a mail has the mail's name, and none of its own.
NAME = "fox.txt"
SIGNED, DATA = bytes.fromhex("2a864886f70d010702"), bytes.fromhex("2a864886f70d010701")
COMPRESSED = bytes.fromhex("2a864886f70d0109100109")
ZLIB = bytes.fromhex("2a864886f70d0109100308")


def der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def signed(content: bytes | None, inner: bytes = DATA) -> bytes:
    """Signed data that nobody signed; without content a detached signature."""
    within = b"" if content is None else der(0xA0, der(4, content))
    body = der(0x30, der(2, b"\1"), der(0x31), der(0x30, der(6, inner), within), der(0x31))
    return der(0x30, der(6, SIGNED), der(0xA0, body))


def compressed(packed: bytes) -> bytes:
    within = der(0x30, der(6, DATA), der(0xA0, der(4, packed)))
    body = der(0x30, der(2, b"\0"), der(0x30, der(6, ZLIB)), within)
    return der(0x30, der(6, COMPRESSED), der(0xA0, body))


def good(text: bytes) -> bytes:
    return signed(text)


def broken(text: bytes) -> bytes:
    return compressed(zlib.compress(text)[:-20])


def bomb() -> bytes:
    packer = zlib.compressobj(9)
    first, again = (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in "12")
    return compressed(first + again * 1023)
