"""What a person sees of a message: all that matters, and nothing that moves the terminal."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from pratique.milter.cli import tree
from pratique.milter.mail import Envelope, Forward
from pratique.milter.seeing import Seen
from pratique.policies.verdict import Action, Edit, HeaderField, Note, Verdict
from pratique.scanners.facts_pb2 import (
    Ambiguity,
    Bounce,
    Evidence,
    Facts,
    Failure,
    Finding,
    Limit,
    Part,
    Score,
    Symbol,
)

ENVELOPE = Envelope(
    "inspect", datetime(2026, 11, 22, tzinfo=UTC), recipients=(Forward("a@example.org"),)
)
HOLD = Verdict(
    Action.QUARANTINE,
    "a rule",
    "because",
    (HeaderField("X-Pratique-Note", "held"),),
    (Note("another rule", "seen"),),
)
HOSTILE = "\x1b[2J[red]\r\n\u202ename\u200b.exe"


def shown(facts=None, verdict=HOLD, **seen):
    out = io.StringIO()
    console = Console(file=out, width=100, color_system=None)
    tree.show(console, Seen("x.eml", 1.0, facts or Facts(), **seen), ENVELOPE, (verdict,))
    return out.getvalue()


def parts(*names):
    found = [Part(id=0, parent=-1, kind="message", size=9)]
    found += [
        Part(id=number, parent=0, kind="other", name=name) for number, name in enumerate(names, 1)
    ]
    return Facts(parts=found)


def test_the_verdict_has_its_rule_its_reason_and_what_it_adds():
    text = shown()
    for words in (
        "quarantine for a@example.org by the rule a rule",
        "because",
        "adds X-Pratique-Note: held",
        "noted by 'another rule': seen",
    ):
        assert words in text


def test_every_part_is_a_line_below_what_it_was_found_in():
    facts = parts("a.zip")
    facts.parts.add(id=2, parent=1, kind="executable", name="b.exe", disguised=["spaces"])
    lines = shown(facts).splitlines()
    assert "a.zip" in lines[2]
    assert "b.exe" in lines[3]
    assert "disguised: spaces" in lines[3]
    assert lines[3].index("b.exe") > lines[2].index("a.zip")


def test_what_could_not_be_seen_is_told():
    facts = parts("a.zip")
    facts.parts[1].unopened = "archive_password"
    facts.limits.append(Limit(class_="depth", part=1, detail="deep"))
    facts.failures.append(Failure(class_="worker", part=1, detail="died"))
    facts.failures.append(Failure(class_="engine_unproven", part=-1, detail="clamav: down"))
    facts.ambiguities.append(Ambiguity(class_="bad_base64", where="1", detail="junk"))
    facts.findings.append(Finding(name="EICAR", severity="malicious", scanner="yara", part=1))
    text = shown(facts)
    for words in (
        "unopened: archive_password",
        "limit depth at part 1: deep",
        "failure worker at part 1: died",
        "failure engine_unproven: clamav: down",
        "ambiguous bad_base64 at 1: junk",
        "malicious EICAR  in part 1, by yara",
    ):
        assert words in text


def test_a_score_is_shown_with_its_five_heaviest_reasons():
    symbols = [Symbol(name=f"S{each}", value=each) for each in (0.5, -4, 3, 1, 2, -7.25)]
    spam = Score(engine="rspamd", value=7.5, threshold=15, symbols=symbols)
    bare = Score(engine="spamassassin", value=-1, threshold=5)
    lines = [line.strip() for line in shown(Facts(scores=[spam, bare])).splitlines()]
    assert "score rspamd 7.5/15  S-7.25 -7.25, S-4 -4, S3 3, S2 2, S1 1" in lines
    assert "score spamassassin -1/5" in lines


@pytest.mark.parametrize("odd", [0, 1, 10, 11])
def test_of_links_those_are_shown_that_are_odd(odd):
    facts = parts("a.html")
    for number in range(odd):
        facts.links.add(url=f"https://x{number}.example/", part=1, tricks=["userinfo"])
    facts.links.add(url="https://plain.example/", part=1)
    facts.links_left_out = 7
    text = shown(facts)
    assert text.count("link https://x") == min(odd, 10)
    assert "plain.example" not in text
    assert ("and 1 more like these" in text) == (odd == 11)
    assert f"1 {'more' if odd else 'without tricks'}, 7 left out; --json lists them" in text


def test_a_link_is_shown_with_its_tricks_and_its_lists_and_moves_no_terminal():
    facts = parts("a.html")
    facts.links.add(url=f"https://x.example/{HOSTILE}", shown="b.example", part=1, listed=["dbl"])
    facts.envelope.client.listed.append("zen")
    facts.lists_away.append("uribl")
    text = shown(facts)
    for words in ("link https://x.example/", "shown as b.example", "listed: dbl",
                  "client listed: zen", "lists away uribl"):  # fmt: skip
        assert words in text
    assert "\x1b" not in text
    assert "link" not in shown(parts("a.html"))


def test_a_bounce_is_shown_with_each_reason_and_its_weight():
    facts = parts("a.zip", "b.docm")
    facts.parts[1].returned = facts.parts[2].may_carry_macros = True
    reasons = [
        Evidence(kind="returned_message_id", weight=3.5, detail=f"<a@b>{HOSTILE}"),
        Evidence(kind="html_only", weight=-5.1),
    ]
    facts.bounce.CopyFrom(Bounce(claimed=True, evidence=reasons))
    text = shown(facts)
    for words in (
        "bounce claimed, not verified",
        "+3.5 returned_message_id: <a@b>",
        "-5.1 html_only\n",
        "a.zip  0 octets  returned",
        "may carry macros",
    ):
        assert words in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("bounce", "words"),
    [
        (Bounce(), ""),
        (Bounce(claimed=True, verified=True), "bounce claimed, verified"),
        (Bounce(other="dmarc_report"), "no bounce but another report: dmarc_report"),
    ],
)
def test_what_is_no_bounce_is_not_shown_as_one(bounce, words):
    text = shown(Facts(bounce=bounce))
    assert words in text
    assert ("bounce" in text) == bool(words)


def test_a_strangers_text_moves_no_terminal_and_is_no_markup():
    text = shown(parts(HOSTILE))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]" in text
    assert "\\u200b.exe" in text


def test_the_end_of_a_long_name_is_always_seen():
    assert "invoice.pdf" in (text := shown(parts("invoice.pdf" + " " * 200 + ".exe")))
    assert ".exe" in text


@pytest.mark.parametrize(
    ("count", "left"), [(199, ""), (200, "and 1 more part"), (300, "101 more")]
)
def test_of_very_many_parts_the_first_are_shown_and_the_rest_counted(count, left):
    text = shown(parts(*(f"n{number}.txt" for number in range(count))))
    assert ("more part" in text) == bool(left)
    assert left in text


def test_a_file_that_could_not_be_read_says_so():
    assert "No such file" in shown(error="No such file")


def test_parts_whose_parent_was_never_told_are_shown_all_the_same():
    facts = parts()
    facts.parts.add(id=9, parent=7, kind="other", name="orphan.txt")
    assert "orphan.txt" in shown(facts)


def test_what_is_taken_out_is_shown_or_why_it_is_held():
    facts = parts("a.zip")
    facts.parts[1].path = "1"
    facts.parts[1].views.append("standard")
    facts.parts.add(id=2, parent=1, path="1/zip:b", name=HOSTILE, views=["standard"])
    edits = (Edit("strip", "a rule", "because", (2,)), Edit("rebuild", "a rule", "because"))
    verdict = Verdict(Action.ACCEPT, "a rule", "because", edits=edits)
    text = shown(facts, verdict)
    assert "takes out part 1 a.zip, for part 2 in it" in text
    assert "writes it anew" in text
    assert "held instead" not in text
    facts.limits.add(class_="ratio")
    assert "held instead: it was not looked at to its end (ratio)" in shown(facts, verdict)
    assert "\x1b" not in text


def test_the_word_that_opened_a_part_stands_beside_it():
    locked, opened = Part(name="a.zip"), Part(id=1, name="b.txt", password=f"sesame{HOSTILE}")

    assert "b.txt  0 octets  opened with the word sesame" in shown(Facts(parts=[locked, opened]))
