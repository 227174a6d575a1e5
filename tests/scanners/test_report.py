"""Facts are bounded, valid text, and sent together."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.report import AMBIGUITIES, DETAIL, FINDINGS, Report, shorten


class Listener:
    def __init__(self):
        self.heard = []

    def started(self, name, part):
        self.heard.append((name, part))

    def found(self, found):
        self.heard.append(found)

    def all(self):
        together = facts.Facts()
        for found in self.heard:
            together.MergeFrom(found)
        return together


def test_what_belongs_together_is_sent_at_once():
    listener = Listener()
    report = Report(listener)
    report.part(facts.Part(id=1))
    report.limit("depth", 1, "deep")
    report.failure("reader", 1, "broken")
    assert listener.heard == []
    report.send()
    report.send()

    assert len(listener.heard) == 1
    assert len(listener.heard[0].parts) == 1


def test_a_start_is_announced_at_once():
    listener = Listener()
    Report(listener).started("zip", 3)

    assert listener.heard == [("zip", 3)]


@pytest.mark.parametrize(("more", "limits"), [(0, []), (1, ["ambiguities"]), (2, ["ambiguities"])])
def test_ambiguities_are_counted_to_a_limit(more, limits):
    listener = Listener()
    report = Report(listener)
    for _ in range(AMBIGUITIES + more):
        report.ambiguity("bad_base64", facts.Part(path="1"), "odd")
    report.send()

    assert len(listener.all().ambiguities) == AMBIGUITIES
    assert [limit.class_ for limit in listener.all().limits] == limits


@pytest.mark.parametrize(("more", "limits"), [(0, []), (1, ["findings"]), (2, ["findings"])])
def test_findings_are_counted_to_a_limit(more, limits):
    listener = Listener()
    report = Report(listener)
    for _ in range(FINDINGS + more):
        report.findings(facts.Facts(findings=[facts.Finding(name="x")]), 1)
    report.send()

    assert len(listener.all().findings) == FINDINGS
    assert [limit.class_ for limit in listener.all().limits] == limits


def test_the_failures_of_a_scanner_are_kept():
    listener = Listener()
    report = Report(listener)
    report.findings(facts.Facts(failures=[facts.Failure(class_="scanner", detail="slow")]), 1)
    report.send()

    assert listener.all().failures[0].detail == "slow"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("a" * 9, "a" * 9),
        ("a" * 6 + "b" * 6, "aaaa…bbbb"),
        ("\ud800x", "?x"),
        ("", ""),
    ],
)
def test_a_long_text_loses_its_middle_and_surrogates_never_pass(text, short):
    assert shorten(text, 9) == short


def test_details_are_bounded():
    listener = Listener()
    report = Report(listener)
    report.failure("reader", 1, "x" * 10_000)
    report.send()

    assert len(listener.all().failures[0].detail) <= DETAIL
