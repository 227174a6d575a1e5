"""MacBinary II by hand; the tests let unar(1) read it as well."""

import struct
from binascii import crc_hqx


def macbinary(octets: bytes, name: bytes, resources: bytes = b"") -> bytes:
    header = bytearray(128)
    header[1 : 2 + len(name)] = bytes([len(name)]) + name
    header[65:73] = b"TEXTttxt"
    header[83:91] = struct.pack(">II", len(octets), len(resources))
    header[122:124] = b"\x81\x81"
    header[124:126] = struct.pack(">H", crc_hqx(bytes(header[:124]), 0))
    filled = octets + bytes(-len(octets) % 128)
    return bytes(header) + filled + resources + bytes(-len(resources) % 128)


def good(text: bytes) -> bytes:
    return macbinary(text, b"fox.txt")


def broken(text: bytes) -> bytes:
    return good(text)[:600]
