"""The page on watching: each counter, each field of the log and each outcome is on it."""

import re
from datetime import UTC, datetime
from pathlib import Path

from pratique.milter.became import Became
from pratique.milter.counters import REGISTRY
from pratique.milter.logs import _fields
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.outcome import Outcome
from pratique.milter.supervisor.counters import Totals
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

PAGE = (Path(__file__).parents[2] / "docs/monitoring.md").read_text("utf-8")


def test_each_metric_is_there_and_no_other():
    told = Totals().text({"smtp": 1}).decode()
    metrics = {family.name for family in REGISTRY.collect()}
    metrics |= set(re.findall(r"# TYPE (pratique_door_restarts)", told))
    assert "pratique_door_restarts" in metrics
    named = set(re.findall(r"pratique_[a-z_]+", PAGE))
    assert {re.sub(r"_(total|bucket)$", "", name) for name in named} == metrics


def test_each_metric_that_counts_has_its_labels():
    rows = re.findall(r"^\| (`pratique.*?) \|(.*?)\|", PAGE, re.MULTILINE)
    labels = {name: re.findall(r"\w+", said) for names, said in rows for name in names.split(", ")}
    for family in REGISTRY._names_to_collectors.values():
        if (name := f"`{family._name}`") in labels:
            assert labels[name] == list(family._labelnames)


def test_each_outcome_and_each_field_of_the_line_is_there():
    words = set(re.findall(r"`(\w+)`", PAGE))
    envelope = Envelope(
        "Q1", datetime(2026, 11, 22, tzinfo=UTC), recipients=(Forward("a@x"), Forward("b@x"))
    )
    verdicts = (Verdict(Action.ACCEPT, "r", ""),) * 2
    outcomes = Outcome.HELD, Outcome.DELIVERED
    reply = Reply(250, ("ok",))
    became = Became(envelope, 1, 0.0, 0.0, Facts(), verdicts, "accept", "r", reply, "", outcomes)
    assert {str(one) for one in Outcome} <= words
    assert set(_fields(became, hides=False)) <= words
