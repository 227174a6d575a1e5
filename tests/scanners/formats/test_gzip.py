"""What a gzip file says of the file that it holds."""

import gzip
import io

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.formats.gzip import Gzip
from pratique.scanners.part import Part


def named(name: str) -> bytes:
    space = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=space, mtime=0) as file:
        file.write(b"MZ")
    return space.getvalue()


@pytest.mark.parametrize(
    ("outer", "stored", "names"),
    [
        ("invoice.pdf.gz", "virus.exe", ["invoice.pdf", "virus.exe"]),
        ("a.tgz", "", ["a.tar"]),
        ("", "x.exe", ["x.exe"]),
        ("plain", "", ["plain"]),
        ("x.exe.gz", "x.exe", ["x.exe"]),
        ("", "", [""]),
    ],
)
def test_the_name_outside_and_the_name_inside_are_both_shown(outer, stored, names, open_with):
    opened = open_with(Gzip(), named(stored), name=outer)

    member = opened.members[0]
    assert [member.name, *member.names] == names
    assert opened.octets == [b"MZ"]


def test_a_name_behind_an_extra_field_is_found(open_with):
    octets = bytearray(named("x.exe"))
    octets[3] |= 4
    octets[10:10] = b"\3\0abc"

    assert open_with(Gzip(), bytes(octets)).names == ["x.exe"]


@pytest.mark.parametrize(("length", "reached"), [(255, []), (256, ["names"])])
def test_a_stored_name_is_read_up_to_its_limit_and_a_cut_one_is_told(length, reached, open_with):
    opened = open_with(Gzip(), named("n" * length))

    assert len(opened.members[0].raw_name) == 255
    assert opened.names == ["n" * 255]
    assert opened.reached == reached


def test_each_name_of_the_packed_file_names_the_unpacked_one():
    known = facts.Part(name="a.txt.gz", names=["b.exe.gz", "c.tgz"])
    (member,) = Gzip().members(Part(known, memoryview(named("d.js"))), Budget(Limits()))

    assert [member.name, *member.names] == ["a.txt", "b.exe", "c.tar", "d.js"]


def test_each_stream_is_given_beside_the_whole_with_all_names(open_with):
    opened = open_with(Gzip(), named("a.txt") + named("b.js") + named(""))

    assert [opened.members[0].name, *opened.members[0].names] == ["a.txt", "b.js"]
    assert opened.octets == [b"MZ" * 3, b"MZ", b"MZ", b"MZ"]
    assert [one.view for one in opened.members] == ["standard", "further", "further", "further"]
    assert [one.step for one in opened.members][1:] == [f"gzip:a.txt#{n}" for n in (1, 2, 3)]


def test_a_stream_that_holds_all_or_nothing_is_not_given_twice(open_with):
    opened = open_with(Gzip(), named("a.txt") + gzip.compress(b"", mtime=0))

    assert opened.octets == [b"MZ"]
