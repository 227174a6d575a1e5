"""FAT volumes: rows of clusters that go round, end, or lead out."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.fat import Fat
from pratique.scanners.part import Part


def test_a_row_of_clusters_that_goes_round_is_as_long_as_the_file_says(samples, open_with):
    octets = bytearray(samples("fat").fat({"a.exe": (2, 2000)}, b"x" * 2000))
    # Cluster 2 is followed by itself: 12 bits each, two of them in three octets.
    octets[512 + 3 : 512 + 5] = b"\x02\x30"
    opened = open_with(Fat(), bytes(octets))

    assert opened.octets == [b"x" * 2000]


def test_a_row_that_ends_too_soon_is_damage_and_the_octets_are_kept(samples, open_with):
    opened = open_with(Fat(), samples("fat").fat({"a.exe": (2, 5000)}, b"x" * 1024))

    assert opened.octets == [b"x" * 1024]
    assert opened.known.unopened == "unreadable"


def test_a_short_name_in_lower_case_is_shown_so(samples, open_with):
    assert open_with(Fat(), samples("fat").fat({"a.exe": (2, 2)}, b"MZ")).names == ["a.exe"]


def test_a_volume_that_lists_nothing_and_holds_octets_says_so(samples, open_with):
    octets = bytearray(samples("fat").fat({"a.exe": (2, 2)}, b"MZ"))
    octets[1024:1536] = bytes(512)
    opened = open_with(Fat(), bytes(octets))

    assert (opened.members, opened.known.unopened) == ([], "unreadable")


def test_a_volume_of_nothing_is_no_damage_but_where_it_is_cut_off(samples, open_with):
    octets = bytearray(samples("fat").fat({"a.exe": (2, 2)}, b"MZ"))
    octets[512:] = b"\xf8\xff\xff" + bytes(len(octets) - 515)

    assert open_with(Fat(), bytes(octets)).known.unopened == ""
    assert open_with(Fat(), bytes(octets[:-512])).known.unopened == "unreadable"


def test_what_lies_behind_a_volume_is_given_and_stated(samples, open_with):
    opened = open_with(Fat(), samples("fat").fat({"a.exe": (2, 2)}, b"MZ") + b"more" * 9)

    assert opened.octets == [b"MZ", b"more" * 9]
    assert opened.oddities == ["extra_octets"]


@pytest.mark.parametrize(("at", "octet"), [(11, 1), (12, 3), (13, 3), (13, 0)])
def test_sectors_and_clusters_of_no_possible_size_are_damage(samples, open_with, at, octet):
    octets = bytearray(samples("fat").fat({"a.exe": (2, 2)}, b"MZ"))
    octets[at] = octet

    assert open_with(Fat(), bytes(octets)).known.unopened == "unreadable"


def test_it_is_recognized_by_its_type():
    assert Fat().recognize(Part(facts.Part(type="application/x-fat-image"), memoryview(b"")))
    assert not Fat().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
