"""The page docs/signatures.md says what is so, and its rule holds old signatures up."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pratique.milter.config import parse
from pratique.milter.engines import clamav, proofs
from pratique.milter.sections.engines import ClamavSection
from pratique.policies.check import check
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action
from pratique.scanners import facts_pb2 as facts

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/signatures.md").read_text("utf-8")
ENGINES = (ROOT / "docs/engines.md").read_text("utf-8")
SHIPPED = (ROOT / "src/pratique/policies/shipped/default.toml").read_text("utf-8")
CONFIGURATION, RULE = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_settings_are_a_configuration():
    settings = parse(CONFIGURATION.replace('folders = ["/etc/pratique/rules"]', ""), "x")
    stated = (settings.clamav, settings.yara, *settings.hash_list)
    assert [section.old_after_days for section in stated] == [3, 30, 2]
    bare = parse(re.sub("(?m)^(old_after_days|folders) .*", "", CONFIGURATION), "x")
    stated = (bare.clamav, bare.yara, *bare.hash_list)
    assert [section.old_after_days for section in stated] == [3, 0, 0]


def test_the_rule_stands_in_the_shipped_policy_as_a_comment():
    commented = "".join(f"# {line}\n" for line in RULE.splitlines())
    assert f"{commented}\n[[rule]]" in SHIPPED
    assert '"old signatures"' not in re.sub("(?m)^#.*", "", SHIPPED)


def seen(*sources, kind="archive"):
    found = facts.Facts(parts=[facts.Part(id=1, kind=kind)])
    found.envelope.received_at.FromDatetime(NOW)
    for name, age in sources:
        source = found.sources.add(name=name, version="1")
        if age is not None:
            source.date.FromDatetime(NOW - timedelta(hours=age))
    return found


@pytest.mark.slow
def test_the_rule_is_sound_and_holds_what_new_worms_come_in_while_signatures_are_old():
    assert check(RULE + SHIPPED, "policy.toml", demand_tests=False) == []
    policy = Policy.load(RULE + SHIPPED, "policy.toml")

    def action(found):
        (verdict,) = policy.decide_all(found, [facts.Recipient(address="bob@corp.example")])
        return verdict.action

    old, other = ("clamav", 73), ("ours", 9999)
    assert action(seen(old)) is Action.QUARANTINE
    assert action(seen(("clamav", 1), old)) is Action.QUARANTINE
    for found in (
        seen(), seen(("clamav", 71)), seen(other), seen(("clamav", None)), seen(old, kind="text"),
    ):  # fmt: skip
        assert action(found) is Action.ACCEPT


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ('s.version > duration("72h")', "`>` does not go with a text and a"),
        ('envelope.received_at - s.dates > duration("72h")', "no field `dates` in Source"),
        ("envelope.received_at - s.date > 72", "`>` does not go with a duration and a number"),
    ],
)
def test_a_mistake_in_it_is_told(condition, message):
    when = f"when = 'sources.exists(s, {condition})'"
    text = f"[[rule]]\nname = 'x'\n{when}\nactions = ['quarantine']\nreason = 'old'\n"
    (problem,) = check(text + SHIPPED, "policy.toml", demand_tests=False)
    assert (problem.line, message in problem.message) == (3, True)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (PAGE, "each minute" if clamav.VERSION_SECONDS == 60 else "no minute"),
        (PAGE, f"clamd has {ClamavSection().old_after_days:g} days by default"),
        (ENGINES, f"after {proofs.START_SECONDS:g} s at the latest"),
        (ENGINES, f"every {proofs.TICKS * proofs.TICK_SECONDS / 60:g} minutes"),
        (ENGINES, f"every {proofs.TICK_SECONDS:g} s while it is down"),
        (ENGINES, f"within {proofs.TICK_SECONDS:g} s of when"),
        (ENGINES, "| `self_test` | `true` |" if ClamavSection().self_test else ""),
    ],
)
def test_the_numbers_are_those_of_the_code(page, said):
    assert said in page
