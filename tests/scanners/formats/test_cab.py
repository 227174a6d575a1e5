"""Cabinets: packed and stored, in programs, in sets."""

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.formats.cab import Cab
from pratique.scanners.part import Part


def test_stored_and_packed_files_come_through(samples, open_with):
    files = {"a.exe": b"MZ" * 40_000, "empty": b"", "b": b"b"}
    for packed in (False, True):
        assert open_with(Cab(), samples("cab").cab(files, packed=packed)).called == files


def test_one_behind_a_program_is_found(samples, open_with):
    octets = b"MZ MSCF\0\0\0\0 in its code" + bytes(999) + samples("cab").cab({"a": b"abc"})
    program = facts.Part(type="application/x-dosexec", kind="executable")

    assert Cab().recognize(Part(program, memoryview(octets))) == "within"
    assert open_with(Cab(), octets).octets == [b"abc"]
    assert Cab().recognize(Part(program, memoryview(octets[:999]))) == ""


def test_a_cabinet_of_a_set_says_that_it_goes_on(samples, open_with):
    octets = bytearray(samples("cab").cab({"a": b"abc"}))
    octets[30] |= 2

    assert open_with(Cab(), bytes(octets)).known.unopened == "unreadable"


def test_a_way_of_packing_that_nobody_reads_wants_an_outside_program(samples, open_with):
    octets = bytearray(samples("cab").cab({"a": b"abc"}))
    octets[42] = 2

    assert open_with(Cab(), bytes(octets)).known.unopened == "needs_program"


def test_what_lies_behind_is_given_and_stated(samples, open_with):
    opened = open_with(Cab(), samples("cab").cab({"a": b"abc"}) + b"MZ" * 20)

    assert opened.octets == [b"abc", b"MZ" * 20]
    assert opened.oddities == ["extra_octets"]


def test_it_is_recognized_by_its_type():
    assert Cab().recognize(
        Part(facts.Part(type="application/vnd.ms-cab-compressed"), memoryview(b""))
    )
    assert not Cab().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
