"""The ledger of a service: what was recorded is known, to all its doors, and mail never waits."""

import asyncio
import os
import sqlite3
from datetime import timedelta

import pytest

from pratique.milter.sent.backlog import Backlog
from pratique.milter.sent.kept import MOST_COUNTED, KeptLedger
from pratique.milter.stores.key import NoKeyError

ID, ANN, BOB, EVE = "<a@a.example>", "ann@a.example", "bob@b.example", "eve@b.example"


async def test_what_was_recorded_is_known(ledger, clocks):
    one = ledger()
    assert await one.record(ID, ANN, [BOB, EVE], clocks.wall())
    sent = await one.by_message_id(" <a@\r\n a.example>")
    assert sent.message_id == "a@a.example"
    assert sent.reverse_path == one.hashed("Ann@A.EXAMPLE")
    assert sent.recipients == {one.hashed(BOB), one.hashed(EVE)}
    assert sent.sent_at == clocks.wall()
    assert await one.last_to("<BOB@b.example>", ANN) == clocks.wall()


async def test_what_was_not_recorded_is_not(ledger, clocks):
    one = ledger()
    assert await one.by_message_id(ID) is None
    await one.record(ID, ANN, [BOB], clocks.wall())
    assert await one.by_message_id("<b@a.example>") is None
    assert await one.by_message_id("") is None
    assert await one.by_message_id(ID, BOB) is None
    assert await one.last_to(ANN, BOB) is None
    assert await one.last_to(EVE, ANN) is None


async def test_what_one_door_records_another_knows(ledger, clocks):
    first, second = ledger(), ledger()
    await first.record(ID, ANN, [BOB], clocks.wall())
    assert await second.by_message_id(ID, ANN)
    assert first.hashed(ANN) == second.hashed(ANN)


async def test_it_is_known_after_a_restart(ledger, clocks):
    first = ledger()
    await first.record(ID, ANN, [BOB], clocks.wall())
    await first.used("k")
    first.close()
    first.close()
    assert await first.by_message_id(ID) is None
    assert await first.record(ID, ANN, [BOB], clocks.wall()) is False
    second = ledger()
    assert await second.by_message_id(ID, ANN)
    assert await second.used("k") == 2


async def test_a_message_in_several_envelopes_is_one(ledger, clocks):
    one = ledger()
    await one.record(ID, ANN, [BOB], clocks.wall())
    clocks.run(days=1)
    await one.record(ID, ANN, [EVE], clocks.wall())
    sent = await one.by_message_id(ID)
    assert (len(sent.recipients), sent.sent_at) == (2, clocks.wall())


async def test_a_list_with_an_envelope_for_each_subscriber_is_asked_by_its_reverse_path(
    ledger, clocks
):
    one = ledger()
    for name in ("bob", "eve"):
        await one.record(ID, f"list+{name}@a.example", [f"{name}@b.example"], clocks.wall())
    sent = await one.by_message_id(ID, "list+bob@a.example")
    assert sent.recipients == {one.hashed(BOB)}


async def test_a_message_without_an_id_leaves_to_whom_it_went(ledger, clocks):
    one = ledger()
    assert await one.record("", ANN, [BOB], clocks.wall())
    assert await one.last_to(BOB, ANN) == clocks.wall()


# Uses


async def test_each_use_of_a_proof_is_counted_by_all_doors_and_on_all_days(ledger, clocks):
    first, second = ledger(), ledger()
    assert [await first.used("a@a.example"), await second.used("a@a.example")] == [1, 2]
    clocks.run(days=3)
    assert await first.used("a@a.example") == 3
    assert await first.used("another") == 1


async def test_uses_at_the_same_time_are_all_counted(ledger):
    doors = [ledger() for _ in range(3)]
    counts = await asyncio.gather(*(doors[one % 3].used("k") for one in range(60)))
    assert max(counts) == 60
    assert await doors[0].used("k") == 61


async def test_where_nothing_can_be_written_uses_are_counted_in_memory(ledger, folder):
    folder.write_text("in the way")
    one = ledger()
    assert [await one.used("k") for _ in range(7)] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.slow
async def test_proofs_in_memory_have_a_limit(ledger, folder):
    folder.write_text("in the way")
    one = ledger(backlog=Backlog(most_tasks=1))
    for number in range(MOST_COUNTED):
        await one.used(str(number))
    assert await one.used("0") == 2
    await one.used("one more")
    # The one that was longest not used is forgotten, and counted anew.
    assert await one.used("0") == 3
    assert await one.used("1") == 1
    assert len(one._counted) == MOST_COUNTED


