"""The policy of one's own that the README shows is sound (desk/test_readme.py has the others)."""

import re
from pathlib import Path

import pytest

from pratique.milter.policy_file import find
from pratique.milter.policy_trial import try_policy
from pratique.policies.check import check
from pratique.scanners.facts_pb2 import Facts

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
(OWN,) = (block for block in BLOCKS if block.startswith("include"))


@pytest.fixture
def found(tmp_path):
    def write(text):
        (tmp_path / "my.toml").write_text(text, "utf-8")
        return find(str(tmp_path / "my.toml"))

    return write


def test_the_policy_of_ones_own_is_sound_and_meets_its_test(found):
    one = found(OWN)
    assert check(one.text, one.name, one.beside) == []
    trials = try_policy(one, lambda paths: [Facts() for _ in paths])
    assert [(result.rule.name, result.why) for result in trials.own] == [
        ("programs in archives for the lab", "")
    ]
