"""The weights, and what no bounce carries."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.bounces import evidence
from pratique.scanners.bounces.evidence import ATTACHMENTS, WEIGHTS, is_strange, strange
from pratique.scanners.bounces.outline import Outline


def test_each_kind_of_evidence_has_its_weight():
    # The others are weighed where it is known what we sent.
    sent = {word for word, number in facts.EvidenceKinds.Word.items() if number >= 16}
    assert set(WEIGHTS) == set(facts.EvidenceKinds.Word.keys()) - {"none"} - sent


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
        {"kind": "message", "declared_type": "message/rfc822"},
        {"kind": "message", "declared_type": "text/plain", "name": "x.mht"},
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
        {"kind": "multipart"},
        {"kind": "image"},
        {"kind": "document"},
        {"kind": "html", "declared_type": "text/html"},
        {"kind": "html", "declared_type": "text/html", "disposition": "inline"},
        {"kind": "html", "declared_type": "text/plain"},
        {"kind": "html", "declared_type": "application/xhtml+xml"},
        {"kind": "message", "declared_type": "text/plain"},
        {"kind": "message", "declared_type": "message/partial", "unopened": "elsewhere"},
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
    (one,) = evidence.attachments(parts)
    assert one.detail == detail


def test_what_is_returned_is_no_attachment():
    one = facts.Part(id=1, kind="archive")
    assert strange(Outline([one]), {1}) == []
    assert strange(Outline([one]), set()) == [one]
    assert list(evidence.attachments([])) == []


def test_the_message_itself_is_no_attachment():
    assert strange(Outline([facts.Part(id=0, parent=-1, kind="message")]), set()) == []


@pytest.mark.parametrize(
    ("known", "left"),
    [
        ({"kind": "html", "declared_type": "text/html", "name": "body.html"}, 0),
        ({"kind": "html", "declared_type": "text/html", "disposition": "attachment"}, 1),
        ({"kind": "html", "declared_type": "application/octet-stream"}, 1),
        ({"kind": "archive"}, 1),
    ],
)
def test_a_page_in_the_place_of_the_text_is_the_text(known, left):
    one = facts.Part(id=1, **known)
    assert len(strange(Outline([one], [one]), set())) == left
    text = facts.Part(id=2, kind="text")
    assert len(strange(Outline([text, one], [text, one]), set())) == 1


@pytest.mark.parametrize(
    ("disposition", "parent", "left"),
    [("", 5, 0), ("inline", 0, 0), ("", 0, 1), ("attachment", 5, 1)],
)
def test_a_drawing_that_is_shown_is_a_picture(disposition, parent, left):
    related = facts.Part(id=5, kind="multipart", declared_type="multipart/related")
    text = facts.Part(id=6, parent=5, kind="text")
    drawing = facts.Part(id=7, parent=parent, kind="html", declared_type="image/svg+xml")
    drawing.disposition, parts = disposition, [related, text, drawing]
    assert len(strange(Outline(parts, parts), set())) == left
