r"""Look through a compound file ([MS-CFB]) for what runs: a document, a project, an object.

The streams tell what it is: a storage `VBA` is a project of macros, `Workbook` or `Book` a
book of Excel, `WordDocument` holds the text with its fields ([MS-DOC] 2.8.25: 0x13 begins
one).  A file whose tables cannot be read is looked through for source as it lies there:
that it cannot be read, its reader says.
"""

import re
from collections.abc import Iterator

from pratique.scanners.budget import Budget, Limits
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office.ole import Compound
from pratique.scanners.documents.stated import INFORMATION, SUSPICIOUS, Stated, shown
from pratique.scanners.office import code, dde, objects, project, workbook
from pratique.scanners.office.gathered import sheets

_BOOKS = frozenset({"workbook", "book"})
# Fields that ask another program, in letters of one octet and of two.
_FIELD = re.compile(rb"(?i)\x13[ \x13]{0,8}DDE[^\r]{0,512}")
_WIDE_FIELD = re.compile(rb"(?i)\x13\0(?:[ \x13]\0){0,8}D\0D\0E\0(?:[^\r][\0-\xff]){0,512}")
# Thousands of projects may share the same octets; one takes some milliseconds.
SECONDS = 5.0
# As much of loose source as is looked at.
_LOOSE = 256 * 1024
_CUT = "more macros than are looked at"


def look(octets: memoryview, within: str = "", budget: Budget | None = None) -> Iterator[Stated]:
    """What runs in the file; `OverBudget` where a limit ends it.

    `within` is "document" or "rtf" where the file is a part of one.
    """
    # Of its own: the file was charged for when it was unpacked, and it is only read here.
    budget = budget or Budget(Limits(seconds=SECONDS))
    try:
        compound = Compound(octets, budget)
    except Damaged as damage:
        yield from _loose(octets, str(damage))
        return
    yield from _projects(compound, octets, budget)
    yield from objects.seen(compound, within)
    for entry in compound.streams():
        name = entry.name.lower()
        if name in _BOOKS:
            yield from book(compound.read(entry)[0], budget)
        elif name == "worddocument":
            yield from _fields(bytes(compound.read(entry)[0]))


def _projects(compound: Compound, octets: memoryview, budget: Budget) -> Iterator[Stated]:
    found = list(project.projects(compound, budget))
    for one in found:
        yield from _project(one)
    if compound.damage and not found:
        yield from _loose(octets, compound.damage)


def _project(one: project.Project) -> Iterator[Stated]:
    if one.broken:
        yield Stated("Office.BrokenProject", SUSPICIOUS, f"{one.path}: {shown(one.broken, 160)}")
    written = [module for module in one.modules if module.source.strip()]
    names = shown(", ".join(module.name for module in written[:8]), 160)
    if written:
        lines = one.code.count("\n")
        note = f"{one.path}: {len(written)} modules, {lines} lines: {names}"
        yield Stated("Office.Macros", INFORMATION, note)
        judged = code.judge(one.code, _with_main(written))
        yield from code.seen(judged, one.path)
    if one.only_compiled:
        modules = shown(", ".join(one.only_compiled[:8]), 160)
        yield Stated("Office.PCodeOnly", SUSPICIOUS, f"{one.path}: {modules}")
    if one.cut:
        yield Stated(LIMIT, INFORMATION, f"{one.path}: {_CUT}")


# Not a finding: what the scanner turns into a limit that was reached.
LIMIT = "limit"


def _with_main(modules: list[project.Module]) -> list[str]:
    """A module that is called AutoOpen runs by itself if it has a Main."""
    return [module.name for module in modules if re.search(r"(?i)\bSub[ \t]+Main\b", module.source)]


def _loose(octets: memoryview, damage: str) -> Iterator[Stated]:
    """Source in a file that is no readable compound file."""
    found = project.LOOSE.search(octets)
    if found is None:
        return
    raw = bytes(octets[max(0, found.start() - 4) : found.start() + _LOOSE])
    source = project.unpack(raw) or raw.replace(b"\0", b"")
    yield Stated("Office.BrokenProject", SUSPICIOUS, f"source at octet {found.start()}: {damage}")
    yield Stated("Office.Macros", INFORMATION, "outside of any project")
    yield from code.seen(code.judge(source.decode("latin-1")), "outside of any project")


def book(octets: memoryview, budget: Budget) -> Iterator[Stated]:
    """What runs in a workbook's records."""
    known = workbook.read(octets, budget)
    for service, topic in known.asked:
        yield dde.judge(service, f"{service}|{topic}", "book")
    if known.sheets:
        yield from sheets(known.sheets, known.auto, known.calls)
    if known.cut:
        yield Stated(LIMIT, INFORMATION, "more records than are looked at")


def _fields(octets: bytes) -> Iterator[Stated]:
    for found in _FIELD.finditer(octets):
        yield from dde.fields(found[0].decode("latin-1"))
    for found in _WIDE_FIELD.finditer(octets):
        yield from dde.fields(found[0].decode("utf-16-le", "replace"))
