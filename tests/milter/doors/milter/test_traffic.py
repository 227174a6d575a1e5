"""Connections and messages are counted, over all threads."""

import threading

import pytest

from pratique.milter.doors.milter.traffic import Traffic


def test_one_connection_too_many_is_told():
    traffic = Traffic(2)
    assert [traffic.connect() for _ in range(3)] == [True, True, False]
    traffic.disconnect()
    traffic.disconnect()
    assert traffic.connect() is True


def test_nothing_new_begins_once_it_is_closing():
    traffic = Traffic(2)
    assert traffic.begin() is True
    traffic.close()
    assert (traffic.begin(), traffic.connect()) == (False, False)


def test_others_are_connections_that_do_not_wait():
    traffic = Traffic(5)
    assert not traffic.others
    traffic.connect()
    assert traffic.others
    traffic.begin()
    traffic.complete()
    assert not traffic.others


@pytest.mark.parametrize("answered", [True, False])
def test_it_is_idle_when_each_message_is_over(answered):
    traffic = Traffic(5)
    assert traffic.wait_until_idle(0)
    traffic.begin()
    if answered:
        traffic.complete()
    assert not traffic.wait_until_idle(0)
    threading.Thread(target=traffic.end, kwargs={"answered": answered}).start()
    assert traffic.wait_until_idle(20)


def test_messages_that_do_not_wait_for_an_answer_may_be_left():
    traffic = Traffic(5)
    traffic.begin()
    traffic.begin()
    traffic.complete()
    assert not traffic.wait_until_answered(0)
    traffic.end(answered=True)
    assert traffic.wait_until_answered(0)
    assert not traffic.wait_until_idle(0)


def test_connections_may_part_until_somebody_is_in_a_hurry():
    traffic = Traffic(5)
    traffic.let_part(20)
    traffic.connect()
    threading.Thread(target=traffic.hurry).start()
    traffic.let_part(600)
    assert traffic.connections == 1
    traffic.let_part(600)


def test_no_count_is_lost_between_threads():
    traffic = Traffic(10**6)

    def work():
        for _ in range(2_000):
            traffic.connect()
            traffic.begin()
            traffic.complete()
            traffic.end(answered=True)
            traffic.disconnect()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (traffic.connections, traffic.messages, traffic.waiting) == (0, 0, 0)
