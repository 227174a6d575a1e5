"""What docs/senders.md and docs/bounces.md show is sound: settings are taken, rules compile."""

import re
from pathlib import Path

import pytest

from pratique.milter.config import parse
from pratique.policies import check
from pratique.policies.written.beside import Beside
from pratique.scanners.bounces import outline, quoted
from pratique.scanners.senders import grammar, results, signs

ROOT = Path(__file__).resolve().parents[3]


def page(name):
    text = (ROOT / "docs" / name).read_text("utf-8")
    return text, re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["senders.md", "bounces.md"])
def test_its_rules_are_sound(name):
    rules = [block for block in page(name)[1] if "[[rule]]" in block]
    assert rules
    policy = (ROOT / "src/pratique/policies/shipped/default.toml").read_text("utf-8")
    text = 'include = "default"\n' + "\n".join(rules)
    beside = Beside({"default": policy})
    assert check.check(text, "policy.toml", beside, demand_tests=False) == []


def test_the_settings_of_people_are_taken():
    (block,) = (block for block in page("senders.md")[1] if "[[rule]]" not in block)
    settings = parse(block, "x")
    assert settings.links.own_domains == ("example.org",)
    assert set(settings.senders.people) == {"Ann Example", "Bob B. Roe"}


def test_its_bounds_are_those_of_the_code():
    assert (
        f"{results.FIELDS} fields of {results.OCTETS // 1024} KB, "
        f"{grammar.RESULTS} results in each,"
        f" {grammar.PROPERTIES} properties of each, and {signs.ADDRESSES} addresses"
    ) in page("senders.md")[0]
    assert (quoted.RECIPIENTS, outline.STATUS_OCTETS) == (1000, 512 * 1024)
    assert "more than a thousand recipients, or of more than 512 KB" in page("bounces.md")[0]
