"""Import what the figures are measured with."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

BENCH = str(Path(__file__).resolve().parents[2] / "bench")


@pytest.fixture(scope="session")
def bench() -> Iterator[Callable[[str], ModuleType]]:
    """A module of bench/, by its name; they find each other there."""
    sys.path.insert(0, BENCH)
    yield importlib.import_module
    sys.path.remove(BENCH)
