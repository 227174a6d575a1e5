"""Open a container in a test, and load the samples of every format.

The samples of a format are made by `samples/NAME.py`, where NAME is the format's own.
`test_every_format.py` opens them all.  Such a file imports nothing of another sample and
nothing of ours, and has:

    good(text)       octets of a container that holds the text in one file, "fox.txt"
    broken(text)     the same, damaged so that the text is not whole
    encrypted(text)  the same, locked; PASSWORD is the word that opens it
    bomb()           a small one that becomes large, or holds a great many

A format that cannot have one of the last three says so in its `lacks`, and why; then the
function is left out.  What the file may have besides:

    NAME = "a.txt"   what the member is called, "" where the form keeps no names
    ALONE = False    the good one gives further members beside that file
    HIDDEN = True    the encrypted one does not even show its names
    CUTS = False     a cut one is as good as a whole one: only `broken` is tried
"""

import importlib.util
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.keys import Keys
from pratique.scanners.part import Member, Oddity, Part, Reached, Reader, Unlocks

DEFAULT = Limits()
LOADED: dict[str, ModuleType] = {}


@dataclass
class Opened:
    """What a reader gave of one container."""

    known: facts.Part
    members: list[Member] = field(default_factory=list)
    octets: list[bytes] = field(default_factory=list)
    oddities: list[str] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    over: str = ""

    @property
    def names(self) -> list[str]:
        return [member.name for member in self.members]

    @property
    def called(self) -> dict[str, bytes]:
        """What each name holds; of two with one name the last."""
        return dict(zip(self.names, self.octets, strict=True))


def _open(
    reader: Reader,
    octets: bytes,
    limits: Limits = DEFAULT,
    name: str = "",
    passwords: tuple[str, ...] = (),
) -> Opened:
    """Open a container; with passwords as the walk does where something is locked."""
    opened = Opened(facts.Part(id=1, type="", kind="archive", name=name))
    part, budget = Part(opened.known, memoryview(octets)), Budget(limits)
    try:
        if passwords and isinstance(reader, Unlocks) and reader.locked(part):
            given = reader.unlock(part, budget, Keys(passwords))
        else:
            given = reader.members(part, budget)
        for found in given:
            if isinstance(found, Member):
                opened.members.append(found)
                opened.octets.append(bytes(found.octets))
            elif isinstance(found, Oddity):
                opened.oddities.append(found.class_)
            elif isinstance(found, Reached):
                opened.reached.append(found.class_)
    except OverBudget as over:
        opened.over = over.class_
    return opened


@pytest.fixture
def open_with() -> Callable[..., Opened]:
    return _open


def load(name: str) -> ModuleType:
    """The samples of one format."""
    if name not in LOADED:
        path = Path(__file__).parent / "samples" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"samples_of_{name}", path)
        assert spec is not None
        assert spec.loader is not None
        LOADED[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(LOADED[name])
    return LOADED[name]


@pytest.fixture(scope="session")
def samples() -> Callable[[str], ModuleType]:
    """Load the samples of a format by its name."""
    return load


@pytest.fixture
def make_zip() -> Callable[..., bytes]:
    def made(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
        return bytes(load("zip").zip_of(files, method))

    return made


@pytest.fixture
def make_tar() -> Callable[..., bytes]:
    def made(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
        return bytes(load("tar").tar_of(files, form))

    return made


@pytest.fixture
def encrypted_zip() -> bytes:
    text = b"The quick brown fox jumps over the lazy dog.\r\n" * 20
    return bytes(load("zip").zip_crypto("invoice.pdf.exe", text, b"secret"))
