"""Archives of cpio, written by hand in the form of POSIX and in that of SVR4."""


def odc(files: dict[str, bytes]) -> bytes:
    out = b""
    for name, octets in [*files.items(), ("TRAILER!!!", b"")]:
        raw = name.encode() + b"\0"
        out += b"070707" + b"000000" * 2 + b"100644" + b"000000" * 4 + b"0" * 11
        out += b"%06o%011o" % (len(raw), len(octets)) + raw + octets
    return out


def newc(files: dict[str, bytes]) -> bytes:
    out = b""
    for name, octets in [*files.items(), ("TRAILER!!!", b"")]:
        raw = name.encode() + b"\0"
        out += b"070701" + b"%08X" % 0 + b"%08X" % 0o100644 + b"%08X" % 0 * 4
        out += b"%08X" % len(octets) + b"%08X" % 0 * 4 + b"%08X" % len(raw) + b"%08X" % 0 + raw
        out += bytes(-len(out) % 4) + octets
        out += bytes(-len(out) % 4)
    return out


def good(text: bytes) -> bytes:
    return newc({"fox.txt": text})


def broken(text: bytes) -> bytes:
    return odc({"fox.txt": text})[:-100]
