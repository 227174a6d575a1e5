"""Open TNEF ([MS-OXTNEF]), the `winmail.dat` of Outlook: attachments and the message's text.

A row of attributes, each with a level, a number, a length and a checksum, which no reader
heeds and which is not heeded here.  An attachment begins with its rendering data; its
name stands in two or three places, and what is attached is an attribute of octets, or a
property (a message in the message, which is TNEF again).

Limitation: an attachment that is an OLE object is given as its octets are.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.archive import fill_from
from pratique.scanners.containers.around import told
from pratique.scanners.containers.gather import Damaged, Gather, pieces_of
from pratique.scanners.containers.office import lzfu, mapi
from pratique.scanners.part import Found, Member, Part, Recognized
from pratique.scanners.text import to_text

_SIGNATURE = b"\x78\x9f\x3e\x22"
_HEADER = 6
_ATTRIBUTE = struct.Struct("<BII")
_LEVELS = frozenset({1, 2})
# [MS-OXTNEF] 2.1.3.3, by the number of the attribute without its type.
_RENDERING, _TITLE, _OCTETS, _META, _TRANSPORT_NAME = 0x9002, 0x8010, 0x800F, 0x8011, 0x9001
_ATTACHMENT, _MESSAGE, _BODY, _CODE_PAGE = 0x9005, 0x9003, 0x800C, 0x9007
# [MS-OXPROPS]: long and short file name, path, display name; octets or object; type.
_NAMES = (0x3707, 0x370D, 0x3704, 0x3708, 0x3001)
_CONTENT, _MIME_TYPE = 0x3701, 0x370E
_TEXT, _RTF, _HTML = 0x1000, 0x1009, 0x1013
# IID_IMessage ([MS-OXTNEF] 2.1.3.5.2): what follows the identifier is TNEF again.
_EMBEDDED = bytes.fromhex("0703020000000000c000000000000046")


class Tnef:
    """Gives the attachments of a TNEF file, and the texts of its message."""

    name: ClassVar[str] = "tnef"
    types: ClassVar[frozenset[str]] = frozenset({"application/vnd.ms-tnef"})
    told_by: ClassVar[str] = "front"
    # The signature and a key, and no attribute.
    smallest: ClassVar[bytes] = _SIGNATURE + b"\1\0"

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the format has no encryption",
        "bomb": "only its text is packed, and becomes nine times as long at most",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the texts and the attachments in order."""
        gather = Gather(budget, len(part.octets))
        reading = _Reading(gather)
        try:
            for level, number, octets in _attributes(part.octets):
                budget.check_clock()
                yield from reading.take(level, number, octets)
        except Damaged as damage:
            reading.damage = reading.damage or str(damage)
        yield from reading.end()
        if reading.damage:
            part.known.unopened, part.known.why = "unreadable", reading.damage


