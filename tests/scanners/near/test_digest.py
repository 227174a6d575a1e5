"""Digests are read as everybody writes them, and are as far apart as TLSH says."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pratique.scanners.near.digest import (
    LEAST,
    MOST_DISTANCE,
    WIDTH,
    apart,
    laid_out,
    length_of,
    reach,
    shown,
)

# Of all octets in their order, twice.
WRITTEN = "T118F09524E6514D7D1F175ADC904E44DF554FCDE302C5002517F186D1C510294440ED1D"
DIGESTS = st.binary(min_size=WIDTH, max_size=WIDTH)


@pytest.mark.parametrize("written", [WRITTEN, WRITTEN[2:], WRITTEN.lower(), WRITTEN[2:].lower()])
def test_a_digest_is_read_with_and_without_the_letters_in_front(written):
    digest = laid_out(written)
    assert len(digest) == WIDTH
    assert shown(digest) == WRITTEN


@pytest.mark.parametrize(
    "written",
    ["", "TNULL", WRITTEN[:-1], WRITTEN + "0", WRITTEN[:-1] + "G", "T2" + WRITTEN[2:], "ab" * 32],
)
def test_what_is_no_digest_is_none(written):
    assert laid_out(written) is None


def test_length_and_ratios_come_first_since_they_weigh_most():
    assert laid_out(WRITTEN)[:3].hex() == "0f9518"


def test_a_hash_of_another_kind_is_shown_as_it_is():
    assert shown(b"\xab" * 32) == "ab" * 32


@pytest.mark.slow
@pytest.mark.real("py-tlsh")
@given(DIGESTS, DIGESTS)
@example(bytes(WIDTH), b"\xff" * WIDTH)
def test_two_are_as_far_apart_as_the_library_says(one, other):
    import tlsh

    assert apart(one, other) == tlsh.diff(shown(one), shown(other))


@pytest.mark.slow
@pytest.mark.real("py-tlsh")
@given(DIGESTS, st.lists(st.tuples(st.integers(0, WIDTH - 1), st.integers(0, 255)), max_size=4))
def test_so_are_two_that_are_near(one, changes):
    import tlsh

    other = bytearray(one)
    for at, octet in changes:
        other[at] = octet
    assert apart(one, bytes(other)) == tlsh.diff(shown(one), shown(bytes(other)))


def lengths():
    """Around the ends of each step of the library's, as far as a test can make files."""
    steps = (50, 57, 86, 129, 194, 291, 437, 656, 854, 1110, 1443, 1876, 2439, 3171, 3199, 3475)
    steps = *steps, 3823, 9014, 17567, 50121, 107439, 253337, 1058252
    return [one + more for one in steps for more in (0, 1)]


@pytest.mark.real("py-tlsh")
@pytest.mark.parametrize("octets", lengths())
def test_a_length_is_known_from_octets_up_to_one_step(octets):
    import tlsh

    digest = laid_out(tlsh.hash(random.Random(octets).randbytes(octets)))
    assert abs(digest[0] - length_of(octets)) <= 1


def test_the_longest_part_has_a_length_in_an_octet():
    assert 0 < length_of(LEAST) < length_of(2**32) < 256


@pytest.mark.parametrize(
    ("distance", "far"), [(0, 0), (1, 1), (12, 1), (23, 1), (24, 2), (30, 2), (MOST_DISTANCE, 4)]
)
def test_lengths_of_two_that_are_near_differ_by_so_much(distance, far):
    """A difference of one costs 1, and each other 12 a step."""
    assert reach(distance) == far
