"""Look at the members of OOXML (ECMA-376): what they fetch, ask, embed, and run.

Relationships (part 2, 9.3) say what lies elsewhere; fields in Word's text ask other
programs (part 1, 17.16.5.13), and so do links of Excel (part 1, 18.14); controls have
members of their own ([MS-OI29500] 2.1.1).  Macro sheets lie in `xl/macrosheets/`, or where
the list of types says so ([MS-OFFMACRO2] 2.2.1.6), and a defined name has them run.  A VBA
project is a compound file, and is looked at as one.
"""

import re
from collections.abc import Callable, Iterator
from html import unescape

from pratique.scanners.documents.stated import (
    INFORMATION,
    MALICIOUS,
    SUSPICIOUS,
    Stated,
    shown,
)
from pratique.scanners.office import dde, objects, targets, workbook
from pratique.scanners.office.gathered import Gathered, add
from pratique.scanners.office.markup import contents, elements, xml_of
from pratique.scanners.part import as_bytes

_TEMPLATES = frozenset({"attachedtemplate"})
# What is fetched when the document is opened.  Links that a person follows are another
# matter, and so are pictures on the web, which every other page has.
_FETCHED = frozenset({"oleobject", "frame", "subdocument", "afchunk", "vbaproject", "control",
                      "attachedtoolbars", "htmlchunk", "package", "activexcontrol"})  # fmt: skip
_PICTURES = frozenset({"image", "video", "audio", "media"})
_CALLS = re.compile(r"\b(EXEC|CALL|REGISTER|FOPEN|FORMULA\.FILL|FILE\.DELETE)\s{0,8}\(")
_AUTO = re.compile(r"(?i)auto_(?:open|close|activate)")
# Where the first tag of XML stands.
_HEAD = 1024
_FIELD = re.compile(
    r"<(?:[\w.-]++:)?(?:(?:instrText|delInstrText)(?=[\s>])[^<>]*>([^<]*)|fldChar\s([^<>]*)>)"
)


def look(name: str, octets: memoryview, gathered: Gathered) -> Iterator[Stated]:
    """What a member says, by its name in small letters; some of it is only gathered."""
    if name.endswith(".rels"):
        yield from _relations(xml_of(octets))
    elif name == "[content_types].xml":
        _types(xml_of(octets), gathered)
    elif "/macrosheets/" in name or f"/{name}" in gathered.named:
        _macro_sheet(name, octets, gathered)
    elif name == "xl/workbook.bin":
        _names(bytes(octets).replace(b"\0", b"").decode("latin-1"), gathered)
    else:
        yield from _by_marks(name, octets, gathered)


def flat(octets: memoryview, gathered: Gathered) -> Iterator[Stated]:
    """What a document in one file says (flat OPC): its members are elements, one after another."""
    text = xml_of(octets)
    yield from _relations(text)
    for one in elements(text, "definedName"):
        _names(one.get("name", ""), gathered)
    for _, _, _, read in _BY_MARKS:
        yield from read(text)


def _names(text: str, gathered: Gathered) -> None:
    for one in dict.fromkeys(_AUTO.findall(text)):
        add(gathered.auto, one)


