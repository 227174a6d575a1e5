"""Images of discs: what lies over another, behind the end, and in no tree."""

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


def test_it_is_recognized_by_its_type():
    assert Iso().recognize(Part(facts.Part(type="application/x-iso9660-image"), memoryview(b"")))
    assert not Iso().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
