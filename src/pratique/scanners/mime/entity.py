"""One entity of a message: its header fields as MIME reads them, and the place of its body.

RFC 2045 lets each Content- field stand once.  Where one stands twice with two meanings,
programs choose the first or the last; here the first is the standard reading, the others
are kept beside it (`types`, `encodings`), and the oddity is told.

What is looked at here is the header alone.  Where the body ends is found by
`multipart.py`, what is in it by `reader.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from pratique.scanners.mime.encoding import KNOWN
from pratique.scanners.mime.fields import FIELD_OCTETS, Value, extended, read_value
from pratique.scanners.mime.header import Field, Header, unfold

# Of several readings of one thing (boundaries, encodings, types) so many are followed.
READINGS = 4
# So many fields of one name are looked at: no program reads more than the first or the last.
FIELDS = 32
MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
_TEXT = Value(b"text/plain")
_MESSAGE = Value(b"message/rfc822")
# RFC 2046 5.1.1: a boundary has 1 to 70 characters.
_BOUNDARY_OCTETS = 70


class Odd(NamedTuple):
    """A word of `Ambiguities`, and which readings differ."""

    class_: str
    detail: str


@dataclass(slots=True, eq=False)
class Entity:
    """An entity at `header.start`, with its body from `header.body` to `end`."""

    header: Header
    # Content-Type readings, most usual first; one at least.
    types: list[Value]
    encodings: list[str]
    dispositions: list[Value]
    odd: list[Odd] = field(default_factory=list)
    # Fields that were too long to be read whole, in words.
    cut: list[str] = field(default_factory=list)
    end: int = -1
    parent: "Entity | None" = None
    number: int = 1
    children: int = 0
    # Containers around it, those around the message included.
    depth: int = 0
    view: str = "standard"
    # By which boundaries the body is cut, most usual first.
    boundaries: list[bytes] = field(default_factory=list)
    # Why this is the whole body of a multipart that was not cut (`parent` is it).
    uncut: str = ""

    @property
    def declared_type(self) -> str:
        """The media type in lower case, without parameters."""
        return self.types[0].main.decode("ascii", "replace")

    @property
    def is_multipart(self) -> bool:
        """Tell whether the entity is declared to be a container of entities."""
        return self.types[0].main.startswith(b"multipart/")


def read_entity(header: Header, *, parent: Entity | None = None, nul: bool = False) -> Entity:
    """What the header says of its entity."""
    wanted: dict[bytes, list[Field]] = {}
    for each in header.fields:
        if each.name.startswith(b"content-"):
            wanted.setdefault(each.name, []).append(each)
    odd: list[Odd] = [Odd("nul_in_header", "a NUL octet in the header")] if nul else []
    repeated = [name for name in wanted if len(wanted[name]) > FIELDS]
    for name in repeated:
        # The last one is what some programs take.
        wanted[name][FIELDS - 1 : -1] = []
    default = _MESSAGE if parent is not None and _is_digest(parent) else _TEXT
    entity = Entity(
        header,
        types=_types(wanted.get(b"content-type", ()), default),
        encodings=_encodings(wanted.get(b"content-transfer-encoding", ())),
        dispositions=[read_value(each.value) for each in wanted.get(b"content-disposition", ())],
        odd=odd,
        cut=[f"more than {FIELDS} fields {name.decode()}" for name in repeated],
        parent=parent,
    )
    if wanted:
        _note(entity, wanted)
        entity.boundaries = read_boundaries(entity.types[0])
        if entity.boundaries and entity.is_multipart:
            _note_boundaries(entity)
    return entity


def _is_digest(parent: Entity) -> bool:
    return parent.types[0].main == b"multipart/digest"


def _types(found: Iterable[Field], default: Value) -> list[Value]:
    """The readings of Content-Type; one without a slash is none (RFC 2045 5.2)."""
    types: dict[Value, None] = {}
    for each in found:
        value = read_value(each.value)
        if b"/" not in value.main:
            value = Value(default.main, value.parameters)
        types[value] = None
    return list(types) or [default]


def _encodings(found: Iterable[Field]) -> list[str]:
    return list(dict.fromkeys(_encoding(each.value) for each in found)) or [""]


def _encoding(value: bytes) -> str:
    """A transfer encoding's name; comments and quotes around it go (RFC 2045 6.1)."""
    name = unfold(value)
    if not name.isalnum():
        read = read_value(value)
        name = read.main if not read.parameters else name
    return name.decode("ascii", "replace").strip(' \t"').lower()


def _note(entity: Entity, wanted: dict[bytes, list[Field]]) -> None:
    """State where readers differ about the structural fields."""
    odd = entity.odd
    for name in (b"content-type", b"content-transfer-encoding", b"content-disposition"):
        for each in wanted.get(name, ()):
            if each.spaced:
                odd.append(Odd("malformed_field", f"{name.decode()}: a blank before the colon"))
            if len(each.value) > FIELD_OCTETS:
                entity.cut.append(f"{name.decode()} of more than {FIELD_OCTETS} octets")
    if len(entity.types) > 1:
        odd.append(Odd("duplicate_content_type", _list(each.main for each in entity.types)))
    if len(entity.encodings) > 1:
        odd.append(Odd("duplicate_transfer_encoding", ", ".join(entity.encodings[:READINGS])))
    if len(set(entity.dispositions)) > 1:
        odd.append(Odd("duplicate_disposition", _list(each.main for each in entity.dispositions)))
    for encoding in entity.encodings[:READINGS]:
        if encoding not in KNOWN:
            odd.append(Odd("unknown_transfer_encoding", encoding[:80]))


def _list(words: Iterable[bytes]) -> str:
    return ", ".join(word[:80].decode("ascii", "replace") for word in list(words)[:READINGS])


def read_boundaries(value: Value) -> list[bytes]:
    """The readings of a boundary, most usual first, each once."""
    found: list[bytes] = []
    for each in value.parameters:
        if each.name == b"boundary":
            found += [each.value] if each.short is None else [each.value, each.short]
        elif each.name.startswith(b"boundary*"):
            found += [joined.octets for joined in extended(value.parameters, b"boundary")]
    # RFC 2046 5.1.1: a boundary does not end with a blank, for those are lost on the way.
    stripped = dict.fromkeys(each.rstrip(b" \t") for each in found)
    return [each for each in stripped if each][:READINGS]


def _note_boundaries(entity: Entity) -> None:
    """State where readers differ about a multipart's boundary."""
    named = {each.value for each in entity.types[0].parameters if each.name == b"boundary"}
    joined = {each.octets for each in extended(entity.types[0].parameters, b"boundary")}
    if len(named | joined) > 1:
        detail = f"boundary: {_list(entity.boundaries)}"
        entity.odd.append(Odd("duplicate_parameter", detail))
    if len(entity.boundaries[0]) > _BOUNDARY_OCTETS:
        detail = f"a boundary of {len(entity.boundaries[0])} octets"
        entity.odd.append(Odd("invalid_boundary", detail))


def body_of(multipart: Entity, uncut: str) -> Entity:
    """A multipart's whole body as a text of its own, because it is not cut."""
    body = multipart.header.body
    multipart.children += 1
    return Entity(
        Header(body, body),
        types=[_TEXT],
        encodings=multipart.encodings,
        dispositions=[],
        end=multipart.end,
        parent=multipart,
        number=multipart.children,
        depth=multipart.depth + 1,
        view=multipart.view,
        uncut=uncut,
    )
