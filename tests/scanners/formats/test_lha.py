"""Archives of LHA: names in code pages, rare methods, programs."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.formats.lha import Lha
from pratique.scanners.part import Part


def test_a_name_in_a_code_page_is_shown_in_each_way(samples, open_with):
    made = samples("lha")
    raw = "請求書.exe".encode("cp932")
    octets = made.header(raw, b"-lh0-", 2, 2) + b"MZ\0"
    (member,) = lha_of(open_with, octets).members

    assert "請求書.exe" in {member.name, *member.names}
    assert member.raw_name == raw


@pytest.mark.parametrize("octets", [b"MZ" * 500, b""])
def test_a_wrong_check_sum_is_damage_and_what_there_is_is_given(samples, open_with, octets):
    made, size = samples("lha"), len(octets)
    sum_ = made.check_sum(octets) ^ 0x100
    opened = open_with(Lha(), made.header(b"a", b"-lh0-", size, size, sum_) + octets + b"\0")

    assert opened.octets == [octets]
    assert opened.known.unopened == "unreadable"


def test_a_header_without_a_check_sum_is_none_with_a_wrong_one(samples, open_with):
    fields = samples("lha").header(b"a", b"-lh0-", 3, 3)[2:-2]
    octets = bytes([len(fields), sum(fields) & 0xFF]) + fields + b"abc\0"
    opened = open_with(Lha(), octets)

    assert (opened.octets, opened.known.unopened) == ([b"abc"], "")


def lha_of(open_with, octets):
    return open_with(Lha(), octets)


def test_a_method_without_a_reader_wants_an_outside_program(samples, open_with):
    opened = open_with(Lha(), samples("lha").header(b"a.exe", b"-lh1-", 4, 9) + b"abcd\0")

    assert opened.names == ["a.exe"]
    assert opened.known.unopened == "needs_program"


def test_one_behind_a_program_is_found(samples):
    octets = memoryview(b"MZ -lh5- in its code" + bytes(999) + samples("lha").lha({"a": b"abc"}))
    program = facts.Part(type="application/x-dosexec", kind="executable")

    assert Lha().recognize(Part(program, octets)) == "within"
    found = list(Lha().members(Part(program, octets), Budget(Limits())))
    assert [bytes(one.octets) for one in found] == [b"abc"]
    assert Lha().recognize(Part(program, octets[:999])) == ""


def test_what_lies_behind_is_given_and_stated(samples, open_with):
    opened = open_with(Lha(), samples("lha").lha({"a": b"abc"}) + b"MZ" * 20)

    assert opened.octets == [b"abc", b"MZ" * 20]
    assert opened.oddities == ["extra_octets"]


def test_it_is_recognized_by_its_type():
    assert Lha().recognize(Part(facts.Part(type="application/x-lha"), memoryview(b"")))
    assert not Lha().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
