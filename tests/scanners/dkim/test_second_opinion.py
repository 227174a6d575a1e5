"""Hold our answer against dkimpy's: the same signatures are valid, or it is said why not.

Messages are signed by dkimpy, in every form, and then damaged in ways of which some break
no signature.  Our answer is made from what is stated (conftest.py).  Where the answers differ
by intent stands at the end, case by case.
"""

import hashlib
import random
import re
from functools import partial
from pathlib import Path

import dkim
import pytest
from dkim.canonicalization import CanonicalizationPolicy
from dkim.util import parse_tag_value
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pratique.scanners import facts_pb2 as facts

_WORD = st.sampled_from(
    [b"a", b"Re:", b"caf\xc3\xa9", b"\xff", b"b=c", b";", b":", b"<x@example.org>", b"=20", b","]
)
_GAP = st.sampled_from([b" ", b"  ", b"\t", b" \t ", b"\r\n ", b"\r\n\t", b"\r\n  \t", b""])
_NAME = st.sampled_from(
    [b"Subject", b"subject", b"TO", b"Received", b"X-A", b"X-a", b"List-Id", b"Date", b"Sender"]
)
FROM = b"From: Ann <ann@example.org>\r\n"


@st.composite
def fields(draw: st.DrawFn) -> bytes:
    pieces = [draw(_NAME), b":"]
    for _ in range(draw(st.integers(0, 5))):
        pieces += [draw(_GAP), draw(_WORD)]
    return b"".join(pieces) + draw(st.sampled_from([b"", b" ", b" \t"])) + b"\r\n"


