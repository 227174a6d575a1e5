"""What xz files are called, and how much memory they may want."""

import lzma

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.formats.xz import Xz
from pratique.scanners.part import Part


@pytest.mark.parametrize(("outer", "inner"), [("a.exe.xz", "a.exe"), ("a.txz", "a.tar")])
def test_the_last_extension_is_dropped(outer, inner, open_with):
    assert open_with(Xz(), lzma.compress(b"x"), name=outer).names == [inner]


@pytest.mark.parametrize(("size", "over"), [(64 << 20, ""), (128 << 20, "part_octets")])
def test_the_memory_that_a_file_may_want_is_bounded(size, over, open_with):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": size}]
    opened = open_with(Xz(), lzma.compress(b"x", filters=filters))

    assert opened.over == over


def test_it_is_recognized_by_its_type():
    assert Xz().recognize(Part(facts.Part(type="application/x-xz"), memoryview(b"")))
    assert not Xz().recognize(Part(facts.Part(type="application/gzip"), memoryview(b"")))


def test_each_name_of_the_packed_file_names_the_unpacked_one():
    known = facts.Part(name="a.txt.xz", names=["b.exe.xz"])
    (member,) = Xz().members(Part(known, memoryview(lzma.compress(b"x"))), Budget(Limits()))

    assert [member.name, *member.names] == ["a.txt", "b.exe"]
