"""Archives of cpio: forms that change, folders, and what lies behind."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.cpio import Cpio
from pratique.scanners.part import Part


def test_a_form_may_change_from_one_header_to_the_next(samples, open_with):
    made = samples("cpio")
    first = made.newc({"a": b"1234"}).partition(b"070701" + b"0" * 8 + b"000081A4")[0]
    whole = made.newc({"a": b"1234"})
    octets = whole[: whole.rindex(b"070701")] + made.odc({"b.exe": b"MZ"})

    assert first == b""
    assert open_with(Cpio(), octets).called == {"a": b"1234", "b.exe": b"MZ"}


def test_what_lies_behind_is_given_and_stated(samples, open_with):
    opened = open_with(Cpio(), samples("cpio").odc({"a": b"b"}) + bytes(512) + b"MZ" * 40)

    assert opened.octets == [b"b", b"MZ" * 40]
    assert opened.oddities == ["extra_octets"]


@pytest.mark.parametrize("number", [b"-000006e", b"+0000010", b" 0000010", b"0_000010"])
def test_a_number_that_is_no_hexadecimal_one_is_no_header(open_with, number):
    # A negative length of the name would lead back to the same header, for ever.
    header = b"070701" + b"0" * 8 + b"000041ed" + b"0" * 72 + number + b"0" * 8
    opened = open_with(Cpio(), header + bytes(500))

    assert (opened.members, opened.known.unopened, opened.over) == ([], "unreadable", "")


def test_it_is_recognized_by_its_type():
    assert Cpio().recognize(Part(facts.Part(type="application/x-cpio"), memoryview(b"")))
    assert not Cpio().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
