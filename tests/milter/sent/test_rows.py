"""Keyed hashes: equal for equal addresses, and nothing without the key."""

import pytest

from pratique.milter.sent.rows import MOST_RECIPIENTS, Hashes, split

HASHES = Hashes(bytes(32))


def test_one_address_has_one_hash_in_whatever_form_it_comes():
    assert HASHES.address("Ann@Example.org") == HASHES.address("<ann@example.org>")
    assert len(HASHES.address("")) == 8


def test_another_key_gives_another_hash():
    other = Hashes(bytes(31) + b"\1")
    assert HASHES.address("ann@example.org") != other.address("ann@example.org")
    assert HASHES.message("<a@b>") != other.message("<a@b>")


def test_what_is_hashed_for_one_use_is_not_found_by_another():
    assert HASHES.message("ann@example.org") != HASHES.proof("ann@example.org")
    assert not HASHES.message("ann@example.org").startswith(HASHES.address("ann@example.org"))


def test_a_pair_has_its_order():
    ann, bob = HASHES.address("ann@a.example"), HASHES.address("bob@b.example")
    assert HASHES.pair(ann, bob) != HASHES.pair(bob, ann)
    assert -(2**63) <= HASHES.pair(ann, bob) < 2**63


@pytest.mark.parametrize("message_id", ["", "<>", " "])
def test_a_message_without_an_id_has_none(message_id):
    assert HASHES.message(message_id) == b""


def test_a_row_has_each_recipient_once_and_nobodys_address():
    row = HASHES.row(
        "<a@b>", "ann@a.example", ["bob@b.example", "BOB@b.example", "eve@b.example"], 7
    )
    assert list(split(row.recipients)) == [
        HASHES.address("bob@b.example"),
        HASHES.address("eve@b.example"),
    ]
    assert len(row.pairs) == 2
    assert b"bob" not in row.recipients


@pytest.mark.slow
def test_recipients_past_the_limit_are_left_out():
    addresses = [f"{number}@b.example" for number in range(MOST_RECIPIENTS + 1)]
    row = HASHES.row("<a@b>", "ann@a.example", addresses, 7)
    assert len(row.pairs) == MOST_RECIPIENTS
    assert HASHES.address(addresses[-1]) not in set(split(row.recipients))
    assert HASHES.address(addresses[-2]) in set(split(row.recipients))


def test_a_text_that_is_no_utf_8_raises_nothing():
    assert HASHES.row("<\udcff@b>", "\udcff@a.example", ["\udcff@b"], 7).message


def test_nobody_sees_the_key_in_a_log():
    assert "secret" not in repr(Hashes(b"secret"))
