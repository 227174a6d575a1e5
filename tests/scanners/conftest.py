"""Listen to the walk as the other side of the wall does."""

from collections.abc import Callable

import pytest

from pratique.scanners import facts_pb2 as facts


class Listener:
    """Keeps what is told, as the other side of the wall does."""

    def __init__(self) -> None:
        self.started_in_order: list[tuple[str, int]] = []
        self.parts: dict[int, facts.Part] = {}
        self.sent: list[facts.Facts] = []
        self.facts = facts.Facts()

    def started(self, name: str, part: int) -> None:
        self.started_in_order.append((name, part))

    def found(self, found: facts.Facts) -> None:
        kept = facts.Facts()
        kept.CopyFrom(found)
        self.sent.append(kept)
        self.parts.update({part.id: part for part in kept.parts})
        self.facts.MergeFrom(kept)

    def limits(self) -> list[tuple[str, int]]:
        return [(limit.class_, limit.part) for limit in self.facts.limits]

    def failures(self) -> list[tuple[str, int, str]]:
        return [(one.class_, one.part, one.detail) for one in self.facts.failures]

    def unopened(self) -> dict[int, str]:
        return {number: part.unopened for number, part in self.parts.items() if part.unopened}

    def kinds(self) -> set[str]:
        return {part.kind for part in self.parts.values()}


@pytest.fixture(scope="session")
def listen() -> Callable[[], Listener]:
    """Make a new listener."""
    return Listener
