"""FAT volumes: rows of clusters that go round, end, or lead out."""

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


def test_it_is_recognized_by_its_type():
    assert Fat().recognize(Part(facts.Part(type="application/x-fat-image"), memoryview(b"")))
    assert not Fat().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
