"""One entity of a message: its header fields as MIME reads them, and the place of its body.

RFC 2045 lets each Content- field stand once.  Where one stands twice with two meanings,
programs choose the first or the last; here the first is the standard reading, the others
are kept beside it (`types`, `encodings`), and the oddity is told.

What is looked at here is the header alone: `Said` is all that a header's text says, so
equal headers are read once.  An entity whose `odd` is not empty has failed the gate, and
`views.py` reads it in every other way that some program is known to read it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from pratique.scanners.mime.candidates import boundaries
from pratique.scanners.mime.encoding import IDENTITY, KNOWN
from pratique.scanners.mime.fields import FIELD_OCTETS, Value, extended, read_value
from pratique.scanners.mime.header import Header, breaks, unfold
from pratique.scanners.mime.names import Names, read_names

# Of several readings of one thing (boundaries, encodings, types) so many are followed.
READINGS = 4
# So many fields of one name are looked at: no program reads more than the first or the last.
FIELDS = 32
MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
# Their body is a header by itself, or begins with one.
HEADER_TYPES = ("message/", "text/rfc822-headers")
# Kinds of multipart whose parts clamd looks at (tests/desk/test_clamav_reach.py asks one).
# It goes past all parts of `signed` and `parallel`.
ENTERED = frozenset(
    b"mixed alternative related report digest form-data appledouble encrypted".split()
)
# Headers of so many octets are kept read: 1,024 of them make a megabyte.
_SHORT = 512
_TEXT = Value(b"text/plain")
_MESSAGE = Value(b"message/rfc822")
# RFC 2046 5.1.1: a boundary has 1 to 70 characters; Postfix cuts one after 2,048.
_BOUNDARY_OCTETS = 70
BOUNDARY_OCTETS = 2048
_STRUCTURAL = frozenset({b"content-type", b"content-transfer-encoding", b"content-disposition"})
_FIELD = re.compile(rb"(content-[!-9;-~]++)([ \t]*+):([^\n]*+(?>\n[ \t][^\n]*+)*+)", re.IGNORECASE)
# A structural field where none begins, in whatever way it is broken.
_SOMEWHERE = re.compile(
    rb"(?<!\n)content[\s\x00]*-[\s\x00]*"
    rb"(?:type|transfer[ \t\x00]*-[ \t\x00]*encoding|disposition)"
    # What follows is its value, not the next name in a signature's list (RFC 6376 3.5, "h=").
    rb"[\s\x00]*+:(?:[\s\x00\"(]*+(?:base64|quoted)|(?![\s\x00]*+[\w-]++[ \t]*+[:;\r\n]))"
)
_ENCODED_WORD = re.compile(rb"=\?[^?]++\?[bq]\?", re.IGNORECASE)
_FOLDED_IN_QUOTES = re.compile(rb"=[ \t]*+\"[^\"\r\n]*+\r?\n")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f-\xff]")


class Odd(NamedTuple):
    """A word of `Ambiguities`, and which readings differ."""

    class_: str
    detail: str


@dataclass(slots=True, eq=False)
class Said:
    """What a header says of its entity."""

    # Content-Type readings, most usual first; one at least.
    types: list[Value]
    encodings: list[str]
    dispositions: list[Value]
    odd: list[Odd] = field(default_factory=list)
    # Fields that were too long to be read whole, in words.
    cut: list[str] = field(default_factory=list)
    # By which boundaries the body is cut, most usual first.
    boundaries: list[bytes] = field(default_factory=list)
    declared_type: str = field(init=False)
    is_multipart: bool = field(init=False)
    # Readers that go into multiparts go into one of this kind.
    is_entered: bool = field(init=False)
    # Some reader ends the header before its end, or finds no fields there.
    broken: bool = False
    # By which boundaries some reader would cut what is no multipart.
    mentioned: list[bytes] = field(default_factory=list)
    # A parameter is folded within its quotes.
    folded: bool = False
    # A parameter may be a name; most headers have none.
    named: bool = True
    _names: Names | None = None

    def __post_init__(self) -> None:
        main = self.types[0].main
        self.declared_type = main.decode("ascii", "replace")
        self.is_multipart = main.startswith(b"multipart/")
        self.is_entered = not self.is_multipart or main[10:] in ENTERED

    @property
    def names(self) -> Names:
        """Every name that the header gives, read once."""
        if not self.named:
            return _NO_NAMES
        if self._names is None:
            self._names = read_names(self.dispositions, self.types)
            self._names.folded = self.folded
        return self._names

    @property
    def charset(self) -> str:
        """The charset that is declared for a text."""
        return next((each.decode("ascii", "replace") for each in self.types[0].all(b"charset")), "")


@dataclass(slots=True, eq=False)
class Entity:
    """An entity at `header.start`, with its body from `header.body` to `end`."""

    header: Header
    said: Said
    odd: list[Odd]
    end: int = -1
    parent: "Entity | None" = None
    number: int = 1
    children: int = 0
    # Containers around it, those around the message included.
    depth: int = 0
    view: str = "standard"
    # Why this is the whole body of a multipart that was not cut (`parent` is it).
    uncut: str = ""
    # Some readers go past it: blanks stand behind the delimiter above it, or fields before its
    # first delimiter (RFC 2046 5.1.1 allows both), or a line of its header is too long.
    aside: bool = False

    @property
    def is_odd(self) -> bool:
        """Whether something is odd about it, or about a multipart around it."""
        entity: Entity | None = self
        while entity is not None and not entity.odd:
            entity = entity.parent
        return entity is not None

    @property
    def is_aside(self) -> bool:
        """Whether some reader goes past it, though nothing is odd."""
        entity: Entity | None = self
        while entity is not None and not entity.aside and entity.said.is_entered:
            entity = entity.parent
        return entity is not None

    @property
    def types(self) -> list[Value]:
        """The readings of Content-Type."""
        return self.said.types

    @property
    def encodings(self) -> list[str]:
        """The readings of Content-Transfer-Encoding."""
        return self.said.encodings

    @property
    def dispositions(self) -> list[Value]:
        """The readings of Content-Disposition."""
        return self.said.dispositions

    @property
    def boundaries(self) -> list[bytes]:
        """The boundaries that the body is cut by, most usual first."""
        return self.said.boundaries

    @property
    def cut(self) -> list[str]:
        """Fields that were too long to be read whole."""
        return self.said.cut

    @property
    def declared_type(self) -> str:
        """The media type in lower case, without parameters."""
        return self.said.declared_type

    @property
    def is_multipart(self) -> bool:
        """Tell whether the entity is declared to be a container of entities."""
        return self.said.is_multipart


def default_type(parent: Entity | None) -> Value:
    """RFC 2046 5.1.5: what an entity is that does not say it."""
    digest = parent is not None and parent.said.types[0].main == b"multipart/digest"
    return _MESSAGE if digest else _TEXT


def read_said(text: bytes, default: Value = _TEXT) -> Said:
    """What the text of a header section says of its entity."""
    return _read_short(text, default) if len(text) <= _SHORT else _read(text, default)


def _read(text: bytes, default: Value) -> Said:
    lower = text.lower()
    wanted, elsewhere = _fields(text, lower)
    odd: list[Odd] = []
    if elsewhere and _SOMEWHERE.search(lower, elsewhere - 1) is not None:
        odd.append(Odd("malformed_field", "a structural field inside of another field"))
    # A header that says nothing of its entity is read alike however it breaks.
    broken = breaks(text)
    odd += [Odd(*each) for each in broken if each[0] == "nul_in_header" or wanted or elsewhere]
    repeated = [name for name in wanted if len(wanted[name]) > FIELDS]
    for name in repeated:
        # The last one is what some programs take.
        wanted[name][FIELDS - 1 : -1] = []
    said = Said(
        types=_types(wanted.get(b"content-type", ()), default),
        encodings=_encodings(wanted.get(b"content-transfer-encoding", ())),
        dispositions=[read_value(each) for each, _ in wanted.get(b"content-disposition", ())],
        odd=odd,
        cut=[f"more than {FIELDS} fields {name.decode()}" for name in repeated],
        named=b"name" in lower,
        broken=bool(broken),
    )
    if wanted:
        _note(said, wanted)
        if b"boundary" in lower:
            said.boundaries = read_boundaries(said.types[0])
            if not said.is_multipart or lower.count(b"boundary") > 1:
                said.mentioned = boundaries(each for each, _ in wanted.get(b"content-type", ()))
        if said.is_multipart:
            _note_multipart(said)
    return said


# Parts have few headers between them, in one message and from one to the next.
_read_short = lru_cache(maxsize=1024)(_read)
_NO_NAMES = Names()


_Found = dict[bytes, list[tuple[bytes, bool]]]


def _fields(text: bytes, lower: bytes) -> tuple[_Found, int]:
    """The structural fields: bodies, and whether blanks stand before the colon.

    Beside them where their names stand in the midst of something else: offset + 1, or 0.
    """
    wanted: _Found = {}
    elsewhere = 0
    at = lower.find(b"content")
    while at >= 0:
        after = at + 7
        if at == 0 or text[at - 1] == 10:
            found = _FIELD.match(text, at)
            if found is None:
                elsewhere = elsewhere or at + 1
            elif (name := found[1].lower()) in _STRUCTURAL:
                wanted.setdefault(name, []).append((found[3], bool(found[2])))
                after = found.start(3)
        else:
            elsewhere = elsewhere or at + 1
        at = lower.find(b"content", after)
    return wanted, elsewhere


def _types(found: Iterable[tuple[bytes, bool]], default: Value) -> list[Value]:
    """The readings of Content-Type; one without a slash is none (RFC 2045 5.2)."""
    types: dict[tuple[bytes, object], Value] = {}
    for body, _ in found:
        value = read_value(body)
        if b"/" not in value.main:
            value = value._replace(main=default.main)
        types.setdefault(value[:2], value)
    return list(types.values()) or [default]


def _encodings(found: Iterable[tuple[bytes, bool]]) -> list[str]:
    bodies = (body if len(body) <= _SHORT else body[:FIELD_OCTETS] for body, _ in found)
    return list(dict.fromkeys(map(_encoding, bodies))) or [""]


@lru_cache(maxsize=64)
def _encoding(value: bytes) -> str:
    """A transfer encoding's name; comments and quotes around it go (RFC 2045 6.1)."""
    name = unfold(value)
    if not name.isalnum():
        read = read_value(value)
        name = read.main if not read.parameters else name
    return name.decode("ascii", "replace").strip(' \t"').lower()


