"""The trees of an image: names of all kinds, rings of folders, limits, boot catalogs."""

import struct

import pytest

from pratique.scanners.containers.disks import iso_tables
from pratique.scanners.containers.disks.iso_tables import SECTOR


def nothing() -> None:
    """No clock."""


def image(made, records: bytes):
    """An image whose root holds these records."""
    octets = bytearray(made.iso([], b"MZ"))
    end = octets.index(b"", 18 * SECTOR) + 68
    octets[end : end + len(records)] = records
    return iso_tables.read(memoryview(bytes(octets)), nothing)


def test_a_name_of_rock_ridge_is_a_name_and_goes_on(sample):
    made = sample("iso")
    more = b"NM\x0a\1\1long " + b"NM\x0d\1\0name.exe"
    (file,) = image(made, made.record(b"A.;1", 19, 2, more=more)).files.values()

    assert list(file.names) == ["long name.exe", "A"]


def test_sections_of_one_file_are_joined(sample):
    made = sample("iso")
    records = made.record(b"A.;1", 19, 2048, 0x80) + made.record(b"A.;1", 25, 5)
    (file,) = image(made, records).files.values()

    assert file.extents == ((19 * SECTOR, 2048), (25 * SECTOR, 5))


def test_a_folder_that_holds_itself_is_read_once(sample):
    made = sample("iso")
    records = made.record(b"D", 18, SECTOR, 2) + made.record(b"A.;1", 19, 2)

    assert [list(file.names) for file in image(made, records).files.values()] == [["A"]]


@pytest.mark.parametrize(
    ("record", "damage", "names"),
    [
        (b"\x22" + bytes(33), "", [""]),
        (b"\x21" + bytes(32), "a record of no possible length", []),
        (b"\xff" + bytes(40), "", [""]),
    ],
)
def test_a_record_of_no_form_is_damage_or_has_no_name(record, damage, names, sample):
    told = image(sample("iso"), record)

    assert told.damage == damage
    assert [name for file in told.files.values() for name in file.names] == names


def test_a_tree_has_so_many_records_and_no_more(sample):
    made = sample("iso")
    files = [(b"%d" % number, 19, 1) for number in range(20)]
    octets = memoryview(made.iso(files, b"x"))

    assert iso_tables.read(octets, nothing, 20).damage == ""
    assert "more than 19 files" in iso_tables.read(octets, nothing, 19).damage


def test_the_images_of_a_boot_catalog_are_found():
    first = b"\1".ljust(30, b"\0") + b"\x55\xaa"
    floppy = struct.pack("<BBHBBHI", 0x88, 2, 0, 0, 0, 1, 30).ljust(32, b"\0")
    plain = struct.pack("<BBHBBHI", 0x88, 0, 0, 0, 0, 4, 40).ljust(32, b"\0")
    octets = memoryview((bytes(SECTOR) + first + floppy + plain).ljust(3 * SECTOR, b"\0"))

    assert list(iso_tables.boot_images(octets, 1)) == [
        (30 * SECTOR, 1_474_560),
        (40 * SECTOR, 2048),
    ]
    assert list(iso_tables.boot_images(octets, 2)) == []
