"""State what a message leads to: the links of its texts, pages and documents.

Bodies are read whole, and where one has more octets or links than are read, that is a
limit.  Of what is attached (a list, a log, a manual) only the first links are told: they
are no way in which a mail leads somebody, and honest ones have thousands.  What a PDF leads
to its reader gives as a text (formats/pdf.py); what an Office document leads to stands in a
member.

A link is a fact; what honest mail seldom has is a finding (../links/findings.py).
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.containers.pages.data_uris import TooMany
from pratique.scanners.containers.pages.text import read_page
from pratique.scanners.links import elsewhere, shorteners
from pratique.scanners.links.findings import NAMES, findings
from pratique.scanners.links.gathered import LOOKED_AT, Gathered
from pratique.scanners.links.in_page import page_links
from pratique.scanners.links.in_text import NETS, addresses
from pratique.scanners.links.own import Own
from pratique.scanners.links.url import read_url
from pratique.scanners.part import Message, Part, Signs
from pratique.scanners.text import to_text

# A body of more octets no mail program shows at once; newsletters have 100 KB.  Half a
# second, in the worst case, of a message's twenty.
BODY_OCTETS = 2 * 1024 * 1024
# Of one attachment.
ATTACHED_OCTETS, ATTACHED_LINKS = 64 * 1024, 200
_NETS = tuple(net.encode() for net in NETS)
_FOLDED = re.compile(r"\r?\n[ \t]")
_MORE = f"more than {LOOKED_AT} links"
# A member of a document that has its links.
_PDF, _LIST = "pdf:links", "text/uri-list"
_ESCAPES = re.compile(r"\\([\\;,])")


class Links:
    """Makes a follower for each message: what it knows of us is read once."""

    name: ClassVar[str] = "links"
    signs: ClassVar[Signs] = Signs(
        kinds=frozenset({"text", "html"}),
        declared=frozenset({_LIST}),
        extensions=frozenset({elsewhere.EXTENSION}),
    )
    findings: ClassVar[dict[str, tuple[str, str]]] = NAMES

    def __init__(self, setup: wall.Setup) -> None:
        self._own = Own(setup.own_domains)
        more = (host.lower() for host in setup.shorteners)
        self._shorteners = frozenset({*shorteners.HOSTS, *more})

    def __call__(self, _message: Message) -> "LinksOf":
        """The follower of one message."""
        return LinksOf(Gathered(self._own, self._shorteners))


class LinksOf:
    """Gathers the links of one message."""

    name: ClassVar[str] = "links"

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """Keep the links of a part; nothing is stated before the end."""
        read = _reader_of(part)
        if read is not None:
            limit = read(self, part)
            if limit:
                over = facts.Limit(class_="links", part=part.known.id, detail=limit)
                yield facts.Facts(limits=[over])

    def conclude(self) -> Iterator[facts.Facts]:
        """State the links, then what is to be said of them."""
        if not self._gathered.known:
            return
        stated = self._gathered.stated()
        stated.findings.extend(findings(self._gathered.known.values()))
        yield stated

    def page(self, part: Part) -> str:
        """The links of a page."""
        octets, attached = part.octets[:BODY_OCTETS].tobytes(), part.attached
        xml = part.known.type == "image/svg+xml"
        for text in read_page(octets, part.charset):
            found = page_links(text, xml=xml)
            for link in islice(found, ATTACHED_LINKS) if attached else found:
                if not self._gathered.add(link.address, part.known.id, link.shown, link.tag):
                    return "" if attached else _MORE
        return _over(part) if not attached else ""

    def text(self, part: Part) -> str:
        """The addresses in a text."""
        written = part.octets[:BODY_OCTETS].tobytes()
        if not _may_have(written):
            return ""
        attached = part.attached
        written = written[:ATTACHED_OCTETS] if attached else written
        text, _ = to_text(written, part.charset or "utf-8")
        if part.known.type in {"text/calendar", "text/vcard"}:
            text = _ESCAPES.sub(r"\1", _FOLDED.sub("", text))
        found = addresses(text)
        limit = _MORE
        try:
            found = islice(found, ATTACHED_LINKS) if attached else found
            if self._written(found, part.known.id):
                limit = _over(part)
        except TooMany as over:
            limit = str(over)
        return "" if attached else limit

    def relations(self, part: Part) -> str:
        """The hyperlinks of an Office document."""
        text, _ = to_text(part.octets[:BODY_OCTETS].tobytes())
        self._written(islice(elsewhere.relations(text), ATTACHED_LINKS), part.known.parent)
        return ""

    def document(self, part: Part) -> str:
        """What a reader says that its document leads to, one to a line."""
        text, _ = to_text(part.octets[:BODY_OCTETS].tobytes())
        self._written(islice(text.splitlines(), ATTACHED_LINKS), part.known.parent)
        return ""

    def _written(self, found: Iterator[str], part: int) -> bool:
        """Take addresses as they are written; False: there are more than are looked at."""
        for written in found:
            address = read_url(written)
            if address is not None and not self._gathered.add(address, part):
                return False
        return True


def _reader_of(part: Part) -> Callable[[LinksOf, Part], str] | None:
    known = part.known
    if known.kind == "html":
        return LinksOf.page
    if known.path.endswith(_PDF):
        return LinksOf.document
    if elsewhere.EXTENSION in part.extensions:
        return LinksOf.relations
    return LinksOf.text if known.kind == "text" else None


def _may_have(written: bytes) -> bool:
    """Whether a text has what each address has: a slash, one of `NETS`, or a share's backslashes.

    A search for one octet costs a tenth of one for three, and one for all of `NETS` a third.
    """
    if b"/" in written or (b"\\" in written and b"\\\\" in written):
        return True
    return b"www" in written.lower() and any(map(written.__contains__, _NETS))


def _over(part: Part) -> str:
    if len(part.octets) <= BODY_OCTETS:
        return ""
    return f"links of a body's first {BODY_OCTETS} octets, of {len(part.octets)}"
