"""Listing what is held, whatever the index says and whoever works on it meanwhile."""

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pratique.milter.quarantine.folders import QuarantineError
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.store import Quarantine


@pytest.fixture
def before_opening() -> Callable[..., None]:
    """Do something right before a folder is opened for the first time."""
    waiting: dict[str, Callable[[], None]] = {}

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and waiting and isinstance(arguments[0], str | Path):
            do = waiting.get(str(arguments[0]))
            if do:
                waiting.clear()
                do()

    # It stays to the end of the process, and does nothing without what waits.
    sys.addaudithook(look)
    return lambda path, do: waiting.update({str(path): do})


@pytest.mark.parametrize(
    "row",
    [
        ("../../etc", "s", "y"),
        ("../../etc", "s", '{"id": "../../etc"}'),
        ("", "s", "y"),
        (b"20251122T120000-00000001", "s", "y"),
        ("20251122T120000-00000001", b"s", b"\xff"),
    ],
)
async def test_a_row_of_nobody_is_dropped_and_the_rest_is_listed(
    store: Quarantine, folder: Path, make_held: Callable[..., Held], row: tuple[Any, ...]
) -> None:
    message_id = await store.hold(make_held())
    assert store.flush()
    with closing(sqlite3.connect(folder / "index.sqlite")) as index, index:
        index.execute("insert into message values (?, ?, ?)", row)
    for _ in range(2):
        assert [one.id for one in store.messages()] == [message_id]
        assert store.flush()
    assert store._index.ids() == {message_id}


@pytest.mark.parametrize("changed", [{"id": "x"}, {"size": "\x1b[2J"}, {"subject": 7}])
async def test_the_row_of_another_message_is_mended_from_the_folder(
    store: Quarantine, folder: Path, make_held: Callable[..., Held], changed: dict[str, Any]
) -> None:
    await store.hold(make_held())
    assert store.flush()
    (listed,) = store.messages()
    with closing(sqlite3.connect(folder / "index.sqlite")) as index, index:
        wrong = json.dumps(listed.to_json() | changed)
        index.execute("update message set summary = ?", (wrong,))
    assert list(store.messages()) == [listed]
    assert store.flush()
    with closing(sqlite3.connect(folder / "index.sqlite")) as index:
        assert index.execute("select summary from message").fetchall() == [(listed.encode(),)]


@pytest.mark.parametrize("look", ["messages", "show"])
async def test_what_is_removed_while_it_is_looked_at_is_gone_and_not_damaged(
    *,
    store: Quarantine,
    folder: Path,
    make_held: Callable[..., Held],
    hop: Any,
    before_opening: Callable[..., None],
    look: str,
) -> None:
    ids = sorted([await store.hold(make_held("a@b")), await store.hold(make_held("c@d"))])
    with pytest.raises(ConnectionAbortedError):
        await store.release(ids[1], hop(meanwhile=_die))
    assert [one.state for one in store.messages()] == ["held", "unsure"]
    gone = folder / "held" / ids[1]
    # All files were read: the folder itself is opened to see whether somebody is at it.
    before_opening(gone, lambda: shutil.rmtree(gone))
    if look == "messages":
        assert [one.id for one in store.messages()] == ids[:1]
    else:
        with pytest.raises(QuarantineError, match="not in quarantine"):
            store.show(ids[1])
    assert not gone.exists()


async def test_what_is_released_while_it_is_listed_is_not_unsure(
    store: Quarantine, folder: Path, make_held: Callable[..., Held], hop: Any
) -> None:
    ids = sorted([await store.hold(make_held("a@b")), await store.hold(make_held("c@d"))])
    with pytest.raises(ConnectionAbortedError):
        await store.release(ids[1], hop(meanwhile=_die))
    assert [one.state for one in store.messages()] == ["held", "unsure"]
    state = folder / "held" / ids[1] / "state"
    found = state.stat()
    assert store.flush()
    # The stamp of the row still fits, as it does for who read it a moment too early.
    written = json.loads(state.read_bytes())
    done = {"sending": [], "released": written["sending"]}
    state.write_text(json.dumps(written | done))
    os.utime(state, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert [one.state for one in store.messages()] == ["held", "released"]


async def _die() -> None:
    raise ConnectionAbortedError
