"""Whom a message is from, and what a bounce is worth, for a person."""

import io

import pytest
from rich.console import Console

from pratique.milter.cli import origin
from pratique.scanners.facts_pb2 import (
    Auth,
    Bounce,
    DkimResult,
    Evidence,
    Facts,
    SpoofSign,
)

HOSTILE = "\x1b[2J[red]\r\n\u202e"


def shown(**known):
    out = io.StringIO()
    console = Console(file=out, width=200, color_system=None)
    for line in origin.lines(Facts(**known)):
        console.print(line, highlight=False)
    return out.getvalue()


def test_of_what_nobody_knows_there_is_no_line():
    assert shown() == ""
    assert shown(bounce=Bounce(claimed=False), auth=Auth(checker="pratique")) == ""


def test_who_is_proved_to_have_sent_it_is_told_with_what_proves_it():
    dkim = [DkimResult(domain="a.example", result="pass"), DkimResult(domain="b", result="fail")]
    auth = Auth(spf="softfail", dkim=dkim, dmarc="pass", dmarc_policy="reject", arc="none")
    auth.checker, auth.authenticated_as = "pratique", "ann@a.example"
    assert shown(auth=auth) == (
        "  sender spf softfail, dkim pass a.example, dkim fail b, dmarc pass (its owner wants "
        "reject), arc none, says pratique; proved to be from ann@a.example\n"
    )


def test_that_nobody_is_proved_to_have_sent_it_is_told():
    assert "nobody has proved to have sent it" in shown(auth=Auth(spf="none"))
    assert "nothing checked; proved to be from a@b" in shown(auth=Auth(authenticated_as="a@b"))


def test_signs_of_spoofing_are_told_with_what_they_saw():
    signs = [SpoofSign(kind="own_domain", detail="From: x@y.example"), SpoofSign(kind="lookalike")]
    assert shown(spoof_signs=signs) == (
        "  spoof sign own_domain: From: x@y.example\n  spoof sign lookalike\n"
    )


@pytest.mark.parametrize(
    ("recipients", "findings", "text"),
    [
        (0, 0, ""),
        (0, 3, ""),
        (1, 1, "  client 1 recipient within ten minutes, 1 message with findings\n"),
        (7, 0, "  client 7 recipients within ten minutes\n"),
        (7, 2, "  client 7 recipients within ten minutes, 2 messages with findings\n"),
    ],
)
def test_a_burst_is_told_where_somebody_counts(recipients, findings, text):
    known = Facts()
    known.envelope.client.recent_recipients = recipients
    known.envelope.client.recent_findings = findings
    assert shown(envelope=known.envelope) == text


def test_a_bounce_is_told_with_each_weight_and_their_sum():
    reasons = [
        Evidence(kind="sent_message", weight=10, detail="<a@b.example>"),
        Evidence(kind="html_only", weight=-5.1),
    ]
    assert shown(bounce=Bounce(claimed=True, verified=True, evidence=reasons)).splitlines() == [
        "  bounce claimed, verified; for (+) and against (-) a genuine one:",
        "    +10.0 sent_message: <a@b.example>",
        "     -5.1 html_only",
        "     +4.9 together",
    ]


def test_one_reason_needs_no_sum():
    text = shown(bounce=Bounce(claimed=True, evidence=[Evidence(kind="html_only", weight=-5.1)]))
    assert "not verified" in text
    assert "together" not in text


def test_another_report_is_none_and_may_answer_a_message_of_ours():
    reasons = [Evidence(kind="sent_message", weight=10, detail="<a@b.example>")]
    bounce = Bounce(other="automatic_reply", verified=True, evidence=reasons)
    assert shown(bounce=bounce).splitlines() == [
        "  no bounce but another report: automatic_reply, answers a message of ours",
        "    +10.0 sent_message: <a@b.example>",
    ]
    assert (
        shown(bounce=Bounce(other="tls_report")) == "  no bounce but another report: tls_report\n"
    )


@pytest.mark.parametrize(
    ("flood", "words"), [(True, "a flood: only what is verified counts"), (False, "an hour\n")]
)
def test_a_flood_is_told(flood, words):
    text = shown(bounce=Bounce(claimed=True, lately=12, flood=flood))
    assert "12 unproved ones to its recipient within an hour" in text
    assert words in text
    assert ("flood" in text) is flood


def test_no_text_of_a_stranger_is_a_command():
    text = shown(
        auth=Auth(spf=HOSTILE, dmarc=HOSTILE, dmarc_policy=HOSTILE, checker=HOSTILE),
        spoof_signs=[SpoofSign(kind=HOSTILE, detail=HOSTILE)],
        bounce=Bounce(claimed=True, evidence=[Evidence(kind=HOSTILE, detail=HOSTILE)]),
    )
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]" in text
