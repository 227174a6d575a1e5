"""Originals that were kept: listed apart from what waits for a decision, and taken back."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pratique.milter.quarantine.folders import QuarantineError
from pratique.milter.quarantine.record import Held, Record
from pratique.milter.quarantine.release import Order
from pratique.milter.quarantine.state import Stage, State
from pratique.milter.quarantine.store import Quarantine


def states(store: Quarantine) -> list[str]:
    return [one.state for one in store.messages()]


@pytest.mark.slow
async def test_an_original_is_kept_and_is_not_what_is_held(
    store: Quarantine, make_held: Callable[..., Held]
) -> None:
    kept = await store.put(make_held(), Stage.KEPT)
    assert kept.made == kept.id
    kept.settle()
    assert states(store) == ["kept_original"]
    # The same message, held: somebody has to decide, so that is a copy of its own.
    held = await store.hold(make_held())
    assert held != kept.id
    assert sorted(states(store)) == ["held", "kept_original"]


async def test_a_retry_finds_the_original_of_the_first_try(
    store: Quarantine, make_held: Callable[..., Held]
) -> None:
    first = await store.put(make_held(), Stage.KEPT)
    first.settle()
    assert store.flush()
    again = await store.put(make_held(), Stage.KEPT)
    assert (again.id, again.made) == (first.id, "")
    await store.withdraw(again)
    assert states(store) == ["kept_original"]


@pytest.mark.parametrize("stage", [Stage.KEPT, Stage.HELD])
async def test_a_try_that_may_yet_fail_has_a_copy_of_its_own(
    store: Quarantine, make_held: Callable[..., Held], stage: Stage
) -> None:
    slow = await store.put(make_held(), stage)
    assert store.flush()
    # A client that gave up waiting comes again; this one is delivered.
    second = await store.put(make_held(), stage)
    assert second.made not in ("", slow.made)
    second.settle()
    await store.withdraw(slow)
    assert [one.id for one in store.messages()] == [second.id]


async def test_nobody_releases_or_removes_what_may_be_withdrawn(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    copy = await store.put(make_held(), Stage.HELD)
    next_hop = hop()
    with pytest.raises(QuarantineError, match="worked on"):
        await store.release(copy.id, next_hop)
    with pytest.raises(QuarantineError, match="worked on"):
        store.delete(copy.id)
    assert list(store.expire(timedelta(days=-1))) == []
    copy.settle()
    assert (await store.release(copy.id, next_hop)).sent


async def test_what_is_put_for_a_door_that_gave_up_stays_held(
    store: Quarantine, make_held: Callable[..., Held]
) -> None:
    task = asyncio.create_task(store.put(make_held(), Stage.HELD))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others)
    (held,) = store.messages()
    store.delete(held.id)


@pytest.mark.parametrize("stage", [Stage.KEPT, Stage.HELD])
async def test_a_copy_of_a_message_that_comes_again_is_withdrawn(
    store: Quarantine, make_held: Callable[..., Held], stage: Stage
) -> None:
    copy = await store.put(make_held(), stage)
    await store.withdraw(copy)
    await store.withdraw(copy)
    assert states(store) == []


async def test_an_original_is_released_like_a_held_message(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    kept, next_hop = await store.put(make_held(), Stage.KEPT), hop()
    kept.settle()
    outcome = await store.release(kept.id, next_hop, Order(("bob@example.org",)))
    assert (outcome.sent, outcome.stage) == (True, Stage.KEPT)
    await store.release(kept.id, next_hop)
    assert states(store) == ["released"]
    assert len(next_hop.sent) == 2


@pytest.mark.parametrize(("days", "left"), [(9, ["kept_original"]), (11, [])])
async def test_an_original_expires_by_its_age(
    *, store: Quarantine, make_held: Callable[..., Held], clock: Any, days: int, left: list[str]
) -> None:
    (await store.put(make_held(), Stage.KEPT)).settle()
    clock.later(days=days)
    list(store.expire(timedelta(days=10)))
    assert states(store) == left


def test_the_state_comes_back_and_one_of_an_earlier_version_is_held() -> None:
    state = State(("a",), kept=True)
    assert State.decode(state.encode()) == state
    written = state.to_json()
    assert written["state"] == "kept_original"
    del written["kept_original"]
    assert State.decode(json.dumps(written).encode()).stage is Stage.HELD


def test_edits_of_a_verdict_come_back(make_record: Callable[..., Record]) -> None:
    from dataclasses import replace

    from pratique.policies.verdict import Edit

    record = make_record()
    edits = (Edit("strip", "a rule", "because", (1, 2)), Edit("rebuild", "another", ""))
    changed = replace(record, verdicts=tuple(replace(one, edits=edits) for one in record.verdicts))
    assert Record.decode(changed.encode()) == changed
    earlier = changed.to_json()
    for one in earlier["verdicts"]:
        del one["edits"]
    assert Record.decode(json.dumps(earlier).encode()).verdicts[0].edits == ()
