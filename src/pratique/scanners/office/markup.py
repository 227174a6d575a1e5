"""Read elements and attributes of XML as far as findings about documents need them.

No tree is built and nothing is resolved, so nothing can be blown up: tags and attributes
are matched where they stand, in one pass.  A `<` ends every match, as it ends every tag in
XML that a program would read.
"""

import re
from collections.abc import Iterator
from html import escape, unescape

_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\0": "utf-16-le",
           b"\0<": "utf-16-be"}  # fmt: skip
_ATTRIBUTE = re.compile(r"(?<![\w.:-])([\w.:-]{1,128}+)\s*+=\s*+(?:\"([^\"<]*)\"|'([^'<]*)')")
# What stands in a tag: a `>` within quotation marks does not end it.
_REST = r"((?>[^<>\"']++|\"[^\"<]*+\"?|'[^'<]*+'?)*+)"
# What divides a text without being any of it, and what is text whatever it looks like.
_DIVIDES = re.compile(
    r"<!--(?>[^-]++|-(?!->))*+(?:-->|\Z)|<\?(?>[^?]++|\?(?!>))*+(?:\?>|\Z)"
    r"|<!\[CDATA\[((?>[^\]]++|\](?!\]>))*+)(?:\]\]>|\Z)"
)


def text_of(octets: memoryview) -> str:
    """The text: UTF-8 where nothing says that it is UTF-16 (XML 1.0, appendix F)."""
    encoding = _UTF_16.get(bytes(octets[:2]), "utf-8")
    return bytes(octets).decode(encoding, "replace")


def xml_of(octets: memoryview) -> str:
    """The same of XML: comments, instructions and the marks of CDATA divide no word there."""
    text = text_of(octets)
    return _DIVIDES.sub(_of_cdata, text) if "<!" in text or "<?" in text else text


def _of_cdata(found: re.Match[str]) -> str:
    return escape(found[1], quote=False) if found[1] else ""


def elements(text: str, name: str) -> Iterator[dict[str, str]]:
    """The attributes of each element of that name, in small letters and without prefixes."""
    if name not in text:
        return
    for found in re.finditer(rf"<(?:[\w.-]++:)?{name}(?=[\s/>]){_REST}", text):
        yield from attributes(found[1])


def attributes(text: str) -> Iterator[dict[str, str]]:
    """Each attribute by its name without its prefix; where one comes twice, once with each."""
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(text):
        name, value = found[1].rpartition(":")[2].lower(), unescape(found[2] or found[3] or "")
        first.setdefault(name, value)
        last[name] = value
    yield first
    if last != first:
        yield last


def contents(text: str, name: str) -> Iterator[str]:
    """The text of each element of that name, up to the next tag."""
    if name not in text:
        return
    for found in re.finditer(rf"<(?:[\w.-]++:)?{name}(?=[\s>]){_REST}>([^<]*)", text):
        yield unescape(found[2])
