"""See a message as a tree of its entities, in the standard reading alone.

The tree is made by the same `Cutter` that reads mail.  A way through it is what IMAP
counts by (RFC 9051 2.3.1): the number of an entity among its neighbours, from 1,
outermost first.  A message that is not a multipart has its body at 1; a message in the
message adds no number beside that of the entity that it is the body of.

What further readings show is left out: whoever edits must know that there is none that
matters (milter/taking_out.py).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pratique.scanners.budget import Budget
from pratique.scanners.mime import encoding, uu
from pratique.scanners.mime.entity import MESSAGE_TYPES, Entity
from pratique.scanners.mime.header import skip_before
from pratique.scanners.mime.multipart import Cutter
from pratique.scanners.rewriting.recipe import Refused

Way = tuple[int, ...]
# What is in these is vouched for, or closed, as it stands (RFC 1847).
_SEALED = frozenset({"multipart/signed", "multipart/encrypted"})


@dataclass(slots=True, eq=False)
class Node:
    """An entity of the tree.  Its offsets count in `octets`, which begin at `offset`."""

    entity: Entity
    octets: bytes
    # Of the message; -1: its octets are decoded, and stand nowhere in it.
    offset: int
    way: Way
    children: list["Node"] = field(default_factory=list)

    @property
    def is_multipart(self) -> bool:
        """Tell whether it has entities."""
        return self.entity.is_multipart and not self.entity.uncut

    @property
    def is_sealed(self) -> bool:
        """Tell whether nothing in it may be changed."""
        return self.entity.declared_type in _SEALED

    @property
    def holds_message(self) -> bool:
        """Tell whether its body is a message."""
        return self.entity.declared_type in MESSAGE_TYPES

    @property
    def is_plain(self) -> bool:
        """Tell whether its body stands in the message as it is, not encoded."""
        return self.entity.encodings[0] in encoding.IDENTITY


class _Place(NamedTuple):
    """A message to be read: its octets, where they begin in the whole, the way to it."""

    octets: bytes
    offset: int = 0
    way: Way = ()
    depth: int = 0


def outline(octets: bytes, budget: Budget) -> Node:
    """The tree of a message."""
    return _tree(_Place(octets), budget)


def message_in(node: Node, budget: Budget) -> Node:
    """The tree of the message that is the body of an entity."""
    entity = node.entity
    depth = entity.depth + 1
    if depth > budget.limits.mime_depth:
        raise Refused(f"more than {budget.limits.mime_depth} levels of MIME")
    offset = node.offset + entity.header.body if node.offset >= 0 and node.is_plain else -1
    return _tree(_Place(decoded(node, budget), offset, node.way, depth), budget)


def decoded(node: Node, budget: Budget) -> bytes:
    """The octets of a leaf, as the reader of mail decodes them."""
    entity = node.entity
    name, size = entity.encodings[0], entity.end - entity.header.body
    budget.check_part_octets(encoding.bound(name, size))
    budget.charge_octets(encoding.bound(name, size))
    encoded = node.octets[entity.header.body : entity.end]
    if name not in encoding.UUENCODE:
        return encoding.decode(encoded, name, budget).octets
    first = next(uu.files(encoded, budget, declared=True), None)
    return first.octets if first is not None and first.octets else uu.bare(encoded, budget)


def sha256(octets: bytes) -> str:
    """The hash in the form that facts have."""
    return hashlib.sha256(octets).hexdigest()


def _tree(place: _Place, budget: Budget) -> Node:
    nodes: dict[Entity, Node] = {}
    root: Node | None = None
    for entity in _entities(place, budget):
        parent = nodes.get(entity.parent) if entity.parent is not None else None
        if parent is not None:
            way = (*parent.way, entity.number)
        elif root is None:
            # A multipart is the message itself, and has no number.
            way = place.way if entity.is_multipart else (*place.way, 1)
        else:
            raise Refused("an entity that is in no other")
        nodes[entity] = node = Node(entity, place.octets, place.offset, way)
        if parent is not None:
            parent.children.append(node)
        root = root or node
    if root is None:
        raise Refused("a message without an entity")
    return root


def _entities(place: _Place, budget: Budget) -> Iterator[Entity]:
    """The entities of the standard reading, parents before children."""
    start = skip_before(place.octets, 0, len(place.octets))
    for found in Cutter(place.octets, budget).entities(start, depth=place.depth):
        if isinstance(found, Entity) and found.view == "standard":
            budget.charge_part()
            yield found
