"""Signatures as they are stated of a message: which, how many, in which order, and silence."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.builtin.dkim import MOST_SETS, MOST_SIGNATURES, Dkim
from pratique.scanners.dkim.body_hash import PIECE
from pratique.scanners.part import Message, Part

BODY = b"hello\r\n"
FROM = b"From: Ann <ann@example.org>\r\n"


def state(octets, clock=lambda: 0.0, **limits):
    budget = Budget(Limits(**limits), clock)
    follower = Dkim(Message(memoryview(octets), facts.Envelope(), facts.Mail(), budget))
    assert list(follower.scan(Part(facts.Part(), memoryview(octets)))) == []
    known = facts.Facts()
    for found in follower.conclude():
        known.MergeFrom(found)
    return known


def sign(number=0, body=BODY, more=b""):
    digest = base64.b64encode(hashlib.sha256(body).digest())
    return (
        b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.example.org; s=k; h=From;"
        b" b=AAAA;\r\n\tbh=%b%b\r\n" % (number, digest, more)
    )


def seal(number):
    tags = b"i=%d; a=rsa-sha256; d=example.org; s=k; b=AAAA" % number
    chain = b"none" if number == 1 else b"pass"
    return (
        b"ARC-Seal: %b; cv=%b\r\nARC-Message-Signature: %b; bh=AAAA; h=from\r\n"
        b"ARC-Authentication-Results: i=%d; mx.example.org; spf=pass\r\n"
    ) % (tags, chain, tags, number)


def mail(*fields, body=BODY):
    return b"".join(fields) + FROM + b"\r\n" + body


def told(known):
    return [(one.kind, one.instance, one.problem) for one in known.signatures]


def limits(known):
    return [(one.class_, one.part, one.detail) for one in known.limits]


@pytest.mark.parametrize(
    "octets",
    [b"", b"\r\n", BODY, FROM, mail(), mail(b"X-DKIM-Signature: v=1\r\n"),
     mail(body=b"DKIM-Signature: v=1\r\n\r\n"), mail(b"X: a\r\n DKIM-Signature: v=1\r\n")],
)  # fmt: skip
def test_of_mail_without_a_signature_nothing_is_stated(octets):
    assert state(octets) == facts.Facts()


def test_a_signature_is_stated_with_the_hash_that_its_key_verifies():
    known = state(mail(sign()))
    (one,) = known.signatures
    assert (one.kind, one.domain, one.body_ok, one.problem) == ("dkim", "d0.example.org", True, "")
    own = sign().replace(b" b=AAAA", b" b=").removesuffix(b"\r\n")
    assert one.signed_sha256 == hashlib.sha256(FROM + own).digest()
    assert limits(known) == []


def test_a_body_that_was_changed_has_another_hash_and_no_problem():
    (one,) = state(mail(sign(), body=b"hullo\r\n")).signatures
    assert (one.body_ok, one.problem, len(one.signed_sha256)) == (False, "", 32)


def test_of_what_cannot_be_valid_there_is_no_hash():
    (one,) = state(mail(sign(more=b"; l=8"))).signatures
    assert (one.problem, one.body_ok, one.signed_sha256) == ("body_length", False, b"")
    (one,) = state(mail(sign(more=b"; c=none"))).signatures
    assert (one.problem, one.body_ok, one.signed_sha256) == ("canonicalization", False, b"")


def test_the_topmost_stand_first_and_sets_come_after():
    octets = mail(seal(2), sign(1), seal(1), sign(2))
    known = state(octets)
    assert [one.domain for one in known.signatures][:2] == ["d1.example.org", "d2.example.org"]
    assert told(known)[2:] == [
        ("arc_message", 1, ""), ("arc_seal", 1, ""), ("arc_message", 2, ""), ("arc_seal", 2, "")
    ]  # fmt: skip
    assert [one.body_ok for one in known.signatures] == [True, True, False, True, False, True]


def test_ten_signatures_are_stated_and_of_more_the_first_ten_and_a_limit():
    full = state(mail(*map(sign, range(MOST_SIGNATURES))))
    assert (len(full.signatures), limits(full)) == (MOST_SIGNATURES, [])
    for count in MOST_SIGNATURES + 1, 500:
        more = state(mail(*map(sign, range(count))))
        assert more.signatures == full.signatures
        assert limits(more) == [("signatures", 0, "more than 10 DKIM signatures")]


def test_ten_sets_are_stated_and_of_more_the_newest_ten_and_a_limit():
    for count in MOST_SETS, MOST_SETS + 1, 50:
        known = state(mail(*map(seal, range(count, 0, -1))))
        instances = [one.instance for one in known.signatures if one.kind == "arc_seal"]
        assert instances == list(range(count - MOST_SETS + 1, count + 1))
        assert all(len(one.signed_sha256) == 32 for one in known.signatures)
        over = [("signatures", 0, "more than 10 sets of ARC")]
        assert limits(known) == (over if count > MOST_SETS else [])


def test_a_chain_of_a_hundred_is_none():
    known = state(mail(*map(seal, range(100, 0, -1))))
    assert len(known.signatures) == 2 * MOST_SETS
    assert {one.problem for one in known.signatures} == {"arc_set"}
    assert limits(known) == [("signatures", 0, "more than 10 sets of ARC")]


@pytest.mark.parametrize(
    "octets",
    [
        mail(sign(), b"no field\r\n"),
        mail(sign(), b"X: %b\r\n" % (b"a" * 1000)),
        mail(sign(), *[b"X: a\r\n"] * 30),
        mail(seal(1), b"no field\r\n"),
    ],
)
def test_a_header_that_is_not_read_whole_or_has_a_line_that_is_no_field(octets):
    known = state(octets, header_octets=900, header_fields=20)
    assert {one.problem for one in known.signatures} == {"header"}
    assert {one.signed_sha256 for one in known.signatures} == {b""}


def test_a_header_at_its_limits_is_read_whole():
    fields = sign(), *[b"X: a\r\n"] * 18
    octets = mail(*fields)
    size = len(octets) - len(b"\r\n") - len(BODY)
    assert told(state(octets, header_octets=size, header_fields=20)) == [("dkim", 0, "")]
    for less in ({"header_octets": size - 1}, {"header_fields": 19}):
        assert told(state(octets, **less)) == [("dkim", 0, "header")]


@pytest.mark.parametrize("before", [b"\r\n", b"\n", b"\xef\xbb\xbf"])
def test_who_signs_sees_no_header_behind_an_empty_line(before):
    assert state(before + mail(sign())) == facts.Facts()


def test_lines_that_end_with_cr_alone_are_no_header_to_who_signs():
    assert state(mail(sign()).replace(b"\r\n", b"\r")) == facts.Facts()


@pytest.mark.parametrize(
    "octets",
    [mail(sign()).replace(b"\r\n", b"\n"), b"From ann Mon Mar  2 09:00:00 2026\r\n" + mail(sign())],
)
def test_stored_mail_is_as_valid_as_it_was(octets):
    assert [one.body_ok for one in state(octets).signatures] == [True]
    assert state(octets).signatures == state(mail(sign())).signatures


def test_twenty_lengths_of_a_large_body_cost_one_pass():
    body = (b"a  b" * 20 + b"\r\n") * (10 * PIECE // 82)
    octets = mail(*(sign(one, more=b"; l=%d" % (one * 1000)) for one in range(10)), body=body)
    asked = []
    state(octets, clock=lambda: asked.append(1) or 0.0)
    assert len(asked) < 15  # once a piece, and twice before


def test_it_ends_when_the_time_is_over():
    times = iter([0.0] * 4)
    with pytest.raises(OverBudget):
        state(mail(sign(), body=b"a" * 5 * PIECE), clock=lambda: next(times, 1e9))


@pytest.mark.slow
def test_all_that_we_ship_states_it_too(see):
    known = see(mail(sign(), seal(1)))
    assert told(known) == [("dkim", 0, ""), ("arc_message", 1, ""), ("arc_seal", 1, "")]


PIECES = [
    sign(), seal(1), seal(2), b"DKIM-Signature:", b"\r\n", b"\n", b"\r", b" ", b"\t", b";", b"=",
    b"b=", b"i=1;", b"h=", b":", b"\xff", b"\0", FROM, b"ARC-Seal: i=3;\r\n", b"DKIM-Signature\r\n",
    b"ARC-Authentication-Results: (((( i=\r\n",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=25), st.binary(max_size=20))
def test_headers_of_any_kind_raise_nothing_and_bear_the_wall(pieces, octets):
    known = state(b"".join(pieces) + octets)
    assert facts.Facts.FromString(known.SerializeToString()) == known
    for one in known.signatures:
        assert len(one.signed_sha256) == (0 if one.problem else 32)
