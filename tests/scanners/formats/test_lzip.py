"""Members of lzip: joined, wrong, and too hungry."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.lzip import Lzip
from pratique.scanners.part import Part


def test_members_that_are_joined_are_one_file_and_each_is_given(samples, open_with):
    made = samples("lzip")

    assert open_with(Lzip(), made.lzip(b"one") + made.lzip(b"two")).octets == [
        b"onetwo",
        b"one",
        b"two",
    ]


def test_a_wrong_check_sum_is_damage_and_the_octets_are_kept(samples, open_with):
    octets = bytearray(samples("lzip").lzip(b"one"))
    octets[-20] ^= 1
    opened = open_with(Lzip(), bytes(octets))

    assert opened.octets == [b"one"]
    assert opened.known.unopened == "unreadable"


@pytest.mark.parametrize(("coded", "over"), [(26, ""), (27, "part_octets")])
def test_the_memory_that_a_file_may_want_is_bounded(coded, over, samples, open_with):
    octets = bytearray(samples("lzip").lzip(b"one"))
    octets[5] = coded

    assert open_with(Lzip(), bytes(octets)).over == over


def test_it_is_recognized_by_its_type():
    assert Lzip().recognize(Part(facts.Part(type="application/x-lzip"), memoryview(b"")))
    assert not Lzip().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
