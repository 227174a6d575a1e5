"""DNS, asked of a real server: answers are kept as long as they say, and nothing is raised."""

import asyncio
import os

import pytest

from pratique.milter.lookups import resolver as module
from pratique.milter.lookups.resolver import (
    FAILED,
    KEPT,
    KEPT_OCTETS,
    LONGEST,
    NEGATIVE,
    OCTETS,
    RECORDS,
    SHORTEST,
    Reply,
    Resolver,
    ResolverSettings,
)


def soon(seconds=5.0):
    return asyncio.get_running_loop().time() + seconds


async def test_an_answer_is_told_and_kept_for_as_long_as_it_says(resolver, name_server, clock):
    name_server.zone["a.example"] = ["192.0.2.1", "192.0.2.2"]
    name_server.ttl = 60
    reply = await resolver.ask("A.example", "A", soon())
    assert sorted(reply.records) == ["192.0.2.1", "192.0.2.2"]
    clock.now += 59
    assert await resolver.ask("a.example", "A", soon()) == reply
    assert len(name_server.asked) == 1
    clock.now += 2
    await resolver.ask("a.example", "A", soon())
    assert len(name_server.asked) == 2


@pytest.mark.parametrize(
    ("said", "kept"), [(0, SHORTEST), (10**6, LONGEST), (SHORTEST, SHORTEST), (LONGEST, LONGEST)]
)
async def test_an_answer_holds_neither_for_ever_nor_not_at_all(
    resolver, name_server, clock, said, kept
):
    name_server.zone["a.example"], name_server.ttl = ["192.0.2.1"], int(said)
    await resolver.ask("a.example", "A", soon())
    clock.now += kept - 1
    await resolver.ask("a.example", "A", soon())
    assert len(name_server.asked) == 1
    clock.now += 2
    await resolver.ask("a.example", "A", soon())
    assert len(name_server.asked) == 2


async def test_that_there_is_no_such_name_is_kept_as_the_zone_says(resolver, name_server, clock):
    assert await resolver.ask("none.example", "A", soon()) == Reply()
    clock.now += name_server.minimum - 1
    assert await resolver.ask("none.example", "A", soon()) == Reply()
    assert len(name_server.asked) == 1
    clock.now += 2
    await resolver.ask("none.example", "A", soon())
    assert len(name_server.asked) == 2
    assert name_server.minimum != NEGATIVE


async def test_a_name_without_such_records_has_none(resolver, name_server):
    name_server.zone["a.example"] = ["192.0.2.1"]
    reply = await resolver.ask("b.example", "TXT", soon())
    assert reply == Reply()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["silence", "servfail", "garbage"])
async def test_a_server_that_does_not_answer_is_a_failure_for_a_while(
    hasty, name_server, clock, how
):
    name_server.zone["a.example"] = getattr(name_server, how)
    reply = await hasty.ask("a.example", "A", soon())
    assert reply.failure
    assert not reply.records
    asked = len(name_server.asked)
    clock.now += FAILED - 1
    assert await hasty.ask("a.example", "A", soon()) == reply
    assert len(name_server.asked) == asked
    clock.now += 2
    name_server.zone["a.example"] = ["192.0.2.1"]
    assert (await hasty.ask("a.example", "A", soon())).records == ("192.0.2.1",)


@pytest.mark.slow
async def test_where_nobody_listens_is_a_failure(clock, free_port):
    nobody = Resolver(ResolverSettings([("127.0.0.1", free_port())], seconds=0.3), clock)
    assert (await nobody.ask("a.example", "A", soon())).failure


async def test_an_answer_that_was_cut_is_asked_for_again_by_tcp(resolver, name_server):
    name_server.zone["a.example"] = name_server.truncated
    assert (await resolver.ask("a.example", "A", soon())).records == ("127.0.0.2",)
    assert name_server.by_tcp == ["a.example"]


async def test_who_asks_what_is_being_asked_waits_for_the_same_answer(resolver, name_server):
    name_server.zone["a.example"], name_server.gate = ["192.0.2.1"], asyncio.Event()
    asking = [asyncio.create_task(resolver.ask("a.example", "A", soon())) for _ in range(9)]
    await name_server.heard.acquire()
    name_server.gate.set()
    replies = await asyncio.gather(*asking)
    assert len(name_server.asked) == 1
    assert set(replies) == {Reply(("192.0.2.1",))}


async def test_who_has_no_time_left_is_not_kept_waiting_and_the_next_finds_the_answer(
    resolver, name_server
):
    name_server.zone["a.example"], name_server.gate = ["192.0.2.1"], asyncio.Event()
    reply = await resolver.ask("a.example", "A", soon(0.05))
    assert reply.failure == "no answer in time"
    name_server.gate.set()
    assert (await resolver.ask("a.example", "A", soon())).records == ("192.0.2.1",)
    assert len(name_server.asked) == 1


