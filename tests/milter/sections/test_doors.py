"""What may be set for the processes that take mail."""

import pytest
from pydantic import ValidationError

from pratique.milter.sections.doors import DoorsSection


def test_one_process_takes_mail_unless_more_are_asked_for():
    assert DoorsSection().processes == 1


def test_a_process_retires_after_a_number_of_messages_that_a_leak_cannot_spoil():
    # 110 octets for each use of a helper in a condition, ten uses a message: half a gigabyte.
    assert DoorsSection().retire_after * 10 * 110 < 600 * 1024**2


@pytest.mark.parametrize("count", [0, 65])
def test_there_is_at_least_one_and_no_more_than_a_machine_has_use_for(count):
    with pytest.raises(ValidationError):
        DoorsSection(processes=count)
