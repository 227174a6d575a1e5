"""Verdicts that do the same are equal, whatever their words; what differs is said."""

from dataclasses import replace

import pytest

from pratique.milter.replay.treatment import Treatment, treatment_of, words_of_both
from pratique.policies.verdict import Action, Edit, HeaderField, Note, Notice, Shadow, Verdict

PLAIN = Verdict(Action.ACCEPT, "rest", "")
STRIP = replace(PLAIN, edits=(Edit("strip", "a", "why", (1, 2)),))


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAIN, rule="other"),
        replace(PLAIN, reason="because", reply="5.7.1 no"),
        replace(PLAIN, notes=(Note("n", "r"),)),
        replace(PLAIN, shadows=(Shadow("s", "reject", "why"),)),
    ],
)
def test_words_and_what_is_in_the_shadow_change_nothing(other):
    assert treatment_of(other) == treatment_of(PLAIN) == Treatment("accept")


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (PLAIN, "accept"),
        (STRIP, "accept, strip"),
        (replace(STRIP, edits=(*STRIP.edits, Edit("rebuild", "b", ""))), "accept, strip, rebuild"),
        (replace(PLAIN, add_header=(HeaderField("X-A", "1"),)), "accept, + X-A"),
        (replace(PLAIN, notices=(Notice("a@b.example", "r", ""),)), "accept, tell a@b.example"),
        (
            replace(PLAIN, action=Action.REDIRECT, redirect="a@b.example"),
            "redirect to a@b.example",
        ),
        (
            replace(PLAIN, action=Action.QUARANTINE, failures=("no key",)),
            "quarantine (no answer)",
        ),
    ],
)
def test_what_is_done_is_said(verdict, words):
    assert treatment_of(verdict).words == words
    assert (treatment_of(verdict) == treatment_of(PLAIN)) == (verdict is PLAIN)


def test_a_field_counts_only_where_somebody_reads_it():
    field = (HeaderField("X-A", "1"),)
    for action in Action:
        bare = Verdict(action, "r", "")
        counts = treatment_of(replace(bare, add_header=field)) != treatment_of(bare)
        assert counts == (action in {"accept", "redirect", "quarantine"})


def test_who_is_told_counts_and_by_which_rule_does_not():
    one, other = (Notice("a@b.example", rule, "") for rule in "xy")
    first, second = (replace(PLAIN, notices=(each,)) for each in (one, other))
    assert treatment_of(first) == treatment_of(second)
    assert treatment_of(replace(PLAIN, notices=(one, other))) == treatment_of(first)


def test_treatments_of_the_same_words_are_told_apart():
    before = treatment_of(STRIP)
    after = treatment_of(replace(STRIP, edits=(Edit("strip", "a", "why", (1,)),)))
    assert words_of_both(before, after) == ("accept, strip", "accept, strip (other parts)")
    fields = [treatment_of(replace(PLAIN, add_header=(HeaderField("X", each),))) for each in "12"]
    assert words_of_both(*fields)[1] == "accept, + X (other values of fields)"
    assert words_of_both(before, before) == ("accept, strip", "accept, strip")


def test_parts_count_and_by_how_many_rules_they_are_taken_out_does_not():
    one, other = Edit("strip", "a", "why", (2,)), Edit("strip", "b", "and why", (1,))
    assert treatment_of(replace(PLAIN, edits=(one, other))) == treatment_of(STRIP)
    assert treatment_of(replace(PLAIN, edits=(one,))) != treatment_of(STRIP)
