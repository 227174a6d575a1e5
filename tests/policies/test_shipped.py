"""Hold the policies that are shipped: each rule decides something, and is missed.

How they hold together, and what their tests notice, is in test_shipped_together.py.
"""

import re
from importlib import resources

import pytest

from pratique.policies.check import check
from pratique.policies.danger import reduce
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action, HeaderField
from pratique.scanners import facts_pb2 as facts

NOBODY = facts.Recipient()

# Rules of the default policy that decide a class of what was not seen.
FOR_UNSEEN = {
    "archive with a password": "archive_password",
    "too much to look at": "over_budget",
    "no program to open it": "needs_program",
    "content elsewhere": "elsewhere",
    "unreadable": "unreadable",
    "our own failure": "failure",
    "ambiguous": "duplicate_parameter",
    "encrypted mail": "pgp",
    "document with a password": "document_password",
}


def without(text, name):
    """The policy's text with one rule and its tests cut out."""
    rules = re.split(r"(?m)^(?=\[\[rule\]\])", text)
    kept = [each for each in rules if not re.search(rf'(?m)^name\s*= "{name}"$', each)]
    assert len(kept) == len(rules) - 1
    return "".join(kept)


@pytest.fixture(params=("default", "strict"))
def shipped(request):
    """Each policy in turn that is in force for all mail."""
    return request.getfixturevalue(request.param)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "word"), FOR_UNSEEN.items())
def test_without_a_rule_for_the_unseen_the_default_policy_is_refused(default_text, name, word):
    problems = check(without(default_text, name))
    assert word in " ".join(problem.message for problem in problems)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["malicious", "program", "suspicious", "disguised"])
def test_the_other_rules_of_the_default_policy_are_an_admins_choice(default_text, name):
    assert check(without(default_text, name)) == []


def test_every_message_beside_the_policies_is_used_and_there(default):
    named = {test.message for rule in default.rules for test in rule.tests} - {""}
    shipped = resources.files("pratique.policies") / "shipped"
    there = {f"mail/{each.name}" for each in (shipped / "mail").iterdir()}
    assert named == there


def test_messages_have_the_line_ends_of_the_wire():
    for each in (resources.files("pratique.policies") / "shipped/mail").iterdir():
        octets = each.read_bytes()
        assert octets.count(b"\n") == octets.count(b"\r\n")
        assert b"\r\nX-Corpus-Note: " in octets


@pytest.mark.parametrize(
    ("part", "action", "rule"),
    [
        ({"kind": "executable"}, "reject", "program"),
        ({"kind": "script", "inside": ["message", "zip"]}, "reject", "program"),
        ({"kind": "shortcut", "returned": True}, "reject", "program"),
        ({"kind": "archive"}, "accept", "all other mail"),
        ({"kind": "document"}, "accept", "all other mail"),
        ({"unopened": "archive_password"}, "quarantine", "archive with a password"),
        ({"unopened": "over_budget"}, "quarantine", "too much to look at"),
        ({"unopened": "needs_program"}, "quarantine", "no program to open it"),
        ({"unopened": "elsewhere"}, "quarantine", "content elsewhere"),
        ({"unopened": "unreadable"}, "quarantine", "unreadable"),
        ({"unopened": "failure"}, "quarantine", "our own failure"),
        ({"disguised": ["spaces"]}, "quarantine", "disguised"),
        ({"unopened": "pgp"}, "accept", "encrypted mail"),
        ({"unopened": "smime"}, "accept", "encrypted mail"),
        ({"unopened": "document_password"}, "accept", "document with a password"),
        # A program in the directory of an encrypted archive is reason enough.
        ({"unopened": "archive_password", "kind": "executable"}, "reject", "program"),
    ],
)
def test_what_the_default_policy_does_with_a_part(default, part, action, rule):
    known = facts.Facts(parts=[facts.Part(id=0, kind="message"), facts.Part(id=1, **part)])
    verdict = default.decide(known, NOBODY)
    assert (verdict.action, verdict.rule) == (action, rule)


@pytest.mark.parametrize("unopened", ["pgp", "smime", "document_password"])
def test_what_nobody_looked_into_says_so(default, unopened):
    known = facts.Facts(parts=[facts.Part(id=1, unopened=unopened)])
    (field,) = default.decide(known, NOBODY).add_header
    assert isinstance(field, HeaderField)
    assert "not looked into" in field.value


def test_other_mail_says_nothing(shipped):
    assert shipped.decide(facts.Facts(), NOBODY).add_header == ()


WORM = facts.Part(id=1, kind="executable", returned=True)


def bounce(*kinds, **more):
    evidence = [facts.Evidence(kind=kind) for kind in kinds]
    return facts.Bounce(claimed=True, evidence=evidence, **more)


