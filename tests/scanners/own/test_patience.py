"""What does not come to its end is given up, also where it does not want to be."""

import contextlib
import threading
import time

import pytest

from pratique.scanners.own.patience import TooSlow, within


def hang():
    while True:
        time.monotonic()


def test_what_hangs_is_given_up_in_words():
    with pytest.raises(TooSlow, match=r"not done after 0\.05 seconds"), within(0.05):
        hang()


@pytest.mark.slow
def test_who_swallows_the_first_alarm_hears_another():
    def hang_twice():
        with contextlib.suppress(TooSlow):
            hang()
        hang()

    with pytest.raises(TooSlow), within(0.05):
        hang_twice()


def test_what_is_done_in_time_is_left_alone():
    with within(5.0):
        pass
    # No alarm is left behind.
    assert threading.main_thread().is_alive()


def test_in_another_thread_nothing_is_timed_since_no_signal_reaches_it():
    done = []

    def work():
        with within(0.001):
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
