"""Files in yEnc, made by hand, from the draft of yenc.org."""

from binascii import crc32


def encode(octets: bytes) -> bytes:
    written = bytearray()
    for octet in octets:
        letter = (octet + 42) & 255
        written += b"=" + bytes([(letter + 64) & 255]) if letter in b"\0\r\n=" else bytes([letter])
    lines, at = [], 0
    while at < len(written):
        # An escape is not cut in two.
        end = at + 128 + (written[at + 127 : at + 128] == b"=")
        lines.append(bytes(written[at:end]))
        at = end
    return b"\r\n".join(lines)


def yenc(name: bytes, octets: bytes) -> bytes:
    head = b"=ybegin line=128 size=%d name=%b\r\n" % (len(octets), name)
    end = b"\r\n=yend size=%d crc32=%08x\r\n" % (len(octets), crc32(octets))
    return head + encode(octets) + end


def piece(name: bytes, octets: bytes, start: int, end: int) -> bytes:
    """One of several pieces of a file."""
    head = b"=ybegin part=1 total=2 line=128 size=%d name=%b\r\n" % (len(octets), name)
    head += b"=ypart begin=%d end=%d\r\n" % (start + 1, end)
    sum_ = crc32(octets[start:end])
    tail = b"\r\n=yend size=%d part=1 pcrc32=%08x\r\n" % (end - start, sum_)
    return head + encode(octets[start:end]) + tail


def good(text: bytes) -> bytes:
    return yenc(b"fox.txt", text)


def broken(text: bytes) -> bytes:
    return good(text)[:-60]
