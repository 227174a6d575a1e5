"""The figures and words of docs/reload.md are those of the program."""

import tomllib
from pathlib import Path

import pytest

from pratique.milter import history, versions
from pratique.milter.cli.policy import policy
from pratique.milter.config import Settings
from pratique.milter.counters import REGISTRY
from pratique.milter.logs import HASH_DIGITS
from pratique.milter.stores import days
from pratique.milter.supervisor import accepting, supervisor, trial

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reload.md").read_text()


@pytest.mark.parametrize(
    "words",
    [
        f"for {trial.TRIAL_SECONDS:.0f} seconds at most",
        f"up to {versions.MOST_VERSIONS:,} versions and {versions.MOST_OCTETS >> 30} GB",
        f"The history has {history.MOST_LINES:,} lines",
    ],
)
def test_limits_are_those_of_the_program(words):
    assert words in PAGE


def test_the_waits_after_a_jump_are_those_of_the_program():
    assert (days.JUMP, days.STEADY) == (60.0, 3600.0)
    assert (days.FAR, days.FAR_STEADY, days.YOUNGER) == (86400.0, 3 * 86400.0, 3)


def test_the_example_of_a_shadow_is_a_configuration():
    (example,) = (part.split("```")[0] for part in PAGE.split("```toml\n")[1:])
    section = Settings.model_validate(tomllib.loads(example)).policy
    assert (section.file, section.shadow) == ("policy.toml", "new.toml")


@pytest.mark.parametrize("name", ["pratique_shadow_policy", "pratique_shadow_rules"])
def test_counters_that_are_named_are_there(name):
    assert f"`{name}_total{{" in PAGE
    assert name in {family.name for family in REGISTRY.collect()}


@pytest.mark.parametrize("name", ["history", "show", "check", "test"])
def test_commands_that_are_named_are_there(name):
    assert f"policy {name}" in PAGE
    assert name in policy.commands


def test_what_the_log_is_quoted_with_is_what_it_says():
    code = Path(supervisor.__file__).read_text() + Path(accepting.__file__).read_text()
    for words in ("not reloaded, all stays as it was", "policy: not written down in"):
        assert words in PAGE
        assert words in code
    assert f'"policy": "{"3f2a91c04d7e"[:HASH_DIGITS]}"' in PAGE


def test_the_unit_gives_a_start_the_time_that_it_may_need():
    assert "TimeoutStartSec=180s" in (ROOT / "deploy/pratique.service").read_text()
    assert "the unit that is shipped has 180" in PAGE
