"""The facts of a held message: all of them, or what can be written and a word of the rest."""

import json
import logging
from typing import Any

import pytest

from pratique.milter.quarantine.facts_kept import facts_from_json, facts_to_json
from pratique.scanners.facts_pb2 import Facts


@pytest.fixture
def facts() -> Facts:
    made = Facts()
    made.mail.subject = "hello"
    made.parts.add(id=0, parent=-1, raw_name=b"\xff\x00")
    made.failures.add(class_="deadline", part=-1, detail="late")
    made.findings.add(scanner="s", name="n").database_date.seconds = 1_700_000_000
    made.bounce.evidence.add(weight=float("inf"))
    return made


def test_facts_come_back_as_they_were(facts: Facts) -> None:
    assert facts_from_json(json.loads(json.dumps(facts_to_json(facts)))) == facts


# json_format's limits: the years 1 to 9999, and nanoseconds below a second.
@pytest.mark.parametrize(
    ("seconds", "nanos", "kept"),
    [
        (253_402_300_799, 0, True),
        (253_402_300_800, 0, False),
        (-62_135_596_800, 0, True),
        (-62_135_596_801, 0, False),
        (2**63 - 1, 0, False),
        (0, 999_999_999, True),
        (0, 1_000_000_000, False),
        (0, -1, False),
    ],
)
def test_a_date_that_cannot_be_written_costs_the_findings_and_nothing_else(
    *, facts: Facts, seconds: int, nanos: int, kept: bool, caplog: pytest.LogCaptureFixture
) -> None:
    facts.findings[0].database_date.seconds = seconds
    facts.findings[0].database_date.nanos = nanos
    read = facts_from_json(facts_to_json(facts))
    assert (read == facts) is kept
    assert (caplog.records == []) is kept
    if not kept:
        assert not read.findings
        assert (read.mail, list(read.parts)) == (facts.mail, list(facts.parts))
        assert [one.class_ for one in read.failures] == ["deadline", "worker"]
        assert "cannot be written: findings" in read.failures[1].detail


def test_two_groups_that_cannot_be_written_are_both_named(facts: Facts) -> None:
    facts.findings[0].database_date.nanos = -1
    facts.envelope.received_at.nanos = -1
    read = facts_from_json(facts_to_json(facts))
    assert "written: envelope, findings (" in read.failures[-1].detail
    assert read.mail.subject == "hello"


@pytest.mark.parametrize(
    "written",
    [
        {"findings": [{"database_date": "+32000000-01-01T00:00:00Z"}]},
        {"findings": 7},
        {"mail": {"size": "much"}},
        {"parts": [{"raw_name": 7}]},
        {"parts": [7]},
        {"parts_left_out": {"by_kind": []}},
        7,
        None,
    ],
)
def test_facts_that_cannot_be_read_are_told_among_the_facts(
    written: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        read = facts_from_json(written)
    assert [one.class_ for one in read.failures] == ["reader"]
    assert "cannot be read" in read.failures[0].detail
    assert "cannot be read" in caplog.text
