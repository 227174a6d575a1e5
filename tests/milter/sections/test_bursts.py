"""How much is an alert, or a flood."""

import pytest
from pydantic import ValidationError

from pratique.milter.config import Settings, parse
from pratique.milter.sections.bursts import BurstsSection


def test_there_are_limits_without_a_section():
    assert Settings().bursts == BurstsSection(recipients=300, findings=3, flood_an_hour=10)


def test_each_can_be_set():
    text = "[bursts]\nrecipients = 5000\nfindings = 1\nflood_an_hour = 100\n"
    assert parse(text, "x.toml").bursts == BurstsSection(
        recipients=5000, findings=1, flood_an_hour=100
    )


@pytest.mark.parametrize("name", ["recipients", "findings", "flood_an_hour"])
@pytest.mark.parametrize("value", [0, -1, 1_000_001, 1.5, "10", True])
def test_what_makes_no_sense_is_refused(name, value):
    with pytest.raises(ValidationError, match=name):
        BurstsSection.model_validate({name: value})


@pytest.mark.parametrize("name", ["recipients", "findings", "flood_an_hour"])
@pytest.mark.parametrize("value", [1, 1_000_000])
def test_the_limits_themselves_are_allowed(name, value):
    assert getattr(BurstsSection.model_validate({name: value}), name) == value


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValidationError, match="flood_a_day"):
        BurstsSection.model_validate({"flood_a_day": 10})
