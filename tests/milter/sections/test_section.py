"""Every section refuses what it does not know, and cannot be changed once it is read."""

import pytest
from pydantic import ValidationError

from pratique.milter.sections.section import Section


class _Small(Section):
    count: int = 1


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError, match="cuont"):
        _Small.model_validate({"cuont": 1})


def test_a_number_in_quotes_is_no_number():
    with pytest.raises(ValidationError):
        _Small.model_validate({"count": "1"})


def test_what_was_read_stays():
    small = _Small()
    with pytest.raises(ValidationError):
        small.count = 2
