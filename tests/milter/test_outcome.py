"""What came of a message, by the reply that it got."""

import pytest

from pratique.milter.next_hop import Reply
from pratique.milter.outcome import Outcome


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (250, "delivered"),
        (299, "delivered"),
        (421, "deferred"),
        (451, "deferred"),
        (500, "refused"),
        (554, "refused"),
    ],
)
def test_a_reply_says_what_came_of_a_message_that_goes_on(code, outcome):
    assert Outcome.of(Reply(code, ("x",))) == outcome


def test_outcomes_are_written_as_plain_words():
    assert f"{Outcome.HELD}" == "held"
    assert [str(one) for one in Outcome] == [
        "delivered",
        "redirected",
        "held",
        "dropped",
        "refused",
        "deferred",
        "split",
    ]
