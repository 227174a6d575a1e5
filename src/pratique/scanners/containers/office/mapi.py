"""Read a list of MAPI properties as TNEF writes it ([MS-OXTNEF] 2.1.3.5).

A count, then for each property its type and number, the name of one that is named, and
its value: of fixed size, or counted, each with a length and filled up to four octets.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from pratique.scanners.containers.gather import Damaged

# More than Exchange allows in one list; a message has a hundred.
PROPERTIES = 10_000
# Values of one property: recipients, categories.
VALUES = 2_000
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16, 1: 0}
_COUNTED = frozenset({0x0D, 0x1E, 0x1F, 0x102})
TEXT16, OBJECT = 0x1F, 0x0D
_MANY = 0x1000
_NAMED = 0x8000


class Property(NamedTuple):
    """A property's number, its type, and its first value."""

    number: int
    type_: int
    value: memoryview


def properties(octets: memoryview) -> Iterator[Property]:
    """Each property in order; `Damaged` where a length does not fit."""
    count, at = _long(octets, 0), 4
    if count > PROPERTIES:
        raise Damaged(f"more than {PROPERTIES} properties")
    for _ in range(count):
        kind, number = struct.unpack("<HH", _take(octets, at, 4))
        at += 4
        if number & _NAMED:
            at = _skip_name(octets, at)
        type_ = kind & ~_MANY
        value, at = _value(octets, at, type_, many=bool(kind & _MANY))
        yield Property(number, type_, value)


def _value(octets: memoryview, at: int, type_: int, *, many: bool) -> tuple[memoryview, int]:
    """The first value of a property, and where the next property begins."""
    if type_ in _FIXED:
        count, at = (_long(octets, at), at + 4) if many else (1, at)
        end = at + count * _FIXED[type_]
        _take(octets, at, min(end - at, len(octets) + 1))
        return octets[at:end], end
    if type_ not in _COUNTED:
        raise Damaged(f"a property of type {type_:#x}, which nobody knows")
    count, at = _long(octets, at), at + 4
    if count > VALUES:
        raise Damaged(f"a property of more than {VALUES} values")
    first = octets[:0]
    for number in range(count):
        size = _long(octets, at)
        value = _take(octets, at + 4, size)
        first = value if number == 0 else first
        at += 4 + size + -size % 4
    return first, at


def _skip_name(octets: memoryview, at: int) -> int:
    """A GUID, then a number, or a name with its length."""
    if _long(octets, at + 16) == 0:
        return at + 24
    size = _long(octets, at + 20)
    _take(octets, at + 24, size)
    return at + 24 + size + -size % 4


def _long(octets: memoryview, at: int) -> int:
    return int.from_bytes(_take(octets, at, 4), "little")


def _take(octets: memoryview, at: int, size: int) -> memoryview:
    if at + size > len(octets):
        raise Damaged("a property that is longer than what holds it")
    return octets[at : at + size]
