"""With hashes, what we say of a message does not quote it."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.journal.entry import Entry, PolicyText, Shadowed
from pratique.milter.journal.privacy import Hasher, hashed
from pratique.milter.journal.privacy_signs import Subject
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, Shadow, Verdict
from pratique.scanners.facts_pb2 import Facts

KEY = b"k" * 32
H = r"#[0-9a-f]{20}"


@pytest.fixture
def hasher():
    return Hasher(KEY, Subject.of("Secret plans"))


RESET = "http://192.0.2.1/reset/carla.jones/token.exe"


def test_the_note_of_a_finding_is_a_hash_but_for_words_of_an_admin(hasher):
    facts = Facts()
    facts.findings.add(scanner="links", name="Link.Program", note=f"{RESET}: .exe, shown as Carla")
    facts.findings.add(scanner="macros", name="Macro.Runs", note="cmd /c start carla.exe")
    facts.findings.add(scanner="yara", name="Rule", note=f"see {RESET} at once")
    facts.findings.add(scanner="lists", name="List", note="known since March")
    hasher.facts(facts)
    link, command, rule, list_ = (one.note for one in facts.findings)
    assert re.fullmatch(H, link)
    assert re.fullmatch(H, command)
    assert re.fullmatch(f"see {H} at once", rule)
    assert list_ == "known since March"
    assert [one.name for one in facts.findings] == ["Link.Program", "Macro.Runs", "Rule", "List"]


def test_a_reply_keeps_the_page_that_it_names(hasher):
    said = "5.7.26 see https://support.example/mail for ann@example.org"
    assert hasher.text(said).startswith("5.7.26 see https://support.example/mail for #")


def test_what_a_rule_or_policy_in_the_shadow_could_not_answer_quotes_nobody():
    why = 'Key not found in map : "Secret plans"'
    shadow = Shadow("tried", "reject", "because", failure=why)
    verdict = Verdict(Action.ACCEPT, "all", "", shadows=(shadow, Shadow("held", "note", "so")))
    facts = Facts()
    facts.mail.subject = "Secret plans"
    entry = Entry(
        Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), recipients=(Forward("a@b.example"),)),
        facts,
        (verdict,),
        "accept",
        "all",
        "delivered",
        Reply(250, ("ok",)),
        1.0,
        PolicyText("h", "n", "t"),
        shadowed=Shadowed("h2", (replace(verdict, failures=(why,)),)),
    )
    kept = hashed(entry, KEY)
    assert "Secret" not in repr(kept)
    assert [one.rule for one in kept.verdicts[0].shadows] == ["tried", "held"]
    assert kept.verdicts[0].shadows[1] == verdict.shadows[1]
    assert hashed(replace(entry, shadowed=None), KEY).shadowed is None
