"""Holding, listing, showing, deleting, expiring: the folders are the truth."""

import asyncio
import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pratique.milter.quarantine.folders import QuarantineError, swept
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.quarantine.tokens import LIFETIME

# content, record and state: a write and an fsync each; the folder, the rename, held, tmp.
STEPS_OF_HOLD = 10


def left_behind(folder: Path) -> list[Path]:
    return [*(folder / "held").iterdir(), *(folder / "tmp").iterdir()]


def remove_index(folder: Path) -> None:
    for path in folder.glob("index.sqlite*"):
        path.unlink()


async def test_a_held_message_is_a_folder_with_all_that_is_known(
    store: Quarantine, folder: Path, make_held: Callable[..., Held]
) -> None:
    held = make_held()
    message_id = await store.hold(held)
    kept = folder / "held" / message_id
    content = (kept / "content").read_bytes()
    record = json.loads((kept / "record").read_bytes())
    assert content == b"".join(held.outgoing.content.span(0, held.outgoing.content.size))
    assert record["content"] == {"sha256": hashlib.sha256(content).hexdigest(), "size": 49}
    assert record["envelope"]["recipients"][0]["address"] == "bob@example.org"
    assert record["envelope"]["client"]["ip"] == "192.0.2.1"
    assert record["verdicts"][1]["recipient"] == "carl@example.net"
    assert record["verdicts"][1]["rule"] == "programs"
    assert record["facts"]["mail"]["subject"] == "hello"
    assert (record["prepend"], record["cut"]) == ("Received: by us\r\n", [[16, 41]])
    assert json.loads((kept / "state").read_bytes())["state"] == "held"
    assert sorted(path.name for path in kept.iterdir()) == ["content", "record", "state"]
    assert message_id.startswith("20251122T120000-")


async def test_a_message_is_listed_as_soon_as_it_is_held(
    store: Quarantine, make_held: Callable[..., Held]
) -> None:
    message_id = await store.hold(make_held())
    (listed,) = store.messages()
    assert (listed.id, listed.state, listed.rule) == (message_id, "held", "programs")
    assert listed.recipients == ("bob@example.org", "carl@example.net")


async def test_a_retry_finds_its_copy(
    open_store: Callable[..., Quarantine], make_held: Callable[..., Held]
) -> None:
    store = open_store()
    message_id = await store.hold(make_held())
    assert store.flush()
    assert await open_store().hold(make_held()) == message_id
    assert len(list(store.messages())) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"content": b"another\r\n"},
        {"reverse_path": ""},
        {"reverse_path": None},
    ],
)
async def test_another_message_is_no_retry(
    store: Quarantine, make_held: Callable[..., Held], other: dict[str, Any]
) -> None:
    first = await store.hold(make_held())
    assert store.flush()
    assert await store.hold(make_held(**other)) != first
    assert await store.hold(make_held("dave@example.org")) != first
    assert len(list(store.messages())) == 3


async def test_what_comes_after_the_last_retry_is_a_mail_of_its_own(
    store: Quarantine, make_held: Callable[..., Held], clock: Any
) -> None:
    first = await store.hold(make_held())
    assert store.flush()
    clock.later(days=5, seconds=-1)
    assert await store.hold(make_held()) == first
    clock.later(seconds=1)
    assert await store.hold(make_held()) != first


async def test_a_released_copy_is_no_copy(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    first = await store.hold(make_held())
    assert (await store.release(first, hop())).sent
    assert store.flush()
    assert await store.hold(make_held()) != first


async def test_a_copy_that_somebody_works_on_is_no_copy(
    store: Quarantine, folder: Path, make_held: Callable[..., Held]
) -> None:
    first = await store.hold(make_held())
    assert store.flush()
    with (folder / "held" / first / "state").open():
        descriptor = os.open(folder / "held" / first, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        second = await store.hold(make_held())
        os.close(descriptor)
    assert second != first


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.write_bytes(b""),
        lambda content: content.write_bytes(content.read_bytes()[:-1]),
        lambda content: content.write_bytes(content.read_bytes() + b"x"),
        lambda content: content.write_bytes(content.read_bytes().replace(b"body", b"BODY")),
        lambda content: content.unlink(),
    ],
)
async def test_a_copy_that_is_damaged_is_no_copy(
    store: Quarantine, folder: Path, make_held: Callable[..., Held], damage: Any
) -> None:
    first = await store.hold(make_held())
    assert store.flush()
    assert await store.hold(make_held()) == first
    damage(folder / "held" / first / "content")
    assert await store.hold(make_held()) != first


