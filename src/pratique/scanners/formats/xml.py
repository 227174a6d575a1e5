"""Open XML that holds files in base64: office files in one piece, invoices, feeds.

Word 2003 writes `<w:binData w:name="...">`, flat OPC `<pkg:binaryData>`, flat ODF
`<office:binary-data>`; an invoice has `<EmbeddedDocumentBinaryObject filename="...">` (UBL)
or `<Attachment>` (FatturaPA).  So it is not asked what an element is called: one whose
content is nothing but base64, long enough, is a file.  Its name stands in an attribute of
it, or of the element around it, or in an element before it.

Limitation: an entity that stands for letters of the base64 is not resolved.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.members import fitted, too_many
from pratique.scanners.containers.pages.data_uris import decode_base64
from pratique.scanners.containers.pages.text import read_page
from pratique.scanners.part import Found, Member, Part, Recognized, as_bytes

_TYPES = frozenset({"text/xml", "application/xml"})
# Types of office files in one piece, as libmagic and ours name them.
_NAMES = frozenset({"xml", "fodt", "fods", "fodp", "fodg", "wordml", "xsl", "rels"})
_CONTENT = re.compile(
    r">(?:\s{0,4096}+<!\[CDATA\[)?(\s{0,4096}+[A-Za-z0-9+/]{20,}+(?>[\s=]{1,8}+[A-Za-z0-9+/]{1,}+)*+[\s=]{0,4096}+)(?:\]\]>\s{0,64}+)?</"
)
_NAMED = re.compile(
    r"(?:\w{1,32}:)?(?:file-?name|name)\s{0,8}=\s{0,8}(?:\"([^\"<]{1,255})\"|'([^'<]{1,255})')",
    re.IGNORECASE,
)
_ELEMENT = re.compile(
    r"<(?:\w{1,32}:)?(?:\w{0,32}(?:file-?name|NomeAttachment|nome\w{0,16})|name)\b[^<>]{0,256}>\s{0,64}([^<>]{1,255}?)\s{0,64}</",
    re.IGNORECASE,
)
_TYPED = re.compile(
    r"(?:mimeCode|mime-?type|content-?type)\s{0,8}=\s{0,8}[\"']([\w.+-]{1,64}/[\w.+-]{1,64})",
    re.IGNORECASE,
)
# Words of a text have no digits in their midst; 80 letters are 60 octets (literals.py).
_LETTERS = 80
# The tag of the element, and what stands right before it.
_BEFORE = 1024
# As many as a message may have parts.
FILES = 10_000


class Xml:
    """Gives the files that stand in an XML file."""

    name: ClassVar[str] = "xml"
    smallest: ClassVar[bytes] = (
        b'<?xml version="1.0"?><files><file>' + b"YWFh" * 20 + b"</file></files>"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "broken": "an element that does not end is none, and what reads XML refuses the file",
        "encrypted": "the form has no encryption",
        "bomb": "it does not compress",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type."""
        known = part.known
        return "whole" if known.type in _TYPES or known.type.endswith("+xml") else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file in order."""
        count = 0
        for text in read_page(as_bytes(part.octets), part.charset):
            for found in _CONTENT.finditer(text):
                if len(found[1]) < _LETTERS:
                    continue
                budget.check_clock()
                octets = decode_base64(found[1].encode("ascii", "ignore"))
                count += 1
                if count > FILES:
                    yield too_many(part, f"more than {FILES} files in an XML file")
                    return
                budget.charge_octets(len(octets))
                yield from fitted(_member(text, found, octets, count), budget)


def _member(text: str, found: "re.Match[str]", octets: bytes, count: int) -> Member:
    before = text[max(0, found.start() - _BEFORE) : found.start() + 1]
    names = [one[1] or one[2] for one in _NAMED.finditer(before)]
    names += [one[1] for one in _ELEMENT.finditer(before)]
    typed = [one[1] for one in _TYPED.finditer(before)]
    name = unescape(names[-1]) if names else ""
    member = Member(step=f"xml:{name or count}", name=name, octets=memoryview(octets))
    member.declared_type = typed[-1].lower() if typed else ""
    return member
