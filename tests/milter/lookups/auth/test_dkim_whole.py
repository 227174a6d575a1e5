"""DKIM from octets to the word: the worker's statement, the key from a name server, dkimpy beside.

What `tests/scanners/dkim` asserts of hashes is asserted here of the end: `auth.dkim`.
"""

import asyncio
import random
import re
import runpy
import time
from pathlib import Path

import dkim
import pytest
from hypothesis import HealthCheck, assume, given, settings

from pratique.milter.config import parse
from pratique.milter.lookups.asked import lookups_of
from pratique.scanners import facts_pb2 as facts

SCANNERS = Path(__file__).resolve().parents[3] / "scanners/dkim"
SIGN = runpy.run_path(str(SCANNERS / "conftest.py"))
MADE = runpy.run_path(str(SCANNERS / "test_second_opinion.py"))
CORPORA = MADE["CORPORA"]
# What dkimpy calls valid: "policy" is that only a part of the body is signed (l=).
VALID = {"pass", "policy"}


@pytest.fixture
async def words(name_server):
    """What becomes of each signature of a message; keys are in the zone of the name server."""
    written = f'[authentication]\n[dns]\nservers = ["127.0.0.1@{name_server.port}"]\n'
    asks = lookups_of(parse(written, "x"))

    async def words(octets, keys):
        for name, record in keys.zone.items():
            text = record.decode()
            strings = [text[at : at + 250] for at in range(0, len(text), 250)]
            place = name.decode().rstrip(".").lower()
            name_server.zone[place] = {"TXT": [" ".join(f'"{one}"' for one in strings)]}
        seen = SIGN["stated"](octets)
        seen.mail.direction = "inbound"
        seen.parts.add()
        seen.envelope.received_at.FromSeconds(int(time.time()))
        await asks.add(seen, None, asyncio.get_running_loop().time() + 10)
        return [one.result for one in seen.auth.dkim]

    yield words
    await asks.close()


async def agree(words, keys, octets):
    ours = [word in VALID for word in await words(octets, keys)]
    theirs = keys.theirs(octets)
    # dkimpy reads no header with a blank before a colon (RFC 5322 4.5.3); mail programs do.
    if not theirs and re.search(rb"(?m)^[!-9;-~]+[ \t]+:", octets.partition(b"\r\n\r\n")[0]):
        return
    # What dkimpy finds no fields in has no valid signature; we state it, and say so.
    assert sum(ours) == sum(theirs)
    assert len(ours) != len(theirs) or ours == theirs


@pytest.fixture(scope="session")
def pair():
    """An RSA and an Ed25519 key of dkimpy's."""
    rsa, ed25519 = SIGN["rsa"], SIGN["ed25519"]
    return SIGN["Keys"](rsa.generate_private_key(65537, 1024), ed25519.Ed25519PrivateKey.generate())


MESSAGE = MADE["MESSAGE"]


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
async def test_what_dkimpy_signs_passes_with_the_key_that_dns_has(words, pair, algorithm):
    octets = pair.sign(MESSAGE, algorithm=algorithm)
    assert await words(octets, pair) == ["pass"]
    assert await words(octets + b"more\r\n", pair) == ["fail"]
    assert await words(octets.replace(b"b@example.net", b"c@example.net"), pair) == ["fail"]


async def test_several_are_each_told(words, pair):
    octets = pair.sign(pair.sign(MESSAGE), algorithm="ed25519", length=True)
    assert await words(octets, pair) == ["policy", "pass"]
    await agree(words, pair, octets)


async def signed_and_damaged(words, pair, *, message, how, seed, times):
    try:
        signed = pair.sign(message, **how)
    except dkim.DKIMException:
        assume(False)
    octets = SIGN["damage"](signed, random.Random(seed), times)
    if not MADE["differs_by_intent"](octets):
        await agree(words, pair, octets)


GIVEN = {
    "message": MADE["messages"](),
    "how": MADE["HOW"],
    "seed": MADE["SEEDS"],
    "times": MADE["TIMES"],
}


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(**GIVEN)
async def test_of_a_thousand_signed_and_damaged_messages_those_pass_that_dkimpy_passes(
    words, pair, *, message, how, seed, times
):
    await signed_and_damaged(words, pair, message=message, how=how, seed=seed, times=times)


@pytest.mark.slow
@pytest.mark.real("shared mail")
async def test_signatures_of_real_mail_pass_when_they_are_made_anew(words, pair):
    anew = type("Anew", (), {"renew": staticmethod(SIGN["renew"])})
    told, stated = 0, SIGN["stated"]
    for path in sorted(path for path in CORPORA.rglob("*") if path.is_file()):
        octets = path.read_bytes()
        signatures = [one for one in stated(octets).signatures if one.kind == "dkim"]
        if not signatures:
            continue
        keys = pair.of(one for one in signatures if not one.problem)
        if not any(one.problem for one in signatures):
            octets = MADE["renewed"](keys, octets, stated, anew)
            found = await words(octets, keys)
            assert found == ["pass"] * len(signatures) or set(found) == {"policy"}, path.name
            damaged = re.sub(rb"(?im)^from:", b"From: x", octets, count=1)
            assert set(await words(damaged, keys)) == {"fail"}, path.name
            told += len(signatures)
        # As it lies there, with keys that are not its own.
        await agree(words, keys, path.read_bytes())
    assert told > 50


async def test_without_a_signature_nothing_is_told(words, pair):
    assert await words(MESSAGE, pair) == []
    assert facts.Facts().auth.dkim == []
