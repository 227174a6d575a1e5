r"""Read a VBA project ([MS-OVBA]) out of a compound file: its modules and their source.

A storage `VBA` holds the stream `dir`, packed (2.3.4.2), with the name of each module, of
its stream, and where in that its source begins; before it lies what the source was compiled
to.  Source is packed too (2.4.1): chunks of 4,096 octets each, in which copies refer back.

Worms break `dir`, which some programs never read; so a stream that it does not name is
looked through for source as well, which always begins `Attribute VB_`, and so are streams
that no storage lists.  Source may also have been taken away and the compiled code left
("stomping"): then the table of lines before it counts lines where the source has none.

Limitation: compiled code that says something else than the source is not told from it.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from pratique.scanners.budget import Budget
from pratique.scanners.containers.office.ole import Compound, Entry

_CHUNK = 4096
# A project has a module for each sheet and some more; Excel books of 500 sheets exist.
MODULES = 2000
# What is unpacked of one project: as much as is looked at (code.py).
SOURCE = 2 * 1024 * 1024
# Source begins so when it is packed: eight letters after a flag octet, then the rest.
_BEGINS = re.compile(rb"\x01[\0-\xff]{2}[\0-\xff]Attribut[\0-\xff]e")
# Text that begins so, packed or not, where no project can be read.
LOOSE = re.compile(rb"Attribut[\x00\x0d]?e VB_Nam")
_ATTRIBUTE = re.compile(r"(?m)^[ \t]*Attribute VB_[^\n]*(?:\n|$)")
# 2.3.4.2.3: records of `dir`.
_CODE_PAGE, _STREAM_NAME, _STREAM_NAME_WIDE, _OFFSET = 0x03, 0x1A, 0x32, 0x31
_VERSION, _MODULE, _MODULE_END = 0x09, 0x19, 0x2B
# Compiled lines that a project has without anybody's code: Option Explicit, and blanks.
_EMPTY_LINES = 3
# Windows' code pages that Python knows; others are not asked for, which would search for files.
_PAGES = {
    number: f"cp{number}" for number in (437, 850, 852, 874, 932, 936, 949, 950, *range(1250, 1259))
} | {10000: "mac_roman", 10001: "shift_jis", 65001: "utf-8"}
_CAFE = b"\xfe\xca"


class Broken(Exception):
    """Something of the project cannot be read, and what."""


@dataclass(slots=True)
class Module:
    """One module: its source without what the editor hides, and its compiled lines."""

    name: str
    source: str
    lines: int = 0


@dataclass(slots=True)
class Project:
    """What could be read of a project, and what could not."""

    path: str
    modules: list[Module] = field(default_factory=list)
    broken: str = ""
    # Octets of source that were unpacked.
    read: int = 0
    cut: bool = False

    @property
    def code(self) -> str:
        """The source of all modules."""
        return "\n".join(module.source for module in self.modules)

    @property
    def only_compiled(self) -> list[str]:
        """The modules that have compiled lines and no source."""
        return [
            module.name
            for module in self.modules
            if module.lines > _EMPTY_LINES and not module.source.strip()
        ]


def unpack(octets: bytes, most: int = SOURCE) -> bytes:
    """2.4.1.3.1: decompress; what is broken ends it, and what was read before is kept."""
    out = bytearray()
    if octets[:1] != b"\x01":
        return b""
    at = 1
    while at + 2 <= len(octets) and len(out) < most:
        (head,) = struct.unpack_from("<H", octets, at)
        if head >> 12 & 7 != 3:
            break
        end = at + (head & 0xFFF) + 3
        chunk = octets[at + 2 : end]
        out += _chunk(chunk) if head & 0x8000 else chunk[:_CHUNK]
        at = end
    return bytes(out[:most])


def _chunk(packed: bytes) -> bytes:
    """2.4.1.3.2: one chunk, which never becomes more than 4,096 octets."""
    out, at, size = bytearray(), 0, len(packed)
    while at < size and len(out) < _CHUNK:
        flags = packed[at]
        at += 1
        if not flags:
            out += packed[at : at + 8]
            at += 8
            continue
        for bit in range(8):
            if at >= size:
                break
            if not flags >> bit & 1:
                out.append(packed[at])
                at += 1
                continue
            if at + 2 > size or not out or len(out) >= _CHUNK:
                return bytes(out[:_CHUNK])
            _copy(out, packed[at] | packed[at + 1] << 8)
            at += 2
    return bytes(out[:_CHUNK])


def _copy(out: bytearray, token: int) -> None:
    """2.4.1.3.19.1: the further in a chunk, the more bits for how far back."""
    bits = max(4, (len(out) - 1).bit_length())
    back = (token >> (16 - bits)) + 1
    length = (token & (0xFFFF >> bits)) + 3
    if back > len(out):
        return
    piece = bytes(out[-back:])
    out += (piece * (length // back + 1))[:length]


def projects(compound: Compound, budget: Budget) -> Iterator[Project]:
    """Every project of the file: by its directory, and what lies in streams beside it."""
    left = SOURCE + 1
    for storage in [entry for entry in compound.entries if entry.name.lower() == "vba"]:
        budget.check_clock()
        project = _project(compound, storage, left)
        left -= project.read
        yield project


def _project(compound: Compound, storage: Entry, left: int) -> Project:
    project = Project("/".join([*compound.path(storage), storage.name]))
    children = {one.name.lower(): one for one in compound.children.get(storage.number, ())}
    named: set[str] = set()
    try:
        for name, stream, offset, page in _directory(compound, children.get("dir")):
            named.add(stream.lower())
            _read(project, compound, children.get(stream.lower()), (name, offset, page), left)
    except Broken as broken:
        project.broken = str(broken)
    for small, entry in children.items():
        if small not in named and small not in {"dir", "_vba_project"}:
            _search(project, compound, entry, left)
    project.cut = project.read >= left
    return project


def _read(
    project: Project,
    compound: Compound,
    entry: Entry | None,
    place: tuple[str, int, str],
    left: int,
) -> None:
    name, offset, page = place
    if entry is None:
        project.broken = project.broken or f"no stream for the module {name}"
        return
    octets = bytes(compound.read(entry)[0])
    text = unpack(octets[offset:], max(0, left - project.read))
    project.read += len(text)
    if not text and len(octets) > offset:
        project.broken = project.broken or f"the source of {name} cannot be unpacked"
        _search(project, compound, entry, left)
        return
    source = _ATTRIBUTE.sub("", _decoded(text, page))
    project.modules.append(Module(name, source, _compiled_lines(octets[:offset])))


def _decoded(text: bytes, page: str) -> str:
    """The source in the project's code page; VBA ends lines with CR LF."""
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode(page, "replace")


