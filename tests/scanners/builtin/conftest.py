"""Show a part to a scanner, and hear what it states."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

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


@pytest.fixture(scope="session")
def mailed(see, bounces) -> Callable[..., facts.Facts]:
    """Have a mail seen that brings files, and says a text."""

    def seen(*files: tuple[str, bytes], text: str = "See the attached file.") -> facts.Facts:
        head = b"From: ann@example.org\nSubject: minutes\nMIME-Version: 1.0\n"
        said = b"Content-Type: text/plain\n\n" + text.encode() + b"\n"
        attached = [bounces.file(name, octets) for name, octets in files]
        known: facts.Facts = see(bounces.multipart(said, *attached, head=head))
        return known

    return seen


@pytest.fixture(scope="session")
def found_in(mailed) -> Callable[..., dict[str, str]]:
    """What one scanner finds in attached files: severities by name."""

    def found(scanner: str, *files: tuple[str, bytes], text: str = "See it.") -> dict[str, str]:
        known = mailed(*files, text=text)
        return {one.name: one.severity for one in known.findings if one.scanner == scanner}

    return found


@pytest.fixture(scope="session")
def clean() -> Callable[[str], ModuleType]:
    """A module beside this folder that writes clean files: `office`, `macro`, `pdf`."""

    def found(kind: str) -> ModuleType:
        path = Path(__file__).parents[1] / f"clean_{kind}_files.py"
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return found
