"""What a person can open in a compound file, and what is the document itself."""

import struct
import zlib

import pytest

from pratique.scanners.formats.ole import Ole, installer_name

PROGRAM = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0" + bytes(100)
TEXT = b"The quick brown fox"


@pytest.fixture
def compound(samples):
    return samples("ole").compound


def test_streams_of_the_document_are_no_parts(compound, open_with):
    own = ["WordDocument", "1Table", "\5SummaryInformation", "Macros/VBA/Module1", "Workbook"]
    opened = open_with(Ole(), compound(dict.fromkeys(own, TEXT)))

    assert opened.members == []
    assert opened.known.unopened == ""


@pytest.mark.parametrize("path", ["WordDocument", "Macros/VBA/Module1", "1Table"])
def test_a_program_is_one_under_the_documents_own_names_too(path, compound, open_with):
    opened = open_with(Ole(), compound({path: PROGRAM}))

    assert opened.octets == [PROGRAM]


def test_every_other_stream_is_a_part_with_its_path(compound, open_with):
    opened = open_with(Ole(), compound({"MBD0001/CONTENTS": TEXT, "MBD0001/\1Ole": b""}))

    assert [member.step for member in opened.members] == ["ole:MBD0001/CONTENTS"]
    assert opened.called == {"CONTENTS": TEXT}


def test_a_package_bears_all_of_its_names(samples, compound, open_with):
    package = samples("ole").package("invoice.exe", TEXT)
    (member,) = open_with(Ole(), compound({"\1Ole10Native": package})).members

    assert member.name == "invoice.exe"
    assert "C:\\a\\invoice.exe" in member.names


def record(type_: int, octets: bytes, instance: int = 0, form: int = 0) -> bytes:
    return struct.pack("<HHI", instance << 4 | form, type_, len(octets)) + octets


def test_objects_among_slides_are_parts_packed_or_not(compound, open_with):
    packed = struct.pack("<I", len(TEXT)) + zlib.compress(TEXT)
    inside = record(0x1011, TEXT) + record(0x1011, packed, instance=1) + record(7, b"abc")
    stream = record(0x03E8, inside, form=15)
    opened = open_with(Ole(), compound({"PowerPoint Document": stream}))

    assert opened.called == {"object 1": TEXT, "object 2": TEXT}


def test_a_packed_object_that_is_damaged_is_unreadable(compound, open_with):
    packed = record(0x1011, bytes(4) + zlib.compress(TEXT)[:-8], instance=1)
    (member,) = open_with(Ole(), compound({"PowerPoint Document": packed})).members

    assert member.unopened == "unreadable"


def test_what_no_storage_lists_is_a_further_view(compound, open_with):
    octets = bytearray(compound({"secret": TEXT}))
    root = octets.find("Root".encode("utf-16-le"))
    octets[root + 76 : root + 80] = b"\xff" * 4
    opened = open_with(Ole(), bytes(octets))

    assert (opened.octets, opened.members[0].view) == ([TEXT], "further")
    assert opened.oddities == ["archive_directories"]


def test_what_outlook_keeps_is_its_own_readers(samples, open_with):
    assert open_with(Ole(), samples("msg").good(TEXT)).members == []


@pytest.mark.parametrize(
    ("name", "shown"), [("WordDocument", "WordDocument"), (chr(0x4840) + "a", "!a"), ("", "")]
)
def test_other_names_stay_as_they_are(name, shown):
    assert installer_name(name) == shown


def test_an_installers_letters_are_two_in_one():
    # "ab" is 36 and 37: U+3800 + 36 + 37 * 64.
    assert installer_name(chr(0x3800 + 36 + 37 * 64) + chr(0x4800 + 38)) == "abc"
