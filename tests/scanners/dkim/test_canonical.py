"""Canonical forms: the examples of RFC 6376, dkimpy's, and bodies cut anywhere."""

import pytest
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given
from hypothesis import strategies as st

from pratique.scanners.dkim.canonical import (
    BodyForm,
    pieces,
    relaxed_field,
    simple_field,
    with_crlf,
)

DKIMPY = {"simple": Simple, "relaxed": Relaxed}
# RFC 6376 3.4.5.
A, B = b"A: X\r\n", b"B : Y\t\r\n\tZ  \r\n"
BODY = b" C \r\nD \t E\r\n\r\n\r\n"
# Of what all that is special is made; what has no meaning is one letter.
OCTETS = st.lists(
    st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"\n", b"\r", b"  ", b" \r\n"]), max_size=30
).map(b"".join)


def canonical(body, form, size=3):
    made = BodyForm(form)
    found = [one for piece in pieces(memoryview(body), size) for one in made.add(piece)]
    return b"".join([*found, *made.end()])


def test_the_examples_of_the_standard():
    assert (simple_field(A), simple_field(B)) == (A, B)
    assert (relaxed_field(A), relaxed_field(B)) == (b"a:X\r\n", b"b:Y Z\r\n")
    assert canonical(BODY, "simple") == b" C \r\nD \t E\r\n"
    assert canonical(BODY, "relaxed") == b" C\r\nD E\r\n"


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [
        (b"", b"\r\n", b""),
        (b"\r\n\r\n", b"\r\n", b""),
        (b" \t\r\n", b" \t\r\n", b""),
        (b"a", b"a\r\n", b"a\r\n"),
        (b"a \r\n \r\n", b"a \r\n \r\n", b"a\r\n"),
        (b"a\n\nb\n\n", b"a\r\n\r\nb\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\r\r\n", b"a\r\r\n", b"a\r\r\n"),
        (b"a\rb \r", b"a\rb \r\r\n", b"a\rb \r\r\n"),
        # dkimpy takes no blank from a line without an end, and mail has none (RFC 6376 3.4.4).
        (b"a \t", b"a \t\r\n", b"a \r\n"),
        (b" ", b" \r\n", b" \r\n"),
        (b"\r\n\r\na", b"\r\n\r\na\r\n", b"\r\n\r\na\r\n"),
    ],
)
def test_ends_of_lines_and_of_the_body(body, simple, relaxed):
    assert (canonical(body, "simple"), canonical(body, "relaxed")) == (simple, relaxed)


@pytest.mark.parametrize("form", ["simple", "relaxed"])
@given(body=OCTETS, size=st.integers(1, 9))
def test_a_body_that_is_cut_anywhere_has_one_form_and_it_is_dkimpys(form, body, size):
    whole = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert canonical(body, form, size) == DKIMPY[form].canonicalize_body(whole)


@pytest.mark.parametrize("run", [1, 2, 15, 16, 17, 31, 33, 1000, 65_537])
def test_a_run_of_blanks_of_any_length_becomes_one(run):
    body = b"a" + b" \t" * run + b"b" + b"\t" * run + b"\r\n"
    assert canonical(body, "relaxed", 70_000) == b"a b\r\n"


def test_empty_lines_in_any_number_are_kept_before_more_and_taken_at_the_end():
    lines = b"\r\n" * 100_000
    assert canonical(b"a" + lines + b"b" + lines, "simple", 4096) == b"a" + lines + b"b\r\n"
    assert canonical(lines, "relaxed", 4096) == b""


@given(value=OCTETS)
def test_a_field_is_relaxed_as_dkimpy_does(value):
    field = b"Sub-Ject:" + value.replace(b"\r\n", b" ").replace(b"\n", b"").replace(b"\r", b"")
    name, _, rest = field.partition(b":")
    theirs = Relaxed.canonicalize_headers([(name, rest + b"\r\n")])[0]
    assert relaxed_field(field + b"\r\n") == b":".join(theirs)
    assert simple_field(field) == simple_field(field + b"\n") == field + b"\r\n"


@given(octets=OCTETS)
def test_line_ends_become_crlf_and_a_lone_cr_stays(octets):
    made = with_crlf(octets)
    assert made.count(b"\n") == made.count(b"\r\n") == octets.count(b"\n")
    assert made.replace(b"\r\n", b"\n") == octets.replace(b"\r\n", b"\n")
