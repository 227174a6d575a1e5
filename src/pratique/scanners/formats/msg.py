"""Open Outlook's messages ([MS-OXMSG]): what is attached, and what is written.

A message is a compound file whose storages are its attachments, and an attached message is
such a storage in turn.  What a person reads stands in up to three forms (text, a page,
packed RTF), of which each program chooses its own: all three are parts.  The header is a
part too, as text: subject, names, and what the transport added.

An attachment bears every name that it has: the long and the short one, what is shown in
its place, and its path.  One that only names a file elsewhere is `elsewhere`.

Limitations: an object of OLE among the attachments is found by the reader of compound
files, which knows no name of it; recipients are no parts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.members import counted, fitted
from pratique.scanners.containers.office import lzfu, rtf_html
from pratique.scanners.containers.office.msg_properties import (
    ATTACHED,
    ATTACHMENT,
    STREAM,
    Properties,
)
from pratique.scanners.containers.office.ole import Compound, Entry
from pratique.scanners.containers.office.ole_objects import last_step
from pratique.scanners.containers.office.ole_smallest import smallest
from pratique.scanners.part import Found, Member, Part, Recognized

_TYPE = "application/vnd.ms-outlook"
_STORAGE = "__attach_version1.0_"
# [MS-OXPROPS]: subject, who sent it, to whom, the header as it came.
_SUBJECT = 0x0037
_SHOWN = (
    (_SUBJECT, "Subject"), (0x0C1A, "From"), (0x0C1F, "From"), (0x5D01, "From"),
    (0x0E04, "To"), (0x0E03, "Cc"), (0x007D, ""),
)  # fmt: skip
_TEXT, _PAGE, _RTF = 0x1000, 0x1013, 0x1009
# Of an attachment: long and short name, display name, long and short path, type, octets.
_NAMES = (0x3707, 0x3704, 0x3001, 0x370D, 0x3708)
_PATHS = (0x370D, 0x3708)
_MIME_TYPE, _OCTETS, _METHOD = 0x370E, 0x3701, 0x3705
# [MS-OXCMSG] 2.2.2.9: by reference, in one of three ways.
_BY_REFERENCE = frozenset({2, 3, 4, 7})
# What of a subject is a name.
_TITLE = 200


class Msg:
    """Gives what an Outlook message holds."""

    name: ClassVar[str] = "msg"
    types: ClassVar[frozenset[str]] = frozenset({_TYPE})
    told_by: ClassVar[str] = "type"
    # A message without properties.
    smallest: ClassVar[bytes] = smallest({STREAM: bytes(32)})

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the type: a compound file that names such a stream."""
        return "whole" if part.known.type in self.types else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each message's texts and attachments, those of attached messages too."""
        try:
            compound = Compound(part.octets, budget)
        except Damaged as damage:
            part.known.unopened, part.known.why = "unreadable", str(damage)
            return
        if compound.damage:
            part.known.unopened, part.known.why = "unreadable", compound.damage
        reading = _Reading(part, compound, budget)
        yield from counted(reading.members(), budget)


