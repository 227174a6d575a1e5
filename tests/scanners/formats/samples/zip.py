"""Zip files, made with the standard library; encrypted ones and bombs by hand."""

import io
import struct
import zipfile
import zlib
from binascii import crc32

PASSWORD = "secret"


def zip_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w", method) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return space.getvalue()


def good(text: bytes) -> bytes:
    return zip_of({"fox.txt": text})


def broken(text: bytes) -> bytes:
    return good(text)[:60]


def encrypted(text: bytes) -> bytes:
    return zip_crypto("fox.txt", text, PASSWORD.encode())


def bomb() -> bytes:
    return zeros_in_zip(1 << 30)


def zip_crypto(name: str, octets: bytes, password: bytes) -> bytes:
    """One stored member under PKWARE's own encryption, APPNOTE 6.1."""
    keys = [0x12345678, 0x23456789, 0x34567890]
    table = [_crc_step(number) for number in range(256)]

    def step(octet: int) -> None:
        keys[0] = (keys[0] >> 8) ^ table[(keys[0] ^ octet) & 255]
        keys[1] = ((keys[1] + (keys[0] & 255)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = (keys[2] >> 8) ^ table[(keys[2] ^ (keys[1] >> 24)) & 255]

    def hide(octet: int) -> int:
        mask = (keys[2] | 2) & 0xFFFF
        step(octet)
        return octet ^ (((mask * (mask ^ 1)) >> 8) & 255)

    for octet in password:
        step(octet)
    sum_ = crc32(octets)
    hidden = bytes(hide(octet) for octet in bytes(11) + bytes([sum_ >> 24]) + octets)
    return zip_by_hand(name.encode(), hidden, 1, sum_, len(octets))


def _crc_step(number: int) -> int:
    for _ in range(8):
        number = (number >> 1) ^ 0xEDB88320 if number & 1 else number >> 1
    return number


def zip_by_hand(
    name: bytes, packed: bytes, flags: int, sum_: int, size: int, *, method: int = 0
) -> bytes:
    fields = struct.pack(
        "<HHHHHIIIHH", 20, flags, method, 0, 33, sum_, len(packed), size, len(name), 0
    )
    header = b"PK\3\4" + fields + name + packed
    entry = b"PK\1\2" + b"\x14\0" + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(header), 0)
    return header + entry + b"PK\5\6" + end


def zeros_in_zip(size: int) -> bytes:
    """So many zeros in deflate: one flushed megabyte, again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first, again = (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in "12")
    packed = first + again * ((size >> 20) - 1) + b"\3\0"
    return zip_by_hand(b"zeros", packed, 0, 0, size, method=8)


class Writer:
    """Writes zip files whose tables may say anything.

    What is said of a member is taken from its octets; `header` and `entry` say otherwise in
    one of the tables, and None in their place leaves the table out.
    """

    def __init__(self) -> None:
        self.body = b""
        self.entries: list[bytes] = []

    def member(self, name, text=b"", *, method=8, header=(), entry=(), descriptor=None):
        """One member; a descriptor (its octets) makes it a streamed one."""
        packed = deflated(text) if method == 8 else text
        said = {"flags": 0, "method": method, "time": 0, "sum": crc32(text)}
        said |= {"packed": len(packed), "size": len(text), "name": name.encode(), "extra": b""}
        offset = len(self.body)
        if descriptor is not None:
            said["flags"] = 8
        if header is not None:
            late = dict.fromkeys(("sum", "packed", "size"), 0) if descriptor is not None else {}
            self.body += header_of({**said, **late, **dict(header)}) + packed + (descriptor or b"")
        if entry is not None:
            self.entries.append(entry_of({**said, "offset": offset, **dict(entry)}))
        return self

    def raw(self, octets):
        """Octets between members."""
        self.body += octets
        return self

    def done(self, **said):
        """The file, with its directory and its end record."""
        directory = b"".join(self.entries)
        end = {"count": len(self.entries), "size": len(directory), "offset": len(self.body)}
        return self.body + directory + end_of({**end, **said})


def deflated(text):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(text) + packer.flush()


def fields_of(said):
    sizes = said["sum"], said["packed"], said["size"], len(said["name"]), len(said["extra"])
    return struct.pack("<HHHHHIIIHH", 20, said["flags"], said["method"], said["time"], 33, *sizes)


def header_of(said):
    return b"PK\3\4" + fields_of(said) + said["name"] + said["extra"]


def entry_of(said):
    comment = said.get("comment", b"")
    rest = len(comment), said.get("disk", 0), 0, said.get("attributes", 0), said["offset"]
    made_by = bytes([20, said.get("system", 0)])
    behind = said["name"] + said["extra"] + comment
    return b"PK\1\2" + made_by + fields_of(said) + struct.pack("<HHHII", *rest) + behind


def end_of(said):
    comment, disk = said.get("comment", b""), said.get("disk", 0)
    numbers = disk, disk, said["count"], said["count"], said["size"], said["offset"], len(comment)
    return b"PK\5\6" + struct.pack("<HHHHIIH", *numbers) + comment


def end64_of(said, at):
    """The larger end record (written at that place), its locator, and a small one without."""
    numbers = 44, 45, 45, 0, 0, said["count"], said["count"], said["size"], said["offset"]
    larger = b"PK\6\6" + struct.pack("<QHHIIQQQQ", *numbers)
    locator = b"PK\6\7" + struct.pack("<IQI", 0, at, 1)
    none = {"count": 0xFFFF, "size": 0xFFFFFFFF, "offset": 0xFFFFFFFF}
    return larger + locator + end_of(none)


def overlapping(members, size, *, wide=False):
    """Each member's stream quotes the headers of all that follow it, and ends in one kernel
    of so many zeros (Fifield, "A better zip bomb", 2019).
    """
    kernel = deflated(bytes(size))
    names = [b"%04x" % number for number in range(members)]
    octets, told, unpacked = kernel, [], size
    for name in reversed(names):
        said = {"flags": 0, "method": 8, "time": 0, "sum": 0, "packed": len(octets)}
        said |= {"size": unpacked, "name": name, "extra": b""}
        told.append((said, len(octets)))
        header = header_of(said)
        quote = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF)
        unpacked += len(header)
        octets = (quote if name != names[0] else b"") + header + octets
    places = {len(octets) - length - 34: said for said, length in told}
    entries = [entry_of({**said, "offset": at}) for at, said in sorted(places.items())]
    if wide:
        entries = [widened(said, at) for at, said in sorted(places.items())]
    directory = b"".join(entries)
    end = {"count": members, "size": len(directory), "offset": len(octets)}
    behind = len(octets) + len(directory)
    return octets + directory + (end64_of(end, behind) if wide else end_of(end))


def widened(said, at):
    extra = struct.pack("<HHQQQ", 1, 24, said["size"], said["packed"], at)
    return entry_of(
        {**said, **dict.fromkeys(("size", "packed", "offset"), 0xFFFFFFFF), "extra": extra}
    )
