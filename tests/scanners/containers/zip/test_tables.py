"""The tables of zip files, read without unpacking anything."""

import io
import struct
import zipfile

import pytest

from pratique.scanners.containers.zip import tables as zip_tables


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
    assert (end.closes_file, end.size) == (True, end.stop - end.directory)


def test_a_prefix_shifts_all_offsets():
    octets = memoryview(b"x" * 77 + zip_of(FILES))
    end = zip_tables.find_end(octets)
    entries = list(zip_tables.listed(octets, end))

    assert end.shift == 77
    assert zip_tables.header_name(octets, entries[0].offset) == b"a.txt"


@pytest.mark.parametrize("comment", [b"", b"PK\5\6 in a comment", b"c" * 65_535])
def test_the_end_is_found_before_any_comment(comment):
    end = zip_tables.find_end(memoryview(zip_of(FILES, comment)))

    assert (end.counted, end.behind) == (2, 0)


def test_the_larger_end_record_is_read():
    octets = zip_of(FILES)
    at = octets.index(b"PK\5\6")
    count, size, offset = struct.unpack("<HII", octets[at + 10 : at + 20])
    larger = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = b"PK\6\7" + struct.pack("<IQI", 0, at, 1)
    small = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    end = zip_tables.find_end(memoryview(octets[:at] + larger + locator + small))

    assert (end.counted, end.directory, end.shift) == (2, at - size, 0)


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


@pytest.mark.parametrize("behind", [b"X", b"x" * 70_000, b"PK\5\6" * 20, b"PK\5\6" + bytes(18)])
def test_the_end_is_found_before_anything(behind):
    end = zip_tables.find_end(memoryview(b"\0" + zip_of(FILES) + behind))

    assert (end.counted, end.shift, end.behind, end.sound) == (2, 1, len(behind), True)


def test_a_directory_whose_members_have_no_headers_is_not_sound():
    end = zip_tables.find_end(memoryview(zip_of(FILES).replace(b"PK\3\4", b"XK\3\4")))

    assert end.lists
    assert not end.sound


@pytest.mark.parametrize(("before", "found"), [(-1, True), (0, False)])
def test_so_many_ends_are_tried_and_no_more(before, found):
    octets = memoryview(zip_of(FILES) + b"PK\5\6" * (zip_tables.TRIES + before))

    assert (zip_tables.find_end(octets) is not None) == found
    assert zip_tables.too_many_ends(octets) == (not found)


@pytest.mark.parametrize("at", [0, 1, 2, 3, 4])
def test_an_end_across_two_pieces_of_the_file_is_found(at):
    octets = zip_of(FILES)
    end = len(octets) - 22
    behind = 1024 * 1024 - (len(octets) - end) + at

    assert zip_tables.find_end(memoryview(octets + bytes(behind))).position == end


@pytest.mark.parametrize(("more", "sound"), [(0, True), (1, False)])
def test_so_many_directories_without_members_are_looked_behind(more, sound):
    hollow = b"x" + zip_of(FILES).replace(b"PK\3\4", b"XK\3\4")
    good = b"yy" + zip_of(FILES)
    end = zip_tables.find_end(memoryview(good + hollow * (zip_tables.UNSOUND + more)))

    assert end.lists
    assert end.sound == sound


def test_a_beginning_that_was_cut_off_shifts_all_offsets_back():
    octets = zip_of(FILES)
    second = octets.index(b"PK\3\4", 4)
    end = zip_tables.find_end(memoryview(octets[second:]))

    assert (end.shift, end.sound) == (-second, True)


def test_a_larger_record_that_is_not_needed_is_read_beside_the_smaller_one():
    octets = zip_of(FILES)
    at = octets.index(b"PK\5\6")
    size, offset = struct.unpack("<II", octets[at + 12 : at + 20])
    larger = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, size, offset)
    locator = b"PK\6\7" + struct.pack("<IQI", 0, at, 1)
    view = memoryview(octets[:at] + larger + locator + octets[at:])
    small, wide = zip_tables.ends_at(view, len(view) - 22)

    assert (small.counted, small.wide, small.stop) == (2, False, at)
    assert (wide.counted, wide.wide, wide.stop) == (1, True, at)
    assert small.directory == wide.directory == offset


@pytest.mark.parametrize(
    ("change", "closes"),
    [
        (lambda octets: octets, True),
        (lambda octets: octets + b"x", False),
        (lambda octets: octets[:-2] + b"\5\0there", True),
        (lambda octets: b"", False),
        (lambda octets: b"PK\5\6" + bytes(18), False),
    ],
    ids=["whole", "behind", "comment", "nothing", "empty"],
)
def test_an_end_record_that_ends_with_the_file_is_told(change, closes):
    assert zip_tables.closes(memoryview(change(zip_of(FILES)))) == closes


def extra(*fields):
    return b"".join(struct.pack("<HH", tag, len(octets)) + octets for tag, octets in fields)


def test_extra_fields_tell_large_sizes_a_second_name_and_how_it_is_locked():
    wide = struct.pack("<QQ", 5, 7)
    octets = extra((0x7075, b"\1crc_a.exe"), (1, wide), (0x9901, b"\2\0AE\3\x08\0"))
    read = zip_tables.Extra.read(octets)

    assert (read.name, read.aes) == (b"a.exe", b"\2\0AE\3\x08\0")
    assert read.widened(0xFFFFFFFF, 0xFFFFFFFF, 3) == (5, 7, 3)
    assert read.widened(1, 0xFFFFFFFF, 0xFFFFFFFF) == (1, 5, 7)
    assert not read.crowded


@pytest.mark.parametrize(
    ("octets", "crowded"),
    [
        (b"", False),
        (b"\0\0\0", False),
        (b"\0\1\0", True),
        (extra((9, b"abc"))[:-1], True),
        (extra(*[(9, b"")] * zip_tables.FIELDS), False),
        (extra(*[(9, b"")] * (zip_tables.FIELDS + 1)), True),
    ],
)
def test_extra_fields_that_are_none_are_told(octets, crowded):
    assert zip_tables.Extra.read(octets).crowded == crowded


@pytest.mark.parametrize("cut", [0, 3, 29])
def test_a_header_that_is_cut_off_is_none(cut):
    assert zip_tables.header(memoryview(zip_of(FILES)[:cut]), 0) is None
    assert zip_tables.header(memoryview(zip_of(FILES)), -1) is None
