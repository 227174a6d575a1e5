"""The pauses before something is tried again."""

from itertools import islice

from pratique.milter.supervisor.pauses import FIRST_PAUSE, LAST_PAUSE, pauses


def test_pauses_double_up_to_the_longest():
    some = list(islice(pauses(), 20))
    assert some[:4] == [FIRST_PAUSE, 0.2, 0.4, 0.8]
    assert some[-1] == LAST_PAUSE == max(some)
