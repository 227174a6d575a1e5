r"""Tell embedded objects by their class, and where a linked one leads.

The root of a compound file, and each storage in it, bears the class of the program that
opens it ([MS-CFB] 2.6.1).  Some are worth a word: the packager, the equation editor of
1997 (its holes are open wherever it was not removed), Flash, a window of the browser.

The stream `\1Ole` ([MS-OLEDS] 2.3.3) of a linked object holds monikers: an address on the
web (CVE-2017-0199), or one that runs a script (CVE-2017-8570, CVE-2017-8759).
"""

import re
import uuid
from collections.abc import Iterator

from oletools.common.clsid import KNOWN_CLSIDS

from pratique.scanners.containers.office.ole import ROOT, Compound
from pratique.scanners.documents.stated import (
    INFORMATION,
    MALICIOUS,
    SUSPICIOUS,
    Severity,
    Stated,
    shown,
)
from pratique.scanners.office import targets

_NULL = bytes(16)
EQUATIONS = frozenset({"0002CE02-0000-0000-C000-000000000046",
                        "0002CE03-0000-0000-C000-000000000046",
                        "00021700-0000-0000-C000-000000000046"})  # fmt: skip
FLASH = frozenset({"D27CDB6E-AE6D-11CF-96B8-444553540000", "D27CDB70-AE6D-11CF-96B8-444553540000"})
# The browser's window, a page, a scriptlet.
BROWSERS = frozenset({"8856F961-340A-11D0-A96B-00C04FD705A2",
                       "EAB22AC3-30C1-11CF-A7EB-0000C05BAE0B",
                       "25336920-03F9-11CF-8FD0-00AA00686F13",
                       "AE24FDAE-03C6-11D1-8B76-0080C744F389"})  # fmt: skip
_URL_MONIKER = uuid.UUID("79EAC9E0-BAF9-11CE-8C82-00AA004BA90B").bytes_le
# The moniker `new`, SOAP's, and a scriptlet's.
_RUNNING = tuple(uuid.UUID(each).bytes_le for each in (
    "ECABAFC6-7F19-11D2-978E-0000F8757E2A", "ECABB0C7-7F19-11D2-978E-0000F8757E2A",
    "06290BD3-48AA-11D2-8432-006008C3FBFC"))  # fmt: skip
_LINK = "00000300-0000-0000-C000-000000000046"
_OLE, _EQUATION = "\1ole", "equation native"
# A moniker is an address.
_MONIKER = 8192
# MTEF's header after the object's own of 28 octets; a font's name longer than 40 overruns.
_MTEF_AT, _MTEF_HEADER, _FONT_NAME = 28, 5, 40
_RECORDS = re.compile(rb"(?s)[\x0a-\x0e]?\x01?[\x08\x18\x28\x38]..([^\0]{0,512})")


def class_name(class_id: str) -> str:
    """What a class is called, or its number."""
    return str(KNOWN_CLSIDS.get(class_id, class_id)).split(" (Known")[0]


def classes(compound: Compound, *, root: bool) -> list[str]:
    """The classes of the storages, each once; with the file's own if that is an object too."""
    found = [
        entry.class_id
        for entry in compound.entries
        if entry.class_id not in {_NULL, b""} and (root or entry.kind != ROOT)
    ]
    return [str(uuid.UUID(bytes_le=one)).upper() for one in dict.fromkeys(found)]


def seen(compound: Compound, within: str = "") -> Iterator[Stated]:
    """The findings about the classes in a compound file, and its links.

    `within` is "document" or "rtf" where the file is an object of one.
    """
    embedded = classes(compound, root=bool(within))
    if embedded:
        names = shown(", ".join(map(class_name, embedded[:8])), 240)
        yield Stated("Office.OleObject", INFORMATION, names)
    in_rtf = within == "rtf"
    for one in classes(compound, root=True):
        if one in FLASH:
            yield Stated("Office.Flash", SUSPICIOUS, class_name(one))
        elif one in BROWSERS:
            yield Stated("Office.ActiveX", SUSPICIOUS, class_name(one))
        elif one in EQUATIONS:
            yield Stated("Office.Equation", _equation(compound, in_rtf=in_rtf), class_name(one))
        elif one == _LINK and in_rtf:
            yield Stated("Rtf.LinkedObject", SUSPICIOUS, class_name(one))
    streams = [entry for entry in compound.streams() if entry.name.lower() == _OLE]
    for entry in streams:
        yield from _links(bytes(compound.read(entry, _MONIKER)[0]))


def _links(octets: bytes) -> Iterator[Stated]:
    if any(one in octets for one in _RUNNING):
        yield Stated("Office.ExternalObject", MALICIOUS, "a link that runs a script")
    at = octets.find(_URL_MONIKER)
    if at >= 0:
        raw = octets[at + 20 :]
        address = raw[: len(raw) & ~1].decode("utf-16-le", "replace").partition("\0")[0]
        severity = targets.judge(address)
        if severity is not None:
            yield Stated("Office.ExternalObject", severity, f"a link to {shown(address, 200)}")


def _equation(compound: Compound, *, in_rtf: bool) -> Severity:
    """How grave an equation is: by the name of its font (CVE-2017-11882), or where it stands."""
    for entry in compound.streams():
        if entry.name.lower() == _EQUATION:
            octets = bytes(compound.read(entry, 1024)[0])
            found = _RECORDS.match(octets, _MTEF_AT + _MTEF_HEADER)
            if found is not None and len(found[1]) > _FONT_NAME:
                return MALICIOUS
    return SUSPICIOUS if in_rtf else INFORMATION
