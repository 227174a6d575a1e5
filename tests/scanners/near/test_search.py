"""What is near is found at the distance, not past it, and among many without each."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.scanners.hash_list import Record
from pratique.scanners.near import search
from pratique.scanners.near.digest import HEADER, MOST_DISTANCE, WIDTH, apart, laid_out, length_of
from pratique.scanners.near.search import Near

FEW = st.lists(st.tuples(st.integers(0, WIDTH - 1), st.integers(0, 255)), min_size=1, max_size=3)


def changed(digest, changes):
    other = bytearray(digest)
    for at, octet in changes:
        other[at] ^= octet
    return bytes(other)


def holds(record):
    return True


@pytest.fixture
def made(listed):
    """A list as it is searched."""
    return lambda digests, *more: Near(listed(digests, *more))


@pytest.mark.real("py-tlsh")
@pytest.mark.parametrize("changes", [1, 3, 6])
def test_a_variant_of_a_file_is_found_at_its_distance_and_not_below(made, kit, changes):
    import tlsh

    worm, variant = tlsh.hash(kit()), tlsh.hash(kit(changes))
    distance = tlsh.diff(worm, variant)
    assert 1 < distance <= 50
    near = made([laid_out(worm)], distance)
    found = near.nearest(laid_out(variant), holds)
    assert found == (distance, laid_out(worm), Record("ann", "0"))
    assert made([laid_out(worm)], distance - 1).nearest(laid_out(variant), holds) is None


@given(st.binary(min_size=WIDTH, max_size=WIDTH), st.lists(FEW, max_size=20), st.integers(0, 50))
@settings(max_examples=60)
@pytest.mark.slow
def test_it_finds_what_is_found_by_comparing_with_each(digest, changes, distance):
    from pratique.scanners.hash_list import HashList, Head, packed

    digests = sorted({changed(digest, each) for each in changes})
    octets = packed(
        Head("ours", "malicious", 0, distance), dict.fromkeys(digests, 0), [Record("ann", "x")]
    )
    found = Near(HashList(b"".join(octets))).nearest(digest, holds)
    nearest = min((apart(digest, one) for one in digests), default=distance + 1)
    assert (found.apart if found else distance + 1) == min(nearest, distance + 1)


def test_the_nearest_is_the_one_that_holds(made):
    digest = random.Random(1).randbytes(WIDTH)
    near = [changed(digest, [(2, 1)] + [(HEADER, 1)] * one) for one in (0, 1)]
    records = [Record("ann", "gone", 5), Record("bob", "holds")]
    found = made(near, 30, records).nearest(digest, lambda record: not record.expires)
    assert (found.record.owner, found.apart) == ("bob", apart(digest, near[1]))
    assert made(near, 30, records).nearest(digest, holds).record.owner == "ann"


def test_an_empty_list_has_nothing_near(made):
    near = made([])
    assert near.nearest(bytes(WIDTH), holds) is None
    assert not near.reaches(1000)


def test_what_cannot_be_near_by_its_length_is_known_beforehand(made):
    digest = bytes([length_of(5000)]) + bytes(WIDTH - 1)
    near = made([digest])
    reached = [octets for octets in range(50, 40_000, 50) if near.reaches(octets)]
    # Two steps of a tenth, and one for rounding.
    assert 3000 < min(reached) < 5000 < max(reached) < 8000
    assert reached == list(range(min(reached), max(reached) + 1, 50))


@pytest.mark.slow
@pytest.mark.parametrize("distance", [30, 50])
def test_more_than_are_compared_at_a_time_are_compared(made, distance):
    """All with one header, as a list of variants of one kit is."""
    chance, digest = random.Random(1), random.Random(2).randbytes(WIDTH)
    digests = [digest[:HEADER] + chance.randbytes(WIDTH - HEADER) for _ in range(20_000)]
    last = max(digests)
    near = made(digests, distance)
    assert near.nearest(digest, holds) is None
    assert near.nearest(changed(last, [(20, 1)]), holds).digest == last


@pytest.mark.slow
def test_a_hundred_thousand_take_a_few_milliseconds(made):
    """Compared one by one they take 60 ms in C; as long as these take in the worst place."""
    chance = random.Random(1)
    digests = [
        bytes([chance.randrange(20, 80)]) + chance.randbytes(WIDTH - 1) for _ in range(100_000)
    ]
    near = made(digests)
    probes = chance.sample(digests, 50)
    start = time.process_time()
    found = [near.nearest(changed(one, [(10, 3)]), holds).digest for one in probes]
    assert found == probes
    assert (time.process_time() - start) / len(probes) < 0.01


def test_no_row_is_taken_for_near_by_a_sum_that_runs_over():
    """Ten columns of 24 are 240; two such numbers are cut before they are added."""
    widest = max(max(one) for one in search.counts_apart())
    assert widest * len(search._COLUMNS[0]) < 256
    assert 2 * (MOST_DISTANCE + 1) < 256
