"""UDF volumes made by hand: one partition, files in entries and outside, rings, damage."""

import struct

import pytest

from pratique.scanners.containers.disks import udf
from pratique.scanners.containers.disks.iso_tables import Image
from pratique.scanners.containers.gather import Damaged

SECTOR = 2048
START = 260


def nothing() -> None:
    """No clock."""


def tagged(kind: int, rest: bytes) -> bytes:
    return struct.pack("<H", kind).ljust(16, b"\0") + rest


def place(block: int) -> bytes:
    return struct.pack("<IIH", SECTOR, block, 0) + bytes(6)


def entry(form: int, length: int, told: bytes) -> bytes:
    """A file's entry, ECMA-167 4/14.9."""
    start = tagged(261, b"").ljust(34, b"\0") + struct.pack("<H", form)
    return (
        (start.ljust(56, b"\0") + struct.pack("<Q", length)).ljust(168, b"\0")
        + struct.pack("<II", 0, len(told))
        + told
    )


def listed(name: bytes, block: int, flags: int = 0) -> bytes:
    """A line of a folder, ECMA-167 4/14.4."""
    one = tagged(257, struct.pack("<HBB", 1, flags, len(name))) + place(block) + b"\0\0" + name
    return one + bytes(-len(one) % 4)


def volume(*blocks: bytes) -> bytes:
    """Block 0 is the set of files, block 1 the root's entry."""
    octets = bytearray(SECTOR * (START + len(blocks) + 8))

    def put(sector: int, one: bytes) -> None:
        octets[sector * SECTOR : sector * SECTOR + len(one)] = one

    put(16, b"\0BEA01")
    put(17, b"\0NSR02")
    put(256, tagged(2, struct.pack("<II", SECTOR * 16, 257)))
    put(257, tagged(5, b"").ljust(22, b"\0") + b"\0\0".ljust(166, b"\0") + struct.pack("<I", START))
    maps = b"\1\6\0\0\0\0"
    logical = tagged(6, b"").ljust(212, b"\0") + struct.pack("<I", SECTOR)
    logical = logical.ljust(248, b"\0") + place(0)
    put(258, (logical + struct.pack("<II", len(maps), 1)).ljust(440, b"\0") + maps)
    put(259, tagged(8, b""))
    put(START, tagged(256, b"").ljust(400, b"\0") + place(1))
    for number, one in enumerate(blocks, START + 1):
        put(number, one)
    return bytes(octets)


def files(octets: bytes) -> dict[str, bytes]:
    image = Image()
    assert udf.is_there(memoryview(octets))
    udf.read(memoryview(octets), image, nothing)
    return {
        name: b"".join(octets[start : start + size] for start, size in file.extents)
        for file in image.files.values()
        for name in file.names
    }


def test_files_in_their_entries_and_outside_are_found():
    root = listed(b"", 1, 10) + listed(b"\x08a.exe", 2) + listed(b"\x08sub", 3, 2)
    inner = listed(b"\x10" + "ä".encode("utf-16-be"), 4)
    outside = struct.pack("<II", 5, 5)
    octets = volume(
        entry(3, len(root), root), entry(3, 2, b"MZ"), entry(3, len(inner), inner),
        entry(0, 5, outside), b"hello",
    )  # fmt: skip

    assert files(octets) == {"a.exe": b"MZ", "sub/ä": b"hello"}


def test_what_was_deleted_is_no_file():
    root = listed(b"\x08a.exe", 2, 4)

    assert files(volume(entry(3, len(root), root), entry(3, 2, b"MZ"))) == {}


def test_a_folder_that_holds_itself_is_read_once():
    root = listed(b"\x08d", 1, 2) + listed(b"\x08a", 2)

    assert files(volume(entry(3, len(root), root), entry(3, 1, b"x"))) == {"a": b"x"}


@pytest.mark.parametrize(
    "root", [b"", entry(3, 0, b""), entry(0, 9, struct.pack("<II", 9, 9999)), entry(2, 0, b"")]
)
def test_what_leads_nowhere_is_damage(root):
    with pytest.raises(Damaged):
        files(volume(root))


def test_a_kind_of_partition_without_a_reader_is_named():
    octets = volume(b"").replace(
        b"\1\6\0\0\0\0", b"\2\x40\0\0\0*UDF Virtual Partition".ljust(64, b"\0")
    )
    with pytest.raises(udf.Unknown, match="Virtual"):
        files(octets)


def test_extents_that_lead_on_and_on_end():
    ring = tagged(258, struct.pack("<II", 0, 8)) + struct.pack("<II", 3 << 30 | 32, 3)
    root = listed(b"\x08a", 2)
    octets = volume(
        entry(3, len(root), root), entry(0, 9, struct.pack("<II", 3 << 30 | 32, 3)), ring
    )
    with pytest.raises(Damaged, match="extents"):
        files(octets)
