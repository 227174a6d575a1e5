"""What the tests of sent mail share: keys, a clock, ledgers that are closed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pratique.milter.sent.backlog import Backlog
from pratique.milter.sent.kept import KeptLedger
from pratique.milter.sent.keys import Key, Keys
from pratique.milter.sent.writer import Keep, Pace

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MADE_ON = date(2026, 5, 1)


def key(number: int) -> Key:
    return Key(number, MADE_ON, bytes(range(number % 200, number % 200 + 32)))


@pytest.fixture
def make_keys() -> Callable[..., Keys]:
    """Keys of these numbers, the first one signs."""
    return lambda *numbers: Keys(tuple(key(number) for number in numbers))


@pytest.fixture
def keys(make_keys: Callable[..., Keys]) -> Keys:
    return make_keys(2, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sent"


@pytest.fixture
def ledger(folder: Path, clocks: Any) -> Iterator[Callable[..., KeptLedger]]:
    """Make ledgers that are quick to try again and wait for a busy machine; close them."""
    made = []

    def make(
        keep: Keep | None = None,
        backlog: Backlog | None = None,
        wait: float = 30.0,
        **pace: Any,
    ) -> KeptLedger:
        quick = Pace(clocks.wall, clocks.monotonic, retry=0.02, patience=0.2)
        made.append(KeptLedger(folder, keep, replace(quick, **pace), backlog, patience=wait))
        return made[-1]

    yield make
    for one in made:
        one.close(0.5)
