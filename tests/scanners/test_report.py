"""Facts are bounded, valid text, and sent together."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.families.known import SHIPPED
from pratique.scanners.part import Member
from pratique.scanners.report import (
    AMBIGUITIES,
    DETAIL,
    EVIDENCE,
    EVIDENCE_DETAIL,
    FINDINGS,
    MEMORY,
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


def test_an_error_that_cannot_say_what_it_is_is_stated_all_the_same():
    class MuteError(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    listener = Listener()
    report = Report(listener)
    report.error("scanner", 1, "who", MuteError())
    report.send()
    told = "who: MuteError, which does not say what it is"
    assert [one.detail for one in listener.all().failures] == [told]


def test_details_are_bounded():
    listener = Listener()
    report = Report(listener)
    report.failure("reader", 1, "x" * 10_000)
    report.limit("depth", 1, "x" * 10_000)
    report.findings(facts.Facts(limits=[facts.Limit(part=2, detail="x" * 10_000)]), 1)
    report.error("scanner", 1, "who", ValueError("x" * 10_000))
    report.send()

    told = listener.all()
    details = [one.detail for one in (*told.failures, *told.limits)]
    assert [len(detail) <= DETAIL for detail in details] == [True] * 4
    assert [one.part for one in told.limits] == [1, 2]
    assert details[1].startswith("who: ValueError: x")


def test_a_limit_before_what_is_in_a_part_is_stated_of_the_part_as_well():
    listener = Listener()
    report = Report(listener)
    known = facts.Part(id=3)
    report.mark(known, MEMORY)
    report.send()

    assert (known.unopened, known.why) == ("over_budget", MEMORY.detail)
    assert [(one.class_, one.part) for one in listener.all().limits] == [("part_octets", 3)]


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


def test_signatures_are_stated_as_they_are_concluded():
    listener = Listener()
    report = Report(listener)
    signatures = [facts.Signature(kind="dkim", domain="example.org")]
    report.conclusion(facts.Facts(signatures=signatures))
    report.send()

    assert list(listener.all().signatures) == signatures


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


@pytest.mark.parametrize(
    ("name", "family", "told"),
    [
        ("MAL_Emotet_Jan20_1", "", "Emotet"),
        ("MAL_Emotet_Jan20_1", "Rhubarb", "Rhubarb"),
        ("a_rule", "novarg", "Mydoom"),
        ("Invoice_Program", "", ""),
    ],
)
def test_a_family_is_what_the_scanner_says_or_what_stands_in_the_name(name, family, told):
    listener = Listener()
    report = Report(listener, SHIPPED)
    report.findings(facts.Facts(findings=[facts.Finding(name=name, family=family)]), 0)
    report.send()
    assert [one.family for one in listener.all().findings] == [told]
