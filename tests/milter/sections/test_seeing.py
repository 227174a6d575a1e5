"""What may be set for how mail is looked at."""

import pytest
from pydantic import ValidationError

from pratique.milter.sections.seeing import BudgetSection, ProgramsSection, WorkersSection


def test_a_message_is_given_less_time_than_its_worker():
    assert BudgetSection().seconds < WorkersSection().seconds


@pytest.mark.parametrize("count", [0, 257])
def test_there_is_at_least_one_worker_and_no_more_than_a_machine_can_feed(count):
    with pytest.raises(ValidationError):
        WorkersSection(count=count)


def test_only_programs_that_are_known_are_run():
    with pytest.raises(ValidationError, match="unar"):
        ProgramsSection(use=("sh",))
