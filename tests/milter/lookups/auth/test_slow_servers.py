"""Servers of a stranger that never answer: they make his own answers late, and nobody else's."""

import asyncio
import runpy
from pathlib import Path

import pytest

from pratique.milter.lookups.auth.lookup import Authentication, AuthenticationSettings

ASKING = runpy.run_path(str(Path(__file__).with_name("asking.py")))
message, soon, told = ASKING["message"], ASKING["soon"], ASKING["told"]


class SlowFor:
    """Answers nothing about names of slow.example, and all else at once."""

    def __init__(self, zone):
        self._zone = zone

    async def ask(self, name, type_, until):
        if name.endswith("slow.example"):
            await asyncio.Event().wait()
        return await self._zone.ask(name, type_, until)


@pytest.fixture
def slow(zone, keys):
    zone.txt("s._domainkey.a.example", keys.record()).txt("_dmarc.a.example", "v=DMARC1; p=reject")
    zone.txt("a.example", "v=spf1 -all")
    return Authentication(AuthenticationSettings(), SlowFor(zone))


async def test_beside_a_forged_signature_they_hide_not_that_it_fails(slow, keys):
    seen = message(keys)
    seen.signatures[0].value = b"forged"
    seen.signatures.append(keys.sign(domain="slow.example"))
    async with asyncio.timeout(5):
        await slow.add(seen, soon(0.05))
    assert told(seen) == ("fail", ["fail", "temperror"], "fail")
    assert seen.auth.dmarc_policy == "reject"


async def test_of_a_second_author_they_hide_not_what_the_first_one_wants(slow, keys):
    seen = message(keys)
    del seen.signatures[:]
    seen.mail.header.from_.add(address="x@slow.example", domain="slow.example")
    async with asyncio.timeout(5):
        await slow.add(seen, soon(0.05))
    assert (told(seen)[2], seen.auth.dmarc_policy) == ("fail", "reject")
