r"""Open compound files ([MS-CFB]): documents of Office up to 2003, installers, and others.

What a person can open by a double click in such a document is a stream of its own: a
package (`\1Ole10Native`), another program's document (`CONTENTS`, `Package`), or a
compound file in PowerPoint's one stream of records ([MS-PPT] 2.10.34, ExOleObjStg).  The
document's own streams are listed below; they are the document, which the scanners see
whole.  Every other stream is given as a part, and one of the document's own too if its
octets are a program, an archive or a document of another form: nothing says that a stream
holds what it is named after.  What no tree reaches is given as a further view.

An installer's streams have names of two letters in one character ([MS-MSI] has none of
it; Wine's and libmsi's readers agree); they are shown as they are meant.

Limitations: macros are no parts (the storages of a VBA project are left in the document);
linked objects ([MS-OLEDS] 2.3.3, `\1Ole` with a moniker) are not told.
"""

import zlib
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import kinds, signatures
from pratique.scanners.budget import Budget
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.members import counted, fitted
from pratique.scanners.containers.office.ole import MAGIC, Compound, Entry
from pratique.scanners.containers.office.ole_objects import native
from pratique.scanners.containers.office.ole_smallest import smallest
from pratique.scanners.containers.streams import Inflate, Streams
from pratique.scanners.part import Found, Member, Oddity, Part, Recognized, Signs

_NATIVE = "\1Ole10Native"
# The document itself, and what describes it or its objects, in small letters.
_OWN = frozenset(
    "worddocument 0table 1table data workbook book pictures encryptedpackage encryptioninfo "
    "encryptedsummary \1compobj \1ole \3objinfo \3linkinfo \5summaryinformation \3print "
    "\5documentsummaryinformation \3eprint \3meta \3ocxname \3ocxdata ctls visiodocument project "
    "projectwm projectlk \3pict".split(" ")
) | {"powerpoint document", "current user", "user names", "revision log"}  # fmt: skip
# [MS-OLEDS] 2.3.4: pictures of an object, numbered.
_PICTURES = "\2olepres"
# Storages that hold no files: projects of macros, encryption's frame, caches of pivots, XML.
_OWN_STORAGES = frozenset({"vba", "macros", "_vba_project_cur", "\6dataspaces", "_sx_db_cur",
                           "msodatastore"})  # fmt: skip
# Outlook's names for properties: its reader gives what they hold.
_PROPERTIES = "__"
_MESSAGE = "__properties_version1.0"
# As much of a stream of the document's own as is looked at.
_HEAD = 4096
# [MS-PPT] 2.3.1: a record's header; 2.10.34: an object's storage, 1 if it is packed.
_RECORD, _CONTAINER = 8, 0xF
_STORAGE = 0x1011
_POWERPOINT = "powerpoint document"


