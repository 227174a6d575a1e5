"""Archives of ar, written by hand."""


def ar(files: dict[str, bytes]) -> bytes:
    out = b"!<arch>\n"
    for name, octets in files.items():
        out += f"{name}/".encode().ljust(16) + b"0".ljust(12) + b"0".ljust(6) + b"0".ljust(6)
        out += b"100644".ljust(8) + b"%d" % len(octets)
        out = out.ljust(len(out) + 10 - len(b"%d" % len(octets))) + b"`\n" + octets
        out += b"\n" * (len(octets) % 2)
    return out


def good(text: bytes) -> bytes:
    return ar({"fox.txt": text})


def broken(text: bytes) -> bytes:
    return good(text)[:-20]
