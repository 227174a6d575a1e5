"""Tell which documents may carry macros: by their names, and by what is in them.

A name or a declared type is enough, since it decides how a file is opened; whether there
are macros in it is another question.  Three forms of octets can carry them:

OOXML (ECMA-376 part 2): `[Content_Types].xml` names a macro-enabled type, a VBA project
or a macro sheet; the project is a member, by custom `vbaProject.bin`.

Compound files ([MS-CFB] 2.6.1): a directory entry of 128 octets begins with the name in
UTF-16, has its length at 64 and its type at 66.  [MS-OVBA] 2.2.1 calls the storages and
streams of a project `VBA` and `_VBA_PROJECT`; Word and Excel put it in `Macros` and
`_VBA_PROJECT_CUR`.  A module's source begins `Attribute VB_...`, and [MS-OVBA] 2.4.1 packs
it with a flag octet after eight letters, wherever the directory is.  PowerPoint hides its
project in a record ([MS-PPT] 2.4.10), and Excel's macro sheets are sheets that begin so
([MS-XLS] 2.4.21, dt 0x0040).

Without a compound file Excel reads the records of its older forms, which begin with a BOF
of their own ([MS-XLS] 2.4.21; 0x0009, 0x0209 and 0x0409 in versions 2 to 4).

Text can carry them too: Word 2003's XML and its pages hold a project as base64 of
ActiveMime, and OpenDocument in one file holds libraries of Basic and event listeners
(ODF 1.3 part 3, 3.12 and 19.2).

OpenDocument: members in `Basic/` or `Scripts/` (ODF 1.3 part 2, 3.16).

A document that is encrypted may have all of these, and nobody can tell.
"""

import re
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.part import Message, Part

# Microsoft's macro-enabled forms, its binary sheet, add-ins, and databases; Excel runs the
# macros of a .slk, and Word opens .wbk and .wiz as the documents or templates they are.
EXTENSIONS = frozenset(
    "accda accdb accde docm dotm mdb potm ppa ppam ppsm pptm sldm slk vsdm vssm vstm wbk wiz "
    "wll xla xlam xlm xlsb xlsm xltm".split()
)
_DECLARED = re.compile(r"macroenabled|sheet\.binary|vbaproject")
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "application/x-ole-encrypted"
_OOXML_WITH_PROJECT = "application/vnd.ms-office.macroenabled"
_CONTENT_TYPES = "[content_types].xml"
# ECMA-376 part 2, 10.1.2: a hundred octets a part.  What names a project stands anywhere,
# so what is longer than this, which no document needs, counts as if it named one.
CONTENT_TYPES_OCTETS = 8 * 1024 * 1024
# XML 1.0, 4.1: a letter may be written by its number, or by an entity of the document's own.
_REFERENCE = re.compile(rb"&#(?:x0{0,32}([0-9a-f]{2})|0{0,32}(\d{2,3}));", re.IGNORECASE)
_ENTITY = b"<!ENTITY"
_NAMES_MACROS = re.compile(rb"macroenabled|vbaproject|sheet\.binary|macrosheet", re.IGNORECASE)
_ODF = "application/vnd.oasis.opendocument."
_ODF_FOLDERS = ("Basic/", "Scripts/")
# How an editor of Word 2003 packs a project into a page or an XML file.
_ACTIVE_MIME = b"ActiveMime"
# The same in base64, whose lines may end anywhere.
_ACTIVE_MIME_IN_TEXT = re.compile(
    rb"\s{0,4}".join(re.escape(b"%c" % one) for one in b"QWN0aXZlTWlt")
)
_FLAT_ODF = b"urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_FLAT_MACROS = re.compile(
    rb"<(?:[\w.-]{1,64}:)?(?:libraries|library-embedded|library-linked|source-code|module"
    rb"|event-listener)[\s/>]"
)
# Where the namespaces of a document in one file are declared: its root.
_FLAT_HEAD = 16 * 1024
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


# [MS-CFB] 2.6: sectors are 512 or 4,096 octets, and so each entry begins at a multiple of
# its own size.
_ENTRY = 128


