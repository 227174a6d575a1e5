"""Hashes of a body: whatever lengths are asked for, as those of its beginnings."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.scanners.budget import OverBudget
from pratique.scanners.dkim.body_hash import PIECE, WHOLE, body_digests


def sha256(octets):
    return hashlib.sha256(octets).digest()


def never():
    """The time is never over."""


@given(
    body=st.binary(max_size=60).map(lambda octets: octets.replace(b"\n", b"a").replace(b"\r", b"")),
    lengths=st.lists(st.integers(0, 70), max_size=6),
)
def test_each_length_has_the_hash_of_so_many_octets(body, lengths):
    canonical = body + b"\r\n"
    found = body_digests(memoryview(body), [("simple", one) for one in [WHOLE, *lengths]], never)
    assert found.pop(("simple", WHOLE)) == sha256(canonical)
    inside = {one for one in lengths if one <= len(canonical)}
    assert found == {("simple", one): sha256(canonical[:one]) for one in inside}


def test_both_forms_are_hashed_in_one_pass():
    asked = [("simple", WHOLE), ("relaxed", WHOLE), ("relaxed", 2), ("relaxed", 0)]
    clock = []
    body = b"a  b\r\n" * PIECE
    found = body_digests(memoryview(body), asked, lambda: clock.append(1))
    assert len(clock) == 6  # the body has six pieces, and each was looked at once
    assert found["simple", WHOLE] == sha256(body)
    assert found["relaxed", WHOLE] == sha256(b"a b\r\n" * PIECE)
    assert found["relaxed", 2] == sha256(b"a ")
    assert found["relaxed", 0] == sha256(b"")


def test_lengths_that_lie_among_the_last_empty_lines_are_known_if_more_follows():
    body = b"a" + b"\r\n" * 5 + b"b\r\n\r\n"
    asked = [("simple", length) for length in range(20)]
    found = body_digests(memoryview(body), asked, never)
    canonical = body[:-2]
    assert found == {("simple", WHOLE): sha256(canonical)} | {
        ("simple", one): sha256(canonical[:one]) for one in range(len(canonical) + 1)
    }


def test_nothing_is_read_that_nobody_asks_for():
    def clock():
        raise AssertionError("it was read")

    assert body_digests(memoryview(b"a\r\n"), [], clock) == {}


def test_it_ends_when_the_time_is_over():
    def clock():
        raise OverBudget("seconds", "more than 1 seconds")

    with pytest.raises(OverBudget):
        body_digests(memoryview(b"a"), [("simple", WHOLE)], clock)
