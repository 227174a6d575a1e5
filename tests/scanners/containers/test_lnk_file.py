"""Shortcuts from front to back; more of it is tried through their reader and their scanner."""

import struct

import pytest

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.lnk_file import BEGINS, HEADER, LnkFile

PATH = struct.pack("<H", 5) + "a.exe".encode("utf-16-le")


def header(flags, show=1, keys=0):
    head = BEGINS + struct.pack("<I", flags) + bytes(32)
    return head.ljust(60, b"\0") + struct.pack("<IH", show, keys).ljust(HEADER - 60, b"\0")


def test_how_it_is_shown_and_which_keys_start_it():
    reading = LnkFile(header(0, show=7, keys=0x0641))

    assert (reading.show, reading.hot_key) == (7, 0x0641)


def test_a_path_in_a_block_is_a_target_or_a_picture():
    blocks = b"".join(
        struct.pack("<II", 0x314, signature) + name.ljust(260, b"\0") + bytes(520)
        for signature, name in ((0xA0000001, b"a.exe"), (0xA0000007, b"b.ico"))
    )
    reading = LnkFile(header(0) + blocks + bytes(4))

    assert dict(reading.texts()) == {"target": "a.exe\n"}
    assert reading.icons == ["b.ico", ""]


def test_what_was_read_before_damage_stays():
    reading = LnkFile(header(0x80 | 0x01 | 0x20) + struct.pack("<H", 5) + b"a.exe" + PATH[:4])

    with pytest.raises(Damaged):
        list(reading.texts())
    assert reading.target == ["a.exe"]


def test_a_header_that_is_cut_off():
    with pytest.raises(Damaged):
        list(LnkFile(header(0)[:-1]).texts())
