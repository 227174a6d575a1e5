"""Show a part to a scanner, and hear what it states."""

from collections.abc import Callable

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.part import Part, Scanner


@pytest.fixture
def show() -> Callable[..., facts.Facts]:
    def shown(scanner: Scanner, octets: bytes = b"", **known: object) -> facts.Facts:
        stated = facts.Facts()
        part = Part(facts.Part(id=7, **known), memoryview(octets))  # type: ignore[arg-type]
        for found in scanner.scan(part):
            stated.MergeFrom(found)
        return stated

    return shown
