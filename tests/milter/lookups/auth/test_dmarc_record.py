"""DMARC records: where they stand, and what they want."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.milter.lookups.auth.dmarc_record import Found, Policy, find, read


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("v=DMARC1; p=reject", ("reject", "reject", 100, False, False)),
        ("v=DMARC1;p=Reject;sp=none;", ("reject", "none", 100, False, False)),
        ("v=DMARC1; p=none; pct=0; adkim=s; aspf=S", ("none", "none", 0, True, True)),
        ("v=DMARC1; pct=50; p=quarantine", ("quarantine", "quarantine", 50, False, False)),
        ("v=DMARC1; p=reject; pct=101", ("reject", "reject", 100, False, False)),
        ("v=DMARC1; p=reject; pct=٥", ("reject", "reject", 100, False, False)),
        # RFC 9989: it is only tried; whatever pct= says.
        ("v=DMARC1; p=reject; t=y; pct=100", ("reject", "reject", 0, False, False)),
        ("v=DMARC1; p=reject; t=n; pct=30", ("reject", "reject", 30, False, False)),
        ("v=DMARC1; p=reject; pct=half; adkim=x", ("reject", "reject", 100, False, False)),
        ("v=DMARC1; p=reject; p=none", ("reject", "reject", 100, False, False)),
        ("v=DMARC1; nonsense; p=reject;; x=y=z", ("reject", "reject", 100, False, False)),
        # RFC 7489 6.6.3, step 6.
        ("v=DMARC1; rua=mailto:a@a.example", ("none", "none", 100, False, False)),
        ("v=DMARC1; p=all; rua=mailto:a@a.example", ("none", "none", 100, False, False)),
        ("v=DMARC1; p=reject; sp=x; rua=mailto:a@a.example", ("none", "none", 100, False, False)),
        ("v=DMARC1", None),
        ("v=DMARC1; p=all", None),
        ("v=DMARC1; p=reject; sp=x", None),
        ("v=DMARC1; p=all; rua=nobody", None),
    ],
)
def test_a_record_says_what_is_wanted_or_is_none(text, told):
    policy = read("a.example", text)
    found = policy and (
        policy.wanted,
        policy.below,
        policy.percent,
        policy.strict_dkim,
        policy.strict_spf,
    )
    assert found == told


@pytest.mark.parametrize(
    ("domain", "lot", "wanted"),
    [
        ("example.com", 0, "reject"),
        ("example.com", 49, "reject"),
        ("example.com", 50, "quarantine"),
        ("a.example.com", 49, "quarantine"),
        ("a.example.com", 99, "none"),
    ],
)
def test_who_is_left_out_by_the_percentage_is_treated_a_step_milder(domain, lot, wanted):
    policy = Policy("example.com", "reject", "quarantine", 50)
    assert policy.wanted_for(domain, lot) == wanted


REJECT, NONE = "v=DMARC1; p=reject", "v=DMARC1; p=none"


@pytest.mark.parametrize(
    ("own", "above", "where", "word"),
    [
        ([REJECT], [NONE], "a.example.com", ""),
        ([], [NONE], "example.com", ""),
        (["v=spf1 -all", "v=DMARC2; p=none"], [REJECT], "example.com", ""),
        (["v=DMARC1x; p=none"], [REJECT], "example.com", ""),
        (["v = DMARC1 ; p=none"], [], "a.example.com", ""),
        (["p=none; v=DMARC1"], [], "", "none"),
        ([], [], "", "none"),
        ([REJECT, NONE], [NONE], "", "permerror"),
        (["v=DMARC1; p=x"], [NONE], "", "permerror"),
        (None, [NONE], "", "temperror"),
        ([], None, "", "temperror"),
        ([REJECT], None, "a.example.com", ""),
    ],
)
async def test_the_record_of_the_domain_counts_and_else_that_of_who_registered_it(
    zone, own, above, where, word
):
    for name, texts in (("_dmarc.a.example.com", own), ("_dmarc.example.com", above)):
        zone.fail(name) if texts is None else zone.txt(name, *texts)
    found = await find(zone, "a.example.com", 0.0)
    assert (found.policy.domain if found.policy else "", found.word) == (where, word)


async def test_who_registered_it_is_asked_once(zone):
    assert await find(zone, "example.com", 0.0) == Found(word="none")
    assert zone.asked == [("_dmarc.example.com", "TXT")]


async def test_a_domain_that_is_too_long_for_a_record_has_none(zone):
    long = ".".join(["a" * 60] * 4) + ".example"
    assert len(f"_dmarc.{long}") > 253 >= len(long)
    assert await find(zone, long, 0.0) == Found(word="none")
    assert len(zone.asked) == 1


@pytest.mark.slow
@given(st.text(max_size=100))
def test_no_record_raises_anything(text):
    read("a.example", text)
    read("a.example", f"v=DMARC1; p=none; {text}")
