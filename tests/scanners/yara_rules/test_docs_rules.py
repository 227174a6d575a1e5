"""The page docs/rules.md says what is so, and its examples are sound."""

import re
import tomllib
from pathlib import Path

import pytest
import yara

from pratique.milter.config import Settings
from pratique.milter.sections.seeing import YaraSection
from pratique.policies.check import check
from pratique.scanners.yara_rules import (
    asked,
    checking,
    compiling,
    kept,
    loading,
    meta,
    samples,
    sources,
    timing,
    trial,
)

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/rules.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLE = ROOT / "examples/rules/invoices.yar"


def test_the_example_is_shown_as_it_stands_and_is_sound():
    (shown,) = (text for kind, text in BLOCKS if kind == "yara")
    assert shown == EXAMPLE.read_text("utf-8")
    assert list(checking.problems(str(EXAMPLE), shown)) == []


def test_the_example_finds_what_it_says():
    rules = yara.compile(filepath=str(EXAMPLE))
    octets = b"Invoice of EXAMPLE LTD, to GB82 WEST 1234 5698 7654 32"
    found = {match.rule: meta.said(match.meta) for match in rules.match(data=octets)}
    assert {name: said.severity for name, said in found.items()} == {
        "Forged_invoice_of_Example_Ltd": "malicious",
        "Mentions_a_bank_account": "information",
    }
    assert found["Forged_invoice_of_Example_Ltd"].reference.startswith("https://intranet.")
    assert rules.match(data=samples.HARMLESS["a text mail"]) == []


def test_every_setting_is_there_and_its_section_is_read():
    assert [name for name in YaraSection.model_fields if f"| `{name}` |" not in PAGE] == []
    (section,) = (text for kind, text in BLOCKS if kind == "toml" and "[yara]" in text)
    assert Settings.model_validate(tomllib.loads(section)).yara.cache is True


@pytest.mark.slow
def test_the_rule_of_the_policy_is_sound():
    (rule,) = (text for kind, text in BLOCKS if kind == "toml" and "[[rule]]" in text)
    policy = (ROOT / "src/pratique/policies/shipped/default.toml").read_text("utf-8")
    assert check(rule + policy, "policy.toml", demand_tests=False) == []


@pytest.mark.parametrize(
    ("finding", "keys"),
    [
        ("severity", ("severity", "score")),
        ("family", (*meta.FAMILY, *meta.THREAT)),
        ("note", meta.NOTE),
        ("reference", meta.REFERENCE),
    ],
)
def test_the_keys_stand_in_their_order(finding, keys):
    said = re.search(rf"^\| `{finding}` \| ([^|]+) \|", PAGE, re.MULTILINE)[1]
    assert tuple(re.findall(r"`(\w+)`", said)) == keys


def test_the_words_of_severity_are_those():
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| `(\w+)`: ", PAGE, re.MULTILINE)
    said = {word: severity for words, severity in rows for word in re.findall(r"`(\w+)`", words)}
    assert said == meta.SEVERITIES


@pytest.mark.parametrize(
    "said",
    [
        f"`suspicious` from {meta.SURE} on",
        f"not finished after {checking.SECONDS} seconds |",
        f"longer than {trial.CHECK_SECONDS:g} seconds",
        f"from {timing.SLOW:g} ms a megabyte on",
        f"takes {timing.SLOW_TO_COMPILE:g} seconds to compile",
        f"not finished after {timing.SCAN_SECONDS} seconds",
        f"timed for {timing.RULES_SECONDS:g} seconds",
        f"up to {timing.MOST_OCTETS // timing.MEGABYTE} MB)",
        f"more than {asked.COMPILE_SECONDS:g} seconds or {compiling.MEMORY // 1024**3} GB",
        f"end within {loading.TRIAL_SECONDS} seconds",
        f"up to {sources.TOLD})",
        f"Up to {loading.TWICE // 1024} KB of sources",
        ", ".join(f"`{name}`" for name in yara.modules if name != "tests"),
    ],
)
def test_numbers_are_those_of_the_code(said):
    assert said in PAGE


def test_so_many_are_kept_and_tried():
    assert kept.MOST == 9
    assert "nine are kept" in PAGE
    assert trial.SLOWEST == 5
    assert "the five slowest files" in PAGE
    for label in samples.HARMLESS:
        assert label in PAGE
