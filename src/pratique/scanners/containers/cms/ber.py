"""Read ASN.1 as BER writes it (ITU-T X.690): lengths stated or left open, strings in pieces.

DER is a part of it.  Nothing here calls itself: whoever nests a thousand elements costs
a thousand steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pratique.scanners.containers.gather import Damaged

SEQUENCE, SET, IDENTIFIER, INTEGER, OCTET_STRING = 0x30, 0x31, 0x06, 0x02, 0x04
CONSTRUCTED = 0x20
# Elements in one another that end one another; CMS itself has twelve.
LEVELS = 100
# A stream is written in pieces of a thousand octets; a part is not larger than these.
ELEMENTS = 200_000


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its tag, and where its content begins and ends.

    Of one that ends with an end-of-contents, `end` is where the surrounding one ends.
    """

    tag: int
    start: int
    end: int
    open: bool = False

    @property
    def context(self) -> int:
        """The number of a context-specific tag, -1 for any other (X.690 8.1.2.2)."""
        return self.tag & 0x1F if self.tag & 0xC0 == 0x80 else -1


def element(octets: memoryview, at: int, end: int) -> Element:
    """The element that begins there; `Damaged` where none can."""
    if at + 2 > end:
        raise Damaged("it is cut off")
    tag, first = octets[at], octets[at + 1]
    if tag & 0x1F == 0x1F:
        raise Damaged("a tag of more than one octet")
    if first == 0x80:
        if not tag & CONSTRUCTED:
            raise Damaged("an open length where none may be")
        return Element(tag, at + 2, end, open=True)
    width = first & 0x7F if first & 0x80 else 0
    start = at + 2 + width
    size = int.from_bytes(octets[at + 2 : min(start, end)], "big") if width else first
    if width > 8 or start + size > end:
        raise Damaged("an element that is longer than what holds it")
    return Element(tag, start, start + size)


def is_end(octets: memoryview, at: int) -> bool:
    """Whether an end-of-contents stands there."""
    return bytes(octets[at : at + 2]) == b"\0\0"


def children(octets: memoryview, outer: Element) -> Iterator[Element]:
    """The elements in one, in order; where one was open, its end is looked for."""
    at = outer.start
    for _ in range(ELEMENTS):
        if at >= outer.end and not outer.open:
            return
        if outer.open and is_end(octets, at):
            return
        inner = element(octets, at, outer.end)
        yield inner
        at = behind(octets, inner)
    raise Damaged(f"more than {ELEMENTS} elements in one")


def behind(octets: memoryview, one: Element) -> int:
    """Where the element ends, its own end-of-contents included."""
    if not one.open:
        return one.end
    at, levels = one.start, 1
    for _ in range(ELEMENTS):
        if is_end(octets, at):
            at, levels = at + 2, levels - 1
            if not levels:
                return at
            continue
        inner = element(octets, at, one.end)
        at = inner.start if inner.open else inner.end
        levels += inner.open
        if levels > LEVELS:
            raise Damaged(f"more than {LEVELS} elements in one another")
    raise Damaged(f"more than {ELEMENTS} elements in one")


def string(octets: memoryview, outer: Element) -> Iterator[bytes]:
    """An octet string's content in pieces, however it is cut and nested (X.690 8.7)."""
    if not outer.tag & CONSTRUCTED:
        yield bytes(octets[outer.start : outer.end])
        return
    at, ends = outer.start, [(outer.end, outer.open)]
    for _ in range(ELEMENTS):
        end, open_ = ends[-1]
        closed = open_ and is_end(octets, at)
        if closed or (not open_ and at >= end):
            ends.pop()
            at += 2 * closed
            if not ends:
                return
            continue
        inner = element(octets, at, end)
        if inner.tag & ~CONSTRUCTED != OCTET_STRING:
            raise Damaged("a piece of a string that is none")
        at = inner.start
        if inner.tag & CONSTRUCTED:
            ends.append((inner.end, inner.open))
        else:
            yield bytes(octets[inner.start : inner.end])
            at = inner.end
        if len(ends) > LEVELS:
            raise Damaged(f"more than {LEVELS} strings in one another")
    raise Damaged(f"more than {ELEMENTS} pieces in a string")
