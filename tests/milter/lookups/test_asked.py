"""All lookups about a message are asked at the same time, within its time."""

import asyncio
from datetime import UTC, datetime

from pratique.milter.config import parse
from pratique.milter.engines.asked import Asked, Beside
from pratique.milter.lookups.asked import Lookups, lookups_of
from pratique.milter.mail import Envelope
from pratique.scanners import facts_pb2 as facts

NOBODY = Envelope("q1", datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


class Knows:
    def __init__(self, word, waits_for=None, tells=None):
        self.word, self.waits_for, self.tells, self.until = word, waits_for, tells, 0.0

    async def add(self, seen, until):
        self.until = until
        if self.tells is not None:
            self.tells.set()
        if self.waits_for is not None:
            await self.waits_for.wait()
        seen.lists_away.append(self.word)


async def test_each_adds_what_it_knows_and_none_waits_for_another():
    first, second = asyncio.Event(), asyncio.Event()
    seen = facts.Facts()
    lookups = [Knows("a", first, second), Knows("b", second, first)]
    async with asyncio.timeout(5):
        await Lookups(lookups, 1.0).add(seen, NOBODY, asyncio.get_running_loop().time() + 60)
    assert set(seen.lists_away) == {"a", "b"}


async def test_no_lookup_gets_more_time_than_the_message_or_its_own():
    one, now = Knows("a"), asyncio.get_running_loop().time()
    await Lookups([one], 1.0).add(facts.Facts(), NOBODY, now + 0.5)
    assert one.until == now + 0.5
    await Lookups([one], 1.0).add(facts.Facts(), NOBODY, now + 60)
    assert now + 2.0 <= one.until < now + 4.0


async def test_what_the_settings_name_is_asked_of_the_servers_that_they_name(name_server):
    settings = parse(
        f'[dns]\nservers = ["127.0.0.1@{name_server.port}"]\n'
        '[[block_list]]\nzone = "bad.example"\nname = "bad"\nwhat = "hosts"\n',
        "x",
    )
    name_server.zone["spam.example.bad.example"] = ["127.0.0.2"]
    name_server.zone["test.bad.example"] = ["127.0.0.2"]
    seen = facts.Facts()
    seen.links.add(host="www.spam.example")
    await lookups_of(settings).add(seen, NOBODY, asyncio.get_running_loop().time() + 5)
    assert list(seen.links[0].listed) == ["bad"]


async def test_closed_nobody_is_asked_any_more(name_server):
    settings = parse(
        f'[dns]\nservers = ["127.0.0.1@{name_server.port}"]\n'
        '[[block_list]]\nzone = "bad.example"\nname = "bad"\nwhat = "hosts"\n',
        "x",
    )
    lookups, seen = lookups_of(settings), facts.Facts()
    seen.links.add(host="www.spam.example")
    # As a door does it.
    await Asked(None, [], 5.0, None, Beside(lookups)).close()
    await lookups.add(seen, NOBODY, asyncio.get_running_loop().time() + 5)
    assert (name_server.asked, list(seen.lists_away)) == ([], ["bad"])
    await Lookups([], 1.0).close()


def test_without_any_in_the_settings_there_are_none():
    assert lookups_of(parse("", "x")) is None
