r"""Read the records of a workbook of Excel ([MS-XLS]; BIFF 2 to 8) that can run something.

A workbook begins with its globals, which list the sheets with where each begins and of
what kind it is (2.4.28, BoundSheet8: dt 1 is a macro sheet), the defined names (2.4.150:
the built-in name 1 is Auto_Open), and other books and programs it asks (2.4.271, SupBook;
one of DDE has `service ETX topic`).  Only the globals and macro sheets are read, record by
record; the cells of other sheets are passed over.

In a macro sheet's formulas (2.4.127) the functions that act have numbers (2.5.198.17).
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from pratique.scanners.budget import Budget
from pratique.scanners.part import as_bytes

# A book of a company has 50,000 records in its globals: each style, each string of its
# table in pieces of 8 KB.
# They are counted over all sheets: many may claim to begin in the same place.
RECORDS = 250_000
# Other books and programs that a book asks: nobody links to a hundred.
ASKED = 200
_EOF, _BOUND, _SUPBOOK, _PASS = 0x0A, 0x85, 0x01AE, 0x2F
_BOFS = frozenset({0x0009, 0x0209, 0x0409, 0x0809})
_FORMULAS = frozenset({0x0006, 0x0206, 0x0406})
_NAMES = frozenset({0x0018, 0x0218})
_BUILT_IN, _AUTO = 0x20, {1: "Auto_Open", 2: "Auto_Close", 10: "Auto_Activate"}
# PtgFuncVar (2.5.198.63) of each class, a count, and the function's number.
_CALLS = {110: "EXEC", 132: "FOPEN", 149: "REGISTER", 150: "CALL", 108: "FILE.DELETE"}
_FUNCTION = re.compile(rb"[\x22\x42\x62][\0-\x7f]([\0-\xff])\x00|[\x21\x41\x61]([\0-\xff])\x00")
_AUTO_NAME = re.compile(rb"(?i)auto_(?:open|close|activate)")
_HIDDEN = {1: "hidden", 2: "very hidden"}


@dataclass(slots=True)
class Book:
    """What of a workbook can run."""

    sheets: list[str] = field(default_factory=list)
    auto: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    # Service and topic of each request.
    asked: list[tuple[str, str]] = field(default_factory=list)
    # Records that were read, in all of its sheets.
    records: int = 0
    cut: bool = False


def read(octets: memoryview, budget: Budget) -> Book:
    """Read the globals of a workbook, and its macro sheets."""
    book = Book()
    places: list[int] = []
    stream = as_bytes(octets)
    for kind, record, place in _records(stream, 0, book, budget):
        if kind == _PASS:
            return book
        _of_globals(book, stream, (kind, record, place), places)
    for place in dict.fromkeys(places):
        for kind, record, _ in _records(stream, place, book, budget):
            if kind in _FORMULAS:
                _formula(book, record)
    return book


def _of_globals(book: Book, stream: bytes, told: tuple[int, bytes, int], places: list[int]) -> None:
    kind, record, place = told
    if kind in _BOFS:
        _first(book, record, place, places)
    elif kind == _BOUND:
        _sheet(book, stream, record, places)
    elif kind in _NAMES:
        _name(book, record)
    elif kind == _SUPBOOK:
        _asks(book, record)


def _records(
    octets: bytes, at: int, book: Book, budget: Budget
) -> Iterator[tuple[int, bytes, int]]:
    """Kind, octets and place of each record up to the end of the sheet (2.4.103)."""
    while at + 4 <= len(octets):
        book.records += 1
        if book.records > RECORDS:
            book.cut = True
            return
        if not book.records & 0xFFF:
            budget.check_clock()
        kind, size = struct.unpack_from("<HH", octets, at)
        if kind == _EOF:
            return
        yield kind, octets[at + 4 : at + 4 + size], at
        at += 4 + size


def _first(book: Book, record: bytes, place: int, places: list[int]) -> None:
    """A file that is one macro sheet, as before version 5."""
    if place == 0 and record[2:4] == b"\x40\0":
        book.sheets.append("the file itself")
        places.append(0)


def _sheet(book: Book, stream: bytes, record: bytes, places: list[int]) -> None:
    if len(record) < 8:
        return
    place, state, kind = struct.unpack_from("<IBB", record)
    begins = stream[place + 4 : place + 8]
    if kind != 1 and not (stream[place : place + 1] == b"\x09" and begins[2:4] == b"\x40\0"):
        return
    # From version 8 on a flag says whether letters have two octets.
    raw = record[7:]
    text = raw[1:] if raw[:1] in {b"\0", b"\x01"} else raw
    name = text.decode("utf-16-le" if raw[:1] == b"\x01" else "latin-1", "replace")
    hidden = _HIDDEN.get(state & 3, "")
    book.sheets.append(f"{name[:31]} ({hidden})" if hidden else name[:31])
    places.append(place)


def _name(book: Book, record: bytes) -> None:
    """2.4.150: flags, then the name, of a built-in one its number."""
    if len(record) < 16:
        return
    flags = int.from_bytes(record[:2], "little")
    text = record[14:80]
    if flags & _BUILT_IN:
        number = text[1] if record[14] <= 1 and len(text) > 1 else text[0]
        if number in _AUTO:
            book.auto.append(_AUTO[number])
    elif found := _AUTO_NAME.search(text.replace(b"\0", b"")):
        book.auto.append(found[0].decode("ascii"))


def _asks(book: Book, record: bytes) -> None:
    """2.5.277, virtPath: a service, 0x03, and a topic; of a link by OLE it is a class."""
    if len(record) < 5:
        return
    wide = record[4] & 1
    text = record[5:].decode("utf-16-le" if wide else "latin-1", "replace")
    service, mark, topic = text[:512].partition("\x03")
    if mark and service and (service, topic) not in book.asked:
        if len(book.asked) >= ASKED:
            book.cut = True
        else:
            book.asked.append((service, topic))


def _formula(book: Book, record: bytes) -> None:
    book.calls += [name for name in calls(record[20:]) if name not in book.calls]


def calls(octets: bytes) -> list[str]:
    """The functions that act among the tokens of formulas, each once."""
    numbers = dict.fromkeys((found[1] or found[2])[0] for found in _FUNCTION.finditer(octets))
    return [_CALLS[number] for number in numbers if number in _CALLS]
