"""Locked OpenDocument, written by the specification (ODF 1.3 part 2, 4): AES and SHA-256."""

import base64
import hashlib
import io
import zipfile
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

PASSWORD = "secret"
HIDDEN = True
TEXT = "application/vnd.oasis.opendocument.text"
SALT, START = bytes(range(16)), bytes(range(16, 32))
SPINS = 1000


def coded(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"


def entry(path: str, size: int, checksum: bytes) -> str:
    return f"""<manifest:file-entry manifest:full-path="{path}" manifest:size="{size}">
<manifest:encryption-data manifest:checksum-type="{MANIFEST}#sha256-1k"
 manifest:checksum="{coded(checksum)}">
<manifest:algorithm manifest:algorithm-name="http://www.w3.org/2001/04/xmlenc#aes256-cbc"
 manifest:initialisation-vector="{coded(START)}"/>
<manifest:key-derivation manifest:key-derivation-name="PBKDF2" manifest:key-size="32"
 manifest:iteration-count="{SPINS}" manifest:salt="{coded(SALT)}"/>
<manifest:start-key-generation
 manifest:start-key-generation-name="http://www.w3.org/2000/09/xmldsig#sha256"
 manifest:key-size="32"/></manifest:encryption-data></manifest:file-entry>"""


def document(manifest: str, files: dict[str, bytes]) -> bytes:
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as archive:
        archive.writestr("mimetype", TEXT)
        for name, octets in files.items():
            archive.writestr(name, octets)
        whole = f'<manifest:manifest xmlns:manifest="urn:oasis">{manifest}</manifest:manifest>'
        archive.writestr("META-INF/manifest.xml", whole)
    return space.getvalue()


def locked(octets: bytes, word: str) -> tuple[bytes, bytes]:
    """What lies in the zip file, and the proof of its key."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return hidden(packer.compress(octets) + packer.flush(), word)


def hidden(packed: bytes, word: str) -> tuple[bytes, bytes]:
    key = hashlib.pbkdf2_hmac("sha1", hashlib.sha256(word.encode()).digest(), SALT, SPINS, 32)
    size = 16 - len(packed) % 16
    encryptor = Cipher(AES(key), CBC(START)).encryptor()
    return encryptor.update(packed + bytes([size]) * size), hashlib.sha256(packed[:1024]).digest()


def with_word(text: bytes, word: str) -> bytes:
    octets, proof = locked(text, word)
    return document(entry("fox.txt", len(text), proof), {"fox.txt": octets})


def encrypted(text: bytes) -> bytes:
    return with_word(text, PASSWORD)


def good(text: bytes) -> bytes:
    """Locked with the empty word: nothing else is given, for nothing else is locked."""
    return with_word(text, "")


def broken(text: bytes) -> bytes:
    return good(text)[:400]


def bomb() -> bytes:
    """A gigabyte of zeros: one flushed megabyte, again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first, again = (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in "12")
    octets, proof = hidden(first + again * 1023 + b"\3\0", "")
    return document(entry("fox.txt", 1 << 30, proof), {"fox.txt": octets})