def _note(said: Said, wanted: _Found) -> None:
    """State where readers differ about the structural fields."""
    odd = said.odd
    for name, fields in wanted.items():
        _note_fields(said, name.decode(), fields)
    if len(said.types) > 1:
        odd.append(Odd("duplicate_content_type", _list(each.main for each in said.types)))
    if len(said.dispositions) > 1 and len({each[:2] for each in said.dispositions}) > 1:
        odd.append(Odd("duplicate_disposition", _list(each.main for each in said.dispositions)))
    if encodings := wanted.get(b"content-transfer-encoding"):
        _note_encodings(said, [body for body, _ in encodings[:READINGS]])
    for value in said.types[:READINGS]:
        if not value.plain and (b"," in value.main or b"=?" in value.main):
            odd.append(Odd("odd_value", f"content type {_list([value.main])}"))


def _note_fields(said: Said, name: str, fields: list[tuple[bytes, bool]]) -> None:
    """How the fields of one name are written."""
    for body, spaced in fields:
        if b"\n" in body and _FOLDED_IN_QUOTES.search(body) is not None:
            said.folded = True
        if spaced:
            said.odd.append(Odd("malformed_field", f"{name}: a blank before the colon"))
        if len(body) > FIELD_OCTETS:
            said.cut.append(f"{name} of more than {FIELD_OCTETS} octets")


