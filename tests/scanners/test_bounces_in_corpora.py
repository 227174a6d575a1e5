"""Genuine bounces of many servers, and ordinary mail: the figures that the claim has to reach.

Nothing here is about single samples: the corpora are of others, and whoever tunes a
pattern to one of them has learned nothing about the next server.
"""

from collections import Counter
from importlib import resources
from pathlib import Path

import pytest

from pratique.policies.policy import Policy
from pratique.policies.verdict import Action
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.names import extension

CORPORA = Path(__file__).resolve().parents[3] / "shared/corpora"
MAIL = {"eml", "msg", "raw"}
# What is no ordinary mail among the mails of MIME libraries, and how that is known.
DELIVERY_REPORTS = {
    "enmime/delayed_dsn.raw": "multipart/report of a delay",
    "enmime/dsn_with_multipart_alternative.raw": "multipart/report by Exchange",
    "enmime/multi_recipient_dsn.raw": "RFC 3464, appendix: several recipients",
    "enmime/multipart-wo-boundary.raw": "multipart/report by a mailer-daemon, its boundary lost",
    "enmime/simple_dsn.raw": "RFC 3464, appendix: a simple one",
    "enmime/simple_dsn_with_html.raw": "the same, its text in HTML",
    "mime4j/badbound.msg": "Mail System Error - Returned Mail, from a mailer-daemon",
    "mimekit/delivery-status.anonymized.eml": "multipart/report, its words made unreadable",
    "php-imap/example_bounce.eml": "multipart/report, Mail delivery failed",
    "php-imap/issue-382.eml": "a mailer-daemon's, as its author says",
    "php-imap/issue-462.eml": "Undeliverable, from a postmaster",
}

pytestmark = [pytest.mark.slow, pytest.mark.real("shared mail")]


@pytest.fixture(scope="module")
def bounces_seen(see):
    folder = CORPORA / "bounces/sisimai"
    return {path.name: see(path.read_bytes()) for path in sorted(folder.glob("*.eml"))}


@pytest.fixture(scope="module")
def genuine(bounces_seen):
    return {name: one for name, one in bounces_seen.items() if not name.startswith("rfc3834-")}


@pytest.fixture(scope="module")
def policy():
    shipped = resources.files("pratique.policies") / "shipped/default.toml"
    return Policy.load(shipped.read_text("utf-8"))


@pytest.fixture(scope="module")
def ordinary(see):
    folder = CORPORA / "mime"
    paths = sorted(path for path in folder.rglob("*") if extension(path.name) in MAIL)
    return {str(path.relative_to(folder)): see(path.read_bytes()) for path in paths}


def test_genuine_bounces_claim_to_be_bounces(genuine):
    claimed = sum(one.bounce.claimed for one in genuine.values())

    print(f"claimed: {claimed} of {len(genuine)}")
    assert len(genuine) == 489
    assert claimed / len(genuine) >= 0.98


def test_automatic_replies_are_what_they_are(bounces_seen, genuine):
    replies = {name: one for name, one in bounces_seen.items() if name not in genuine}

    assert len(replies) == 6
    assert {one.bounce.claimed for one in replies.values()} == {False}
    assert {one.bounce.other for one in replies.values()} == {"automatic_reply"}


def test_no_genuine_bounce_is_refused(genuine, policy):
    refused = {
        name: verdict.rule
        for name, one in genuine.items()
        if (verdict := policy.decide(one, facts.Recipient())).action is Action.REJECT
    }
    assert refused == {}


def test_genuine_bounces_show_what_speaks_for_them(genuine):
    claimed = [one for one in genuine.values() if one.bounce.claimed]
    shown = Counter(kind for one in claimed for kind in {each.kind for each in one.bounce.evidence})

    print(shown.most_common())
    # bounces.md's figures are of all its sets; these sets have more odd servers than those.
    for kind, part in (
        ("failed_recipient", 0.98),
        ("returned_header", 0.90),
        ("returned_message_id", 0.85),
        ("delivery_status", 0.50),
    ):
        assert shown[kind] / len(claimed) >= part, kind
    assert shown["attachment"] == 0
    assert shown["html_only"] / len(claimed) <= 0.01


def test_nearly_all_genuine_bounces_weigh_as_such(genuine):
    light = [
        name
        for name, one in genuine.items()
        if one.bounce.claimed and sum(each.weight for each in one.bounce.evidence) <= 0
    ]
    print(light)
    assert len(light) / len(genuine) <= 0.02


def test_ordinary_mail_does_not_claim_to_be_a_bounce(ordinary):
    assert set(DELIVERY_REPORTS) <= set(ordinary)
    mails = {name: one for name, one in ordinary.items() if name not in DELIVERY_REPORTS}
    claimed = [name for name, one in mails.items() if one.bounce.claimed]

    print(f"claimed: {len(claimed)} of {len(mails)}")
    assert len(mails) > 250
    assert len(claimed) / len(mails) < 0.005


def test_what_is_left_out_of_ordinary_mail_does_claim_it(ordinary):
    assert [name for name in DELIVERY_REPORTS if not ordinary[name].bounce.claimed] == []


def test_other_reports_among_ordinary_mail_are_known(ordinary):
    told = {name: one.bounce.other for name, one in ordinary.items() if one.bounce.other}

    assert told == {
        "mimekit/disposition-notification.anonymized.eml": "disposition_notification",
        "php-imap/mail_that_is_attachment.eml": "dmarc_report",
    }


def test_no_ordinary_document_carries_macros(ordinary, genuine):
    seen = {**ordinary, **genuine}
    assert [name for name, one in seen.items() if any(p.may_carry_macros for p in one.parts)] == []