@pytest.mark.parametrize("step", range(STEPS_OF_HOLD))
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
async def test_a_disk_that_fails_at_any_step_is_told_and_leaves_nothing(
    *,
    open_store: Callable[..., Quarantine],
    folder: Path,
    make_held: Callable[..., Held],
    failing: Any,
    step: int,
    error: int,
) -> None:
    system = failing(error=error)
    store = open_store(system)
    system.fails_at = system.steps + step
    with pytest.raises(OSError, match=os.strerror(error)):
        await store.hold(make_held())
    assert left_behind(folder) == []
    assert list(store.messages()) == []
    # The disk is well again, and so is everything else.
    assert await store.hold(make_held())


async def test_holding_has_no_more_steps_than_were_made_to_fail(
    open_store: Callable[..., Quarantine], make_held: Callable[..., Held], failing: Any
) -> None:
    system = failing()
    store = open_store(system)
    before = system.steps
    await store.hold(make_held())
    assert system.steps - before == STEPS_OF_HOLD


async def test_a_cancelled_door_leaves_a_whole_copy_or_none(
    store: Quarantine, make_held: Callable[..., Held]
) -> None:
    holding = asyncio.create_task(store.hold(make_held()))
    await asyncio.sleep(0)
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    store.close()
    assert {one.state for one in store.messages()} <= {"held"}


@pytest.mark.parametrize("message_id", ["", "../../etc/passwd", "20251122T120000-00000001\n"])
async def test_an_id_that_is_none_never_reaches_the_disk(
    store: Quarantine, folder: Path, hop: Any, message_id: str
) -> None:
    for do in (store.show, store.content, store.delete):
        with pytest.raises(QuarantineError, match="is no id"):
            do(message_id)
    with pytest.raises(QuarantineError, match="is no id"):
        await store.release(message_id, hop())


async def test_an_id_that_nobody_has_is_told(store: Quarantine, hop: Any) -> None:
    absent = "20251122T120000-00000001"
    for do in (store.show, store.content, store.delete):
        with pytest.raises(QuarantineError, match="not in quarantine"):
            do(absent)
    with pytest.raises(QuarantineError, match="not in quarantine"):
        await store.release(absent, hop())


@pytest.mark.parametrize("name", ["record", "state"])
@pytest.mark.parametrize("octets", [b"", b"{}", b"\xff\x00", None])
async def test_a_damaged_message_is_listed_told_and_never_removed_by_age(
    *,
    store: Quarantine,
    folder: Path,
    make_held: Callable[..., Held],
    hop: Any,
    clock: Any,
    name: str,
    octets: bytes | None,
) -> None:
    message_id = await store.hold(make_held())
    path = folder / "held" / message_id / name
    path.unlink()
    if octets is not None:
        path.write_bytes(octets)
    if name == "state":
        assert [one.state for one in store.messages()] == ["damaged"]
    with pytest.raises(QuarantineError, match="damaged"):
        store.show(message_id)
    next_hop = hop()
    with pytest.raises(QuarantineError, match="damaged"):
        await store.release(message_id, next_hop)
    clock.later(days=400)
    assert list(store.expire(timedelta(days=30))) == []
    assert next_hop.sent == []
    store.delete(message_id)
    assert left_behind(folder) == []


async def test_a_content_that_changed_is_not_released(
    store: Quarantine, folder: Path, make_held: Callable[..., Held], hop: Any
) -> None:
    message_id = await store.hold(make_held())
    content = folder / "held" / message_id / "content"
    content.write_bytes(b"x" * content.stat().st_size)
    next_hop = hop()
    with pytest.raises(QuarantineError, match="SHA-256"):
        await store.release(message_id, next_hop)
    assert next_hop.envelopes == []


