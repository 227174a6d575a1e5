"""Originals that were kept: listed apart from what waits for a decision, and taken back."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

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
    kept = await store.keep(make_held())
    assert kept.is_new
    assert states(store) == ["kept_original"]
    # The same message, held: somebody has to decide, so that is a copy of its own.
    held = await store.hold(make_held())
    assert held != kept.id
    assert sorted(states(store)) == ["held", "kept_original"]


async def test_a_retry_finds_the_original_of_the_first_try(
    store: Quarantine, make_held: Callable[..., Held]
) -> None:
    first = await store.keep(make_held())
    assert store.flush()
    again = await store.keep(make_held())
    assert (again.id, again.is_new) == (first.id, False)
    await store.withdraw(again)
    assert states(store) == ["kept_original"]


async def test_a_try_that_fails_leaves_the_original_to_another_that_runs_meanwhile(
    store: Quarantine, make_held: Callable[..., Held]
) -> None:
    slow = await store.keep(make_held())
    assert store.flush()
    # A client that gave up waiting comes again; this one is delivered.
    assert (await store.keep(make_held())).id == slow.id
    await store.withdraw(slow)
    assert states(store) == ["kept_original"]


async def test_an_original_that_nobody_else_needs_is_withdrawn(
    store: Quarantine, make_held: Callable[..., Held]
) -> None:
    await store.withdraw(await store.keep(make_held()))
    assert states(store) == []


async def test_what_is_held_is_never_withdrawn(
    store: Quarantine, make_held: Callable[..., Held]
) -> None:
    kept = await store.keep(make_held())
    store.delete(kept.id)
    # One that is no longer there is withdrawn already.
    await store.withdraw(kept)
    held = await store.hold(make_held())
    await store.withdraw(type(kept)(held))
    assert states(store) == ["held"]


async def test_an_original_is_released_like_a_held_message(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    kept, next_hop = await store.keep(make_held()), hop()
    outcome = await store.release(kept.id, next_hop, Order(("bob@example.org",)))
    assert (outcome.sent, outcome.stage) == (True, Stage.KEPT)
    await store.release(kept.id, next_hop)
    assert states(store) == ["released"]
    assert len(next_hop.sent) == 2


@pytest.mark.parametrize(("days", "left"), [(9, ["kept_original"]), (11, [])])
async def test_an_original_expires_by_its_age(
    *, store: Quarantine, make_held: Callable[..., Held], clock: Any, days: int, left: list[str]
) -> None:
    await store.keep(make_held())
    clock.later(days=days)
    store.expire(timedelta(days=10))
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
