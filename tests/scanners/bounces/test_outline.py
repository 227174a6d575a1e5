"""The outer parts of a message: nothing of what is attached, and only bounded copies."""

import pytest

from pratique.scanners.bounces import outline as outlines
from pratique.scanners.bounces.outline import (
    MESSAGES,
    STATUS_OCTETS,
    STATUSES,
    TEXT_OCTETS,
    TEXTS,
)


def test_the_outer_parts_are_those_in_nothing_but_multiparts(gather, bounces):
    inner = bounces.multipart(bounces.text, bounces.text, type_=b"alternative")
    forwarded = b"Content-Type: message/rfc822\n\n" + bounces.report()
    outline = gather(bounces.multipart(inner, forwarded)).outline

    assert [one.path for one in outline.outer] == ["1", "1/1", "1/2", "2"]
    assert [text.path for text, _ in outline.texts] == ["1/1", "1/2"]
    assert outline.statuses == []
    assert len(outline.parts) > len(outline.outer)


def test_a_message_that_is_one_text_has_that_text(gather):
    (text,) = gather(b"Subject: x\n\nhello\n").outline.texts

    assert text[1] == b"hello\n"


def test_the_status_and_the_returned_header_are_kept(gather, bounces):
    outline = gather(bounces.report()).outline

    assert outline.statuses[0].startswith(b"Reporting-MTA")
    assert [head[:9] for head in outline.heads.values()] == [b"Received:"]


def test_a_message_inline_in_an_outer_text_is_kept_and_no_deeper_one(gather, bounces):
    inline = b"Content-Type: text/plain\n\nIt failed.\n\n" + bounces.header + b"\nhello\n"
    assert len(gather(b"Subject: x\n" + inline).outline.heads) == 1
    attached = b"Content-Type: message/rfc822\n\nSubject: x\n" + inline
    heads = gather(bounces.multipart(bounces.text, attached)).outline.heads
    assert [head[:8] for head in heads.values()] == [b"Subject:"]


@pytest.mark.parametrize(
    ("count", "part", "kept"),
    [
        (TEXTS, "text", TEXTS),
        (TEXTS + 1, "text", TEXTS),
        (STATUSES, "status", STATUSES),
        (STATUSES + 1, "status", STATUSES),
        (MESSAGES, "returned", MESSAGES),
        (MESSAGES + 1, "returned", MESSAGES),
    ],
)
def test_only_so_many_octets_are_kept(count, part, kept, gather, bounces):
    outline = gather(bounces.multipart(*[getattr(bounces, part)] * count)).outline

    assert len(outline.texts) + len(outline.statuses) + len(outline.heads) == kept


@pytest.mark.parametrize(
    ("type_", "most"), [(b"text/plain", TEXT_OCTETS), (b"message/delivery-status", STATUS_OCTETS)]
)
@pytest.mark.parametrize("more", [0, 1])
def test_only_the_beginning_is_kept(type_, most, more, gather, bounces):
    part = b"Content-Type: " + type_ + b"\n\n" + b"x" * (most + more)
    outline = gather(bounces.multipart(part)).outline

    (octets,) = [octets for _, octets in outline.texts] or outline.statuses
    assert len(octets) == most


@pytest.mark.parametrize(
    ("wraps", "found"), [([], 0), ([b"signed"], 1), ([b"mixed", b"signed"], 2), ([b"related"], -1)]
)
def test_a_report_is_looked_for_in_what_is_signed_and_what_is_mixed(wraps, found, gather, bounces):
    octets = bounces.report(head=b"")
    for type_ in wraps:
        octets = bounces.multipart(octets, bounces.text, type_=type_)
    outline = gather(octets).outline

    assert outline.report(f"multipart/{(wraps or [b'report'])[-1].decode()}") == found


@pytest.mark.parametrize(("deep", "found"), [(3, True), (4, False)])
def test_a_report_is_looked_for_so_deep(deep, found, gather, bounces):
    octets = bounces.report(head=b"")
    for _ in range(deep):
        octets = bounces.multipart(octets, bounces.text)
    assert (gather(octets).outline.report("multipart/mixed") > 0) is found


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (b"<feedback>", "dmarc_report"),
        (b'<?xml version="1.0"?>\n<!-- a - b -->\n<feedback xmlns="urn:x">', "dmarc_report"),
        (b"\xef\xbb\xbf <d:feedback >", "dmarc_report"),
        (b'{"organization-name": "x"}', "tls_report"),
        (b'{\n "report-id": 1, "policies": []}', "tls_report"),
        (b"<feedbacks>", None),
        (b"<x><feedback>", None),
        (b"hello <feedback>", None),
        (b'<?xml-stylesheet href="x"?><feedback>', None),
        (b'<feedback xmlns:x="http://www.w3.org/1999/xhtml"><x:script/>', None),
        (b'<feedback xmlns:x="http://www.w3.org/1999&#x2f;xhtml"><x:script/>', None),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><feedback>', None),
        (b'{"a": 1}', None),
    ],
)
def test_reports_that_come_as_files_are_known_by_their_root(octets, word, gather, bounces):
    part = b"Content-Type: text/xml\n\n" + octets
    outline = gather(bounces.multipart(bounces.text, part)).outline
    assert [*outline.reports.values()] == ([word] if word else [])


def test_a_report_is_the_message_or_what_a_gateway_wrapped(gather, bounces):
    wrapped = gather(bounces.multipart(bounces.report(head=b""), bounces.text)).outline
    behind = gather(bounces.multipart(bounces.text, bounces.report(head=b""))).outline

    assert gather(bounces.report()).outline.report(outlines.REPORT) == 0
    assert wrapped.report("multipart/mixed") == 1
    assert behind.report("multipart/mixed") == 2
    assert gather(b"\nhello").outline.report("text/plain") == -1
