"""State what a page does when it is opened: HTML, SVG, and whatever else a browser shows.

A page that is attached runs in the reader's browser, as a file of his own; a page that is
the text of a mail does not run at all, for no mail program lets it.  So the same thing is
worth knowing in a text, and suspicious in a file.  Pages that people save and send have
scripts, frames and forms in plenty; what honest ones lack is a page that is nothing but a
way to elsewhere, a password that is sent to strangers, a script that hides what it is, or
that builds an archive or a program.

What a script builds, the reader of pages finds (formats/html.py): it is a part below the
page, and here only put together with the script that saves it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import kinds, names
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.containers.pages.behaviour import OCTETS, Page, behaviour, squeezed
from pratique.scanners.containers.pages.names import script_names
from pratique.scanners.containers.pages.text import read_page
from pratique.scanners.documents.stated import Stated, worst
from pratique.scanners.links.host import is_public_address
from pratique.scanners.links.own import Own
from pratique.scanners.links.url import Address
from pratique.scanners.part import Message, Part, Signs, as_bytes

# Each with the severities that it may have, and what it means.
NAMES = {
    "Page.Smuggling": (
        "information, suspicious, malicious",
        (
            "A script builds a file and saves it: `malicious` if that is a program, a shortcut or "
            "a disk image; `suspicious` if it is an archive that is locked or could not be found, "
            "or if such a file stands in a page that does not save it."
        ),
    ),
    "Page.PasswordForm": (
        "information, suspicious",
        (
            "It asks for a password: `suspicious` unless that goes to a domain of ours "
            "(`links.own_domains`), or nowhere."
        ),
    ),
    "Page.Refresh": (
        "information, suspicious",
        (
            "It leads to elsewhere when it is opened, by `meta refresh` or by its script: "
            "`suspicious` if an attached page has nothing else to show."
        ),
    ),
    "Page.Script": (
        "information, suspicious",
        "It has a script: `suspicious` if an attached page's script hides what it is.",
    ),
    "Svg.Script": (
        "information, suspicious",
        (
            "A drawing has a script: `suspicious` if that leads to elsewhere, decodes or fetches "
            "something, or if a page in the drawing asks for something."
        ),
    ),
    "Page.Frame": (
        "information, suspicious",
        (
            "It shows a page of another host: `suspicious` if an attached page has nothing else to "
            "show, or if the host is an IP address."
        ),
    ),
}

# Nothing of all this is without one of these words.
_WORDS = (
    "<script", ":script", "script:", "http-equiv", "password", "<iframe", "<frame", "<object",
    "<embed", "<portal", "onload", "onerror", "onclick", "onfocus", "onmouse", "onpointer",
    "onbegin", "ontoggle", "onpageshow", "onanimation", "onscroll", "data:", "foreignobject",
    "<input",
)  # fmt: skip
# A letter as a number, and what stands in a link that runs or is dropped there.
_REFERENCES = ("&#", "&colon;", "&tab;", "&newline;")
_SVG = "image/svg+xml"
# Script that runs outside of browsers.
_SCRIPTS = frozenset("hta vbs vbe wsf wsh jse bat cmd ps1".split())
_PROGRAMS = frozenset({"executable", "shortcut", "disk_image"})
# Opened by other programs, whatever they are called, or opened as what they hold.
_NO_PAGES = frozenset({*_PROGRAMS, "script", "message", "multipart", "archive"})
_XML = frozenset({"xml", "xsl", "xslt"})
_XML_NAMES = frozenset({*_XML, "xhtml", "xht", "svg"})
_XML_TYPES = frozenset({"text/xml", "application/xhtml+xml"})
_NAMESPACES = ("w3.org/1999/xhtml", "w3.org/2000/svg", "w3.org/1999/XSL/Transform")
_WEB_ARCHIVES = frozenset({"mht", "mhtml"})
_PAGES = 200


@dataclass(slots=True)
class _Seen:
    """A page, and what was found in it."""

    part: int
    saves: bool
    called: tuple[str, ...] = ()
    programs: list[str] = field(default_factory=list)
    # Whether one could be opened is known when its turn has come.
    archives: list[facts.Part] = field(default_factory=list)

    @property
    def locked(self) -> list[str]:
        """Archives that could not be opened, and what only a password opens."""
        return [_called(one) for one in self.archives if one.encrypted or one.unopened]


class Pages:
    """Makes a follower for each message."""

    name: ClassVar[str] = "pages"
    signs: ClassVar[Signs] = Signs(
        kinds=frozenset({"html"}),
        types=_XML_TYPES,
        declared=kinds.PAGE_TYPES,
        extensions=_WEB_ARCHIVES | kinds.PAGES | _XML,
    )
    findings: ClassVar[dict[str, tuple[str, str]]] = NAMES

    def __init__(self, setup: wall.Setup) -> None:
        self._own = Own(setup.own_domains)

    def __call__(self, _message: Message) -> "PagesOf":
        """The follower of one message."""
        return PagesOf(self._own)


class PagesOf:
    """Looks at the pages of one message, and at what is in them."""

    name: ClassVar[str] = "pages"

    def __init__(self, own: Own) -> None:
        self._own = own
        # The outermost page that a part lies in.
        self._within: dict[int, _Seen] = {}
        # Web archives, and what is in them: they are opened as files.
        self._saved: set[int] = set()
        self._pages: list[_Seen] = []

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """State what a page does by itself."""
        known = part.known
        if known.parent in self._saved or not _WEB_ARCHIVES.isdisjoint(part.extensions):
            self._saved.add(known.id)
        holder = self._within.get(known.parent)
        if holder is not None:
            self._within[known.id] = holder
            _note(holder, part)
        if len(part.octets) and _is_shown(part):
            yield from self._page(part, holder)

    def _page(self, part: Part, holder: _Seen | None) -> Iterator[facts.Facts]:
        known, found = part.known, facts.Facts()
        stated: list[Stated] = []
        built, xml = holder is not None, known.type == _SVG
        attached = part.attached or known.parent in self._saved
        for text in read_page(as_bytes(part.octets), part.charset):
            lower = text.lower()
            # References may hide a word; a body's page does nothing by itself.
            hidden = attached and any(word in lower for word in _REFERENCES)
            if not built and not hidden and not any(map(lower.__contains__, _WORDS)):
                continue
            short = squeezed(text)
            if len(short) > OCTETS:
                detail = f"a page of more than {OCTETS} characters beside its literals"
                found.limits.add(class_="part_octets", part=known.id, detail=detail)
            for reading in (xml, not xml) if _is_either(part) else (xml,):
                page = behaviour(short, xml=reading, built=built)
                self._keep(page, text, part, holder)
                stated += self._findings(page, attached=attached, xml=xml)
        found.findings.extend(one.finding(self.name, known.id) for one in worst(stated))
        if found.findings or found.limits:
            yield found

    def _keep(self, page: Page, text: str, part: Part, holder: _Seen | None) -> None:
        """Remember what is saved, with the outermost page that it is in."""
        if holder is not None:
            holder.saves = holder.saves or page.saves
            return
        seen = self._within.get(part.known.id)
        if seen is None:
            seen = self._within[part.known.id] = _Seen(part.known.id, saves=False)
            self._pages.append(seen)
        if page.saves:
            seen.saves, seen.called = True, seen.called or script_names(text)

    def _findings(self, page: Page, *, attached: bool, xml: bool) -> Iterator[Stated]:
        yield from self._password(page, attached=attached)
        yield from self._elsewhere(page, attached=attached)
        if not (page.has_script or page.page_inside):
            return
        hides, leads = page.hides, page.leads
        if xml:
            worse = hides or leads or page.decodes or page.saves or page.page_inside or page.loads
            note = hides or leads or "a script in a drawing"
            yield Stated("Svg.Script", _severity(worse or page.holds_a_script), note)
        elif hides:
            yield Stated("Page.Script", _severity(attached), hides)
        else:
            yield Stated("Page.Script", "information", "it has a script")

    def _password(self, page: Page, *, attached: bool) -> Iterator[Stated]:
        if not page.forms:
            return
        addresses = [one.sends_to for one in page.forms if one.sends_to is not None]
        addresses += page.buttons
        if any(one.by_name for one in page.forms):
            addresses += page.actions
        hosts = [one.host for one in addresses if one.host]
        to = next((host for host in hosts if not self._own.has(host)), "".join(hosts[:1]))
        if to:
            worse = not self._own.has(to)
        else:
            worse, to = page.has_script and attached, "a script" if page.has_script else "nowhere"
        yield Stated("Page.PasswordForm", _severity(worse), f"the password goes to {to}")

    def _elsewhere(self, page: Page, *, attached: bool) -> Iterator[Stated]:
        alone = attached and page.bare
        if page.refreshes:
            worse = alone and self._is_foreign(page.refreshes)
            yield Stated("Page.Refresh", _severity(worse), f"it leads to {page.refreshes[0].url}")
        elif leads := page.leads:
            yield Stated("Page.Refresh", _severity(alone), f"a script leads to elsewhere: {leads}")
        if page.frames:
            worse = alone and self._is_foreign(page.frames)
            # An old way to have Outlook fetch a worm (Bagle.Q): no honest mail has it.
            worse = worse or any(is_public_address(each.host) for each in page.frames)
            yield Stated("Page.Frame", _severity(worse), f"it shows {page.frames[0].url}")

    def _is_foreign(self, found: list[Address]) -> bool:
        return any(not self._own.has(each.host) for each in found)

    def conclude(self) -> Iterator[facts.Facts]:
        """State what the scripts of pages build, now that all parts are known."""
        for seen in self._pages[:_PAGES]:
            severity, note = _smuggling(seen)
            if severity:
                stated = Stated("Page.Smuggling", severity, note)
                yield facts.Facts(findings=[stated.finding(self.name, seen.part)])


def _is_shown(part: Part) -> bool:
    """Whether a browser shows it as a page.

    It does so by the name, whatever stands in front of the page; and any XML is one that has
    an element of a page, of a drawing, or a sheet that makes one of it.
    """
    known = part.known
    if known.kind == "html":
        return True
    if known.kind in _NO_PAGES:
        return False
    if not kinds.PAGES.isdisjoint(part.extensions) or known.declared_type in kinds.PAGE_TYPES:
        return True
    if known.type != "text/xml" and _XML.isdisjoint(part.extensions):
        return False
    text = as_bytes(part.octets).decode("latin-1")
    text = text.replace("\0", "") if "\0" in text[:4] else text
    text = unescape(text) if "&#" in text else text
    return any(map(text.__contains__, _NAMESPACES))


def _is_either(part: Part) -> bool:
    """Whether some browser reads it as XML and another as HTML: by its name, or its type.

    In XML a script may be closed by its own tag, and what stands behind it is shown.
    """
    if part.known.type == _SVG:
        return False
    return part.known.type in _XML_TYPES or not _XML_NAMES.isdisjoint(part.extensions)


def _severity(worse: object) -> str:
    return "suspicious" if worse else "information"


def _note(holder: _Seen, part: Part) -> None:
    """Keep what is worth hiding of the parts below a page."""
    known = part.known
    if known.kind in _PROGRAMS or (known.kind == "script" and part.extensions & _SCRIPTS):
        holder.programs.append(_called(known))
    elif known.kind == "archive" or known.encrypted:
        holder.archives.append(known)


def _called(known: facts.Part) -> str:
    return known.name or known.path


def _smuggling(seen: _Seen) -> tuple[str, str]:
    if seen.programs:
        severity = "malicious" if seen.saves else "suspicious"
        return severity, f"it holds {seen.programs[0]}" + (", and saves it" if seen.saves else "")
    if locked := seen.locked:
        return "suspicious", f"it holds what is locked, or cannot be opened: {locked[0]}"
    if not seen.saves:
        return "", ""
    hidden = [name for name in seen.called if _is_worth_hiding(name)]
    if hidden:
        return "suspicious", f"a script builds {hidden[0]}"
    return "information", f"a script builds a file: {', '.join(seen.called) or 'without a name'}"


def _is_worth_hiding(name: str) -> bool:
    kind = kinds.of_name(name)
    return kind in {*_PROGRAMS, "archive"} or names.extension(name) in _SCRIPTS
