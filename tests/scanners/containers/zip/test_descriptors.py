"""Descriptors behind streamed members, of each form, and such as lie."""

import struct
import zlib

import pytest

from pratique.scanners.containers.zip import tables as zip_tables
from pratique.scanners.containers.zip.descriptors import descriptor
from pratique.scanners.containers.zip.members import Place

TEXT = b"a stored text"
SUM, SIZE = zlib.crc32(TEXT), len(TEXT)
FORMS = {
    12: struct.pack("<III", SUM, SIZE, SIZE),
    16: b"PK\7\x08" + struct.pack("<III", SUM, SIZE, SIZE),
    20: struct.pack("<IQQ", SUM, SIZE, SIZE),
    24: b"PK\7\x08" + struct.pack("<IQQ", SUM, SIZE, SIZE),
}


@pytest.fixture
def behind(sample):
    """What is found behind a member with these octets as its descriptor."""

    def found(octets, *, streamed=True):
        writer = sample("zip").Writer()
        writer.member("a", TEXT, method=0, descriptor=octets if streamed else None)
        if not streamed:
            writer.raw(octets)
        view = memoryview(writer.done())
        entries = list(zip_tables.listed(view, zip_tables.find_end(view)))
        place = Place(0, zip_tables.header(view, 0), entries)
        end, lies = descriptor(view, place, None, place.body + SIZE)
        return end - place.body - SIZE, lies

    return found


@pytest.mark.parametrize("length", FORMS)
def test_a_descriptor_of_any_form_is_read(length, behind):
    assert behind(FORMS[length]) == (length, False)


@pytest.mark.parametrize("octets", [b"", b"no descriptor at all", b"PK\7"])
def test_where_there_is_none_nothing_is_taken(octets, behind):
    assert behind(octets) == (0, False)


@pytest.mark.parametrize("length", [16, 24])
@pytest.mark.parametrize("at", [4, 8, 12])
def test_a_descriptor_that_says_otherwise_lies(length, at, behind):
    octets = bytearray(FORMS[length])
    octets[at] ^= 1
    assert behind(bytes(octets)) == (length, True)


def test_behind_a_member_that_is_not_streamed_there_is_none(behind):
    assert behind(FORMS[16], streamed=False) == (0, False)


def test_the_end_of_the_file_is_no_descriptor(sample):
    octets = sample("zip").Writer().member("a", TEXT, method=0, descriptor=FORMS[24][:20]).body
    view = memoryview(octets)
    place = Place(0, zip_tables.header(view, 0))

    assert descriptor(view, place, None, place.body + SIZE)[1]
