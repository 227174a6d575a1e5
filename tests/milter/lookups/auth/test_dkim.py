"""DKIM: what becomes of a signature, by its key and by what the worker states."""

import asyncio

import pytest

from pratique.milter.lookups.auth.dkim import MOST, SKEW, check, check_all
from pratique.milter.lookups.resolver import Reply
from pratique.scanners import facts_pb2 as facts

NOW = 1_700_000_000
NAME = "s._domainkey.a.example"


async def word(zone, signature, at=NOW):
    return (await check(zone, signature, at, 0.0)).word


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
async def test_what_its_key_signed_passes_and_what_was_changed_fails(zone, keys, kind):
    zone.txt(NAME, keys.record(kind))
    assert await word(zone, keys.sign(kind=kind)) == "pass"
    assert await word(zone, keys.sign(kind=kind, signed_sha256=b"x" * 32)) == "fail"
    assert await word(zone, keys.sign(kind=kind, body_ok=False)) == "fail"
    assert await word(zone, keys.sign(kind=kind, value=b"")) == "fail"


async def test_a_key_that_is_tried_out_is_not_held_against_the_message(zone, keys):
    zone.txt(NAME, keys.record(tags="v=DKIM1; t=y; "))
    found = await check(zone, keys.sign(), NOW, 0.0)
    assert (found.word, found.testing) == ("pass", True)
    assert await word(zone, keys.sign(body_ok=False)) == "neutral"


@pytest.mark.parametrize("length", [0, 1, 10**12])
async def test_who_signed_a_part_of_the_body_has_signed_no_message(zone, keys, length):
    zone.txt(NAME, keys.record())
    assert await word(zone, keys.sign(body_length=length)) == "policy"
    assert await word(zone, keys.sign(body_length=length, body_ok=False)) == "fail"


PROBLEMS = [one.name for one in facts.SignatureProblems.DESCRIPTOR.enum_types[0].values]


@pytest.mark.parametrize("problem", [one for one in PROBLEMS if one != "none"])
async def test_for_a_signature_that_cannot_be_valid_nobody_is_asked(zone, keys, problem):
    told = "neutral" if problem in {"syntax", "version", "canonicalization"} else "permerror"
    zone.txt(NAME, keys.record())
    assert await word(zone, keys.sign(problem=problem)) == told
    assert zone.asked == []


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ([], "permerror"),
        (["v=DKIM1; p="], "permerror"),
        (["RSA", "RSA"], "permerror"),
        (["RSA", "v=spf1 -all"], "pass"),
        (["v=spf1 -all", "a note"], "permerror"),
        (["ED"], "permerror"),
    ],
)
async def test_there_must_be_one_key_of_its_kind(zone, keys, records, told):
    known = {"RSA": keys.record(), "ED": keys.record("ed25519")}
    zone.txt(NAME, *(known.get(one, one) for one in records))
    assert await word(zone, keys.sign()) == told


async def test_a_key_may_come_in_several_strings(zone, keys):
    record = keys.record()
    zone.add(NAME, "TXT", f'"{record[:200]}" "{record[200:]}"')
    assert await word(zone, keys.sign()) == "pass"


async def test_without_dns_nobody_can_tell_but_that_the_body_was_changed(zone, keys):
    zone.fail(NAME)
    assert await word(zone, keys.sign()) == "temperror"
    assert await word(zone, keys.sign(body_ok=False)) == "fail"


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        ("@a.example", "pass"),
        ("x@A.example", "pass"),
        ("x@b.a.example", "permerror"),
        ("", "pass"),
    ],
)
async def test_a_key_may_be_for_its_own_domain_only(zone, keys, identity, told):
    zone.txt(NAME, keys.record(tags="v=DKIM1; t=s; "))
    assert await word(zone, keys.sign(identity=identity)) == told


@pytest.mark.parametrize(
    ("expires", "at", "told"),
    [
        (NOW, NOW, "pass"),
        (NOW - 1, NOW, "permerror"),
        (NOW + 1, NOW, "pass"),
        (NOW, None, "permerror"),
    ],
)
async def test_it_counts_until_it_expires(zone, keys, expires, at, told):
    zone.txt(NAME, keys.record())
    signature = keys.sign()
    signature.expires_at.FromSeconds(expires)
    assert await word(zone, signature, at) == told


@pytest.mark.parametrize(("ahead", "told"), [(0, "pass"), (SKEW, "pass"), (SKEW + 1, "permerror")])
async def test_a_clock_may_be_wrong_by_hours_and_not_by_a_day(zone, keys, ahead, told):
    zone.txt(NAME, keys.record())
    signature = keys.sign()
    signature.signed_at.FromSeconds(NOW + ahead)
    assert await word(zone, signature) == told


@pytest.mark.parametrize(
    ("selector", "domain"),
    [
        ("", "a.example"),
        ("s", ""),
        ("s" * 64, "a.example"),
        ("s..t", "a.example"),
        ("ü", "a.example"),
    ],
)
async def test_a_name_that_there_cannot_be_is_not_asked_for(zone, keys, selector, domain):
    assert await word(zone, keys.sign(selector=selector, domain=domain)) == "permerror"
    assert zone.asked == []


async def test_ten_are_looked_at_however_many_are_stated(zone, keys):
    zone.txt(NAME, keys.record())
    one, seal = keys.sign(), keys.sign(kind="rsa")
    seal.kind = "arc_seal"
    found = await check_all(zone, [seal, *[one] * (MOST - 1)], NOW, 0.0)
    assert [each.word for each in found] == ["pass"] * (MOST - 1)
    zone.asked.clear()
    assert len(await check_all(zone, [one] * 1000, NOW, 0.0)) == MOST
    assert len(zone.asked) == MOST


async def test_keys_are_fetched_at_the_same_time(keys):
    class Waits:
        """Answers when all have asked."""

        def __init__(self):
            self.all = asyncio.Barrier(MOST)

        async def ask(self, name, type_, until):
            await self.all.wait()
            return Reply(failure="no answer")

    signatures = [keys.sign(selector=f"s{number}") for number in range(MOST)]
    async with asyncio.timeout(5):
        found = await check_all(Waits(), signatures, NOW, 0.0)
    assert {one.word for one in found} == {"temperror"}
