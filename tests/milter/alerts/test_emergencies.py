"""What in a message somebody should wake up for, and what nobody should."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.alerts.emergencies import LETTERS, NAMED, emergencies, flooded
from pratique.milter.became import Became
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.sections.bursts import BurstsSection
from pratique.policies.verdict import Action, Verdict
from pratique.scanners import kinds
from pratique.scanners.facts_pb2 import Bounce, Facts, Finding, Part

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LIMITS = BurstsSection(recipients=100, findings=3)


def became(facts, action="accept", verdicts=(), **more):
    stated = {
        "recipients": (Forward("Ann@example.org"),),
        "client": Client("192.0.2.7", "pc7.example.org", "pc7"),
        "direction": "outbound",
        "mta_id": "4F1B2",
        **more,
    }
    envelope = Envelope("Q1", NOON, "x@example.org", **stated)
    return Became(envelope, 1, 0.0, 0.1, facts, verdicts, action, "a rule", Reply(250, ("ok",)))


def alerts(facts, action="accept", **more):
    return list(emergencies(became(facts, action, **more), LIMITS))


def kinds_of(facts, action="accept", **more):
    return [one.kind for one in alerts(facts, action, **more)]


def found(severity, name="Worm", family="Mydoom", part=0):
    return Finding(name=name, family=family, severity=severity, part=part)


def recent(recipients=0, findings=0):
    facts = Facts()
    facts.envelope.client.recent_recipients = recipients
    facts.envelope.client.recent_findings = findings
    return facts


# Our own clients.


@pytest.mark.parametrize(
    ("severity", "action", "is_told"),
    [
        ("malicious", "accept", True),
        ("malicious", "reject", True),
        ("malicious", "defer", True),
        ("suspicious", "reject", True),
        ("suspicious", "quarantine", True),
        ("suspicious", "discard", True),
        ("suspicious", "accept", False),
        ("suspicious", "defer", False),
        ("information", "reject", False),
    ],
)
def test_a_client_of_ours_that_sends_what_is_bad_is_infected(severity, action, is_told):
    told = kinds_of(Facts(findings=[found(severity)]), action)
    assert told == (["infected_client"] if is_told else [])


def test_one_recipient_for_whom_it_is_stopped_is_enough():
    facts = Facts(findings=[found("suspicious")])
    verdicts = Verdict(Action.ACCEPT, "a", ""), Verdict(Action.QUARANTINE, "b", "")
    assert kinds_of(facts, "accept", verdicts=verdicts) == ["infected_client"]
    assert kinds_of(facts, "accept", verdicts=verdicts[:1]) == []


def test_what_strangers_send_wakes_nobody():
    facts = Facts(findings=[found("malicious")])
    assert kinds_of(facts, "reject", direction="inbound") == []


def test_nothing_bad_is_no_emergency():
    assert kinds_of(Facts()) == []
    assert kinds_of(Facts(), "quarantine") == []


def test_an_alert_names_client_findings_and_what_was_done():
    findings = [found("suspicious", "Odd", ""), found("malicious"), found("malicious")]
    authenticated = "Ann"
    (one,) = alerts(Facts(findings=findings), "reject", authenticated=authenticated)
    assert one.about == ("infected_client", "ann", "Worm")
    assert (one.findings, one.families) == (("Worm", "Odd"), ("Mydoom",))
    assert (one.queue_id, one.mta_id, one.authenticated) == ("Q1", "4F1B2", "Ann")
    assert (one.client_ip, one.client_name, one.helo) == ("192.0.2.7", "pc7.example.org", "pc7")
    assert (one.rule, one.action, one.recipients) == ("a rule", "reject", 1)


@pytest.mark.parametrize(("recipients", "is_told"), [(0, False), (100, False), (101, True)])
def test_a_burst_of_recipients_is_more_than_the_limit(recipients, is_told):
    told = alerts(recent(recipients=recipients))
    assert [(one.kind, one.lately) for one in told] == (
        [("burst_of_recipients", recipients)] if is_told else []
    )


@pytest.mark.parametrize(("findings", "is_told"), [(0, False), (3, False), (4, True)])
def test_a_burst_of_findings_is_more_than_the_limit(findings, is_told):
    told = alerts(recent(findings=findings))
    assert [(one.kind, one.lately) for one in told] == (
        [("burst_of_findings", findings)] if is_told else []
    )


def test_all_that_is_wrong_is_told():
    facts = recent(recipients=200, findings=20)
    facts.findings.append(found("malicious"))
    told = alerts(facts)
    assert [one.kind for one in told] == [
        "infected_client",
        "burst_of_recipients",
        "burst_of_findings",
    ]
    # A burst is one, whatever was found in its last message.
    assert [one.about[1:] for one in told] == [("192.0.2.7", "Worm"), *[("192.0.2.7",)] * 2]


# Bounces.


def bounce(*parts, findings=(), verified=True):
    root = Part(id=0, kind="message")
    proved = Bounce(claimed=True, verified=verified)
    return Facts(parts=[root, *parts], findings=findings, bounce=proved)


def part(kind="text", *, returned=True, **more):
    return Part(id=1, kind=kind, returned=returned, **more)


@pytest.mark.parametrize(
    ("facts", "kinds"),
    [
        (bounce(part("executable")), ("executable",)),
        (bounce(part("script")), ("script",)),
        (bounce(part("shortcut")), ("shortcut",)),
        (bounce(part("disk_image")), ("disk_image",)),
        (bounce(part("document", may_carry_macros=True)), ("macros",)),
        (bounce(part(), findings=[found("malicious", part=1)]), ()),
    ],
)
def test_a_proved_bounce_that_returns_what_is_dangerous_was_sent_by_one_of_ours(facts, kinds):
    (one,) = alerts(facts, "quarantine", direction="inbound")
    assert one.kind == "bounce_returns_malware"
    assert one.kinds == kinds
    assert one.about == ("bounce_returns_malware", "ann@example.org", *(kinds or ("Worm",)))


@pytest.mark.parametrize(
    "facts",
    [
        bounce(part("text")),
        bounce(part("archive", encrypted=True)),
        bounce(part("document", may_carry_macros=True, encrypted=True)),
        bounce(part(), findings=[found("suspicious", part=1)]),
        # Not in what is returned.
        bounce(part("executable", returned=False)),
        bounce(part(), findings=[found("malicious", part=0)]),
        # Not proved: somebody else sent it.
        bounce(part("executable"), verified=False),
        Facts(parts=[part("executable")], bounce=Bounce(verified=True)),
    ],
)
def test_no_other_bounce_wakes_anybody(facts):
    assert kinds_of(facts, "reject", direction="inbound") == []


@pytest.mark.parametrize(
    ("facts", "reverse_path", "kind"),
    [
        (bounce(part(), findings=[found("malicious", part=1)]), "", "own_bounce_with_malware"),
        # Not in what it returns, not by its form, or not by its reverse-path.
        (bounce(part(), findings=[found("malicious", part=0)]), "", "infected_client"),
        (
            bounce(part(), findings=[found("malicious", part=n) for n in (0, 1)]),
            "",
            "infected_client",
        ),
        (Facts(findings=[found("malicious")]), "", "infected_client"),
        (bounce(part(), findings=[found("malicious", part=1)]), "a@b.net", "infected_client"),
        (bounce(part(), findings=[found("malicious", part=1)]), None, "infected_client"),
    ],
)
def test_a_bounce_that_our_server_makes_of_malware_is_told_as_that(facts, reverse_path, kind):
    facts.bounce.verified = False
    message = became(facts, "reject")
    message = replace(message, envelope=replace(message.envelope, reverse_path=reverse_path))
    (one,) = emergencies(message, LIMITS)
    assert one.about == (kind, "192.0.2.7", "Worm")


def test_a_flood_is_told_for_its_address():
    facts = Facts(bounce=Bounce(claimed=True, flood=True, lately=11))
    message = became(facts, direction="inbound")
    (one,) = emergencies(message, LIMITS)
    assert (one.about, one.lately) == (("bounce_flood", "ann@example.org"), 11)
    assert flooded(message).about == one.about


# What a stranger wrote is bounded.


def test_names_are_bounded_in_number_and_length():
    findings = [found("malicious", f"{number:0>300}", "f" * 300) for number in range(9000)]
    (one,) = alerts(Facts(findings=findings))
    assert len(one.findings) == NAMED
    assert {len(text) for text in (*one.findings, *one.families)} == {LETTERS + 3}


@pytest.mark.parametrize(("length", "told"), [(LETTERS, LETTERS), (LETTERS + 1, LETTERS + 3)])
def test_a_text_is_cut_past_its_length(length, told):
    text = "x" * length
    client = Client("192.0.2.7", text, text)
    facts = Facts(findings=[found("malicious")])
    (one,) = alerts(facts, client=client, authenticated=text, mta_id=text)
    texts = one.client_name, one.helo, one.authenticated, one.mta_id, one.whose
    assert {len(text) for text in texts} == {told}


def test_a_message_without_anything_harms_nobody():
    empty = became(bounce(part("executable")), recipients=(), client=Client(), direction="inbound")
    assert [one.whose for one in emergencies(empty, LIMITS)] == [""]
    assert flooded(empty).whose == ""


def test_kinds_are_those_that_a_program_is():
    """As scanners/kinds.py has them, which this room does not import."""
    for kind in kinds.DANGEROUS:
        assert kinds_of(bounce(part(kind)), direction="inbound") == ["bounce_returns_malware"]
