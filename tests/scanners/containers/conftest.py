"""Lend the samples of the formats to the tests of what formats share."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from pratique.scanners.budget import Budget, Limits

SAMPLES = Path(__file__).parent.parent / "formats/samples"


@pytest.fixture(scope="session")
def sample() -> Callable[[str], ModuleType]:
    """Load the samples of a format by its name."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"of_{name}", SAMPLES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def budget() -> Budget:
    return Budget(Limits())
