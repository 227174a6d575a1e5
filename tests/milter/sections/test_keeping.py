"""What may be set for what is kept."""

import pytest
from pydantic import ValidationError

from pratique.milter.sections.keeping import HealthSection, JournalSection, QuarantineSection


def test_what_is_held_and_what_is_known_of_it_are_kept_equally_long():
    assert QuarantineSection().keep_days == JournalSection().keep_days == 30


@pytest.mark.parametrize("days", [0, 3651])
def test_nothing_is_kept_for_no_day_or_for_ever(days):
    with pytest.raises(ValidationError):
        QuarantineSection(keep_days=days)


def test_nobody_is_told_of_health_unless_an_address_is_set():
    assert HealthSection().address is None
