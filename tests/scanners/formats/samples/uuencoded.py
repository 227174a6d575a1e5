"""Uuencoded files, and their like, by hand (POSIX.1, uuencode)."""

from base64 import b64encode
from binascii import b2a_uu

UU = bytes(range(32, 96))
XX = b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def uuencoded(name: bytes, octets: bytes) -> bytes:
    lines = (b2a_uu(octets[at : at + 45], backtick=True) for at in range(0, len(octets), 45))
    return b"begin 644 " + name + b"\n" + b"".join(lines) + b"`\nend\n"


def xxencoded(name: bytes, octets: bytes) -> bytes:
    lines = (b2a_uu(octets[at : at + 45]).rstrip(b"\n") for at in range(0, len(octets), 45))
    table = bytes.maketrans(UU, XX)
    written = b"\n".join(line.translate(table) for line in lines)
    return b"begin 644 " + name + b"\n" + written + b"\n+\nend\n"


def base64(name: bytes, octets: bytes) -> bytes:
    return b"begin-base64 644 " + name + b"\n" + b64encode(octets) + b"\n====\n"


def good(text: bytes) -> bytes:
    return uuencoded(b"fox.txt", text)


def broken(text: bytes) -> bytes:
    return good(text)[:-10]
