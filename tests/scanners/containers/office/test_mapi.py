"""Lists of MAPI properties."""

import struct

import pytest

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office import mapi
from pratique.scanners.containers.office.mapi import PROPERTIES, VALUES

NUMBER = struct.pack("<HHI", 3, 0x3705, 1)
TEXT = struct.pack("<HHII", 0x1E, 0x3707, 1, 5) + b"a.exe\0\0\0"
NAMED = struct.pack("<HH16xII", 3, 0x8001, 0, 7) + struct.pack("<I", 9)
CALLED = struct.pack("<HH16xII", 3, 0x8002, 1, 6) + b"a\0b\0c\0\0\0" + struct.pack("<I", 9)
MANY = struct.pack("<HHI", 0x1003, 0x1234, 3) + bytes(12)


def read(*each: bytes) -> list[int]:
    octets = struct.pack("<I", len(each)) + b"".join(each)
    return [one.number for one in mapi.properties(memoryview(octets))]


def test_properties_of_every_form_are_read_over():
    last = NUMBER
    assert read(TEXT, NAMED, CALLED, MANY, last) == [0x3707, 0x8001, 0x8002, 0x1234, 0x3705]


def test_a_text_has_its_value():
    (one,) = mapi.properties(memoryview(struct.pack("<I", 1) + TEXT))
    assert bytes(one.value) == b"a.exe"


@pytest.mark.parametrize("end", range(1, len(TEXT)))
def test_a_list_that_is_cut_off_is_damaged(end):
    if end < 17:
        with pytest.raises(Damaged):
            read(TEXT[:end])


def test_a_type_that_nobody_knows_is_damage():
    with pytest.raises(Damaged):
        read(struct.pack("<HHI", 0x77, 1, 1))


@pytest.mark.parametrize("count", [PROPERTIES + 1, 0xFFFFFFFF])
def test_more_properties_than_there_are_is_damage(count):
    with pytest.raises(Damaged):
        list(mapi.properties(memoryview(struct.pack("<I", count) + NUMBER)))


@pytest.mark.parametrize(("count", "damaged"), [(VALUES, False), (VALUES + 1, True)])
def test_so_many_values_are_read_and_no_more(count, damaged):
    one = struct.pack("<HHI", 0x101E, 1, count) + struct.pack("<I", 0) * count
    if damaged:
        with pytest.raises(Damaged):
            read(one)
    else:
        assert read(one) == [1]
