"""Names of transactions: unique, and sorted as time goes."""

from pratique.milter.doors.queue_id import QueueIds

NOW = 1_700_000_000_000_000_000


def test_names_are_unique_and_sort_in_the_order_of_time():
    times = [NOW] * 3000 + [NOW + 1_000_000, NOW - 5_000_000, NOW + 9_000_000]
    ids = QueueIds(iter(times).__next__)
    names = [ids.new() for _ in times]
    assert names == sorted(set(names))


def test_a_name_is_fifteen_plain_characters():
    name = QueueIds(lambda: NOW).new()
    assert len(name) == 15
    assert name.isalnum()
    assert name == name.upper()


def test_a_later_second_sorts_later():
    assert QueueIds(lambda: NOW).new()[:11] < QueueIds(lambda: NOW + 10**9).new()[:11]
