"""BinHex 4.0 by hand, from RFC 1741; the tests let unar(1) read it as well."""

import struct
from binascii import b2a_base64, crc_hqx

ALPHABET = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def summed(octets: bytes) -> bytes:
    return octets + struct.pack(">H", crc_hqx(octets, 0))


def letters(octets: bytes) -> bytes:
    """Six bits a letter; of the last ones as many as are needed."""
    wanted = -(-len(octets) * 8 // 6)
    written = b2a_base64(octets, newline=False)[:wanted]
    line = b":" + written.translate(bytes.maketrans(BASE64, ALPHABET)) + b":"
    return b"\r\n".join(line[at : at + 64] for at in range(0, len(line), 64))


def binhex(name: bytes, octets: bytes, resources: bytes = b"") -> bytes:
    header = bytes([len(name)]) + name + b"\0TEXTttxt\0\0"
    header += struct.pack(">II", len(octets), len(resources))
    whole = summed(header) + summed(octets) + summed(resources)
    head = b"(This file must be converted with BinHex 4.0)\r\n\r\n"
    return head + letters(whole.replace(b"\x90", b"\x90\0")) + b"\r\n"


def good(text: bytes) -> bytes:
    return binhex(b"fox.txt", text)


def broken(text: bytes) -> bytes:
    return good(text)[:400]