def _by_marks(name: str, octets: memoryview, gathered: Gathered) -> Iterator[Stated]:
    """A member by what stands in it, for its folder is told by relationships and may be any."""
    head = bytes(octets[:_HEAD])
    wide = b"\0" in head[:4]
    if b"<" not in head or not (wide or head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"):
        return
    raw = as_bytes(octets)
    if wide or b"definedName" in raw:
        for one in elements(xml_of(octets), "definedName"):
            _names(one.get("name", ""), gathered)
    for needed, folder, marks, read in _BY_MARKS:
        # Most members have none of it, and a sheet may have 50 MB.
        is_one = wide or folder in name or needed in raw
        if is_one and (wide or any(mark in raw for mark in marks)):
            yield from read(xml_of(octets))


def _relations(text: str) -> Iterator[Stated]:
    for one in elements(text, "Relationship"):
        if one.get("targetmode", "").lower() != "external":
            continue
        kind = one.get("type", "").rpartition("/")[2].lower()
        target = one.get("target", "")
        severity = targets.judge(target)
        if severity is None or kind == "hyperlink":
            continue
        note = f"{shown(kind, 40)}: {shown(target, 220)}"
        near = severity != SUSPICIOUS or target.lower().startswith("http")
        if kind in _TEMPLATES:
            yield Stated("Office.ExternalTemplate", severity, note)
        elif kind in _FETCHED or severity == MALICIOUS or (kind in _PICTURES and not near):
            yield Stated("Office.ExternalObject", severity, note)


def _types(text: str, gathered: Gathered) -> None:
    """Macro sheets by their type; the list may stand behind the sheets, so it is enough."""
    for one in (*elements(text, "Override"), *elements(text, "Default")):
        if "macrosheet" in one.get("contenttype", "").lower() and len(gathered.named) < 1000:
            name = one.get("partname", "").lower() or f"*.{one.get('extension', '')}"
            gathered.named.add(name)
            add(gathered.sheets, name.removeprefix("/"))


def _macro_sheet(name: str, octets: memoryview, gathered: Gathered) -> None:
    if "/_rels/" in name or name.endswith((".rels", ".vml")):
        return
    add(gathered.sheets, name)
    if name.endswith(".bin"):
        found = workbook.calls(as_bytes(octets))
    else:
        text = xml_of(octets)
        found = [one for each in contents(text, "f") for one in _CALLS.findall(each.upper())]
    for one in dict.fromkeys(found):
        add(gathered.calls, one)


def _fields(text: str) -> Iterator[Stated]:
    """Fields: pieces of an instruction between the marks where one begins and ends."""
    if "nstrText" in text:
        pieces: list[str] = []
        for found in _FIELD.finditer(text):
            if found[1] is not None:
                pieces.append(unescape(found[1]).replace("\r", " ").replace("\n", " "))
            else:
                pieces.append(_MARKS.get(_kind(found[2]), ""))
        yield from dde.fields("".join(pieces))
    for one in elements(text, "fldSimple"):
        yield from dde.fields(f"\x13{one.get('instr', '')}")


_MARKS = {"begin": "\x13", "separate": "\x14", "end": "\x15"}
_KIND = re.compile(r"fldCharType\s*+=\s*+[\"'](\w{1,16})")


def _kind(text: str) -> str:
    found = _KIND.search(text)
    return found[1] if found is not None else ""


def _asks(text: str) -> Iterator[Stated]:
    """Links of Excel to other programs."""
    for one in elements(text, "ddeLink"):
        service, topic = one.get("ddeservice", ""), one.get("ddetopic", "")
        yield dde.judge(service, f"{service}|{topic}", "link")


def _controls(text: str) -> Iterator[Stated]:
    for one in elements(text, "ocx"):
        class_ = one.get("classid", "").strip("{}").upper()
        severity = SUSPICIOUS if class_ in objects.BROWSERS else INFORMATION
        name = "Office.Flash" if class_ in objects.FLASH else "Office.ActiveX"
        severity = SUSPICIOUS if name == "Office.Flash" else severity
        yield Stated(name, severity, shown(objects.class_name(class_), 120))


def _cells(text: str) -> Iterator[Stated]:
    yield from dde.formulas(text)
    for formula in contents(text, "f"):
        if "|" in formula:
            yield from dde.cells(f"={formula}")


# What tells a member, by a word or by its usual folder; what else must stand in it to be
# worth reading; and what reads it.
_BY_MARKS: tuple[tuple[bytes, str, tuple[bytes, ...], Callable[[str], Iterator[Stated]]], ...] = (
    (b"classid", "/activex/", (b"ocx",), _controls),
    (b"ddeLink", "/externallinks/", (b"ddeLink",), _asks),
    (b"sheetData", "/worksheets/", (b"|", b"DDE(", b"&#"), _cells),
    (b"", "word/", (b"nstrText", b"fldSimple"), _fields),
)
