"""Partition tables: MBR, GPT, logical partitions, and damage."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.disk import Disk
from pratique.scanners.part import Part
from pratique.scanners.signatures import detect


def test_each_partition_is_a_part(samples, open_with):
    opened = open_with(Disk(), samples("disk").mbr(b"1" * 512, b"2" * 1024))

    assert opened.octets == [b"1" * 512, b"2" * 1024]
    assert [one.step for one in opened.members] == ["disk:1", "disk:2"]


def test_a_partition_of_a_gpt_has_its_name(samples, open_with):
    opened = open_with(Disk(), samples("disk").gpt("hello", b"1" * 512))

    assert opened.called == {"hello": b"1" * 512}


def test_logical_partitions_are_followed_and_a_ring_of_them_ends(samples, open_with):
    made = samples("disk")
    first = made.table(made.entry(0x05, 1, 4))
    second = made.table(made.entry(0x0C, 1, 1), made.entry(0x05, 2, 2))
    third = made.table(made.entry(0x0C, 1, 1), made.entry(0x05, 0, 2))
    octets = first + second + b"2" * 512 + third + b"3" * 512
    opened = open_with(Disk(), octets)

    assert opened.octets == [b"2" * 512, b"3" * 512]


@pytest.mark.parametrize(("count", "unopened"), [(128, ""), (129, "unreadable")])
def test_so_many_partitions_are_cut_out_and_one_more_is_told(count, unopened, samples, open_with):
    made = samples("disk")
    octets = made.table(made.entry(0x05, 1, 4))
    for number in range(count):
        following = [made.entry(0x05, number * 2 + 2, 2)] if number + 1 < count else []
        octets += made.table(made.entry(0x0C, 1, 1), *following) + b"x" * 512
    opened = open_with(Disk(), octets)

    assert len(opened.members) == 128
    assert opened.known.unopened == unopened


def test_what_the_mbr_lists_besides_a_gpt_is_given_too(samples, open_with):
    made = samples("disk")
    octets = bytearray(made.gpt("hello", b"1" * 512))
    octets[446:462] = made.entry(0x0C, 1, 1)
    opened = open_with(Disk(), bytes(octets))

    assert opened.octets == [b"1" * 512, bytes(octets[512:1024])]


def test_a_disk_without_partitions_is_unreadable(samples, open_with):
    assert open_with(Disk(), samples("disk").table()).known.unopened == "unreadable"


def test_a_table_is_told_by_its_form(samples):
    made = samples("disk")

    assert detect(memoryview(made.mbr(bytes(512)))) == "application/x-raw-disk-image"
    assert detect(memoryview(made.table() + bytes(512))) == ""


def test_it_is_recognized_by_its_type():
    assert Disk().recognize(Part(facts.Part(type="application/x-raw-disk-image"), memoryview(b"")))
    assert not Disk().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
