"""Archives of ARJ: garbled, in programs, of the method without a reader."""

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Limits
from pratique.scanners.formats.arj import Arj
from pratique.scanners.part import Part


def test_a_method_without_a_reader_wants_an_outside_program(samples, open_with):
    made = samples("arj")
    octets = made.main() + made.header(b"a.exe", 4, 0, (4, 9), 0) + b"abcd\x60\xea\0\0"
    opened = open_with(Arj(), octets)

    assert opened.names == ["a.exe"]
    assert opened.known.unopened == "needs_program"


def test_one_behind_a_program_is_found(samples, open_with):
    octets = b"MZ \x60\xea\x30\0 in its code" + bytes(999) + samples("arj").arj({"a": b"abc"})
    program = facts.Part(type="application/x-dosexec", kind="executable")

    assert Arj().recognize(Part(program, memoryview(octets))) == "within"
    assert open_with(Arj(), octets).octets == [b"abc"]
    assert Arj().recognize(Part(program, memoryview(octets[:999]))) == ""


def test_what_lies_behind_is_given_and_stated(samples, open_with):
    opened = open_with(Arj(), samples("arj").arj({"a": b"abc"}) + b"MZ" * 20)

    assert opened.octets == [b"abc", b"MZ" * 20]
    assert opened.oddities == ["extra_octets"]


def test_the_words_that_are_tried_cost_nothing_of_the_budget(samples, open_with):
    files = {"a": bytes(1000)}
    octets = samples("arj").arj(files, "secret")
    words = *(f"wrong{number}" for number in range(50)), "secret"

    assert open_with(Arj(), octets, Limits(octets=1000), passwords=words).called == files


def test_it_is_recognized_by_its_type():
    assert Arj().recognize(Part(facts.Part(type="application/x-arj"), memoryview(b"")))
    assert not Arj().recognize(Part(facts.Part(type="text/plain"), memoryview(b"")))