# What stands in the way


async def test_a_full_backlog_keeps_nobody(ledger, folder, clocks):
    folder.write_text("in the way")
    one = ledger(backlog=Backlog(most_tasks=1))
    assert await one.record(ID, ANN, [BOB], clocks.wall()) is False
    assert await one.record(ID, ANN, [BOB], clocks.wall()) is False
    assert (one.dropped, one.waiting, one.troubles) == (1, 1, 1)


async def test_a_lock_that_lasts_keeps_a_message_for_its_patience_and_no_more(
    ledger, folder, clocks
):
    one = ledger(wait=0.05, patience=30.0)
    other = ledger()
    await other.record(ID, ANN, [BOB], clocks.wall())
    holder = sqlite3.connect(folder / "2026-11-22.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert await one.record("<late@a.example>", ANN, [BOB], clocks.wall()) is False
    # Who only asks does not wait for those who write.
    assert await one.by_message_id(ID)
    holder.execute("ROLLBACK")
    holder.close()
    async with asyncio.timeout(30):
        while not await one.by_message_id("<late@a.example>"):
            pass


async def test_while_there_is_trouble_nobody_waits_and_all_is_written_later(ledger, folder, clocks):
    folder.write_text("in the way")
    one = ledger(wait=3600.0)
    async with asyncio.timeout(30):
        for number in range(50):
            assert await one.record(f"<{number}@a.example>", ANN, [BOB], clocks.wall()) is False
    folder.unlink()
    async with asyncio.timeout(30):
        while one.waiting:  # noqa: ASYNC110 - what is awaited is a thread
            await asyncio.sleep(0)
    for number in range(50):
        assert await one.by_message_id(f"<{number}@a.example>", ANN)


async def test_who_goes_away_while_it_is_written_stops_nothing(ledger, clocks):
    one = ledger()
    asked = asyncio.create_task(one.record(ID, ANN, [BOB], clocks.wall()))
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert await one.record("<b@a.example>", ANN, [BOB], clocks.wall())
    assert await one.by_message_id(ID)


def test_a_key_that_is_damaged_stops_the_start(tmp_path):
    (tmp_path / "sent.key").write_bytes(b"short")
    with pytest.raises(NoKeyError, match=r"sent\.key is damaged"):
        KeptLedger(tmp_path / "sent")


async def test_a_moment_that_cannot_be_is_one_that_can(ledger, folder, clocks):
    one = ledger()
    await one.record(ID, ANN, [BOB], clocks.wall())
    connection = sqlite3.connect(folder / "2026-11-22.sqlite3")
    connection.execute(f"UPDATE sent SET at = {2**62}")
    connection.execute(f"UPDATE pair SET at = {-(2**62)}")
    connection.commit()
    connection.close()
    assert (await one.by_message_id(ID)).sent_at.year == 2242
    assert (await one.last_to(BOB, ANN)).year == 1970


async def test_what_is_too_old_is_gone_and_its_room_given_back(ledger, folder, clocks):
    one = ledger()
    await one.record(ID, ANN, [BOB], clocks.wall())
    assert await one.by_message_id(ID)
    clocks.run(hours=1)
    await one.record("<b@a.example>", ANN, [BOB], clocks.wall())
    clocks.run(days=15)
    await one.record("<c@a.example>", ANN, [BOB], clocks.wall())
    async with asyncio.timeout(30):
        while await one.by_message_id(ID):
            pass
    assert await one.last_to(BOB, ANN) == clocks.wall()
    deleted = [
        target
        for target in (os.readlink(f"/proc/self/fd/{name}") for name in open_descriptors())
        if str(folder) in target and "(deleted)" in target
    ]
    assert deleted == []


def open_descriptors():
    for name in os.listdir("/proc/self/fd"):
        if os.path.islink(f"/proc/self/fd/{name}"):
            yield name


async def test_a_clock_of_another_zone_says_the_same(ledger, clocks):
    from datetime import timezone

    one = ledger()
    tokyo = clocks.wall().astimezone(timezone(timedelta(hours=9)))
    await one.record(ID, ANN, [BOB], tokyo)
    assert (await one.by_message_id(ID)).sent_at == clocks.wall()
