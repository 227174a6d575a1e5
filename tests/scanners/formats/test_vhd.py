"""VHD images: blocks that were not written, copies of the footer, limits."""

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Limits
from pratique.scanners.formats.vhd import Vhd
from pratique.scanners.part import Part


def test_blocks_that_were_never_written_are_zeros(samples, open_with):
    opened = open_with(Vhd(), samples("vhd").dynamic(b"x" * 5000, 20_000))

    assert opened.octets == [b"x" * 5000 + bytes(15_000)]


def test_a_lost_footer_is_made_good_by_its_copy(samples, open_with):
    assert open_with(Vhd(), samples("vhd").dynamic(b"x" * 5000)[:-512]).octets == [b"x" * 5000]


def test_a_difference_says_what_it_is(samples, open_with):
    octets = b"abc" + samples("vhd").footer(4, 3)

    assert open_with(Vhd(), octets).known.unopened == "unreadable"


def test_a_disk_past_the_limit_is_over_the_budget(samples, open_with):
    opened = open_with(Vhd(), samples("vhd").dynamic(b"x", 10_000), Limits(part_octets=9_999))

    assert opened.members[0].unopened == "over_budget"
    assert opened.reached == ["part_octets"]


def test_octets_behind_the_disk_that_the_footer_tells_of_are_given(samples, open_with):
    opened = open_with(Vhd(), b"disk" + b"more" * 9 + samples("vhd").footer(2, 4))

    assert opened.octets == [b"disk", b"more" * 9]
    assert opened.oddities == ["extra_octets"]


def test_it_is_recognized_by_its_type():
    assert Vhd().recognize(Part(facts.Part(type="application/x-vhd"), memoryview(b"")))
    assert not Vhd().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
