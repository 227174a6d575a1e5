"""Open appointments (RFC 5545) and addresses (RFC 6350, vCard 2.1 to 4.0): what is attached.

A line is `NAME;PARAMETER=value:value`, folded by a blank at the beginning of the next.
`ATTACH`, `PHOTO`, `LOGO`, `SOUND`, `KEY` and any other may hold octets in base64, with
`ENCODING=BASE64` or `ENCODING=b`, or a `data:` URI.  The name of the file stands in one of
several parameters, none of them standard.
"""

import re
from binascii import Error, a2b_qp
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.members import fitted, too_many
from pratique.scanners.containers.pages.data_uris import TooMany, decode_base64, find_uris
from pratique.scanners.part import Found, Member, Part, Recognized, Signs, as_bytes
from pratique.scanners.text import to_text

_TYPES = frozenset({"text/calendar", "text/vcard"})
_DECLARED = _TYPES | {"text/x-vcard", "text/directory", "text/x-vcalendar"}
_FOLD = re.compile(rb"\r?\n[ \t]")
# A property whose parameters say that its value is encoded.
_ENCODED = re.compile(
    rb"^([\w.-]{1,64}+)((?>;[^:;\r\n\"]{0,512}+(?>\"[^\"\r\n]{0,512}+\"?[^:;\r\n\"]{0,512}+){0,4}+){1,32}+):([^\r\n]*+)",
    re.MULTILINE,
)
_BASE64 = re.compile(rb";(?:encoding=)?\"?(?:b|base64)\"?(?=;|\Z)", re.IGNORECASE)
_QUOTED = re.compile(rb";(?:encoding=)?quoted-printable(?=;|\Z)", re.IGNORECASE)
_NAMED = re.compile(
    rb";(?:x-)?(?:[\w-]{0,40}-)?(?:file-?name|name|label|title)=(?:\"([^\"]{1,255})\"|([^;:\"]{1,255}))",
    re.IGNORECASE,
)
_TYPED = re.compile(rb";(?:fmttype|mediatype|type)=\"?([\w.+-]{1,64}/[\w.+-]{1,64})", re.IGNORECASE)
_SHORT_TYPE = re.compile(rb";type=\"?(jpe?g|png|gif|bmp|tiff?)\b", re.IGNORECASE)
# vCard 2.1 does not fold base64: its lines are letters, up to an empty one.
_BARE_LINES = re.compile(rb"(?>\r?\n[ \t]{0,64}[A-Za-z0-9+/=]{1,998}[ \t]{0,64}(?=\r?\n))*+")
# A calendar of ten years has as many appointments; few have one attachment.
PROPERTIES = 10_000
_PAGE = re.compile(rb";fmttype=\"?text/html", re.IGNORECASE)
_ESCAPED = re.compile(rb"\\([\\;,nN])")


class Calendar:
    """Gives the files that appointments and addresses hold."""

    name: ClassVar[str] = "calendar"
    signs: ClassVar[Signs] = Signs(types=_TYPES, declared=_DECLARED)
    smallest: ClassVar[bytes] = (
        b"BEGIN:VCALENDAR\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:YQ==\r\nEND:VCALENDAR\r\n"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "broken": "a line that cannot be read is passed over by all, and hides nothing",
        "encrypted": "the form has no encryption",
        "bomb": "it does not compress",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by what it is said to be."""
        known = part.known
        said = known.declared_type in _DECLARED and known.kind == "text"
        return "whole" if known.type in _TYPES or said else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give what is encoded in a property, then what stands in URIs."""
        octets = _ascii(as_bytes(part.octets))
        unfolded = _FOLD.sub(b"", octets)
        count = 0
        try:
            for property_ in _ENCODED.finditer(unfolded):
                value = _value(unfolded, property_)
                if not value:
                    continue
                count += 1
                if count > PROPERTIES:
                    raise TooMany(f"more than {PROPERTIES} files in a calendar")
                budget.charge_octets(len(value))
                yield from fitted(_member(property_, value, count), budget)
            for uri in find_uris(to_text(unfolded)[0].replace("\\,", ",").replace("\\;", ";")):
                count += 1
                member = Member(step=f"calendar:{uri.name or count}", name=uri.name)
                member.octets, member.declared_type = memoryview(uri.octets), uri.type_
                budget.charge_octets(len(uri.octets))
                yield from fitted(member, budget)
        except TooMany as over:
            yield too_many(part, str(over))


def _ascii(octets: bytes) -> bytes:
    """The octets, if they are one a character; UTF-16 becomes UTF-8."""
    if octets[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return to_text(octets, "utf-16")[0].encode("utf-8", "replace")
    return octets


def _value(text: bytes, property_: "re.Match[bytes]") -> bytes:
    parameters, value = property_[2], property_[3]
    if _BASE64.search(parameters):
        more = _BARE_LINES.match(text, property_.end())
        return decode_base64(value + (more[0] if more and b"=" not in value[-2:] else b""))
    if _QUOTED.search(parameters):
        try:
            plain = a2b_qp(value)
        except (Error, ValueError):
            return b""
        return plain if b"<" in plain else b""
    if _PAGE.search(parameters):
        return _ESCAPED.sub(lambda one: b"\n" if one[1] in b"nN" else one[1], value)
    return b""


def _member(property_: "re.Match[bytes]", value: bytes, count: int) -> Member:
    parameters = property_[2]
    named, typed = _NAMED.search(parameters), _TYPED.search(parameters)
    raw = (named[1] or named[2]).strip() if named else b""
    name, bad = to_text(raw)
    member = Member(step=f"calendar:{name or count}", name=name, raw_name=raw if bad else b"")
    member.octets = memoryview(value)
    if typed:
        member.declared_type = typed[1].decode("ascii").lower()
    elif short := _SHORT_TYPE.search(parameters):
        member.declared_type = f"image/{short[1].decode('ascii').lower()}".replace("jpg", "jpeg")
    return member
