"""Choose the header fields that stay, and write new ones.

A field that is well-formed (RFC 5322 2.2) stays octet for octet.  One that two programs
may read differently (a NUL, a bare CR or LF, a blank before the colon, a line of blanks)
is written anew without that.  The structural fields of MIME are written anew always: each
once, each value a token or in quotation marks, what is not ASCII in RFC 2231's form.
"""

import re
from collections.abc import Iterable, Iterator

from pratique.scanners.mime.entity import Entity
from pratique.scanners.mime.fields import Value, extended
from pratique.scanners.mime.header import Field, Header
from pratique.scanners.text import to_text

NEWLINE = b"\r\n"
# What says how the body is read.  Content-Length is mbox's (RFC 4155), and Content-MD5
# (RFC 1864) is of a body that is no longer there.
STRUCTURAL = frozenset(
    {
        b"content-type",
        b"content-transfer-encoding",
        b"content-disposition",
        b"content-length",
        b"content-md5",
        b"mime-version",
    }
)
_WELL_FORMED = re.compile(
    rb"[!-9;-~]++:[^\r\n\0]*+\r\n(?>[ \t]++[^ \t\r\n\0][^\r\n\0]*+\r\n)*+", re.DOTALL
)
_TOKEN = re.compile(rb"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+")
_MAIN = re.compile(rb"(?:%b)/(?:%b)" % (_TOKEN.pattern, _TOKEN.pattern))
_PRINTABLE = re.compile(rb"[ -~]*")
# RFC 5322 2.1.1 wants lines of 78; a value that is longer goes in sections.
_SECTION = 60
# Parameters of one field; the longest that a program writes has about ten.
_PARAMETERS = 32
_UNSAFE = re.compile(rb"[^0-9A-Za-z._-]")


def is_well_formed(octets: bytes, field: Field) -> bool:
    """Tell whether every program reads the field alike."""
    return not field.spaced and _WELL_FORMED.fullmatch(octets, field.start, field.end) is not None


def normalized(octets: bytes, field: Field) -> bytes:
    """The field as every program reads it; nothing if nothing is left of it."""
    name = octets[field.start : field.end].split(b":", 1)[0].strip(b" \t")
    lines = [
        line.translate(None, b"\0").replace(b"\r", b" ").rstrip(b" \t")
        for line in field.value.replace(NEWLINE, b"\n").split(b"\n")
    ]
    first, *folded = lines
    kept = [first, *(b" " + line.lstrip(b" \t") for line in folded if line.strip(b" \t"))]
    return name + b":" + NEWLINE.join(kept) + NEWLINE


def kept_fields(octets: bytes, header: Header, but: frozenset[bytes]) -> Iterator[bytes]:
    """The fields of a header that are not written anew, each as it may stay."""
    for field in header.fields:
        if field.name not in but:
            well = is_well_formed(octets, field)
            yield octets[field.start : field.end] if well else normalized(octets, field)


def content_fields(octets: bytes, entity: Entity) -> Iterator[bytes]:
    """The fields of a part that only describe it: Content-ID and such, each once.

    Others mean nothing in a part (RFC 2045 9).
    """
    seen = set(STRUCTURAL)
    for field in entity.header.fields:
        if field.name.startswith(b"content-") and field.name not in seen:
            seen.add(field.name)
            well = is_well_formed(octets, field)
            yield octets[field.start : field.end] if well else normalized(octets, field)


def media_type(value: Value, instead: bytes) -> bytes:
    """The media type of a field, if it is one."""
    return value.main if _MAIN.fullmatch(value.main) else instead


def structured(name: bytes, main: bytes, parameters: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A structured field, each parameter on a line of its own (RFC 2045 5.1)."""
    words = [main, *(word for each in parameters for word in _parameter(*each))]
    return name + b": " + b";\r\n\t".join(words) + NEWLINE


def parameters_of(value: Value, but: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    """The parameters of a field, each name once, in UTF-8."""
    found: dict[bytes, bytes] = {}
    for each in value.parameters:
        name = each.name.split(b"*", 1)[0]
        if name in but or name in found or not _TOKEN.fullmatch(name):
            continue
        if len(found) == _PARAMETERS:
            break
        joined = extended(value.parameters, name)
        octets, charset = each.value, "utf-8"
        if each.name != name and joined:
            octets, charset = joined[0].octets, joined[0].charset or "utf-8"
        text, _ = to_text(octets, charset)
        found[name] = text.encode("utf-8", "replace")
    return list(found.items())


def _parameter(name: bytes, value: bytes) -> Iterator[bytes]:
    if len(name) + len(value) <= _SECTION and _PRINTABLE.fullmatch(value) and b"%" not in value:
        yield name + b'="' + re.sub(rb'(["\\])', rb"\\\1", value) + b'"'
        return
    coded = _UNSAFE.sub(lambda found: b"%%%02X" % found[0][0], value)
    sections = list(_sections(coded))
    if len(sections) == 1:
        yield name + b"*=utf-8''" + sections[0]
        return
    for number, section in enumerate(sections):
        charset = b"utf-8''" if number == 0 else b""
        yield name + b"*%d*=" % number + charset + section


def _sections(coded: bytes) -> Iterator[bytes]:
    """The value in sections, none of which cuts an escape."""
    start = 0
    while start < len(coded):
        end = min(start + _SECTION, len(coded))
        back = coded.rfind(b"%", max(start + 1, end - 2), end)
        end = back if back >= 0 and end < len(coded) else end
        yield coded[start:end]
        start = end
    if not coded:
        yield b""
