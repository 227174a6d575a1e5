"""Archives of ar: names of every kind, and what lies behind."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.ar import Ar
from pratique.scanners.part import Part


def test_a_name_in_front_of_the_file_is_a_name(open_with):
    octets = b"!<arch>\n" + b"#1/5".ljust(48) + b"7".ljust(10) + b"`\na.exeMZ\n"

    assert open_with(Ar(), octets).called == {"a.exe": b"MZ"}


def test_the_tables_of_linkers_are_no_files(samples, open_with):
    octets = b"!<arch>\n" + b"/".ljust(48) + b"4".ljust(10) + b"`\n\0\0\0\0"

    assert open_with(Ar(), octets + samples("ar").ar({"a": b"b"})[8:]).names == ["a"]


def test_what_lies_behind_is_given_and_stated(samples, open_with):
    opened = open_with(Ar(), samples("ar").ar({"a": b"b"}) + b"MZ" * 40)

    assert opened.octets == [b"b", b"MZ" * 40]
    assert opened.oddities == ["extra_octets"]


def test_it_is_recognized_by_its_type():
    assert Ar().recognize(Part(facts.Part(type="application/x-archive"), memoryview(b"")))
    assert not Ar().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))


@pytest.mark.parametrize(("length", "shown"), [(1024, 1024), (1025, 1024)])
def test_a_long_name_is_shown_up_to_the_limit(open_with, length, shown):
    def header(name: bytes, size: int) -> bytes:
        return name.ljust(48) + (b"%d" % size).ljust(10) + b"`\n"

    table = b"n" * length + b"/\n"
    octets = b"!<arch>\n" + header(b"//", len(table)) + table + b"\n" * (len(table) % 2)
    opened = open_with(Ar(), octets + header(b"/0", 2) + b"MZ")

    assert opened.octets == [b"MZ"]
    assert len(opened.names[0]) == shown
