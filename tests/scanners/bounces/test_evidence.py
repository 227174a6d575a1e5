"""The weights, and what no bounce carries."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.bounces import evidence
from pratique.scanners.bounces.evidence import ATTACHMENTS, WEIGHTS, is_strange


def test_each_kind_of_evidence_has_its_weight():
    assert set(WEIGHTS) == set(facts.EvidenceKinds.Word.keys()) - {"none"}


def test_words_and_authors_together_earn_less_than_one_returned_header():
    assert WEIGHTS["daemon_author"] + WEIGHTS["subject_words"] < WEIGHTS["returned_header"]


def test_an_attachment_outweighs_each_other_reason():
    assert max(map(abs, WEIGHTS.values())) == -WEIGHTS["attachment"]


def test_only_the_first_of_several_ids_has_a_weight():
    found = list(evidence.message_ids(["<a@b>", "<c@d>"]))
    assert [(one.detail, one.weight) for one in found] == [("<a@b>", 3.5), ("<c@d>", 0.0)]


@pytest.mark.parametrize(
    "known",
    [
        {"kind": "executable"},
        {"kind": "script"},
        {"kind": "shortcut"},
        {"kind": "archive"},
        {"kind": "disk_image"},
        {"kind": "document", "may_carry_macros": True},
        {"kind": "document", "type": "application/onenote"},
        {"kind": "html", "declared_type": "text/html", "disposition": "attachment"},
        {"kind": "html", "declared_type": "text/html", "name": "x.html"},
        {"kind": "html", "declared_type": "application/octet-stream"},
    ],
)
def test_what_no_bounce_carries_is_strange(known):
    assert is_strange(facts.Part(**known))


@pytest.mark.parametrize(
    "known",
    [
        {"kind": "text"},
        {"kind": "message"},
        {"kind": "multipart"},
        {"kind": "image"},
        {"kind": "document"},
        {"kind": "html", "declared_type": "text/html"},
        {"kind": "html", "declared_type": "text/html", "disposition": "inline"},
        {"kind": "archive", "type": "application/vnd.ms-tnef", "name": "winmail.dat"},
    ],
)
def test_what_bounces_carry_is_not(known):
    assert not is_strange(facts.Part(**known))


@pytest.mark.parametrize(
    ("count", "detail"),
    [
        (1, "p0 (archive)"),
        (ATTACHMENTS, "p0 (archive), p1 (archive), p2 (archive)"),
        (ATTACHMENTS + 2, "p0 (archive), p1 (archive), p2 (archive) and 2 more"),
    ],
)
def test_attachments_are_named_once_and_not_without_end(count, detail):
    parts = [facts.Part(id=each, path=f"p{each}", kind="archive") for each in range(count)]
    (one,) = evidence.attachments([*parts, facts.Part(id=99, kind="text")], set())
    assert one.detail == detail


def test_what_is_returned_is_no_attachment():
    assert list(evidence.attachments([facts.Part(id=1, kind="archive")], {1})) == []
