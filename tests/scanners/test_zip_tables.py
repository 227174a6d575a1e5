"""The tables of zip files, read without unpacking anything."""

import io
import struct
import zipfile

import pytest

from pratique.scanners import zip_tables


def zip_of(files, comment=b"", **options):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
        archive.comment = comment
    return space.getvalue()


def streamed(files):
    """As a writer does that cannot seek: sizes stand behind the members."""

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.octets = b""

        def writable(self):
            return True

        def write(self, octets):
            self.octets += bytes(octets)
            return len(octets)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return pipe.octets


FILES = {"a.txt": b"a" * 100, "folder/b.exe": b"b"}


@pytest.mark.parametrize("make", [zip_of, streamed])
def test_an_honest_file_has_one_reading(make):
    octets = memoryview(make(FILES))
    end = zip_tables.find_end(octets)
    entries = list(zip_tables.listed(octets, end))

    assert [entry.raw_name for entry in entries] == [b"a.txt", b"folder/b.exe"]
    assert [zip_tables.header_name(octets, entry.offset) for entry in entries] == [
        b"a.txt",
        b"folder/b.exe",
    ]
    assert list(zip_tables.gaps(octets, end, entries)) == []
    assert end.closes_file


def test_a_prefix_shifts_all_offsets_and_is_a_gap():
    octets = memoryview(b"x" * 77 + zip_of(FILES))
    end = zip_tables.find_end(octets)
    entries = list(zip_tables.listed(octets, end))

    assert end.shift == 77
    assert zip_tables.header_name(octets, entries[0].offset) == b"a.txt"
    assert list(zip_tables.gaps(octets, end, entries)) == [(0, 77)]


@pytest.mark.parametrize("comment", [b"", b"PK\5\6 in a comment", b"c" * 65_535])
def test_the_end_is_found_before_any_comment(comment):
    end = zip_tables.find_end(memoryview(zip_of(FILES, comment)))

    assert (end.count, end.behind) == (2, 0)


def test_the_larger_end_record_is_read():
    octets = zip_of(FILES)
    at = octets.index(b"PK\5\6")
    count, size, offset = struct.unpack("<HII", octets[at + 10 : at + 20])
    larger = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = b"PK\6\7" + struct.pack("<IQI", 0, at, 1)
    small = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    end = zip_tables.find_end(memoryview(octets[:at] + larger + locator + small))

    assert (end.count, end.directory, end.shift) == (2, at - size, 0)


@pytest.mark.parametrize(
    "octets", [b"", b"PK\5\6", b"PK\5\6" * 50, b"PK\5\6" + b"\xff" * 18, bytes(100)]
)
def test_what_has_no_directory_has_no_end(octets):
    assert zip_tables.find_end(memoryview(octets)) is None


def test_the_directory_is_read_to_its_end_and_not_to_its_count():
    octets = bytearray(zip_of(FILES))
    at = octets.index(b"PK\5\6")
    octets[at + 8 : at + 12] = b"\1\0\1\0"
    view = memoryview(bytes(octets))

    assert len(list(zip_tables.listed(view, zip_tables.find_end(view)))) == 2


def test_the_names_are_not_read_further_than_asked():
    octets = memoryview(zip_of({str(number): b"" for number in range(10)}))

    assert zip_tables.names(octets, 3) == [b"0", b"1", b"2"]
    assert zip_tables.names(octets[:40], 3) == [b"0"]
