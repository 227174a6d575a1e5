"""FAT volumes: kinds by the count of clusters, names, folders, what was deleted."""

import struct

import pytest

from pratique.scanners.containers.disks import fat_tables
from pratique.scanners.containers.gather import Damaged


def nothing() -> None:
    """No clock."""


def boot(sectors: int, roots: int = 16) -> bytes:
    start = b"\xeb\x3c\x90MSDOS5.0" + struct.pack("<HBHBHHBH", 512, 1, 1, 1, roots, 0, 0xF8, 99)
    return start.ljust(32, b"\0") + struct.pack("<I", sectors) + bytes(476)


@pytest.mark.parametrize(("clusters", "bits"), [(4084, 12), (4085, 16), (65_524, 16), (65_525, 32)])
def test_the_count_of_clusters_says_the_kind(clusters, bits):
    assert fat_tables.read(memoryview(boot(1 + 99 + 1 + clusters))).bits == bits


def test_a_volume_without_a_fixed_root_has_32_bits():
    assert fat_tables.read(memoryview(boot(300, roots=0))).bits == 32


@pytest.mark.parametrize("octets", [b"", bytes(63), bytes(512)])
def test_what_is_no_boot_sector_is_damage(octets):
    with pytest.raises(Damaged):
        fat_tables.read(memoryview(octets))


def with_root(sample, root: bytes) -> fat_tables.Volume:
    octets = bytearray(sample("fat").fat({"a.exe": (2, 2)}, b"MZ"))
    octets[1024 : 1024 + len(root)] = root
    return fat_tables.read(memoryview(bytes(octets)))


def entry(name: bytes, flags: int = 0x20) -> bytes:
    return name.ljust(11) + bytes([flags]) + bytes(14) + struct.pack("<HI", 2, 2)


def test_a_long_name_comes_before_the_short_one(sample):
    text = "long name.exe".encode("utf-16-le")
    long = b"\x41" + text[:10] + b"\x0f\0\0" + text[10:22] + b"\0\0" + text[22:26]
    (file,) = with_root(sample, long + entry(b"LONGNA~1EXE")).files(nothing)

    assert file.names == ("long name.exe", "LONGNA~1.EXE")


def test_what_was_deleted_and_labels_are_no_files(sample):
    root = entry(b"\xe5ONE    EXE") + entry(b"LABEL", 0x08) + entry(b"A       EXE")

    assert [file.names for file in with_root(sample, root).files(nothing)] == [("A.EXE",)]


def test_a_folder_that_holds_itself_is_read_once(sample):
    volume = with_root(sample, entry(b"D", 0x10))
    folder = bytearray(volume.octets)
    folder[volume.first : volume.first + 64] = entry(b"D", 0x10) + entry(b"A       EXE")
    volume.octets = memoryview(bytes(folder))

    assert [file.names for file in volume.files(nothing)] == [("D/A.EXE",)]


@pytest.mark.parametrize(("most", "damage"), [(3, ""), (2, "more than 2 files")])
def test_so_many_files_are_listed_and_one_more_is_told(most, damage, sample):
    volume = with_root(sample, b"".join(entry(name) for name in (b"A", b"B", b"C")))

    assert len(list(volume.files(nothing, most))) == most
    assert volume.damage == damage


@pytest.mark.parametrize(("bits", "blank"), [(32, True), (16, False)])
def test_the_root_of_a_volume_of_32_bits_stands_where_files_lie_and_is_none(bits, blank):
    octets = memoryview(bytes(512) + b"LABEL".ljust(512, b"\0") + bytes(512))
    volume = fat_tables.Volume(octets, bits, 512, 0, 0, 0, 2, 512, 2, 1536)

    assert volume.is_blank() == blank
