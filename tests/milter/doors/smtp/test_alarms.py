"""Alarms in a row: each in its time, none that was stopped, and one timer for all."""

import pytest

from pratique.milter.doors.smtp.alarms import Alarms


@pytest.fixture
def rung():
    return []


@pytest.fixture
def ring(timers, rung):
    """`ring(name)`: set an alarm of eight seconds."""
    alarms = Alarms(8.0, timers.later, lambda: timers.now)
    return lambda name, seconds=8.0: alarms.set(seconds, lambda: rung.append(name))


def test_each_rings_in_its_time_and_once(ring, timers, rung):
    ring("a")
    timers.pass_by(3)
    ring("b")
    timers.pass_by(4.9)
    assert rung == []
    timers.pass_by(0.1)
    assert rung == ["a"]
    timers.pass_by(3)
    assert rung == ["a", "b"]
    timers.pass_by(100)
    assert rung == ["a", "b"]


def test_one_that_was_stopped_does_not_ring_and_those_behind_it_do(ring, timers, rung):
    first, _ = ring("a"), ring("b")
    first.cancel()
    first.cancel()
    timers.pass_by(8)
    assert rung == ["b"]


def test_there_is_one_timer_however_many_are_set(ring, timers, rung):
    for number in range(1000):
        ring(number).cancel()
    ring("last")
    assert len(timers.waiting) == 1
    timers.pass_by(8)
    assert rung == ["last"]
    assert timers.waiting == []


def test_after_the_last_has_rung_the_next_one_is_heard_again(ring, timers, rung):
    for name in "ab":
        ring(name)
        timers.pass_by(8)
    assert rung == ["a", "b"]


def test_one_that_rings_may_stop_another_of_the_same_moment(timers, rung):
    alarms = Alarms(8.0, timers.later, lambda: timers.now)
    others = []
    alarms.set(8.0, lambda: others.pop().cancel())
    others.append(alarms.set(8.0, lambda: rung.append("other")))
    timers.pass_by(8)
    assert rung == []


def test_one_that_rings_may_set_itself_again(timers, rung):
    alarms = Alarms(8.0, timers.later, lambda: timers.now)

    def again():
        rung.append(timers.now)
        alarms.set(8.0, again)

    alarms.set(8.0, again)
    timers.pass_by(8)
    timers.pass_by(8)
    assert rung == [8, 16]


def test_another_time_has_a_timer_of_its_own(ring, timers, rung):
    ring("slow")
    ring("fast", 1.0)
    timers.pass_by(1)
    assert rung == ["fast"]
