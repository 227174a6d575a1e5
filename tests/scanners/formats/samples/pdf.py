"""PDF with an embedded file (ISO 32000-2, 7.11.4), written by hand; locked ones too."""

import hashlib
import zlib

PASSWORD = "secret"
PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
ID = b"0123456789abcdef"


def stream(number: int, octets: bytes, words: bytes = b"") -> bytes:
    head = b"%d 0 obj\n<<%b/Length %d>>\nstream\n" % (number, words, len(octets))
    return head + octets + b"\nendstream\nendobj\n"


def document(*objects: bytes, trailer: bytes = b"") -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Names<</EmbeddedFiles<</Names[(f)2 0 R]>>>>>>\n"
        b"endobj\n"
        + b"".join(objects)
        + b"trailer\n<</Root 1 0 R%b>>\nstartxref\n0\n%%%%EOF\n" % trailer
    )


def specification(name: bytes = b"(fox.txt)", number: int = 2) -> bytes:
    return b"%d 0 obj\n<</Type/Filespec/F%b/EF<</F 3 0 R>>>>\nendobj\n" % (number, name)


def embedded(octets: bytes, filters: bytes = b"/Filter/FlateDecode") -> bytes:
    return stream(3, octets, b"/Type/EmbeddedFile" + filters)


def good(text: bytes) -> bytes:
    return document(specification(), embedded(zlib.compress(text)))


def broken(text: bytes) -> bytes:
    return good(text)[:250]


def bomb() -> bytes:
    """A gigabyte of zeros: one flushed megabyte, again and again."""
    packer = zlib.compressobj(9)
    first, again = (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in "12")
    return document(specification(), embedded(first + again * 1023))


def encrypted(text: bytes) -> bytes:
    """Revision 3, 128 bits of RC4 (7.6.4.3, Algorithms 2, 3 and 5)."""
    owner = rc4_often(hashlib.md5(padded(b"owner")).digest(), padded(PASSWORD.encode()), 50)
    allowed = (-4 & 0xFFFFFFFF).to_bytes(4, "little")
    key = hashlib.md5(padded(PASSWORD.encode()) + owner + allowed + ID).digest()
    for _ in range(50):
        key = hashlib.md5(key).digest()
    user = rc4_often(key, hashlib.md5(PADDING + ID).digest(), 0).ljust(32, b"\0")
    lock = b"4 0 obj\n<</Filter/Standard/V 2/R 3/Length 128/P -4/O<%b>/U<%b>>>\nendobj\n" % (
        owner.hex().encode(), user.hex().encode(),
    )  # fmt: skip
    trailer = b"/Encrypt 4 0 R/ID[<%b><%b>]" % (ID.hex().encode(), ID.hex().encode())
    name = b"<" + rc4(of_object(key, 2), b"fox.txt").hex().encode() + b">"
    hidden = rc4(of_object(key, 3), zlib.compress(text))
    return document(specification(name), embedded(hidden), lock, trailer=trailer)


HIDDEN = True


def padded(word: bytes) -> bytes:
    return (word + PADDING)[:32]


def of_object(key: bytes, number: int) -> bytes:
    return hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()


def rc4_often(key: bytes, octets: bytes, spins: int) -> bytes:
    for _ in range(spins):
        key = hashlib.md5(key).digest()
    for number in range(20):
        octets = rc4(bytes(octet ^ number for octet in key), octets)
    return octets


def rc4(key: bytes, octets: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    i = j = 0
    done = bytearray()
    for octet in octets:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        done.append(octet ^ state[(state[i] + state[j]) & 255])
    return bytes(done)
