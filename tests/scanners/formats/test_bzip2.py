"""What bzip2 files are called when they are opened."""

import bz2

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.formats.bzip2 import Bzip2
from pratique.scanners.part import Part


@pytest.mark.parametrize(
    ("outer", "inner"), [("a.exe.bz2", "a.exe"), ("a.tbz2", "a.tar"), ("odd", "odd")]
)
def test_the_last_extension_is_dropped(outer, inner, open_with):
    assert open_with(Bzip2(), bz2.compress(b"x"), name=outer).names == [inner]


def test_it_is_recognized_by_its_type():
    assert Bzip2().recognize(Part(facts.Part(type="application/x-bzip2"), memoryview(b"")))
    assert not Bzip2().recognize(Part(facts.Part(type="text/plain"), memoryview(b"BZh")))


def test_each_name_of_the_packed_file_names_the_unpacked_one():
    known = facts.Part(name="a.txt.bz2", names=["b.exe.bz2"])
    (member,) = Bzip2().members(Part(known, memoryview(bz2.compress(b"x"))), Budget(Limits()))

    assert [member.name, *member.names] == ["a.txt", "b.exe"]
