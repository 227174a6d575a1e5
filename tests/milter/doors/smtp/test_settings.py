"""What a listener's settings come to."""

import pytest

from pratique.milter.doors.smtp.settings import DoorSettings


@pytest.mark.parametrize(
    ("reply", "max_size", "max_in_flight", "most"),
    [("sender", 10, 100, 10), ("queue", 10, 100, 100), ("queue", 100, 10, 100)],
)
def test_a_queue_may_send_more_than_is_looked_into(*, reply, max_size, max_in_flight, most):
    settings = DoorSettings(
        "mx", "mx.example", reply=reply, max_size=max_size, max_in_flight=max_in_flight
    )
    assert settings.most_taken == most