def _note_encodings(said: Said, bodies: list[bytes]) -> None:
    if len(said.encodings) > 1:
        said.odd.append(Odd("duplicate_transfer_encoding", ", ".join(said.encodings[:READINGS])))
    for body in bodies:
        encoding, written = _encoding(body), unfold(body).lower()
        if encoding not in KNOWN:
            said.odd.append(Odd("unknown_transfer_encoding", encoding[:80]))
        elif len(written) != len(encoding):
            shown = written[:80].decode("ascii", "replace")
            said.odd.append(Odd("odd_value", f"transfer encoding {shown}"))
    _note_container(said)


def _note_container(said: Said) -> None:
    """RFC 2045 6.4: what holds entities is not encoded."""
    encoded = [each for each in said.encodings[:READINGS] if each in KNOWN - IDENTITY]
    if encoded and (said.is_multipart or said.declared_type in MESSAGE_TYPES):
        said.odd.append(Odd("encoded_container", f"{said.declared_type} in {encoded[0]}"))


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


def _note_multipart(said: Said) -> None:
    """State where readers differ about a multipart's type and boundary."""
    value, odd = said.types[0], said.odd
    given = [each for each in value.parameters if each.name.startswith(b"boundary")]
    plain = {each.value for each in given if each.name == b"boundary"}
    joined = {each.octets for each in extended(value.parameters, b"boundary")}
    if len(plain | joined) > 1:
        odd.append(Odd("duplicate_parameter", f"boundary: {_list(said.boundaries)}"))
    elif joined:
        odd.append(Odd("odd_value", "a boundary in the form of RFC 2231"))
    elif not value.plain:
        odd.append(Odd("odd_value", "a multipart's type that does not follow the grammar"))
    longest = max((len(each.value) for each in given), default=0)
    if longest > BOUNDARY_OCTETS:
        said.cut.append(f"a boundary of more than {BOUNDARY_OCTETS} octets")
    if longest > _BOUNDARY_OCTETS:
        odd.append(Odd("invalid_boundary", f"a boundary of {longest} octets"))
    for each in plain:
        if each != each.rstrip(b" \t") or _CONTROL.search(each) is not None:
            odd.append(Odd("invalid_boundary", "a blank at its end, or no character in it"))
        elif _ENCODED_WORD.search(each) is not None:
            odd.append(Odd("odd_value", "an encoded-word as a boundary"))


def body_of(multipart: Entity, uncut: str) -> Entity:
    """A multipart's whole body as a text of its own, because it is not cut."""
    body = multipart.header.body
    multipart.children += 1
    said = Said(types=[_TEXT], encodings=multipart.encodings, dispositions=[])
    return Entity(
        Header(body, body),
        said,
        [],
        end=multipart.end,
        parent=multipart,
        number=multipart.children,
        depth=multipart.depth + 1,
        view=multipart.view,
        uncut=uncut,
    )