async def test_a_deleted_message_is_gone_from_disk_and_list(
    store: Quarantine, folder: Path, make_held: Callable[..., Held]
) -> None:
    message_id = await store.hold(make_held())
    store.delete(message_id)
    assert left_behind(folder) == []
    assert list(store.messages()) == []
    assert await store.hold(make_held()) != message_id


async def test_a_folder_that_went_away_by_hand_leaves_the_list(
    store: Quarantine, folder: Path, make_held: Callable[..., Held]
) -> None:
    message_id = await store.hold(make_held())
    assert store.flush()
    shutil.rmtree(folder / "held" / message_id)
    assert list(store.messages()) == []
    assert store.flush()
    assert store._index.ids() == set()


async def test_a_time_without_its_zone_keeps_a_message_from_expiring(
    store: Quarantine, folder: Path, make_held: Callable[..., Held], clock: Any
) -> None:
    odd, old = await store.hold(make_held("a@b")), await store.hold(make_held("c@d"))
    record = folder / "held" / odd / "record"
    written = json.loads(record.read_bytes())
    record.write_text(json.dumps(written | {"held_at": "2025-11-22T12:00:00"}))
    clock.later(days=400)
    assert list(store.expire(timedelta(days=30))) == [old]
    with pytest.raises(QuarantineError, match="without its zone"):
        store.show(odd)


async def test_expire_takes_what_is_old_and_leaves_what_is_young(
    store: Quarantine, make_held: Callable[..., Held], hop: Any, clock: Any
) -> None:
    old = await store.hold(make_held("a@b"))
    released = await store.hold(make_held("c@d"))
    await store.release(released, hop())
    clock.later(days=30)
    young = await store.hold(make_held("e@f"))
    assert list(store.expire(timedelta(days=30))) == []
    clock.later(seconds=1)
    assert list(store.expire(timedelta(days=30))) == sorted([old, released])
    assert [one.id for one in store.messages()] == [young]


async def test_expire_takes_tokens_that_nobody_can_redeem_any_more(
    store: Quarantine, folder: Path, make_held: Callable[..., Held], hop: Any, clock: Any
) -> None:
    await store.release(await store.hold(make_held()), hop())
    list(store.expire(timedelta(days=30)))
    assert len(list((folder / "tokens").iterdir())) == 1
    # The age of a token is that of its file.
    clock.now = datetime.now(UTC) + LIFETIME + timedelta(minutes=1)
    list(store.expire(timedelta(days=30)))
    assert list((folder / "tokens").iterdir()) == []


async def test_expire_never_takes_what_is_unsure_or_being_released(
    store: Quarantine, make_held: Callable[..., Held], hop: Any, clock: Any
) -> None:
    message_id = await store.hold(make_held())
    expired: list[str] = []

    async def expire_and_die() -> None:
        clock.later(days=400)
        expired.extend(store.expire(timedelta(days=30)))
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await store.release(message_id, hop(meanwhile=expire_and_die))
    expired.extend(store.expire(timedelta(days=30)))
    assert expired == []
    assert [one.state for one in store.messages()] == ["unsure"]


async def test_a_sweep_leaves_what_is_held(
    store: Quarantine, make_held: Callable[..., Held]
) -> None:
    await store.hold(make_held())
    assert swept(store._folders.root) == 0
    assert len(list(store.messages())) == 1


@pytest.mark.slow
async def test_a_thousand_messages_are_listed_in_order_with_an_index_and_without(
    open_store: Callable[..., Quarantine],
    folder: Path,
    make_held: Callable[..., Held],
    failing: Any,
    clock: Any,
) -> None:
    store = open_store(failing(syncs=False))
    ids = []
    for number in range(1000):
        clock.later(seconds=1)
        ids.append(await store.hold(make_held(f"r{number}@example.org")))
    assert store.flush()
    indexed = list(store.messages())
    assert [one.id for one in indexed] == ids
    store.close()
    remove_index(folder)
    assert list(open_store().messages()) == indexed
