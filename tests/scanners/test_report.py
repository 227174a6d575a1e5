"""Facts are bounded, valid text, and sent together."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.part import Member
from pratique.scanners.report import (
    AMBIGUITIES,
    DETAIL,
    EVIDENCE,
    EVIDENCE_DETAIL,
    FINDINGS,
    Report,
    describe,
    shorten,
)


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


@pytest.mark.parametrize(
    ("count", "told"), [(EVIDENCE, EVIDENCE), (EVIDENCE + 1, EVIDENCE), (10_000, EVIDENCE)]
)
def test_evidence_is_bounded(count, told):
    listener = Listener()
    report = Report(listener)
    reasons = [facts.Evidence(kind="automatic")] * count
    report.conclusion(facts.Facts(bounce=facts.Bounce(claimed=True, evidence=reasons)))
    report.send()

    assert len(listener.all().bounce.evidence) == told


@pytest.mark.parametrize("length", [EVIDENCE_DETAIL, EVIDENCE_DETAIL + 1])
def test_a_message_id_of_a_whole_line_stays_whole(length):
    listener = Listener()
    report = Report(listener)
    reason = facts.Evidence(kind="returned_message_id", detail="x" * length)
    report.conclusion(facts.Facts(bounce=facts.Bounce(evidence=[reason])))
    report.send()

    (told,) = listener.all().bounce.evidence
    assert ("…" in told.detail) == (length > EVIDENCE_DETAIL)
    assert len(told.detail) <= EVIDENCE_DETAIL


def test_a_part_that_is_concluded_of_is_stated_anew():
    listener = Listener()
    report = Report(listener)
    report.conclusion(facts.Facts(parts=[facts.Part(id=3, returned=True)]))
    report.send()

    assert [(part.id, part.returned) for part in listener.all().parts] == [(3, True)]
    assert not listener.all().HasField("bounce")


@pytest.mark.parametrize(
    "said",
    [
        {"name": "a.txt"},
        {"names": ("a", "b")},
        {"raw_name": b"\xff"},
        {"declared_type": "text/plain"},
        {"disposition": "inline"},
        {"encrypted": True},
        {"password": "infected"},
        {"unopened": "unreadable"},
        {"why": "it is cut off"},
        {"view": "further"},
        {"returned": True},
        {},
    ],
    ids=lambda said: next(iter(said), "nothing"),
)
def test_all_that_a_member_says_is_stated(said):
    known = describe(Member("zip:a", **said), 3, facts.Part(id=1, path="2", depth=1), ("message",))
    expected = facts.Part(id=3, parent=1, path="2/zip:a", depth=2, inside=["message"])
    expected.views.append(said.pop("view", "standard"))
    expected.MergeFrom(facts.Part(**said))

    assert known == expected
