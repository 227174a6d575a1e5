"""Hold our answer about chains of ARC against dkimpy's: pass, fail or none.

Our answer is made from what is stated, by RFC 8617 5.2 (conftest.py, `our_chain`).
"""

import random
import re
from functools import partial
from pathlib import Path

import dkim
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CORPORA = Path(__file__).resolve().parents[4] / "shared/corpora"
NAMES = [b"seal", b"message-signature", b"authentication-results"]
SETS = rb"(?im)^arc-(seal|message-signature|authentication-results):"


@pytest.fixture(scope="module")
def chains(keys, mail):
    """Messages with one, two and three sets, and what each set was made over."""
    first = keys.seal(mail.whole)
    second = keys.seal(b"X-List: one\r\n" + first, "pass")
    third = keys.seal(second, "pass", standardize=True)
    return [first, second, third]


def agree(keys, octets):
    """Of a damaged header one may say `none` where the other says `fail`."""
    assert (keys.our_chain(octets) == "pass") == (keys.their_chain(octets) == "pass")


def test_what_dkimpy_seals_passes(keys, chains):
    for octets in chains:
        assert keys.our_chain(octets) == keys.their_chain(octets) == "pass"


def test_mail_without_a_set_has_no_chain(keys, mail):
    assert keys.our_chain(mail.whole) == keys.their_chain(mail.whole) == "none"


def test_beside_a_chain_there_may_be_a_signature(keys, mail):
    octets = keys.seal(keys.sign(mail.whole))
    assert keys.ours(octets) == keys.theirs(octets) == [True]
    assert keys.our_chain(octets) == keys.their_chain(octets) == "pass"


def test_only_the_newest_signature_of_the_message_has_to_be_valid(keys, chains, stated):
    """A list that changes a message seals what it sends (RFC 8617 5.2, step 4)."""
    changed = keys.seal(chains[0] + b"a line more\r\n", "pass")
    assert keys.our_chain(changed) == keys.their_chain(changed) == "pass"
    by_set = {one.instance: one for one in stated(changed).signatures if one.kind == "arc_message"}
    assert [by_set[number].body_ok for number in (1, 2)] == [False, True]


def test_a_chain_that_says_it_failed_has_failed(keys, chains):
    failed = keys.seal(chains[0], "fail")
    assert keys.our_chain(failed) == keys.their_chain(failed) == "fail"


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize(
    ("was", "is_"),
    [
        (rb"(?m)^From: Ann", b"From: Eve"), (rb"spf=pass", b"spf=fail"), (rb"\Z", b"more\r\n"),
        (rb"cv=none", b"cv=pass"), (rb"d=example.org", b"d=example.net"), (rb"i=1;", b"i=4;"),
        (rb"(?i)arc-seal:", b"X-Seal:"), (rb"(?i)arc-message-signature:", b"X-Signature:"),
        (rb"(?i)arc-authentication-results:", b"X-Results:"), (rb" b=", b" b=ABCD"),
    ],
)  # fmt: skip
def test_a_chain_that_was_changed_fails(keys, chains, number, was, is_):
    octets = re.sub(was, is_, chains[number], count=1)
    assert octets != chains[number]
    assert keys.our_chain(octets) == keys.their_chain(octets) == "fail"


def differs_by_intent(octets):
    """Where fields of ARC do not stand as they were put, or white space is none.

    dkimpy passes over fields of ARC without a number, and covers fields by their names from
    the bottom up where RFC 8617 5.1.1 has them in the order of their numbers.  Of white space
    test_second_opinion.py tells.
    """
    header = re.split(rb"\n\r?\n", octets, maxsplit=1)[0]
    odd = re.search(rb"[\x0b\x0c]|\r(?!\n)|(?m:^[^\s:]+[ \t]+:)", header)
    names = [name.lower() for name in re.findall(SETS, header)]
    return odd is not None or names != NAMES * (len(names) // 3)


def look_at_a_damaged_one(keys, damage, octets, seed, times):
    octets = damage(octets, random.Random(seed), times)
    if not differs_by_intent(octets):
        agree(keys, octets)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(number=st.integers(0, 2), seed=st.integers(0, 2**32), times=st.integers(1, 3))
def test_damaged_chains_pass_where_dkimpy_says_so(keys, damage, chains, *, number, seed, times):
    look_at_a_damaged_one(keys, damage, chains[number], seed, times)


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(number=st.integers(0, 2), seed=st.integers(0, 2**32), times=st.integers(1, 3))
@pytest.mark.slow
def test_a_thousand_damaged_chains_pass_where_dkimpy_says_so(
    keys, damage, chains, *, number, seed, times
):
    look_at_a_damaged_one(keys, damage, chains[number], seed, times)


def test_sets_may_stand_in_any_order(keys, chains):
    """Which dkimpy, going by names, does not find (RFC 8617 5.1.1)."""
    fields = re.findall(rb"(?im)^arc-[^\n]*\n(?:[ \t][^\n]*\n)*", chains[1])
    octets = chains[1]
    for field in fields:
        octets = octets.replace(field, b"")
    assert keys.our_chain(b"".join([*fields[3:], *fields[:3], octets])) == "pass"
    assert keys.their_chain(b"".join([*fields[3:], *fields[:3], octets])) == "fail"


def test_a_field_without_a_number_is_a_set_that_is_not_whole(keys, chains):
    """RFC 8617 5.2, step 2; dkimpy passes it over."""
    octets = b"ARC-Seal: a=rsa-sha256\r\n" + chains[0]
    assert (keys.our_chain(octets), keys.their_chain(octets)) == ("fail", "pass")


# Chains of real mail: each field that signs is made anew with our key, over the hash that we
# state, from the oldest set to the newest; then dkimpy has to pass them.


def place(octets, name, instance):
    pattern = rb"(?im)^arc-%b:[^\n]*\n(?:[ \t][^\n]*\n)*" % name
    number = rb"[\s;:]i\s*=\s*%d\s*(?:;|\Z)" % instance
    found = [one for one in re.finditer(pattern, octets) if re.search(number, one[0])]
    return found[0].span()


def the_one(stated, kind, instance, octets):
    named = [one for one in stated(octets).signatures if one.kind == kind]
    return next(one for one in named if one.instance == instance)


def renewed(keys, octets, stated, anew):
    """Each seal covers the fields before it, so they are made anew in their order."""
    count = max(one.instance for one in stated(octets).signatures)
    for instance in range(1, count + 1):
        for kind, name in ("arc_message", b"message-signature"), ("arc_seal", b"seal"):
            span = place(octets, name, instance)
            octets = anew.renew(keys, octets, span, partial(the_one, stated, kind, instance))
    return octets


@pytest.mark.slow
@pytest.mark.real("shared mail")
def test_chains_of_real_mail_pass_when_they_are_made_anew(keys, stated, anew):
    chains = unread = 0
    for path in sorted(path for path in CORPORA.rglob("*") if path.is_file()):
        octets = path.read_bytes()
        signatures = [one for one in stated(octets).signatures if one.kind != "dkim"]
        if not signatures:
            continue
        assert not any(one.problem for one in signatures), path.name
        ours = keys.of(signatures)
        octets = renewed(ours, octets, stated, anew)
        assert ours.our_chain(octets) == "pass", path.name
        try:
            found = dkim.ARC(octets).verify(dnsfunc=ours.ask)[1]
        except IndexError:  # dkimpy finds i= only behind a blank, and before a semicolon
            unread += 1
            continue
        assert all(one["as-valid"] for one in found), path.name
        assert ours.their_chain(octets) == "pass", path.name
        chains += 1
    assert chains > 20
    assert unread <= 2