def test_our_own_worm_is_held_where_it_comes_back_however_certain_it_is(shipped):
    known = facts.Facts(bounce=bounce("sent_message", verified=True))
    known.parts.extend([facts.Part(id=0), WORM])
    known.findings.add(severity="malicious", part=1)
    verdict = shipped.decide(known, NOBODY)
    assert (verdict.action, verdict.rule) == (Action.QUARANTINE, "one of our own machines")
    known.bounce.verified = False
    assert shipped.decide(known, NOBODY).action is Action.REJECT


def test_a_program_beside_what_a_verified_bounce_returns_is_refused(shipped):
    known = facts.Facts(bounce=bounce(verified=True), parts=[facts.Part(kind="script")])
    assert shipped.decide(known, NOBODY).action is Action.REJECT


@pytest.mark.parametrize("kind", ["never_sent", "mark_bad", "own_reporter", "several_recipients"])
def test_a_contradiction_holds_a_bounce_however_good_its_form_is(shipped, kind):
    known = facts.Facts(bounce=bounce("structure", "returned_header", kind, weight=9.0))
    assert shipped.decide(known, NOBODY).action is Action.QUARANTINE
    known.bounce.verified = True
    assert shipped.decide(known, NOBODY).action is Action.ACCEPT


def test_our_own_servers_bounces_to_others_are_no_false_ones(shipped):
    known = facts.Facts(bounce=bounce("structure", "attachment", "never_ours", weight=-9.0))
    known.links.add(url="https://www.example.net/")
    assert shipped.decide(known, NOBODY).action is not Action.ACCEPT
    known.mail.direction = "outbound"
    assert shipped.decide(known, NOBODY).action is Action.ACCEPT


def test_a_worm_that_goes_out_is_refused_as_one_that_comes_in(shipped):
    known = facts.Facts(parts=[facts.Part(kind="executable")])
    known.mail.direction = "outbound"
    assert shipped.decide(known, NOBODY).action is Action.REJECT


def test_a_bounce_that_nothing_proves_says_so_only_where_bounces_are_proved(default):
    known = facts.Facts(bounce=bounce("structure", weight=9.0))
    assert default.decide(known, NOBODY).add_header == ()
    known.bounce.lately = 1
    (field,) = default.decide(known, NOBODY).add_header
    assert (field.name, field.value) == ("X-Pratique-Bounce", "not verified")


def test_signs_alone_hold_nothing_in_the_default_policy(default):
    words = set(facts.SpoofSigns.Word.keys()) - {"none", "name_of_ours"}
    known = facts.Facts(spoof_signs=[facts.SpoofSign(kind=word) for word in words])
    assert default.decide(known, NOBODY).action is Action.ACCEPT


@pytest.mark.parametrize(
    ("auth", "by_default", "by_strict"),
    [
        ({"dmarc": "fail", "dmarc_policy": "reject"}, "quarantine", "reject"),
        ({"dmarc": "fail", "dmarc_policy": "reject", "arc": "pass"}, "quarantine", "quarantine"),
        ({"dmarc": "fail", "dmarc_policy": "quarantine"}, "quarantine", "quarantine"),
        ({"dmarc": "fail", "dmarc_policy": "none"}, "accept", "quarantine"),
        ({"dmarc": "temperror", "dmarc_policy": "reject"}, "accept", "accept"),
        ({"dmarc": "none", "spf": "fail"}, "accept", "accept"),
        ({"dmarc": "pass", "spf": "fail"}, "accept", "accept"),
        ({}, "accept", "accept"),
    ],
)
def test_what_is_done_by_the_word_of_the_authors_domain(
    default, strict, auth, by_default, by_strict
):
    known = facts.Facts(auth=facts.Auth(**auth))
    assert default.decide(known, NOBODY).action == by_default
    assert strict.decide(known, NOBODY).action == by_strict


def test_encrypted_mail_beside_something_ambiguous_is_held(default):
    known = facts.Facts(parts=[facts.Part(id=1, unopened="pgp")])
    known.ambiguities.add(class_="duplicate_parameter")
    assert default.decide(known, NOBODY).action is Action.QUARANTINE


def test_a_program_among_thousands_of_parts_is_refused(default):
    known = facts.Facts(parts=[facts.Part(id=each, kind="image") for each in range(5000)])
    known.parts[4999].kind = "script"
    assert default.decide(reduce(known), NOBODY).action is Action.REJECT


def test_more_archives_than_can_be_shown_are_held(default):
    known = facts.Facts(parts=[facts.Part(id=each, kind="archive") for each in range(1500)])
    verdict = default.decide(reduce(known), NOBODY)
    assert (verdict.action, verdict.rule) == (Action.QUARANTINE, "too much to look at")


def test_the_default_policy_asks_for_no_recipient(default):
    assert not any(rule.condition and rule.condition.mentions_rcpt for rule in default.rules)
    assert isinstance(default, Policy)