class Ole:
    """Gives the objects in a compound file."""

    name: ClassVar[str] = "ole"
    signs: ClassVar[Signs] = Signs(begins=(MAGIC,))
    # An empty package named "a".
    smallest: ClassVar[bytes] = smallest(
        {
            _NATIVE: bytes.fromhex("160000000200")
            + b"a\0a\0"
            + bytes.fromhex("0000030002000000")
            + b"a\0"
            + bytes(4)
        }
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the forms that encrypt have a reader of their own",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the first octets."""
        return "whole" if bytes(part.octets[: len(MAGIC)]) == MAGIC else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each object, in the order of the directory."""
        try:
            compound = Compound(part.octets, budget)
        except Damaged as damage:
            part.state_unopened(str(damage))
            return
        if compound.damage:
            part.state_unopened(compound.damage)
        yield from counted(self._streams(part, compound, budget), budget)

    def _streams(self, part: Part, compound: Compound, budget: Budget) -> Iterator[Found]:
        for entry in compound.streams():
            budget.check_clock()
            yield from _stream(part, compound, entry, budget)


def _stream(part: Part, compound: Compound, entry: Entry, budget: Budget) -> Iterator[Found]:
    name, path = entry.name.lower(), compound.path(entry)
    if name.startswith(_PROPERTIES) and _is_message(compound):
        return
    if name == _POWERPOINT:
        yield from _slides(part, compound, entry, budget)
        return
    if _is_own(name, path) and not _is_other(compound, entry):
        return
    octets, why = compound.read(entry)
    if why:
        part.state_unopened(f"{entry.name}: {why}")
    member = _member(entry, path, octets, why)
    yield from fitted(member, budget)
    if not entry.reached:
        yield Oddity("archive_directories", "a stream that no storage lists", at=member)


def _member(entry: Entry, path: list[str], octets: memoryview, why: str) -> Member:
    if entry.name == _NATIVE:
        member = native(octets).member("ole")
        if not member.name:
            member.name = member.step = "ole:" + "/".join([*path, "Ole10Native"])
    else:
        shown = installer_name(entry.name)
        member = Member("ole:" + "/".join([*path, shown]), octets, name=shown)
    member.view = "standard" if entry.reached else "further"
    if why and not member.unopened:
        member.unopened, member.why = "unreadable", why
    return member


def _is_message(compound: Compound) -> bool:
    return compound.below(0, _MESSAGE) is not None


def _is_own(name: str, path: list[str]) -> bool:
    below = any(step.lower() in _OWN_STORAGES for step in path)
    return below or name in _OWN or name.startswith(_PICTURES)


def _is_other(compound: Compound, entry: Entry) -> bool:
    """Whether a stream of the document's own begins like a file of another form."""
    head, _ = compound.read(entry, _HEAD)
    told = kinds.of_type(signatures.detect(head)) if len(head) else ""
    return told in {*kinds.DANGEROUS, *kinds.CONTAINERS, "document"}


def _slides(part: Part, compound: Compound, entry: Entry, budget: Budget) -> Iterator[Found]:
    """The objects among PowerPoint's records, which are read flat."""
    octets, why = compound.read(entry)
    if why:
        part.state_unopened(f"{entry.name}: {why}")
    gather, at, number = Gather(budget, len(octets)), 0, 0
    while at + _RECORD <= len(octets):
        form = int.from_bytes(octets[at : at + 2], "little")
        type_ = int.from_bytes(octets[at + 2 : at + 4], "little")
        size = int.from_bytes(octets[at + 4 : at + 8], "little")
        at += _RECORD
        if form & 0xF == _CONTAINER:
            continue
        if type_ == _STORAGE:
            budget.check_clock()
            number += 1
            yield from fitted(_object(octets[at : at + size], form >> 4, number, gather), budget)
        at += size


def _object(octets: memoryview, instance: int, number: int, gather: Gather) -> Member:
    step = f"ole:object {number}"
    if instance == 0:
        return Member(step, octets, name=step[4:])
    pieces = Streams(octets[4:], b"", lambda: Inflate(zlib.MAX_WBITS)).first()
    unpacked, why = gather.octets(pieces)
    return Member(step, unpacked, name=step[4:], unopened="unreadable" if why else "", why=why)


# An installer's alphabet: two of these are one character from U+3800 on, one alone from
# U+4800 on; U+4840 begins a table's name.
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
_TWO, _ONE, _OF_TABLE = 0x3800, 0x4800, 0x4840


def installer_name(name: str) -> str:
    """A stream's name, decoded if it is an installer's."""
    shown = []
    for character in name:
        code = ord(character)
        if _TWO <= code < _ONE:
            shown.append(_LETTERS[(code - _TWO) & 63] + _LETTERS[(code - _TWO) >> 6])
        elif _ONE <= code < _OF_TABLE:
            shown.append(_LETTERS[code - _ONE])
        else:
            shown.append("!" if code == _OF_TABLE else character)
    return "".join(shown)