LINES = st.lists(
    st.sampled_from(
        [b"", b"", b" ", b"\t", b"text", b"text ", b" text", b"a  b\t\tc", b"a \t", b"caf\xe9",
         b"\r", b"a\rb", b"a \r", b"\x00", b".", b"=20", b"-- "]
    ),
    max_size=8,
)  # fmt: skip


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Header fields, repeated and folded; a body, perhaps empty, perhaps without a last CRLF."""
    before, after = draw(st.lists(fields(), max_size=4)), draw(st.lists(fields(), max_size=4))
    body = b"\r\n".join(draw(LINES)) + draw(st.sampled_from([b"", b"\r\n", b"\r\n\r\n"]))
    return b"".join([*before, FROM, *after]) + b"\r\n" + body


# How it is signed: forms, length, algorithm, and names in h= beside From.
FORMS = st.sampled_from([b"simple", b"relaxed"])
HOW = st.fixed_dictionaries(
    {
        "canonicalize": st.tuples(FORMS, FORMS),
        "length": st.booleans(),
        "algorithm": st.sampled_from(["rsa", "ed25519"]),
        "include_headers": st.lists(
            st.sampled_from([b"from", b"subject", b"to", b"x-a", b"list-id", b"date", b"nothing"]),
            max_size=6,
        ).map(lambda names: [b"from", *names]),
    }
)  # fmt: skip


TIMES = st.integers(0, 3)
SEEDS = st.integers(0, 2**32)
RELAXED = (b"relaxed", b"relaxed")


def differs_by_intent(octets: bytes) -> bool:
    """dkimpy takes VT, FF and a lone CR of the header for white space; RFC 6376 2.8 does not.

    No door of ours lets a lone CR pass.
    """
    header = re.split(rb"\n\r?\n", octets, maxsplit=1)[0]
    return re.search(rb"[\x0b\x0c]|\r(?!\n)(?!\Z)", header) is not None or octets.endswith(b"\r")


def agree(keys, octets):
    ours, theirs = keys.ours(octets), keys.theirs(octets)
    # What dkimpy finds no fields in has no valid signature; we state it, and say so.
    assert sum(ours) == sum(theirs)
    assert len(ours) != len(theirs) or ours == theirs


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
@pytest.mark.parametrize("length", [False, True])
@pytest.mark.parametrize("body", [b"simple", b"relaxed"])
@pytest.mark.parametrize("header", [b"simple", b"relaxed"])
@pytest.mark.parametrize(
    "fields",
    [None, [b"from"], [b"from", b"to", b"to", b"from", b"x-a"], [b"from", b"cc", b"cc"]],
)
def test_what_dkimpy_signs_is_valid(keys, mail, *, algorithm, length, header, body, fields):
    how = {"algorithm": algorithm, "length": length, "canonicalize": (header, body)}
    octets = keys.sign(b"X-A: 1\r\nX-A: 2\r\n" + mail.whole, include_headers=fields, **how)
    assert keys.ours(octets) == keys.theirs(octets) == [True]
    # What comes behind the end is signed, or is not, by l= alone.
    longer = octets + b"more\r\n"
    assert keys.ours(longer) == keys.theirs(longer) == [length]


@pytest.mark.parametrize(
    "body",
    [b"", b"\r\n", b"\r\n\r\n", b" ", b" \r\n", b"a", b"a ", b"a\r\n \r\n", b"\xe4\r\n",
     b"a\rb\r\n", b"a\nb\n"],
)  # fmt: skip
@pytest.mark.parametrize("form", [b"simple", b"relaxed"])
def test_bodies_of_every_end_are_valid(keys, mail, body, form):
    octets = keys.sign(mail.header + b"\r\n" + body, canonicalize=(b"relaxed", form))
    assert keys.ours(octets) == keys.theirs(octets) == [True]


def test_a_message_without_a_body_or_with_lf_alone_is_valid(keys, mail):
    for octets in (mail.header, mail.whole.replace(b"\r\n", b"\n")):
        signed = keys.sign(octets, canonicalize=RELAXED)
        assert keys.ours(signed) == keys.theirs(signed) == [True]


def test_several_signatures_are_each_valid_or_not(keys, mail):
    octets = keys.sign(mail.whole, algorithm="ed25519", canonicalize=(b"simple", b"simple"))
    octets = keys.sign(b"Subject: another\r\n" + octets, canonicalize=RELAXED)
    assert keys.ours(octets) == keys.theirs(octets) == [True, True]
    octets = octets.replace(b"this is", b"this  is")
    assert keys.ours(octets) == keys.theirs(octets) == [True, False]


def look_at_a_damaged_one(keys, damage, *, message, how, seed, times):
    try:
        signed = keys.sign(message, **how)
    except dkim.DKIMException:
        assume(False)
    octets = damage(signed, random.Random(seed), times)
    if not differs_by_intent(octets):
        agree(keys, octets)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(message=messages(), how=HOW, seed=SEEDS, times=TIMES)
def test_signed_and_damaged_messages_are_valid_where_dkimpy_says_so(
    keys, damage, *, message, how, seed, times
):
    look_at_a_damaged_one(keys, damage, message=message, how=how, seed=seed, times=times)


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(message=messages(), how=HOW, seed=SEEDS, times=TIMES)
@pytest.mark.slow
def test_a_thousand_signed_and_damaged_messages_are_valid_where_dkimpy_says_so(
    keys, damage, *, message, how, seed, times
):
    look_at_a_damaged_one(keys, damage, message=message, how=how, seed=seed, times=times)


# Where we say no and dkimpy says yes.


TAGS = b"v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=rsa; h=from:to; bh=%b; b=AAAA"
BODY = b"a\r\n"
MESSAGE = b"From: a@example.org\r\nTo: b@example.net\r\n\r\n" + BODY


def test_a_signature_that_is_written_by_hand_is_valid(keys):
    octets = keys.write(MESSAGE, TAGS, BODY)
    assert keys.ours(octets) == keys.theirs(octets) == [True]


def test_rsa_with_sha1_is_not_believed(keys, mail, stated):
    made = dkim.sign(
        mail.whole, b"rsa", b"example.org", keys.rsa_pem, signature_algorithm=b"rsa-sha1"
    )
    assert keys.theirs(made + mail.whole) == [True]
    assert stated(made + mail.whole).signatures[0].problem == "algorithm"  # RFC 8301 3.1


def test_a_value_that_is_longer_than_the_key_is_not_valid(keys):
    """RFC 8017 8.2.2, step 1; to dkimpy it is a number, and zeros before it count for nothing."""
    octets = keys.write(MESSAGE, TAGS, BODY).replace(b" b=", b" b=AAAA")
    assert (keys.ours(octets), keys.theirs(octets)) == ([False], [True])


@pytest.mark.parametrize(
    ("was", "is_", "problem"),
    [
        # RFC 6376 5.4: From is signed.
        (b"h=from:to", b"h=to", "from_unsigned"),
        # RFC 6376 3.5: the list of names has no empty one, l= is no more than there is, a domain
        # has a dot, and i= an at sign.
        (b"h=from:to", b"h=from:to:", "syntax"),
        (b"c=", b"l=4; c=", "body_length"),
        (b"example.org", b"example", "syntax"),
        (b"c=", b"i=a.example.org; c=", "syntax"),
        # RFC 6376 3.2: the names of tags.
        (b"c=", b"x-y=1; c=", "syntax"),
        # RFC 6376 2.8: VT is no white space.
        (b"c=", b"\x0bc=", "syntax"),
    ],
)
def test_what_the_standard_forbids_is_a_problem_and_valid_to_dkimpy(
    keys, stated, anew, *, was, is_, problem
):
    # Signed as if there were no problem: dkimpy's hash of the header, and our key.
    octets = keys.write(MESSAGE, TAGS, BODY)
    field, _, _ = octets.partition(b"\r\nFrom:")
    field = field.replace(was, is_, 1) + b"\r\n"
    parsed = dkim.DKIM(field + MESSAGE)
    tags = parse_tag_value(parsed.headers[0][1])
    form = CanonicalizationPolicy.from_c_value(tags[b"c"])
    names = tags[b"h"].split(b":")
    hashed = hashlib.sha256()
    dkim.hash_headers(
        hashed, form, form.canonicalize_headers(parsed.headers),
        [*names, *[b"from"] * (b"from" in names)], parsed.headers[0], tags,
    )  # fmt: skip
    value = keys.value(facts.Signature(signed_sha256=hashed.digest()))
    signed = anew.filled(field, value) + MESSAGE
    keys = keys.of([facts.Signature(selector="rsa", domain="example")])
    assert keys.theirs(signed) == [True]
    assert [one.problem for one in stated(signed).signatures] == [problem]


# Where we say yes and dkimpy says no.


@pytest.mark.parametrize(
    "tags",
    [
        # RFC 6376 3.5, b=: the white space after its value is removed with it.
        TAGS.replace(b"b=AAAA", b"") + b"b=AAAA ; n=x",
        # RFC 6376 3.5, q=: methods that are unknown are passed over.
        TAGS + b"; q=dns/txt:other",
        # A name in h= stands for no signature of its own (RFC 6376 3.5, h=).
        TAGS.replace(b"from:to", b"from:to:dkim-signature"),
    ],
)
def test_what_the_standard_allows_is_valid_and_not_to_dkimpy(keys, tags):
    octets = keys.write(MESSAGE, tags, BODY)
    assert (keys.ours(octets), keys.theirs(octets)) == ([True], [False])


def test_blanks_before_a_colon_are_of_the_standard_and_dkimpy_reads_no_such_header(keys):
    """RFC 6376 3.4.2 takes them away; RFC 5322 4.5.3 knows them from old mail."""
    octets = keys.write(MESSAGE.replace(b"To:", b"To\t:"), TAGS, BODY)
    assert (keys.ours(octets), keys.theirs(octets)) == ([True], [])


# Mail of others, signed by keys that nobody has: each signature is made anew with ours, over
# the hash that we state, and has to be valid for dkimpy.

CORPORA = Path(__file__).resolve().parents[4] / "shared/corpora"
FIELD = rb"(?im)^dkim-signature:[^\n]*\n(?:[ \t][^\n]*(?:\n|\Z))*"
NOT_VALID = {
    "ctype-bug.raw": "algorithm",
    "issue-275.eml": "syntax, d=****",
    "issue-40.eml": "header, a line in it is no field",
    "issue358.txt": "header, a line in it is no field",
    "lhost-gmail-19.eml": "syntax, b=...",
    "rfc3834-06.eml": "syntax, b=...",
}


def renewed(keys, octets, stated, anew):
    """The message with each signature made anew; the lowest first, since others may cover it."""
    octets = re.sub(rb"(\sx\s*=\s*)\d+", rb"\g<1>9999999999", octets)
    end = re.search(rb"\n\r?\n", octets).start() + 1
    places = [found.span() for found in re.finditer(FIELD, octets[:end])]
    for number, span in reversed(list(enumerate(places))):
        signed = partial(the_one, stated, number)
        octets = anew.renew(keys, octets, span, signed)
    return octets


def the_one(stated, number, octets):
    return [one for one in stated(octets).signatures if one.kind == "dkim"][number]


@pytest.mark.slow
@pytest.mark.real("shared mail")
def test_signatures_of_real_mail_are_valid_when_they_are_made_anew(keys, stated, anew):
    valid, not_valid = 0, {}
    for path in sorted(path for path in CORPORA.rglob("*") if path.is_file()):
        octets = path.read_bytes()
        signatures = [one for one in stated(octets).signatures if one.kind == "dkim"]
        if not signatures:
            continue
        if any(one.problem for one in signatures):
            not_valid[path.name] = signatures[0].problem
            continue
        ours = keys.of(signatures)
        octets = renewed(ours, octets, stated, anew)
        assert ours.ours(octets) == ours.theirs(octets) == [True] * len(signatures), path.name
        damaged = re.sub(rb"(?im)^from:", b"From: x", octets, count=1)
        assert ours.ours(damaged) == ours.theirs(damaged) == [False] * len(signatures), path.name
        valid += len(signatures)
    assert valid > 50
    assert set(not_valid) <= set(NOT_VALID)
