"""Forms of content: found at every cut, at the limit, and one past it."""

import time

import pytest

from pratique.milter.doors.smtp.ending import ContentReader, Fault
from pratique.milter.doors.smtp.forms import MAX_LINE, Forms

ALL = frozenset({Fault.LONG_LINE, Fault.EIGHT_BIT_HEADER, Fault.NUL})
X = b"x" * MAX_LINE


class Kept:
    def __init__(self):
        self.octets = b""

    @property
    def size(self):
        return len(self.octets)

    def write(self, octets):
        self.octets += octets

    def discard(self):
        self.octets = b""


def read(content, step, forms):
    kept = Kept()
    reader = ContentReader(kept, 1_000_000, repair=False, look=forms.look)
    wire = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
    for cut in range(0, len(wire), step):
        reader.feed(wire[cut : cut + step])
    return reader.fault, kept.octets


CASES = [
    (b"", None),
    (b"\r\n", None),
    (X + b"\r\n", None),
    (X + b"x\r\n", Fault.LONG_LINE),
    (b"a: b\r\n\r\n" + (X + b"\r\n") * 3, None),
    (b"a: b\r\n\r\n" + (X + b"\r\n") * 3 + X + b"y\r\n" + b"z\r\n", Fault.LONG_LINE),
    (b"." * MAX_LINE + b"\r\n", None),
    (b"a\r\n." + b"." * MAX_LINE + b"\r\n", Fault.LONG_LINE),
    ((b"y" * 500 + b"\r\n") * 5, None),
    (b"a: \xe4\r\n\r\n", Fault.EIGHT_BIT_HEADER),
    (b"a: b\r\n \xe4\r\n\r\n", Fault.EIGHT_BIT_HEADER),
    (b"a: b\r\n\r\n\xe4\r\n", None),
    (b"\r\n\xe4: x\r\n", None),
    (b"a: b\r\n\xff\r\n", Fault.EIGHT_BIT_HEADER),
    (b"a: b\0\r\n\r\n", Fault.NUL),
    (b"a: b\r\n\r\n\0\r\n", Fault.NUL),
]


@pytest.mark.parametrize(("content", "fault"), CASES, ids=range(len(CASES)))
@pytest.mark.parametrize("step", [1, 2, 3, 7, 997, 998, 999, 1000, 1001, 100_000])
def test_a_form_is_found_wherever_the_stream_is_cut(content, fault, step):
    assert read(content, step, Forms(ALL)) == (fault, b"" if fault else content)


@pytest.mark.parametrize(("content", "fault"), CASES, ids=range(len(CASES)))
def test_what_is_wanted_is_not_looked_for(content, fault):
    assert read(content, 100, Forms(ALL - {fault})) == (None, content)


@pytest.mark.parametrize(("content", "fault"), CASES, ids=range(len(CASES)))
def test_what_shall_be_held_is_taken_whole(content, fault):
    forms = Forms(ALL, refuses=False)
    assert read(content, 100, forms) == (None, content)
    assert forms.found == fault


def test_short_lines_are_not_looked_at_one_by_one():
    text, forms = b"a\r\n" * 350_000, Forms(ALL)
    begun = time.process_time()
    assert forms.look(text) is None
    # A loop over the lines takes ten times as long.
    assert time.process_time() - begun < 0.03
