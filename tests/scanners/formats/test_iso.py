"""Images of discs: what lies over another, behind the end, and in no tree."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.iso import Iso
from pratique.scanners.part import Part


def test_two_names_of_one_place_are_one_file(samples, open_with):
    octets = samples("iso").iso([(b"A.EXE;1", 19, 2), (b"B.TXT;1", 19, 2)], b"MZ")
    opened = open_with(Iso(), octets)

    assert opened.octets == [b"MZ"]
    assert {opened.members[0].name, *opened.members[0].names} == {"A.EXE", "B.TXT"}


def test_two_empty_files_are_two(samples, open_with):
    octets = samples("iso").iso([(b"A.;1", 0, 0), (b"B.;1", 0, 0)], b"MZ")

    assert open_with(Iso(), octets).names == ["A", "B"]


def test_what_lies_behind_the_volume_is_given_and_filling_is_not(samples, open_with):
    octets = samples("iso").iso([(b"A.EXE;1", 19, 2)], b"MZ")
    padded = open_with(Iso(), octets + bytes(300_000))
    more = open_with(Iso(), octets + bytes(4096) + b"MZ" * 20)

    assert (padded.oddities, padded.octets) == ([], [b"MZ"])
    assert (more.oddities, more.octets) == (["extra_octets"], [b"MZ", b"MZ" * 20])


def test_a_volume_that_is_cut_off_says_so(samples, open_with):
    octets = samples("iso").iso([(b"A.EXE;1", 19, 2)], b"MZ", volume=1000)

    assert open_with(Iso(), octets).known.unopened == "unreadable"


@pytest.mark.parametrize(
    "root", [bytes(2048), b"\x22" + bytes(31) + b"\1" + bytes(2015), b"x" * 2048]
)
def test_a_root_that_is_destroyed_is_told(samples, open_with, root):
    octets = bytearray(samples("iso").iso([(b"A.EXE;1", 19, 2)], b"MZ"))
    octets[18 * 2048 : 19 * 2048] = root
    opened = open_with(Iso(), bytes(octets))

    assert (opened.members, opened.known.unopened) == ([], "unreadable")


def test_an_image_of_nothing_is_no_damage(samples, open_with):
    opened = open_with(Iso(), samples("iso").iso([], b""))

    assert (opened.members, opened.known.unopened, opened.oddities) == ([], "", [])


def test_places_in_smaller_blocks_are_read_in_both_ways_and_told(samples, open_with):
    octets = bytearray(samples("iso").iso([(b"A.EXE;1", 19, 2)], b"MZ"))
    octets[16 * 2048 + 128 : 16 * 2048 + 132] = b"\0\2\2\0"
    # By blocks of 512 octets the root's place is in front of the volume.
    octets[18 * 512 : 19 * 512] = octets[18 * 2048 : 18 * 2048 + 512]
    octets[19 * 512 : 19 * 512 + 2] = b"ZM"
    opened = open_with(Iso(), bytes(octets))

    assert opened.octets[:2] == [b"ZM", b"MZ"]
    assert opened.known.unopened == "unreadable"


def test_files_that_are_packed_in_the_image_want_an_outside_program(samples, open_with):
    made = samples("iso")
    octets = bytearray(made.iso([], b"MZ"))
    packed = made.record(b"A.EXE;1", 19, 2, more=b"ZF\x10\1pz\4\x0f" + bytes(8))
    octets[18 * 2048 + 68 : 18 * 2048 + 68 + len(packed)] = packed
    opened = open_with(Iso(), bytes(octets))

    assert (opened.octets, opened.known.unopened) == ([b"MZ"], "needs_program")


def test_it_is_recognized_by_its_type():
    assert Iso().recognize(Part(facts.Part(type="application/x-iso9660-image"), memoryview(b"")))
    assert not Iso().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
