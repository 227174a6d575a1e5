"""Make containers with marked files, and damage them.

The whole ones are made by the standard library and by the samples that the tests of each
format have; the damage is what a fuzzer of files does: octets changed, numbers replaced by
those at the edge, pieces cut, doubled, exchanged, one container put behind another.
"""

import bz2
import gzip
import importlib.util
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from fuzz.choices import Choices, chance, one
from fuzz.marked import marked

from pratique.scanners.formats import FORMATS

SAMPLES = Path(__file__).parents[2] / "tests/scanners/formats/samples"
_EDGES = 0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF
_LONGEST = 256 * 1024


@dataclass
class Box:
    """A container, and what was done to it."""

    octets: bytes
    made_by: str
    bent: list[str]


def box(choices: Choices, format_: str = "") -> Box:
    """Make a container, of one format or of any."""
    made_by = one(choices, makers(format_))
    octets = _MAKERS[made_by](choices) if made_by in _MAKERS else _sample(made_by, choices)
    bent: list[str] = []
    for _ in range(one(choices, (0, 1, 1, 2, 4))):
        bend = one(choices, DAMAGES)
        bent.append(bend.__name__)
        octets = bend(choices, octets)[:_LONGEST]
    return Box(octets, made_by, bent)


def makers(format_: str = "") -> list[str]:
    """Name what makes containers of a format; of all without one."""
    of_samples = [form.name for form in FORMATS]
    every = [*_MAKERS, *of_samples]
    return [name for name in every if not format_ or name.split(".")[0] == format_]


@cache
def samples_of(name: str) -> ModuleType | None:
    """Load the samples of a format, if it has some."""
    path = SAMPLES / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"samples_of_{name}", path)
    if spec is None or spec.loader is None or not path.exists():
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def whole_samples(name: str) -> tuple[bytes, ...]:
    """Every small sample of a format: the smallest, good ones, an encrypted one."""
    (form,) = [each for each in FORMATS if each.name == name]
    made = samples_of(name)
    text = b"The quick brown fox jumps over the lazy dog.\r\n" * 20
    found = [form.smallest]
    for sample in ("good", "encrypted"):
        if made is not None and hasattr(made, sample):
            found.append(getattr(made, sample)(text))
    return tuple(octets for octets in found if len(octets) <= _LONGEST)


def _sample(name: str, choices: Choices) -> bytes:
    made = samples_of(name)
    if made is not None and hasattr(made, "good") and chance(choices, 2):
        octets: bytes
        try:
            octets = made.good(marked(choices))
        except UnicodeDecodeError:  # a format of texts
            octets = made.good(marked(choices, text=True))
        return octets[:_LONGEST]
    return one(choices, whole_samples(name))


def _files(choices: Choices) -> dict[str, bytes]:
    names = "a.txt", "b.exe", "dir/c.bin", "a.txt", "\u00e9.doc", "x" * 90, ".."
    return {one(choices, names): marked(choices) for _ in range(choices.number(1, 4))}


def _zip(choices: Choices) -> bytes:
    space = io.BytesIO()
    method = one(
        choices, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    )
    with zipfile.ZipFile(space, "w", method) as archive:
        for name, octets in _files(choices).items():
            with archive.open(name, "w", force_zip64=chance(choices, 4)) as member:
                member.write(octets)
        archive.comment = b"c" * one(choices, (0, 0, 5, 400))
    return space.getvalue()


def _zip_in_a_stream(choices: Choices) -> bytes:
    """A zip file whose sizes stand behind each member (data descriptors)."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.octets = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, piece) -> int:  # type: ignore[no-untyped-def]
            self.octets += piece
            return len(piece)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in _files(choices).items():
            archive.writestr(name, octets)
    return bytes(pipe.octets)


def _tar(choices: Choices) -> bytes:
    space = io.BytesIO()
    form = one(choices, (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
    with tarfile.open(fileobj=space, mode="w", format=form) as archive:
        for name, octets in _files(choices).items():
            member = tarfile.TarInfo(name)
            member.size = len(octets)
            archive.addfile(member, io.BytesIO(octets))
    return space.getvalue()


def _packed(pack: Callable[[bytes], bytes]) -> Callable[[Choices], bytes]:
    def made(choices: Choices) -> bytes:
        inner = _tar(choices) if chance(choices, 2) else marked(choices)
        again = pack(marked(choices)) if chance(choices, 4) else b""
        return pack(inner) + again

    return made


_MAKERS: dict[str, Callable[[Choices], bytes]] = {
    "zip.made": _zip,
    "zip.stream": _zip_in_a_stream,
    "tar.made": _tar,
    "gzip.made": _packed(gzip.compress),
    "bzip2.made": _packed(bz2.compress),
    "xz.made": _packed(lzma.compress),
}


def changed_octets(choices: Choices, octets: bytes) -> bytes:
    """Some octets are others."""
    out = bytearray(octets)
    for _ in range(choices.number(1, 4)):
        if out:
            out[choices.number(0, len(out) - 1)] = choices.number(0, 255)
    return bytes(out)


def edge_number(choices: Choices, octets: bytes) -> bytes:
    """A number of two, four or eight octets is one at an edge."""
    form = one(choices, ("<H", "<I", "<Q", ">H", ">I"))
    size = struct.calcsize(form)
    if len(octets) < size:
        return octets
    at = choices.number(0, len(octets) - size)
    number = one(choices, (*_EDGES, len(octets), len(octets) - 1)) & ((1 << 8 * size) - 1)
    return octets[:at] + struct.pack(form, number) + octets[at + size :]


def edge_in_front(choices: Choices, octets: bytes) -> bytes:
    """The same within the first octets, where headers are."""
    return edge_number(choices, octets[:64]) + octets[64:]


def edge_at_the_end(choices: Choices, octets: bytes) -> bytes:
    """The same within the last octets, where directories are."""
    return octets[:-128] + edge_number(choices, octets[-128:])


def cut(choices: Choices, octets: bytes) -> bytes:
    """The end is missing."""
    return octets[: choices.number(0, len(octets))]


def cut_out(choices: Choices, octets: bytes) -> bytes:
    """A piece is missing."""
    start = choices.number(0, len(octets))
    return octets[:start] + octets[start + one(choices, (1, 2, 4, 16, 512)) :]


def put_in(choices: Choices, octets: bytes) -> bytes:
    """A piece is there twice, or something else is."""
    start = choices.number(0, len(octets))
    size = one(choices, (1, 4, 30, 512))
    piece = one(choices, (octets[start : start + size], bytes(size), b"\xff" * size, octets))
    return octets[:start] + piece + octets[start:]


def followed(choices: Choices, octets: bytes) -> bytes:
    """Another container stands behind it, or before it."""
    other = one(choices, (_zip, _tar, marked, *(_MAKERS[name] for name in _MAKERS)))(choices)
    between = bytes(one(choices, (0, 0, 1, 512)))
    return one(choices, (octets + between + other, other + between + octets))


DAMAGES: tuple[Callable[[Choices, bytes], bytes], ...] = (
    *(changed_octets, edge_number, edge_in_front, edge_at_the_end, cut, cut_out, put_in, followed),
)
