"""Write scanners of one's own, sound and broken, for the loader to load."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

SOUND = '''"""Find a word."""

from pratique.scanners.v1 import Finding


class Word:
    name = "word"

    def scan(self, part):
        if b"word" in part.octets:
            yield Finding("Word.There")
'''


@pytest.fixture
def sound() -> str:
    """The text of a scanner that is as it should be."""
    return SOUND


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a scanner's file."""

    def one(source: str = SOUND, name: str = "word.py") -> Path:
        file = tmp_path / name
        file.write_text(textwrap.dedent(source))
        return file

    return one


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a package where installed ones lie, with one module and its entry points."""

    def one(module: str, source: str = SOUND, **points: str) -> None:
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(source))
        kept = tmp_path / f"{module}-2.5.dist-info"
        kept.mkdir()
        (kept / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 2.5\n")
        lines = [f"{name} = {value}" for name, value in points.items()]
        (kept / "entry_points.txt").write_text("\n".join(["[pratique.scanners.v1]", *lines]))
        monkeypatch.syspath_prepend(str(tmp_path))

    return one