async def test_a_question_that_nobody_waits_for_when_its_turn_comes_is_not_asked(
    resolver, name_server
):
    name_server.gate = asyncio.Event()
    asking = [
        asyncio.create_task(resolver.ask(f"{number}.example", "A", soon(0.05)))
        for number in range(6)
    ]
    waits = asyncio.create_task(resolver.ask("7.example", "A", soon()))
    again = asyncio.create_task(resolver.ask("5.example", "A", soon()))
    assert {one.failure for one in await asyncio.gather(*asking)} == {"no answer in time"}
    name_server.gate.set()
    assert not (await waits).failure
    assert not (await again).failure
    asked = [f"{number}.example" for number in (0, 1, 2, 3, 5, 7)]
    assert sorted(name_server.asked) == asked
    assert not resolver._asking
    assert not resolver._waiting


async def test_no_more_questions_are_under_way_than_are_allowed(resolver, name_server):
    name_server.gate = asyncio.Event()
    asking = [
        asyncio.create_task(resolver.ask(f"{number}.example", "A", soon())) for number in range(10)
    ]
    for _ in range(4):
        await name_server.heard.acquire()
    name_server.gate.set()
    await asyncio.gather(*asking)
    assert (len(name_server.asked), name_server.most) == (10, 4)


async def test_no_more_questions_wait_than_are_allowed(resolver, name_server):
    name_server.gate = asyncio.Event()
    asking = [
        asyncio.create_task(resolver.ask(f"{number}.example", "A", soon(0.1)))
        for number in range(module.WAITING + 1)
    ]
    replies = await asyncio.gather(*asking)
    told = [reply.failure for reply in replies]
    assert told.count("too many questions at a time") == 1
    assert told.count("no answer in time") == module.WAITING


async def test_closed_it_ends_what_is_under_way_and_leaves_no_socket(resolver, name_server):
    name_server.gate = asyncio.Event()
    before = set(os.listdir("/proc/self/fd"))
    asking = [
        asyncio.create_task(resolver.ask(f"{number}.example", "A", soon())) for number in range(6)
    ]
    for _ in range(4):
        await name_server.heard.acquire()
    assert set(os.listdir("/proc/self/fd")) > before
    await resolver.close()
    assert {reply.unasked for reply in await asyncio.gather(*asking)} == {True}
    # A transport closes its socket when the loop comes to it.
    for _ in range(3):
        await asyncio.sleep(0)
    assert set(os.listdir("/proc/self/fd")) == before
    assert (await resolver.ask("7.example", "A", soon())).unasked
    assert len(name_server.asked) == 4
    name_server.gate.set()


async def test_so_many_answers_are_kept_and_the_oldest_goes(resolver):
    for number in range(KEPT + 1):
        resolver._keep((f"{number}.example", "A"), Reply(), 60)
    assert len(resolver._kept) == KEPT
    assert ("0.example", "A") not in resolver._kept


async def test_so_many_octets_of_answers_are_kept_and_the_oldest_go(resolver):
    long = Reply(("x" * OCTETS,))
    for number in range(KEPT_OCTETS // OCTETS + 1):
        resolver._keep((f"{number}.example", "TXT"), long, 60)
    assert len(resolver._kept) == KEPT_OCTETS // OCTETS
    assert ("0.example", "TXT") not in resolver._kept
    # What is kept anew is counted once.
    resolver._keep(("1.example", "TXT"), Reply(("x",)), 60)
    assert len(resolver._kept) == KEPT_OCTETS // OCTETS
    assert resolver._octets == KEPT_OCTETS - OCTETS + 1


MANY = [f"192.0.{number // 250}.{number % 250}" for number in range(RECORDS + 1)]
LONG = [f'"{number:0250d}"' for number in range(OCTETS // 252 + 1)]


@pytest.mark.parametrize(("type_", "records"), [("A", MANY), ("TXT", LONG)])
async def test_an_answer_that_is_too_long_is_none_and_not_cut(
    resolver, name_server, type_, records
):
    name_server.zone["a.example"] = {type_: records[:-1]}
    name_server.zone["b.example"] = {type_: records}
    reply = await resolver.ask("a.example", type_, soon())
    assert sorted(reply.records) == sorted(records[:-1])
    too_long = Reply(failure="the answer is too long")
    assert await resolver.ask("b.example", type_, soon()) == too_long


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "a." * 130, "a..example", "\x00.example"])
async def test_a_name_that_there_cannot_be_raises_nothing(resolver, name):
    reply = await resolver.ask(name, "A", soon())
    assert not reply.records