@dataclass(slots=True)
class _Reading:
    """One file that is being read."""

    part: Part
    compound: Compound
    budget: Budget
    # Storages of messages that wait, each with the member that it is in.
    _waiting: list[tuple[Properties, Member | None]] = field(default_factory=list)

    def members(self) -> Iterator[Found]:
        root = Properties(self.compound, 0)
        if self.compound.below(0, STREAM) is None:
            return
        self._waiting.append((root, None))
        while self._waiting:
            message, parent = self._waiting.pop()
            message.use_code_page()
            self.budget.check_clock()
            if parent is None:
                yield from fitted(self._header(message, "msg:header", None), self.budget)
            yield from self._texts(message, parent)
            for entry in self.compound.children.get(message.storage, ()):
                if entry.name.lower().startswith(_STORAGE):
                    yield from self._attachment(message, entry, parent)

    def _header(self, message: Properties, step: str, parent: Member | None) -> Member:
        lines = []
        for property_, name in _SHOWN:
            text = message.text(property_)
            if text:
                lines.append(f"{name}: {text}" if name else text)
        octets = memoryview("\n".join(lines).encode("utf-8", "replace"))
        return Member(step, octets, parent, declared_type="text/plain", charset="utf-8")

    def _texts(self, message: Properties, parent: Member | None) -> Iterator[Found]:
        """What is written, in each of its forms."""
        for type_ in ("001F", "001E"):
            entry = message.find(_TEXT, type_)
            if entry is not None:
                charset = "utf-16-le" if type_ == "001F" else message.code_page
                yield from self._text(entry, "text", ("text/plain", charset), parent)
        page = message.find(_PAGE, "0102", "001F", "001E")
        if page is not None:
            charset = "utf-16-le" if page.name.upper().endswith("001F") else message.code_page
            yield from self._text(page, "page", ("text/html", charset), parent)
        packed = message.find(_RTF, "0102")
        if packed is not None:
            yield from self._rtf(packed, parent)

    def _text(
        self, entry: Entry, step: str, type_: tuple[str, str], parent: Member | None
    ) -> Iterator[Found]:
        octets = self._read(entry)
        member = Member(f"msg:{step}", octets, parent, declared_type=type_[0], charset=type_[1])
        if type_[1] == "utf-16-le":
            # Nothing in the octets says so; as UTF-8 every program reads them.
            text = bytes(octets).decode("utf-16-le", "replace").encode("utf-8")
            self.budget.charge_octets(len(text))
            member.octets, member.charset = memoryview(text), "utf-8"
        yield from fitted(member, self.budget)

    def _rtf(self, entry: Entry, parent: Member | None) -> Iterator[Found]:
        packed = self._read(entry)
        gather = Gather(self.budget, len(packed))
        octets, why = gather.octets(_decompressed(bytes(packed)))
        member = Member("msg:rtf", octets, parent, declared_type="text/rtf")
        if why:
            member.unopened, member.why = "unreadable", why
            self.part.state_unopened(f"compressed RTF: {why}")
        yield member
        page = rtf_html.page(bytes(octets), self.budget)
        if page:
            charset = rtf_html.charset(bytes(octets))
            made = Member("msg:page of the rtf", memoryview(page), parent,
                          declared_type="text/html", charset=charset)  # fmt: skip
            yield from fitted(made, self.budget)

    def _attachment(
        self, message: Properties, entry: Entry, parent: Member | None
    ) -> Iterator[Found]:
        attached = Properties(self.compound, entry.number, message.code_page, ATTACHMENT)
        inner = attached.find(_OCTETS, "000D")
        if inner is not None and self.compound.below(inner.number, STREAM) is not None:
            nested = Properties(self.compound, inner.number, message.code_page, ATTACHED)
            member = self._header(nested, "", parent)
            title = nested.text(_SUBJECT)[:_TITLE] or next(iter(self._names(attached)), "")
            member.step, member.name = f"msg:{title or 'message'}", title
            yield from fitted(member, self.budget)
            self._waiting.append((nested, member))
            return
        names = self._names(attached) or [""]
        first = last_step(names[0])
        member = Member(f"msg:{first or entry.name[len(_STORAGE) :]}", parent=parent, name=first,
                        names=tuple(name for name in names if name != first),
                        declared_type=attached.text(_MIME_TYPE).lower())  # fmt: skip
        octets = attached.find(_OCTETS, "0102")
        if octets is not None:
            member.octets = self._read(octets, member)
        elif attached.short().get(_METHOD, 0) & 0xFFFF in _BY_REFERENCE:
            paths = [path for one in _PATHS for path in attached.texts(one)]
            member.unopened, member.why = "elsewhere", f"a link to {', '.join(paths)}"
        elif inner is not None:
            return  # an object of OLE: its streams are told by the reader of compound files
        yield from fitted(member, self.budget)

    def _names(self, attached: Properties) -> list[str]:
        told = (name for one in _NAMES for name in attached.texts(one))
        return list(dict.fromkeys(told))

    def _read(self, entry: Entry, member: Member | None = None) -> memoryview:
        octets, why = self.compound.read(entry)
        if why:
            self.part.state_unopened(f"{entry.name}: {why}")
            if member is not None:
                member.unopened, member.why = "unreadable", why
        return octets


def _decompressed(octets: bytes) -> Iterator[bytes]:
    if not lzfu.is_compressed(octets):
        raise Damaged("compressed RTF without its header")
    yield from lzfu.decompress(octets)
