"""Frames of LZ4: joined, skipped, and with something behind them."""

import lz4.block
import lz4.frame

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.lz4 import Lz4
from pratique.scanners.part import Part
from pratique.scanners.signatures import detect


def test_frames_that_are_joined_are_one_file_and_each_is_given(open_with):
    skipped = b"\x50\x2a\x4d\x18\3\0\0\0abc"
    octets = lz4.frame.compress(b"one") + skipped + lz4.frame.compress(b"two")

    assert open_with(Lz4(), skipped + octets).octets == [b"onetwo", b"one", b"two"]


def test_blocks_of_the_older_form_are_joined_and_damage_is_told(open_with):
    blocks = [lz4.block.compress(each, store_size=False) for each in (b"one" * 99, b"two")]
    octets = b"\x02\x21\x4c\x18" + b"".join(
        len(each).to_bytes(4, "little") + each for each in blocks
    )

    assert detect(memoryview(octets)) == "application/x-lz4"
    assert open_with(Lz4(), octets).octets == [b"one" * 99 + b"two"]
    cut = open_with(Lz4(), octets[:-1])
    assert (cut.octets, cut.known.unopened) == ([b"one" * 99], "unreadable")


def test_what_lies_behind_is_given_and_stated(open_with):
    opened = open_with(Lz4(), lz4.frame.compress(b"one") + b"MZ" * 20)

    assert opened.octets == [b"one", b"MZ" * 20]
    assert opened.oddities == ["extra_octets"]


def test_it_is_recognized_by_its_type():
    assert Lz4().recognize(Part(facts.Part(type="application/x-lz4"), memoryview(b"")))
    assert not Lz4().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
