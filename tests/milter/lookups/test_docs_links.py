"""What docs/links.md shows is sound: its settings are taken, and its rules compile."""

import re
from pathlib import Path

import pytest

from pratique.milter.config import parse
from pratique.policies import check

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/links.md").read_text("utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
RULES = [block for block in BLOCKS if "[[rule]]" in block]


def test_its_settings_are_taken():
    settings = parse("\n".join(block for block in BLOCKS if block not in RULES), "x")
    assert [(one.called, one.test) for one in settings.block_list] == [
        ("dbl", "dbltest.example.com"),
        ("zen.example.net", ""),
    ]
    assert settings.links.own_domains == ("example.org", "example.co.jp")


@pytest.mark.slow
def test_its_rules_are_sound():
    assert len(RULES) == 2
    policy = (ROOT / "src/pratique/policies/shipped/default.toml").read_text("utf-8")
    rules = "\n".join(RULES)
    assert check.check(rules + policy, "policy.toml", demand_tests=False) == []
