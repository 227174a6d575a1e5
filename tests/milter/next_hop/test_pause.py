"""Who was away is left alone for a while, each time for longer, and found again."""

import pytest

from pratique.milter.next_hop.pause import FIRST_SECONDS, LONGEST_SECONDS, Pause


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pause(clock):
    return Pause(clock)


def test_nobody_is_left_alone_before_it_was_away(pause):
    assert pause.over


def test_a_pause_lasts_its_time_and_no_longer(pause, clock):
    pause.begin()
    assert not pause.over
    clock.now += FIRST_SECONDS - 0.01
    assert not pause.over
    clock.now += 0.01
    assert pause.over


def test_each_pause_is_twice_as_long_up_to_a_longest(pause, clock):
    lengths = []
    for _ in range(10):
        pause.begin()
        lengths.append(pause.ends_at - clock.now)
        clock.now = pause.ends_at
    assert lengths[:3] == [FIRST_SECONDS, 2 * FIRST_SECONDS, 4 * FIRST_SECONDS]
    assert lengths[-1] == LONGEST_SECONDS


def test_many_who_find_it_away_at_once_count_as_one(pause, clock):
    for _ in range(100):
        pause.begin()
    assert pause.ends_at == clock.now + FIRST_SECONDS


def test_who_is_there_again_starts_anew(pause, clock):
    for _ in range(5):
        pause.begin()
        clock.now = pause.ends_at
    pause.end()
    assert pause.over
    pause.begin()
    assert pause.ends_at == clock.now + FIRST_SECONDS
