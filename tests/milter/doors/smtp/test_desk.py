"""What a listener is given where nobody says otherwise."""

from datetime import UTC, datetime, timedelta

from pratique.milter.doors.smtp.desk import Means


def test_the_clock_is_that_of_the_world_and_addresses_bear_no_tags():
    means = Means()
    assert means.tags is None
    assert means.clock().tzinfo is UTC
    assert abs(means.clock() - datetime.now(UTC)) < timedelta(minutes=1)
