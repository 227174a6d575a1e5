"""What is measured of authentication is a message that passes, with nobody asked."""

import asyncio
import time

import pytest

from pratique.milter.lookups.auth.lookup import Authentication, AuthenticationSettings
from pratique.milter.lookups.resolver import Resolver, ResolverSettings


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
async def test_each_signature_passes_from_what_is_known(bench, kind):
    costs = bench("authentication_costs")
    resolver = Resolver(ResolverSettings(), time.monotonic)
    for name, (type_, record) in costs.SPF.items():
        costs.known(resolver, name, type_, record)
    seen = costs.message([costs.Key(kind)] * 3, resolver)
    until = asyncio.get_running_loop().time() + 60
    await Authentication(AuthenticationSettings(), resolver).add(seen, until)
    assert [one.result for one in seen.auth.dkim] == ["pass"] * 3
    assert (seen.auth.spf, seen.auth.dmarc) == ("pass", "pass")


def test_its_tables_have_a_place_in_the_page(bench):
    page = bench("costs_page")
    text = page.PAGE.read_text("utf-8")
    for name in ("authentication", "hashes"):
        assert page.put(text, name, "x") != text
