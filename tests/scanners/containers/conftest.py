"""Lend the samples of the formats to the tests of what formats share."""

import importlib.util
import random
import zlib
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


@pytest.fixture
def broken_deflate() -> Callable[[int], tuple[bytes, bytes]]:
    """Give so many octets of text, and deflate in which all of them stand before the damage."""

    def make(size: int) -> tuple[bytes, bytes]:
        text = random.Random(1).randbytes(size // 2).hex().encode()
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        # A block that is not the last one, and then one of no kind (RFC 1951 3.2.3).
        packed = packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)
        return text, packed + b"\xff" * 40

    return make
