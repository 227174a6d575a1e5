"""State what in documents runs, fetches, or asks other programs.

Documents are opened by their readers, and each member is a part; so each part is looked at
as what it is: a compound file (a document up to 2003, a project of macros, an embedded
object), a member of OOXML or OpenDocument by its name, RTF, a table in text.  What only
several members say together is concluded at the end.  The words and the rules are in
../office/.

A name is stated once a document and severity, with what was seen first: a book of sums has
three hundred equations.  That a document is encrypted, or cannot be read, its reader says.

A limit that is reached on the way is stated as one; behind it there may be more.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import OverBudget
from pratique.scanners.documents.stated import SUSPICIOUS, Stated
from pratique.scanners.office import compound, opendocument, package, rtf, tables
from pratique.scanners.office.gathered import Gathered
from pratique.scanners.part import Message, Part, Signs, as_bytes

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_RTF = b"{\\rt"
_ACTIVE_MIME = b"ActiveMime"
# What Word packs so begins with a header of 50 octets, and never needs more.
_ACTIVE_MIME_HEAD = 512
ACTIVE_MIME_OCTETS = 32 * 1024 * 1024
_FLAT_ODF = b"urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_FLAT_OPC = b"schemas.microsoft.com/office/2006/xmlPackage"
_TEXTS = frozenset({"text", "html"})
# The first octets of RTF, packed projects, compound files, and text of either width.
_FIRST = frozenset({b"", b"{", b"A", b"\xd0", b"\xff", b"\xfe", b"\xef", b"<", b"\0"})
# Where RTF may begin, behind blanks; as its reader has it.
_BLANKS = 64
# Kinds of octets that may be a document; none is told where nobody could tell one.
_KINDS = frozenset({"", *"other script shortcut document archive disk_image".split(),
                    *"html text audio video".split()})  # fmt: skip
_OFFICE = ("application/vnd.openxmlformats", "application/vnd.ms-", "application/msword",
           "application/x-ole-", "application/vnd.oasis.opendocument.", "text/rtf",
           "application/rtf", "application/vnd.visio")  # fmt: skip
_ODF = "application/vnd.oasis.opendocument."
# Members of OpenDocument where no type says that it is one.
_OF_ODF, _FOLDERS = frozenset({"content.xml", "meta.xml"}), ("basic/", "scripts/")
_ZIP = "application/zip"
_ZIPPED = frozenset(
    "docx docm dotx dotm xlsx xlsm xlsb xltx xltm xlam pptx pptm potx potm ppsx ppsm ppam odt ott "
    "ods ots odp otp odg otg odf odm".split()
)
_RTF_TYPES = frozenset({"text/rtf", "application/rtf"})
_PROGRAMS = frozenset({"executable", "script", "shortcut"})
# Excel locks what is protected with its own word in the old form, honestly; not in the new.
_KNOWN_WORDS = frozenset({"VelvetSweatshop", "/01Hannes Ruescher/01"})
_PACKAGE = "application/x-ole-encrypted"
# [MS-XLS] 2.4.21: a file of records begins with a BOF of some version.
_BOF = re.compile(rb"\x09[\x00\x02\x04\x08][\x04-\x20]\x00")


class Office:
    """Follows documents, and states findings named `Office.` and `Rtf.`."""

    name: ClassVar[str] = "documents"
    signs: ClassVar[Signs] = Signs(kinds=_KINDS)

    def __init__(self, message: Message) -> None:
        self._budget = message.budget
        # The outermost document that a part lies in, by the part's id.
        self._within: dict[int, facts.Part] = {}
        self._holders: dict[int, facts.Part] = {}
        self._gathered: dict[int, Gathered] = {}
        self._stated: set[tuple[int, str, str]] = set()

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """State what the part shows by itself."""
        known = part.known
        holder = self._holders.get(known.parent)
        if holder is None and (known.kind not in _KINDS or _says_nothing(part)):
            return
        if holder is not None or _is_document(part):
            self._holders[known.id] = known
            self._within[known.id] = self._within.get(known.parent, known)
        if holder is not None and known.kind in _PROGRAMS and _is_embedded(known, holder):
            note = f"{known.kind}: {known.name[:200]}"
            yield from self._state(known, [Stated("Office.Package", SUSPICIOUS, note)])
        try:
            yield from self._state(known, self._look(part, holder))
        except OverBudget as over:
            yield facts.Facts(limits=[_limit(over.class_, known.id, over.detail)])

    def conclude(self) -> Iterator[facts.Facts]:
        """State what the members of a document say together."""
        for number, gathered in self._gathered.items():
            known = self._holders.get(number) or facts.Part(id=number)
            yield from self._state(known, gathered.conclude())
            if gathered.cut:
                detail = "more macros than are looked at"
                yield facts.Facts(limits=[_limit("part_octets", number, detail)])
        for known in self._holders.values():
            if known.type == _PACKAGE and known.password in _KNOWN_WORDS:
                seen = Stated("Office.HiddenByPassword", SUSPICIOUS, f"opened by {known.password}")
                yield from self._state(known, [seen])

    def _look(self, part: Part, holder: facts.Part | None) -> Iterator[Stated]:
        octets, known = part.octets, part.known
        head = bytes(octets[:_BLANKS])
        if head.startswith(_OLE):
            yield from compound.look(octets, _within(holder))
        elif head.startswith(_ACTIVE_MIME):
            yield from _active_mime(octets)
        elif head.lstrip().startswith(_RTF):
            yield from rtf.look(octets)
        elif known.kind != "text" and _BOF.match(head):
            yield from compound.book(octets, self._budget)
        elif holder is not None and known.kind not in _PROGRAMS:
            yield from self._member(part, holder)
        elif known.kind in {"text", "html"} or (known.kind == "document" and head):
            yield from self._text(part)

    def _member(self, part: Part, holder: facts.Part) -> Iterator[Stated]:
        """A member of a zip file, by the name that it has there."""
        name = part.known.name.lower().replace("\\", "/")
        gathered = self._gathered.setdefault(holder.id, Gathered())
        of_odf = holder.type.startswith(_ODF) or name in _OF_ODF or name.startswith(_FOLDERS)
        look = opendocument.look if of_odf else package.look
        return look(name, part.octets, gathered)

    def _text(self, part: Part) -> Iterator[Stated]:
        """A document that is text: by its name, or by what it says of itself."""
        known = part.known
        if not tables.EXTENSIONS.isdisjoint(part.extensions):
            yield from tables.look(part.octets)
        elif look := _flat(part.octets):
            self._within.setdefault(known.id, known)
            gathered = self._gathered.setdefault(known.id, Gathered())
            yield from look(part.octets, gathered)

    def _state(
        self, known: facts.Part, found: "Iterator[Stated] | list[Stated]"
    ) -> Iterator[facts.Facts]:
        """Each name once a document and severity."""
        document = self._within.get(known.id, known).id
        for one in found:
            if one.name == compound.LIMIT:
                yield facts.Facts(limits=[_limit("part_octets", known.id, one.note)])
                continue
            key = (document, one.name, one.severity)
            if key in self._stated:
                continue
            self._stated.add(key)
            yield facts.Facts(findings=[one.finding(self.name, known.id)])


def _limit(class_: str, part: int, detail: str) -> facts.Limit:
    return facts.Limit(class_=class_, part=part, detail=detail)


def _says_nothing(part: Part) -> bool:
    """Whether it is a text of the mail that no program would open as a document."""
    known, octets = part.known, part.octets
    if known.kind not in _TEXTS or known.name or not len(octets):
        return False
    head = bytes(octets[:_BLANKS]).lstrip()
    if head[:1] == b"<" and head[1:2] != b"\0":
        return _flat(octets) is None
    return head[:1] not in _FIRST


def _flat(octets: memoryview) -> "Callable[[memoryview, Gathered], Iterator[Stated]] | None":
    """What reads a document in one file, by the namespace that it declares, in either width."""
    text = as_bytes(octets)
    if b"\0" in text[:_BLANKS]:
        text = text.replace(b"\0", b"")
    if b"<" not in text[:_BLANKS]:
        return None
    if _FLAT_ODF in text:
        return opendocument.flat
    return package.flat if _FLAT_OPC in text else None


def _is_document(part: Part) -> bool:
    """By its type; a zip file also by its name, for it is its program that opens it."""
    known = part.known
    if known.kind == "document" and known.type.startswith(_OFFICE):
        return True
    return known.type == _ZIP and not part.extensions.isdisjoint(_ZIPPED)


def _within(holder: facts.Part | None) -> str:
    if holder is None:
        return ""
    return "rtf" if holder.type in _RTF_TYPES else "document"


def _is_embedded(known: facts.Part, holder: facts.Part) -> bool:
    """Whether a program is an object of the document, and not one of its own scripts."""
    return not (holder.type.startswith(_ODF) and known.name.startswith(("Basic/", "Scripts/")))


def _active_mime(octets: memoryview) -> Iterator[Stated]:
    unpacked = _unpacked(octets)
    if bytes(unpacked[: len(_OLE)]) == _OLE:
        yield from compound.look(unpacked)
    else:
        yield Stated("Office.BrokenProject", SUSPICIOUS, "a packed project that cannot be unpacked")


def _unpacked(octets: memoryview) -> memoryview:
    """A project as Word 2003 packs it into text: by zlib, behind a header."""
    raw = as_bytes(octets)
    for mark in (b"\x78\x9c", b"\x78\x01", b"\x78\xda", b"\x78\x5e"):
        at = raw.find(mark, len(_ACTIVE_MIME), _ACTIVE_MIME_HEAD)
        if at < 0:
            continue
        stream = zlib.decompressobj()
        try:
            found = stream.decompress(raw[at:], ACTIVE_MIME_OCTETS + 1)
        except zlib.error:
            continue
        if len(found) > ACTIVE_MIME_OCTETS:
            raise OverBudget("part_octets", "a packed project of more than 32 MB")
        return memoryview(found)
    return memoryview(b"")