def _attributes(octets: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Level, number and octets of each attribute; what is cut off is given, then told."""
    at = _HEADER
    while at < len(octets):
        head = octets[at : at + _ATTRIBUTE.size]
        if head[0] not in _LEVELS:
            # Filling behind the last one is harmless, but nothing else than filling is no TNEF.
            if at == _HEADER or bytes(octets[at:]).strip(b"\r\n\0\x1a "):
                raise Damaged(f"no attribute at octet {at}")
            return
        if len(head) < _ATTRIBUTE.size:
            raise Damaged("it is cut off")
        level, number, size = _ATTRIBUTE.unpack(head)
        at += _ATTRIBUTE.size
        yield level, number & 0xFFFF, octets[at : at + size]
        # The checksum behind the last attribute is nothing that anybody misses.
        if at + size > len(octets):
            raise Damaged("its last attribute is cut off")
        at += size + 2
    if len(octets) < _HEADER:
        raise Damaged("it is cut off")


@dataclass(slots=True)
class _Attached:
    """An attachment, as far as its attributes have told of it."""

    raw_names: list[bytes] = field(default_factory=list)
    wide_names: list[str] = field(default_factory=list)
    octets: list[memoryview] = field(default_factory=list)
    declared_type: str = ""


@dataclass(slots=True)
class _Reading:
    """One TNEF file while it is read."""

    gather: Gather
    charset: str = "cp1252"
    attached: _Attached | None = None
    count: int = 0
    damage: str = ""

    def take(self, level: int, number: int, octets: memoryview) -> Iterator[Found]:
        """One attribute: an attachment is given when the next one begins."""
        if number == _RENDERING or (level == 2 and self.attached is None):
            yield from self.end()
            self.attached = _Attached()
        if level == 2 and self.attached is not None:
            self._take_attached(self.attached, number, octets)
        elif number == _CODE_PAGE and len(octets) >= 4:
            self.charset = f"cp{int.from_bytes(octets[:4], 'little')}"
        elif number == _BODY:
            text = octets.tobytes().rstrip(b"\0")
            yield from self._text("text", text, "text/plain")
        elif number == _MESSAGE:
            yield from self._message(octets)

    def _take_attached(self, attached: _Attached, number: int, octets: memoryview) -> None:
        if number in {_TITLE, _TRANSPORT_NAME}:
            attached.raw_names.append(octets.tobytes().partition(b"\0")[0])
        elif number == _OCTETS:
            attached.octets.append(octets)
        elif number == _ATTACHMENT:
            self._take_properties(attached, octets)

    def _take_properties(self, attached: _Attached, octets: memoryview) -> None:
        for number, type_, value in self._properties(octets):
            if number in _NAMES and type_ == mapi.TEXT16:
                text = value.tobytes().decode("utf-16-le", "replace")
                attached.wide_names.append(text.partition("\0")[0])
            elif number in _NAMES:
                attached.raw_names.append(value.tobytes().partition(b"\0")[0])
            elif number == _MIME_TYPE:
                wide = "utf-16-le" if type_ == mapi.TEXT16 else "latin-1"
                attached.declared_type = (
                    value.tobytes().decode(wide, "replace").strip("\0 ").lower()
                )
            elif number == _CONTENT:
                attached.octets.append(value[16:] if type_ == mapi.OBJECT else value)
                if bytes(value[:16]) == _EMBEDDED:
                    attached.declared_type = "application/ms-tnef"

    def _properties(self, octets: memoryview) -> Iterator[mapi.Property]:
        try:
            yield from mapi.properties(octets)
        except Damaged as damage:
            self.damage = str(damage)

    def _message(self, octets: memoryview) -> Iterator[Found]:
        for number, type_, value in self._properties(octets):
            text = value.tobytes()
            if number == _HTML:
                yield from self._text("html", text, "text/html")
            elif number == _RTF and lzfu.is_compressed(text):
                yield from self._text("rtf", text, "text/rtf")
            elif number == _TEXT and type_ == mapi.TEXT16:
                utf8 = text.decode("utf-16-le", "replace").rstrip("\0").encode("utf-8", "replace")
                yield from self._text("text", utf8, "text/plain")
            elif number == _TEXT:
                yield from self._text("text", text.rstrip(b"\0"), "text/plain")

    def _text(self, step: str, octets: bytes, type_: str) -> Iterator[Found]:
        if not octets:
            return
        member = Member(step=f"tnef:{step}", declared_type=type_, disposition="inline")
        member.charset = "utf-8" if octets.isascii() else self.charset
        pieces = lzfu.decompress(octets) if type_ == "text/rtf" else iter((octets,))
        yield from fill_from(member, pieces, 0, self.gather)

    def end(self) -> Iterator[Found]:
        """Give the attachment that is at hand, once for each content that it has."""
        attached, self.attached = self.attached, None
        if attached is None:
            return
        told = [to_text(raw, self.charset)[0] for raw in attached.raw_names]
        names = tuple(dict.fromkeys(name for name in (*attached.wide_names, *told) if name)) or (
            "",
        )
        raw = next(iter(attached.raw_names), b"")
        for octets in attached.octets or [memoryview(b"")]:
            self.count += 1
            step = f"tnef:{names[0] or self.count}"
            member = Member(step=step, name=names[0], names=names[1:], raw_name=raw)
            member.declared_type, member.disposition = attached.declared_type, "attachment"
            yield from fill_from(member, pieces_of(octets), len(octets), self.gather)
