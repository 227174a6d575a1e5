"""RPM packages: what is packed in them, and their headers."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.rpm import Rpm
from pratique.scanners.part import Part


def test_the_packed_archive_and_the_header_are_given(samples, open_with):
    opened = open_with(Rpm(), samples("rpm").rpm(b"packed"))

    assert opened.octets[1:] == [b"packed"]
    assert opened.oddities == []
    assert b"fox" in opened.octets[0]


def test_a_header_that_says_to_be_larger_than_the_file_is_damage(samples, open_with):
    changed = bytearray(samples("rpm").rpm(b""))
    # The second header ends it: 16 octets, an entry of 16, a store of 4.
    changed[-24:-20] = b"\x7f\xff\xff\xff"

    assert open_with(Rpm(), bytes(changed)).known.unopened == "unreadable"


@pytest.mark.parametrize("between", [bytes(1), bytes(16), b"\x8e\xad\xe8\x01" + bytes(12)])
def test_contents_that_begin_elsewhere_for_libarchive_are_given_from_there(
    samples, open_with, between
):
    opened = open_with(Rpm(), samples("rpm").rpm(between + b"packed"))

    assert opened.octets[1:] == [between + b"packed", b"packed"]
    assert opened.oddities == ["extra_octets"]


def test_it_is_recognized_by_its_type():
    assert Rpm().recognize(Part(facts.Part(type="application/x-rpm"), memoryview(b"")))
    assert not Rpm().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
