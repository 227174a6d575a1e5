"""Have a compound file's streams, or a member's octets, looked at."""

from collections.abc import Callable

import pytest

from pratique.scanners.office import compound
from pratique.scanners.office.gathered import Gathered


@pytest.fixture(scope="session")
def found_in_streams(office_files) -> Callable[..., dict[str, str]]:
    """Severities by name of what is found in a compound file of these streams."""

    def found(streams: dict[str, bytes], within: str = "", **rest: object) -> dict[str, str]:
        octets = memoryview(office_files.compound(streams, **rest))
        return {one.name: one.severity for one in compound.look(octets, within)}

    return found


@pytest.fixture
def members() -> Callable[..., dict[str, str]]:
    """Severities by name of what members of one document say, with what is concluded."""

    def found(look: Callable, told: dict[str, bytes | str]) -> dict[str, str]:
        gathered, seen = Gathered(), []
        for name, octets in told.items():
            raw = octets.encode() if isinstance(octets, str) else octets
            seen += look(name, memoryview(raw), gathered)
        seen += gathered.conclude()
        return {one.name: one.severity for one in seen}

    return found
