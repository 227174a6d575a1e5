r"""Read what OLE embeds: packages of Windows' Packager, and objects of OLE 1.

A file that is dragged into a document becomes a *package*: the stream `\1Ole10Native`
holds its label, the path it came from, the path that it will be unpacked to and its octets
([MS-OLEDS] 2.3.6 has the frame; the inside is known from Packager itself).  Each of the
three is shown by some program, and the last decides what a double click opens.  RTF and
old documents have objects of OLE 1 ([MS-OLEDS] 2.2.4 and 2.2.5): a class, a topic, an
item, and the same octets.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pratique.scanners.part import Member
from pratique.scanners.text import to_text

# Windows takes paths of 260 characters; in code pages a character has up to 4 octets.
_NAME = 1040
# [MS-OLEDS] 2.2.4: FormatID.
_LINKED, _EMBEDDED = 1, 2
# Packager: the file itself lies in the package, or only its path.
_FILE, _LINK = 3, 1
# Where nothing else tells, names are in the sender's code page: Japan's or the West's.
_CODE_PAGES = "cp932", "cp1252"
_WIDE = 3


@dataclass(frozen=True, slots=True)
class Object:
    """What a package or an object holds; `linked` says that it is only a path to a file."""

    names: tuple[str, ...]
    octets: memoryview
    why: str = ""
    linked: bool = False
    class_: str = ""

    def member(self, step: str) -> Member:
        """The part that it becomes."""
        names = self.names or ("",)
        member = Member(
            f"{step}:{last_step(names[0])}", self.octets, name=names[0], names=names[1:]
        )
        if self.linked:
            member.unopened, member.why = "elsewhere", f"a link to {names[0]}"
        elif self.why:
            member.unopened, member.why = "unreadable", self.why
        return member


def last_step(name: str) -> str:
    """The last step of a path of any system."""
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2]


def ansi(raw: bytes) -> list[str]:
    """The names that octets of an unknown code page may mean."""
    text, bad = to_text(raw)
    if not bad:
        return [text]
    return [name for name, bad in (to_text(raw, page) for page in _CODE_PAGES) if not bad] or [text]


class _Cursor:
    """Reads fields one after the other; `broken` is set once they end too early."""

    def __init__(self, octets: memoryview) -> None:
        self._octets = octets
        self.at = 0
        self.broken = False

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "little")

    def take(self, size: int) -> bytes:
        piece = bytes(self._octets[self.at : self.at + size])
        self.broken = self.broken or len(piece) < size
        self.at += size
        return piece

    def text(self) -> bytes:
        """Octets up to a NUL, which is passed."""
        piece = bytes(self._octets[self.at : self.at + _NAME])
        text, nul, _ = piece.partition(b"\0")
        self.broken = self.broken or not nul
        self.at += len(text) + 1
        return text

    def counted(self) -> bytes:
        """[MS-OLEDS] 2.1.4, LengthPrefixedAnsiString."""
        size = self.number()
        self.broken = self.broken or size > _NAME
        return self.take(min(size, _NAME)).partition(b"\0")[0]

    def rest(self) -> memoryview:
        return self._octets[self.at :]


def native(octets: memoryview) -> Object:
    r"""What a stream `\1Ole10Native` holds: a package, or the octets of some program's own."""
    size = int.from_bytes(bytes(octets[:4]), "little")
    inside = octets[4:]
    found = package(inside) or package(octets)
    if found is not None:
        return found
    why = "" if size <= len(inside) else f"{len(inside)} of {size} octets are there"
    return Object((), inside[:size] if size else inside, why)


def package(octets: memoryview) -> Object | None:
    """A package from its first field on; None if it is none."""
    cursor = _Cursor(octets)
    cursor.number(2)
    label, source = cursor.text(), cursor.text()
    cursor.number(2)
    form = cursor.number(2)
    if cursor.broken or form not in {_FILE, _LINK}:
        return None
    target = b""
    if form == _FILE:
        start, size = cursor.at + 4, cursor.number()
        target = cursor.text()
        cursor.at = start + size if size <= _NAME else cursor.at
    raws = [raw for raw in (label, source, target) if raw]
    names = [name for raw in raws for name in ansi(raw)]
    if form == _LINK:
        return Object(tuple(dict.fromkeys(names)), memoryview(b""), linked=True)
    size = cursor.number()
    if cursor.broken:
        return Object(tuple(dict.fromkeys(names)), memoryview(b""), "it ends before its octets")
    inside = cursor.rest()[:size]
    cursor.at += size
    names += _wide_names(cursor)
    steps = [last_step(name) for name in names]
    why = "" if len(inside) == size else f"{len(inside)} of {size} octets are there"
    first = next((step for step in steps if step), "")
    ordered = dict.fromkeys([first, *steps, *names])
    return Object(tuple(name for name in ordered if name), inside, why)


def _wide_names(cursor: _Cursor) -> Iterator[str]:
    """The same three names in UTF-16, which newer Packagers write behind the octets."""
    if cursor.broken:
        return
    for _ in range(_WIDE):
        characters = cursor.number()
        if cursor.broken or characters > _NAME:
            return
        text = cursor.take(characters * 2).decode("utf-16-le", "replace").rstrip("\0")
        if text and not cursor.broken:
            yield text


def first_version(octets: memoryview) -> Object | None:
    """An object of OLE 1, as RTF has it; None if the octets are none."""
    cursor = _Cursor(octets)
    cursor.number()
    form = cursor.number()
    class_, topic, inner = cursor.counted(), cursor.counted(), cursor.counted()
    if cursor.broken or form not in {_LINKED, _EMBEDDED}:
        return None
    word = ansi(class_)[0]
    if form == _LINKED:
        return Object(tuple(ansi(topic)), memoryview(b""), linked=True, class_=word)
    size = cursor.number()
    inside = cursor.rest()[:size]
    held = package(inside) if class_.lower() == b"package" else None
    if held is not None:
        return held
    names = tuple(name for raw in (topic, inner) if raw for name in ansi(raw))
    why = "" if len(inside) == size else f"{len(inside)} of {size} octets are there"
    return Object(names, inside, why, class_=word)
