"""A retry finds the copy of an earlier try by each of its recipients."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pratique.milter.quarantine.index import Row
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.release import Order
from pratique.milter.quarantine.store import MOST_COPIES, Quarantine


async def test_a_retry_to_some_of_them_finds_the_copy_and_to_more_holds_for_those_alone(
    store: Quarantine, make_held: Callable[..., Held]
) -> None:
    first = await store.hold(make_held())
    assert store.flush()
    assert await store.hold(make_held("bob@example.org")) == first
    more = await store.hold(make_held("bob@example.org", "dave@example.org", "carl@example.net"))
    assert more != first
    record = store.show(more).record
    assert [one.address for one in record.envelope.recipients] == ["dave@example.org"]
    assert len(record.verdicts) == 1
    assert store.flush()
    assert await store.hold(make_held("carl@example.net", "dave@example.org")) in (first, more)
    assert len(list(store.messages())) == 2


async def test_a_retry_that_comes_at_once_and_to_another_process_finds_its_copy(
    open_store: Callable[..., Quarantine], make_held: Callable[..., Held]
) -> None:
    one, other = open_store(), open_store()
    for number in range(50):
        held = await one.hold(make_held(f"{number}@example.org"))
        assert await other.hold(make_held(f"{number}@example.org")) == held
    assert len(list(one.messages())) == 50


async def test_who_was_released_is_held_for_anew(
    store: Quarantine, make_held: Callable[..., Held], hop: Any
) -> None:
    first = await store.hold(make_held())
    await store.release(first, hop(), Order(("bob@example.org",)))
    assert store.flush()
    again = await store.hold(make_held())
    assert [one.address for one in store.show(again).record.envelope.recipients] == [
        "bob@example.org"
    ]


async def test_a_retry_by_way_of_a_server_in_front_of_us_finds_its_copy(
    store: Quarantine, make_held: Callable[..., Held]
) -> None:
    def tried(second: int) -> bytes:
        trace = b"Received: from x by y (Postfix) with ESMTP id A%d\r\n\tfor <a@b>; :0%d\r\n"
        return trace % (second, second) + b"Subject: x\r\n\r\nbody\r\n"

    first = await store.hold(make_held(content=tried(1)))
    assert store.flush()
    assert await store.hold(make_held(content=tried(2))) == first


async def test_of_many_copies_of_one_message_so_many_are_looked_at(
    store: Quarantine, folder: Path, make_held: Callable[..., Held]
) -> None:
    kept = await store.hold(make_held())
    for number in range(MOST_COPIES):
        # What the index names and the disk has not.
        row = Row(f"20991122T120000-{number:08x}", "", "", tuple(make_same(store, kept)))
        store._index.put(row)
        assert store.flush()
        again = await store.hold(make_held())
        assert (again == kept) is (number < MOST_COPIES - 1)


def make_same(store: Quarantine, message_id: str) -> list[str]:
    return list(store.show(message_id).record.same.values())
