"""What is the header of a MacBinary file, and what only looks like one."""

import random
import struct
from binascii import crc_hqx

from pratique.scanners.containers.macintosh.header import read_header


def header(name: bytes, octets: int, resources: int, *, summed: bool = True) -> bytes:
    made = bytearray(128)
    made[1 : 2 + len(name)] = bytes([len(name)]) + name
    made[65:69] = b"TEXT"
    made[83:91] = struct.pack(">II", octets, resources)
    if summed:
        made[122] = 0x81
        made[124:126] = struct.pack(">H", crc_hqx(bytes(made[:124]), 0))
    return bytes(made)


def test_a_header_with_its_checksum_is_one():
    found = read_header(memoryview(header(b"a.txt", 130, 5)))
    assert found is not None
    assert (found.raw_name, found.contents_start, found.resources_start) == (b"a.txt", 128, 384)


def test_one_without_is_one_if_its_lengths_are_the_file():
    octets = header(b"a", 130, 0, summed=False) + bytes(256)
    assert read_header(memoryview(octets)) is not None
    assert read_header(memoryview(octets + bytes(256))) is None


def test_octets_of_chance_are_none():
    chance = random.Random(2)
    for _ in range(1000):
        assert read_header(memoryview(b"\0\1" + chance.randbytes(200))) is None
    assert read_header(memoryview(bytes(300))) is None
    assert read_header(memoryview(b"")) is None