def _search(project: Project, compound: Compound, entry: Entry, left: int) -> None:
    """Source in a stream that the directory does not tell of."""
    octets = bytes(compound.read(entry)[0])
    found = _BEGINS.search(octets)
    if found is None or len(project.modules) >= MODULES:
        return
    text = unpack(octets[found.start() :], max(0, left - project.read))
    project.read += len(text)
    source = _ATTRIBUTE.sub("", _decoded(text, "latin-1"))
    project.modules.append(Module(entry.name, source))
    project.broken = project.broken or f"a module {entry.name} that its directory does not name"


def _directory(compound: Compound, entry: Entry | None) -> Iterator[tuple[str, str, int, str]]:
    """2.3.4.2: each module's name, stream, where its source begins, and the code page."""
    if entry is None:
        raise Broken("a project without a directory")
    octets = unpack(bytes(compound.read(entry)[0]))
    if not octets:
        raise Broken("a project's directory that cannot be unpacked")
    page, modules = "cp1252", 0
    told: dict[int, bytes] = {}
    for kind, record in _records(octets):
        if kind == _CODE_PAGE:
            page = _page(record)
        elif kind == _MODULE:
            told = {}
        elif kind == _MODULE_END:
            modules += 1
            if modules > MODULES:
                raise Broken(f"more than {MODULES} modules")
            yield _place(told, page)
        told[kind] = record


def _place(told: dict[int, bytes], page: str) -> tuple[str, str, int, str]:
    """A module by its records, of which the stream's name may be there twice."""
    name = told.get(_MODULE, b"").decode(page, "replace")
    stream = told.get(_STREAM_NAME, b"").decode(page, "replace") or name
    wide = told.get(_STREAM_NAME_WIDE, b"").decode("utf-16-le", "replace")
    return name, wide or stream, int.from_bytes(told.get(_OFFSET, b"")[:4], "little"), page


def _page(record: bytes) -> str:
    """A code page by its number; what is none of Windows' is read as the West's."""
    return _PAGES.get(int.from_bytes(record[:2], "little"), "cp1252")


def _records(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and octets of each record; the version's says 4 and has 6."""
    at = 0
    while at + 6 <= len(octets):
        kind, size = struct.unpack_from("<HI", octets, at)
        size = 6 if kind == _VERSION else size
        if at + 6 + size > len(octets):
            raise Broken("a project's directory that is cut off")
        yield kind, octets[at + 6 : at + 6 + size]
        at += 6 + size


def _compiled_lines(octets: bytes) -> int:
    """Lines in the table of the compiled code, which begins with 0xCAFE; 0 if there is none.

    The table is Microsoft's own; pcodedmp reads it so: at 0x19 an offset, 0x3C behind it
    the mark, a version, and the number of lines.
    """
    if len(octets) < 0x1D:
        return 0
    start = int.from_bytes(octets[0x19:0x1D], "little") + 0x3C
    if octets[start : start + 2] != _CAFE:
        return 0
    return int.from_bytes(octets[start + 4 : start + 6], "little")
