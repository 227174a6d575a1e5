"""Try which parts reach a policy: all of a few, the dangerous ones of many."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.policies.danger import NAMES, PARTS, reduce
from pratique.scanners import facts_pb2 as facts


def message(count, **every):
    known = facts.Facts(parts=[facts.Part(id=0, kind="message")])
    for number in range(1, count):
        known.parts.append(facts.Part(id=number, **({"kind": "image"} | every)))
    return known


@pytest.mark.parametrize("count", [0, 1, PARTS])
def test_a_message_within_the_limits_is_the_very_same(count):
    known = message(count)
    assert reduce(known) is known


def test_one_part_too_many_is_counted_by_kind():
    known = message(PARTS + 1)
    reduced = reduce(known)
    assert len(reduced.parts) == PARTS
    assert reduced.parts_left_out.total == 1
    assert dict(reduced.parts_left_out.by_kind) == {"image": 1}
    assert list(reduced.limits) == []
    assert len(known.parts) == PARTS + 1


@pytest.mark.parametrize(
    "danger",
    [
        {"kind": "executable"},
        {"kind": "script"},
        {"kind": "shortcut"},
        {"kind": "archive"},
        {"kind": "disk_image"},
        {"kind": "document"},
        {"kind": "html", "name": "form.html"},
        {"kind": "html", "disposition": "attachment"},
        {"unopened": "pgp"},
        {"disguised": ["spaces"]},
    ],
)
def test_a_dangerous_part_is_shown_however_late_it_comes(danger):
    known = message(PARTS + 500)
    known.parts[-1].MergeFrom(facts.Part(**danger))
    reduced = reduce(known)
    assert reduced.parts[-1].id == PARTS + 499
    assert list(reduced.limits) == []


@pytest.mark.parametrize(
    "harmless",
    [{"kind": "html"}, {"kind": "html", "disposition": "inline"}, {"name": "a", "returned": True}],
)
def test_pages_that_are_the_text_or_returned_are_no_danger(harmless):
    known = message(PARTS + 500, **{"kind": "html", **harmless})
    assert list(reduce(known).limits) == []


def test_a_part_with_a_finding_comes_before_all():
    known = message(PARTS + 500, kind="executable")
    known.parts[-1].kind = "text"
    known.findings.add(part=PARTS + 499, name="x")
    assert reduce(known).parts[-1].id == PARTS + 499


def test_the_message_itself_is_always_shown():
    assert reduce(message(PARTS + 9, kind="executable")).parts[0].kind == "message"


def test_dangerous_parts_that_do_not_fit_are_a_limit_that_was_reached():
    reduced = reduce(message(PARTS + 9, kind="script"))
    (limit,) = reduced.limits
    assert (limit.class_, limit.part) == ("parts_for_policy", PARTS)
    assert reduced.parts_left_out.by_kind["script"] == 9


def test_what_was_left_out_before_is_not_forgotten():
    known = message(PARTS + 1)
    known.parts_left_out.total = 5
    known.parts_left_out.by_kind["image"] = 5
    assert reduce(known).parts_left_out.by_kind["image"] == 6


@pytest.mark.parametrize(("names", "limits"), [(NAMES, []), (NAMES + 1, ["names"])])
def test_a_part_with_many_names_keeps_the_first_and_says_so(names, limits):
    known = message(3)
    known.parts[1].names.extend(str(number) for number in range(names))
    reduced = reduce(known)
    assert list(reduced.parts[1].names) == [str(number) for number in range(NAMES)]
    assert [limit.class_ for limit in reduced.limits] == limits


def test_what_is_known_beside_the_parts_is_kept():
    known = message(PARTS + 9, kind="script")
    known.bounce.weight, known.bounce.lately, known.bounce.flood = -3.5, 12, True
    known.bounce.evidence.add(kind="never_sent", weight=-5.6)
    known.auth.dmarc, known.auth.dmarc_policy = "fail", "reject"
    known.auth.dkim.add(domain="example.org", result="pass")
    known.spoof_signs.add(kind="own_domain")
    known.stated_results.add(authserv_id="mx.example.org")
    known.signatures.add(kind="dkim", domain="example.org")
    known.envelope.client.recent_recipients = 700
    reduced = reduce(known)
    for name in ("bounce", "auth", "spoof_signs", "stated_results", "signatures", "envelope"):
        assert getattr(reduced, name) == getattr(known, name)


def test_a_part_that_a_bounce_returns_is_shown_with_it():
    known = message(PARTS + 500)
    known.parts[-1].MergeFrom(facts.Part(kind="executable", returned=True))
    assert reduce(known).parts[-1].returned


def test_what_is_reduced_once_needs_no_more():
    once = reduce(message(PARTS + 9, kind="script"))
    assert reduce(once) is once


KINDS = st.sampled_from(["executable", "archive", "document", "image", "text"])


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.lists(KINDS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_which_kinds_are_shown_does_not_depend_on_the_order(kinds, shuffle: random.Random):
    known = message(PARTS + 200)
    for part in known.parts[1:]:
        part.kind = kinds[part.id % len(kinds)]
    shuffled = facts.Facts(parts=known.parts[:1])
    rest = list(known.parts[1:])
    shuffle.shuffle(rest)
    shuffled.parts.extend(rest)
    first, second = reduce(known), reduce(shuffled)
    assert sorted(p.kind for p in first.parts) == sorted(p.kind for p in second.parts)
    assert first.parts_left_out == second.parts_left_out
    assert [limit.class_ for limit in first.limits] == [limit.class_ for limit in second.limits]
