"""Take parts out of a message and leave a note in the place of each; all else stays.

Stays means octet for octet: delimiters, preambles, line ends, other parts.  What goes is
an entity, its header and its body, up to the line end before the delimiter that follows.
Where the entity is the message itself (its own or that of a message in it), the fields
`Content-...` and the body go, and all other fields stay.

What is signed or encrypted is not touched (RFC 1847): a note in it would only tell the
reader that the signature is false.
"""

from collections.abc import Iterable, Iterator, Sequence

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget
from pratique.scanners.mime.header import Header
from pratique.scanners.rewriting.fields import NEWLINE
from pratique.scanners.rewriting.note import note_body, note_entity, note_fields
from pratique.scanners.rewriting.outline import Node, Way, decoded, message_in, outline, sha256
from pratique.scanners.rewriting.recipe import Piece, Recipe, Refused, Span

_MIME_VERSION = b"MIME-Version: 1.0\r\n"

# Octets that go, and those that come instead.
_Splice = tuple[Span, bytes]


def strip(octets: bytes, taken: Sequence[wall.TakenOut], budget: Budget) -> Recipe:
    """The message without these parts."""
    wanted = ways(taken)
    root = outline(octets, budget)
    newline = NEWLINE if octets.endswith(NEWLINE, 0, _first_line(octets)) else b"\n"
    end, separator = header_end(octets, root.entity.header)
    recipe = Recipe(end, separator)
    splices: list[_Splice] = []
    for node in _found(root, wanted, budget):
        if node is root:
            _instead_of_all(recipe, node, wanted[node.way].note, newline)
            return recipe
        splices += _splices(node, wanted[node.way].note, newline)
    recipe.pieces = list(_pieces(sorted(splices), end + len(separator), len(octets)))
    return recipe


def ways(taken: Iterable[wall.TakenOut]) -> dict[Way, wall.TakenOut]:
    """What goes, by the way to it."""
    wanted = {tuple(each.numbers): each for each in taken}
    if not all(wanted):
        raise Refused("a part without a place")
    return wanted


def _found(root: Node, wanted: dict[Way, wall.TakenOut], budget: Budget) -> list[Node]:
    """The entities that go, in order; all of them, or it is refused."""
    found: list[Node] = []
    waiting = [root]
    prefixes = {way[:length] for way in wanted for length in range(len(way) + 1)}
    while waiting:
        node = waiting.pop()
        if node.way in wanted and not (node is root and node.is_multipart):
            check_is(node, wanted[node.way], budget)
            found.append(node)
        elif node.way in prefixes:
            waiting += reversed(_inside(node, budget, prefixes))
    missing = wanted.keys() - {node.way for node in found}
    if missing or len(found) != len(wanted):
        told = ", ".join(".".join(map(str, way)) for way in sorted(missing)[:5])
        raise Refused(f"what is to be taken out is not found at {told}" if told else "found twice")
    return found


def _inside(node: Node, budget: Budget, prefixes: set[Way]) -> list[Node]:
    """What lies in an entity that something in it shall be taken out of."""
    if node.is_sealed:
        raise Refused(f"it is part of what is {_sealed(node)}")
    if node.is_multipart:
        return [child for child in node.children if child.way in prefixes]
    if node.holds_message and node.is_plain:
        return [message_in(node, budget)]
    return []


def _sealed(node: Node) -> str:
    return node.entity.declared_type.removeprefix("multipart/")


def check_is(node: Node, taken: wall.TakenOut, budget: Budget) -> None:
    """Refuse if the entity is not what was seen there."""
    if not taken.sha256 or node.is_multipart:
        return
    if sha256(decoded(node, budget)) != taken.sha256:
        raise Refused("a part has other octets than those that were seen")


def header_end(octets: bytes, header: Header) -> tuple[int, bytes]:
    """Where the last field ends, and the empty line after it."""
    start, body = header.start, header.body
    for separator in (NEWLINE, b"\n"):
        end = body - len(separator)
        if octets.endswith(separator, start, body) and (
            end == start or octets.endswith(b"\n", start, end)
        ):
            return end, separator
    if body > start and not octets.endswith(b"\n", start, body):
        raise Refused("its header ends within a line")
    return body, b""


def _first_line(octets: bytes) -> int:
    return octets.find(b"\n") + 1


def _is_content(name: bytes) -> bool:
    return name.startswith(b"content-")


def _new_fields(header: Header, note: str) -> bytes:
    has_version = any(field.name == b"mime-version" for field in header.fields)
    return (b"" if has_version else _MIME_VERSION) + note_fields(note)


def _instead_of_all(recipe: Recipe, root: Node, note: str, newline: bytes) -> None:
    """The note instead of the whole body."""
    header = root.entity.header
    recipe.cut = [(each.start, each.end) for each in header.fields if _is_content(each.name)]
    recipe.added = _new_fields(header, note).replace(NEWLINE, newline)
    recipe.separator = recipe.separator or newline
    recipe.pieces = [note_body(note, newline) + newline]


def _splices(node: Node, note: str, newline: bytes) -> Iterator[_Splice]:
    """What changes for one entity within the message."""
    entity, at = node.entity, node.offset
    header = entity.header
    if entity.parent is not None:
        yield (at + header.start, at + entity.end), note_entity(note, newline)
        return
    # A message in the message that is nothing but the part.
    end, separator = header_end(node.octets, header)
    for field in header.fields:
        if _is_content(field.name):
            yield (at + field.start, at + field.end), b""
    fields = _new_fields(header, note).replace(NEWLINE, newline)
    body = note_body(note, newline)
    tail = newline if node.octets.endswith(b"\n", header.body, entity.end) else b""
    yield (at + end, at + entity.end), fields + (separator or newline) + body + tail


def _pieces(splices: list[_Splice], start: int, end: int) -> Iterator[Piece]:
    """The body: old octets, and new ones where something goes."""
    for (gone, after), new in splices:
        if gone < start:
            raise Refused("two parts that lie in each other")
        if gone > start:
            yield (start, gone)
        if new:
            yield new
        start = after
    if end > start:
        yield (start, end)