# Names with the NUL that ends them, in lower case; as [MS-CFB] compares them.
_OF_PROJECT = frozenset(
    f"{name}\0".encode("utf-16-le")
    for name in ("vba", "_vba_project", "_vba_project_cur", "macros")
)
_LENGTHS = frozenset(map(len, _OF_PROJECT))
_FIRST_LETTERS = re.compile(rb"[Vv_Mm]")
_ANYWHERE = re.compile(
    b"|".join(
        (
            rb"Attribut\x00e VB_",
            # VbaInfoContainer with its atom, fHasMacros set.
            rb"\x1f\x00\xff\x03\x14\x00\x00\x00\x02\x00\x00\x04\x0c\x00\x00\x00[\0-\xff]{4}\x01",
            # BOF of a macro sheet, in each version and of each length.
            rb"\x09[\x00\x02\x04\x08][\x04-\x20]\x00[\0-\xff]{2}\x40\x00",
        )
    )
)
# A file of records begins with a BOF of some version, of a workbook or of any sheet.
_BOF = re.compile(rb"\x09[\x00\x02\x04\x08][\x04-\x20]\x00")


class Macros:
    """States `may_carry_macros`, of a document also because of a member of it."""

    name: ClassVar[str] = "macros"

    def __init__(self, _message: Message) -> None:
        self._documents: dict[int, facts.Part] = {}
        self._because_of_members: set[int] = set()

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """State it of the part itself, and remember what it means for its document."""
        known = part.known
        may = _by_name(part) or _by_octets(part)
        if may:
            yield facts.Facts(parts=[facts.Part(id=known.id, may_carry_macros=True)])
        holder = self._documents.get(known.parent)
        if holder is not None and (may or _tells_of_macros(part, holder)):
            self._because_of_members.add(holder.id)
        if known.kind == "document":
            self._documents[known.id] = known

    def conclude(self) -> Iterator[facts.Facts]:
        """State it of the documents that have it from their members, however deep."""
        # A member is found after its document, so from the last one on all are reached.
        for number in sorted(self._documents, reverse=True):
            known = self._documents[number]
            if number in self._because_of_members or known.may_carry_macros:
                self._because_of_members.add(known.parent)
            if number in self._because_of_members and not known.may_carry_macros:
                stated = facts.Part()
                stated.CopyFrom(known)
                stated.may_carry_macros = True
                yield facts.Facts(parts=[stated])


def _by_name(part: Part) -> bool:
    if not EXTENSIONS.isdisjoint(part.extensions):
        return True
    return _DECLARED.search(part.known.declared_type) is not None


def _by_octets(part: Part) -> bool:
    type_, octets = part.known.type, part.octets
    if type_ in {_ENCRYPTED, _OOXML_WITH_PROJECT}:
        return True
    if octets[: len(_ACTIVE_MIME)] == _ACTIVE_MIME:
        return True
    if part.known.kind in {"text", "html"}:
        # What is shown as plain text no program opens as a document; a bounce quotes there.
        shown = not part.known.name and part.known.declared_type == "text/plain"
        return not shown and _in_text(octets)
    if octets[: len(_OLE)] == _OLE:
        return _has_project(octets) or _ANYWHERE.search(octets) is not None
    return _BOF.match(octets) is not None and _ANYWHERE.search(octets) is not None


def _in_text(octets: memoryview) -> bool:
    """Whether a text is a document that holds a project or libraries."""
    text: bytes | memoryview = octets
    if bytes(octets[:2]) in _UTF_16:
        text = bytes(octets).replace(b"\0", b"")
    if _ACTIVE_MIME_IN_TEXT.search(text) is not None:
        return True
    return _FLAT_ODF in bytes(text[:_FLAT_HEAD]) and _FLAT_MACROS.search(text) is not None


def _has_project(octets: memoryview) -> bool:
    """Whether a directory entry, a storage or a stream, bears a name of a VBA project."""
    for found in _FIRST_LETTERS.finditer(bytes(octets[::_ENTRY])):
        at = found.start() * _ENTRY
        length = octets[at + 64] if at + _ENTRY <= len(octets) else 0
        if length not in _LENGTHS or octets[at + 66] not in {1, 2}:
            continue
        if bytes(octets[at : at + length]).lower() in _OF_PROJECT:
            return True
    return False


def _tells_of_macros(part: Part, holder: facts.Part) -> bool:
    """Whether a member says of its document that it has macros."""
    name = part.known.name
    if holder.type.startswith(_ODF):
        return name.startswith(_ODF_FOLDERS)
    if name.lower() != _CONTENT_TYPES:
        return False
    if part.known.unopened == "over_budget" or len(part.octets) > CONTENT_TYPES_OCTETS:
        return True
    # XML may be UTF-16: then each letter has a NUL beside it.
    text = _REFERENCE.sub(_letter, bytes(part.octets).replace(b"\0", b""))
    return _NAMES_MACROS.search(text) is not None or _ENTITY in text


def _letter(reference: re.Match[bytes]) -> bytes:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return bytes([number]) if number < 128 else b"?"
