"""Look at OpenDocument (ODF 1.3), zipped or in one file: code, events, requests.

Libraries of Basic are members in `Basic/`, other languages' scripts in `Scripts/`; in one
file they are elements.  An event listener (part 3, 14.4.1 and 19.421) has one run, by itself
if the event is the document's being opened or closed; an address that climbs out of the
document's folder runs a script of the office's own (CVE-2018-16858).  A source of DDE
(part 3, 14.6.5) and the formula `DDE(...)` ask another program.
"""

import re
from collections.abc import Iterator

from pratique.scanners.documents.stated import MALICIOUS, Stated, shown
from pratique.scanners.office import dde, targets
from pratique.scanners.office.gathered import Gathered, add
from pratique.scanners.office.markup import contents, elements, text_of, xml_of

_CODE = ("basic/", "scripts/")
# Lists of libraries and windows: no code.
_LISTS = ("script-lb.xml", "script-lc.xml", "dialog-lb.xml", "dialog-lc.xml")
# Events that come without anybody's click, as ODF and OpenOffice.org before it call them.
_BY_ITSELF = frozenset(
    "load load-finished unload start-app new create on-load view-created prepare-view-closing "
    "layout-finished focus dom:load dom:unload activate visarea-changed".split()
)
_TEXTS = frozenset({"content.xml", "styles.xml", "meta.xml", "settings.xml"})
_CLIMBS = re.compile(r"vnd\.sun\.star\.script:[^?\"]{0,512}?(?:\.\.|%2e%2e)[/\\%|]", re.IGNORECASE)


def look(name: str, octets: memoryview, gathered: Gathered) -> Iterator[Stated]:
    """What a member says, by its name in small letters; some of it is only gathered."""
    if name.startswith(_CODE):
        if not name.endswith(_LISTS) and not name.endswith("/"):
            _code(name, octets, gathered)
    elif name.rpartition("/")[2] in _TEXTS:
        yield from _text(xml_of(octets), gathered)


def flat(octets: memoryview, gathered: Gathered) -> Iterator[Stated]:
    """What a document in one file says."""
    text = xml_of(octets)
    for tag in ("source-code", "module"):
        for source in contents(text, tag):
            if source.strip():
                gathered.add_source(f"module {len(gathered.modules) + 1}", source)
    yield from _text(text, gathered)


def _code(name: str, octets: memoryview, gathered: Gathered) -> None:
    text = text_of(octets)
    if name.endswith(".xml"):
        sources = [each for each in contents(xml_of(octets), "module") if each.strip()]
        # A window of a library is described beside the modules.
        text = "\n".join(sources)
    if text.strip():
        gathered.add_source(name, text)


def _text(text: str, gathered: Gathered) -> Iterator[Stated]:
    for one in elements(text, "event-listener"):
        event = one.get("event-name", "").rpartition(":")[2]
        address = one.get("href", "") or one.get("macro-name", "")
        if _CLIMBS.search(address):
            note = f"{shown(event, 40)} runs {shown(address, 200)}"
            yield Stated("Office.ExternalObject", MALICIOUS, note)
        if event in _BY_ITSELF:
            add(gathered.auto, f"{event}: {shown(address, 120)}")
    for one in elements(text, "dde-source"):
        service, topic = one.get("dde-application", ""), one.get("dde-topic", "")
        yield dde.judge(service, f"{service}|{topic}", "source")
    for one in elements(text, "dde-connection-decl"):
        service, topic = one.get("dde-application", ""), one.get("dde-topic", "")
        yield dde.judge(service, f"{service}|{topic}", "source")
    yield from dde.formulas(text)
    yield from _elsewhere(text)


def _elsewhere(text: str) -> Iterator[Stated]:
    """What is fetched: the template, objects, frames, sections and tables of other files."""
    for tag, name in (
        ("template", "Office.ExternalTemplate"),
        ("object", "Office.ExternalObject"),
        ("object-ole", "Office.ExternalObject"),
        ("floating-frame", "Office.ExternalObject"),
        ("section-source", "Office.ExternalObject"),
        ("table-source", "Office.ExternalObject"),
    ):
        for one in elements(text, tag):
            severity = targets.judge(one.get("href", ""))
            if severity is not None:
                yield Stated(name, severity, f"{tag}: {shown(one['href'], 220)}")
