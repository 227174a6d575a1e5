"""Headers of 7z archives: what they list, and every number in them wrong."""

from binascii import crc32

import pytest

from pratique.scanners.budget import OverBudget
from pratique.scanners.containers.cursor import Cursor
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.sevenzip.coders import Unpacker
from pratique.scanners.containers.sevenzip.header import ENTRIES, _listed, read

FILES = {"a.txt": b"one", "empty": b"", "b.exe": b"MZ" * 30}


def header(octets: bytes):
    unpacker = Unpacker(memoryview(octets))
    return read(memoryview(octets), lambda folder: b"".join(unpacker.pieces(folder)))


def test_files_and_folders_are_listed(sample):
    octets = sample("sevenzip").sevenzip(FILES)
    told = header(octets)

    assert [file.name for file in told.files] == list(FILES)
    assert [file.empty for file in told.files] == [False, True, False]
    assert not any(file.is_folder for file in told.files)
    assert [size for size, _ in told.folders[0].files] == [3, 60]
    assert [sum_ for _, sum_ in told.folders[0].files] == [crc32(b"one"), crc32(b"MZ" * 30)]
    assert told.end == len(octets)


def test_an_archive_of_nothing_has_no_header():
    start = bytes(20)
    octets = b"7z\xbc\xaf\x27\x1c\0\4" + crc32(start).to_bytes(4, "little") + start

    assert header(octets).files == []


def test_a_wrong_check_sum_is_damage(sample):
    octets = sample("sevenzip").sevenzip(FILES)
    for at in (8, 20, len(octets) - 3):
        changed = octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
        with pytest.raises(Damaged):
            header(changed)


@pytest.mark.slow
def test_so_many_files_are_listed_and_one_more_is_too_many(sample):
    assert len(header(sample("sevenzip").listing(ENTRIES)).files) == ENTRIES
    with pytest.raises(OverBudget) as over:
        header(sample("sevenzip").listing(ENTRIES + 1))
    assert over.value.class_ == "parts"


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(b"\1" + b"\3\0" * 65, id="sections"),
        pytest.param(b"\1\2" + b"\1\0" * 65, id="properties of the archive"),
        pytest.param(b"\1\5\1" + b"\x19\0" * 65, id="properties of the files"),
        pytest.param(b"\1\4" + b"\6\0\0\0" * 65, id="streams"),
    ],
)
def test_a_header_of_endless_sections_is_damage(table):
    start = bytes(8) + len(table).to_bytes(8, "little") + crc32(table).to_bytes(4, "little")
    whole = b"7z\xbc\xaf\x27\x1c\0\4" + crc32(start).to_bytes(4, "little") + start + table
    with pytest.raises(Damaged, match="sections"):
        header(whole)


@pytest.mark.slow
def test_so_many_coders_are_read_and_one_more_is_too_many():
    two, three = b"\2\0\0\1\0", b"\3\0\0\0\1\0\2\1"

    assert len(list(_listed(Cursor(two * ENTRIES), ENTRIES))) == ENTRIES
    with pytest.raises(Damaged, match="coders"):
        list(_listed(Cursor(three + two * ENTRIES), ENTRIES))


def test_no_octet_of_a_header_makes_another_error_than_damage(sample):
    octets = sample("sevenzip").sevenzip(FILES, password="secret")
    offset = 32 + int.from_bytes(octets[12:20], "little")
    for at in range(offset, len(octets)):
        for change in (0x01, 0x80, 0xFF):
            table = bytearray(octets[offset:])
            table[at - offset] ^= change
            start = octets[12:28] + crc32(table).to_bytes(4, "little")
            whole = octets[:8] + crc32(start).to_bytes(4, "little") + start + octets[32:offset]
            try:
                told = header(whole + bytes(table))
            except Damaged:
                continue
            assert len(told.files) <= len(table)
