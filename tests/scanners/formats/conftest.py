"""Make containers of every form, whole and otherwise, with the standard library."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from binascii import crc32
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.part import Member, Oddity, Part, Reached, Reader

TEXT = b"The quick brown fox jumps over the lazy dog.\r\n" * 20
GIGABYTE = 1 << 30
DEFAULT = Limits()


@dataclass
class Opened:
    """What a reader gave of one container."""

    known: facts.Part
    members: list[Member] = field(default_factory=list)
    octets: list[bytes] = field(default_factory=list)
    oddities: list[str] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    over: str = ""

    @property
    def names(self) -> list[str]:
        return [member.name for member in self.members]


def _open(reader: Reader, octets: bytes, limits: Limits = DEFAULT, name: str = "") -> Opened:
    opened = Opened(facts.Part(id=1, type="", kind="archive", name=name))
    try:
        for found in reader.members(Part(opened.known, memoryview(octets)), Budget(limits)):
            if isinstance(found, Member):
                opened.members.append(found)
                opened.octets.append(bytes(found.octets))
            elif isinstance(found, Oddity):
                opened.oddities.append(found.class_)
            elif isinstance(found, Reached):
                opened.reached.append(found.class_)
    except OverBudget as over:
        opened.over = over.class_
    return opened


@pytest.fixture
def open_with() -> Callable[..., Opened]:
    return _open


@pytest.fixture
def make_zip() -> Callable[..., bytes]:
    return zip_of


def zip_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w", method) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return space.getvalue()


@pytest.fixture
def make_tar() -> Callable[..., bytes]:
    return tar_of


def tar_of(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    space = io.BytesIO()
    with tarfile.open(fileobj=space, mode="w", format=form) as archive:
        for name, octets in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(octets)
            archive.addfile(member, io.BytesIO(octets))
    return space.getvalue()


@pytest.fixture
def encrypted_zip() -> bytes:
    return zip_crypto("invoice.pdf.exe", TEXT, b"secret")


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
    return _zip_by_hand(name.encode(), hidden, 1, sum_, len(octets))


def _crc_step(number: int) -> int:
    for _ in range(8):
        number = (number >> 1) ^ 0xEDB88320 if number & 1 else number >> 1
    return number


def _zip_by_hand(
    name: bytes, packed: bytes, flags: int, sum_: int, size: int, *, method: int = 0
) -> bytes:
    fields = struct.pack(
        "<HHHHHIIIHH", 20, flags, method, 0, 33, sum_, len(packed), size, len(name), 0
    )
    header = b"PK\3\4" + fields + name + packed
    entry = b"PK\1\2" + b"\x14\0" + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(header), 0)
    return header + entry + b"PK\5\6" + end


def zeros(size: int, packer: object) -> bytes:
    """So many zeros in deflate: one flushed megabyte, again and again."""
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # type: ignore[attr-defined]
    again = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # type: ignore[attr-defined]
    return bytes(piece + again * ((size >> 20) - 1))


def zeros_in_zip(size: int) -> bytes:
    packed = zeros(size, zlib.compressobj(9, zlib.DEFLATED, -15)) + b"\3\0"
    return _zip_by_hand(b"zeros", packed, 0, 0, size, method=8)


def sparse_tar(size: int) -> bytes:
    """An old GNU sparse file: one octet at the end of a hole (tar manual, "Sparse Formats")."""
    header = bytearray(512)
    header[0:5] = b"holes"
    header[100:108] = b"0000644\0"
    header[108:124] = b"0000000\0" * 2
    header[124:136] = b"00000001000\0"
    header[136:148] = b"00000000000\0"
    header[156:157] = b"S"
    header[257:265] = b"ustar  \0"
    header[386:398] = b"%011o\0" % (size - 512)
    header[398:410] = b"00000001000\0"
    header[483:495] = b"%011o\0" % size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + bytes(512) + bytes(1024)


@dataclass
class Samples:
    """Containers of one form; `holds` is what a good one gives."""

    good: bytes
    broken: bytes
    bomb: Callable[[], bytes]
    encrypted: bytes = b""


@pytest.fixture
def samples() -> dict[str, Samples]:
    packed = {"gzip": gzip.compress(TEXT), "bzip2": bz2.compress(TEXT), "xz": lzma.compress(TEXT)}
    zipped, tarred = zip_of({"fox.txt": TEXT}), tar_of({"fox.txt": TEXT})
    bombs: dict[str, Callable[[], bytes]] = {
        "gzip": lambda: zeros(GIGABYTE, zlib.compressobj(9, zlib.DEFLATED, 31)),
        "bzip2": lambda: bz2.compress(bytes(32 << 20)),
        "xz": lambda: lzma.compress(bytes(64 << 20), preset=0),
    }
    found = {name: Samples(octets, octets[:-20], bombs[name]) for name, octets in packed.items()}
    found["tar"] = Samples(tarred, tarred[:700], lambda: sparse_tar(GIGABYTE))
    found["zip"] = Samples(
        zipped, zipped[:60], lambda: zeros_in_zip(GIGABYTE), zip_crypto("fox.txt", TEXT, b"x")
    )
    return found
