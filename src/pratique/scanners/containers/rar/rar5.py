"""Read the blocks of a RAR 5 archive, and write some of them anew for libarchive.

libarchive unpacks RAR 5 but decrypts nothing, and stops at what it finds odd.  So what
it shall unpack is written anew: one main block, and a file block for each file with
nothing in it but what unpacking takes.
"""

import struct
from collections.abc import Iterable, Iterator
from zlib import crc32

from pratique.scanners.containers.cursor import Cursor
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.rar import key as rar_key
from pratique.scanners.containers.rar.tables import ENTRIES, Entry, Lock, Locked, Tables, counted

MAGIC = b"Rar!\x1a\x07\x01\0"
_MAIN, _FILE, _SERVICE, _LOCK, _END = 1, 2, 3, 4, 5
_EXTRA, _BEHIND, _BEFORE, _AFTER = 1, 2, 8, 16
_FOLDER, _TIME, _SUM, _NO_SIZE = 1, 2, 4, 8
_SOLID = 4
# technote, "Archive block types": a header is never larger than 2 MB.
_LONGEST_HEADER = 2 * 1024 * 1024
# Services that hold what a person may see: a comment, and an NTFS stream.
_SHOWN = (b"CMT", b"STM")
# A dictionary never needs to be larger than what it unpacks.
WINDOW = 64 * 1024 * 1024
_SMALLEST_WINDOW = 128 * 1024


def read(octets: memoryview, password: str = "") -> Tables:
    """All entries; `Locked` if the headers want a password and this is not it."""
    tables = Tables(5, end=len(octets))
    at, secret, blocks = len(MAGIC), b"", 0
    while at < len(octets):
        try:
            blocks = counted(blocks)
            header, behind = _header(octets, at, secret)
            cursor = Cursor(header)
            kind, flags = _number(cursor), _number(cursor)
            extra = _number(cursor) if flags & _EXTRA else 0
            size = _number(cursor) if flags & _BEHIND else 0
            if kind == _LOCK:
                tables.lock = _lock_of_headers(cursor)
                secret = _secret(tables.lock, password)
            elif kind == _MAIN:
                tables.is_solid = bool(_number(cursor) & _SOLID)
            elif kind in {_FILE, _SERVICE} and len(tables.entries) < ENTRIES:
                body = octets[behind : behind + size]
                entry = _entry(cursor, body, extra)
                entry.is_split = bool(flags & (_BEFORE | _AFTER))
                entry.is_cut = len(body) < size
                if kind == _FILE or (entry.raw_name in _SHOWN and not entry.method):
                    tables.entries.append(entry)
        except Damaged as damage:
            if secret and not tables.entries:
                raise Locked from damage
            tables.damage = str(damage)
            return tables
        at = behind + size
        if kind == _END:
            tables.end = at
            return tables
    tables.damage = "it has no end"
    return tables


def _header(octets: memoryview, at: int, secret: bytes) -> tuple[bytes, int]:
    """A block's header behind its size, and where it ends; decrypted if there is a key."""
    if secret:
        vector = bytes(octets[at : at + 16])
        first = rar_key.decrypted(octets[at + 16 : at + 32], secret, vector.ljust(16, b"\0"))
        cursor = Cursor(first, 4)
        size = _few(_number(cursor))
        whole = -(-(cursor.at + size) // 16) * 16
        plain = rar_key.decrypted(octets[at + 16 : at + 16 + whole], secret, vector)
        behind = at + 16 + whole
    else:
        plain = bytes(octets[at : at + 8])
        cursor = Cursor(plain, 4)
        size = _few(_number(cursor))
        behind = at + cursor.at + size
        plain = bytes(octets[at:behind])
    start = cursor.at
    if len(plain) < start + size:
        raise Damaged("it is cut off")
    if crc32(plain[4 : start + size]) != int.from_bytes(plain[:4], "little"):
        raise Damaged("the check sum of a header is wrong")
    return plain[start : start + size], behind


def _few(size: int) -> int:
    if not 0 < size <= _LONGEST_HEADER:
        raise Damaged("a header of no possible size")
    return size


def _number(cursor: Cursor) -> int:
    """technote, "vint": seven bits an octet, the lowest first, up to ten octets."""
    number = 0
    for place in range(10):
        octet = cursor.octet()
        number |= (octet & 0x7F) << 7 * place
        if not octet & 0x80:
            return number
    raise Damaged("a number that does not end")


def _lock_of_headers(cursor: Cursor) -> Lock:
    _number(cursor)
    has_check = _number(cursor) & 1
    rounds, salt = cursor.octet(), cursor.take(16)
    return Lock(salt, b"", rounds, cursor.take(8) if has_check else b"")


def _secret(lock: Lock, password: str) -> bytes:
    if not password or lock.rounds > rar_key.MOST or rar_key.is_wrong(password, lock):
        raise Locked
    return rar_key.key(password, lock)[0]


def _entry(cursor: Cursor, body: memoryview, extra: int) -> Entry:
    flags, size = _number(cursor), _number(cursor)
    _number(cursor)  # attributes
    if flags & _TIME:
        cursor.take(4)
    sum_ = cursor.little(4) if flags & _SUM else None
    settings = _number(cursor)
    _number(cursor)  # the system that it was made on
    raw = cursor.take(_number(cursor))
    entry = Entry(
        names=(raw.decode("utf-8", "replace"),),
        raw_name=raw,
        packed=body,
        size=None if flags & _NO_SIZE else size,
        sum=sum_,
        method=settings >> 7 & 7,
        is_folder=bool(flags & _FOLDER),
        is_solid=bool(settings & 0x40),
        settings=settings,
    )
    for kind, record in _records(cursor, extra):
        if kind == 1:
            entry.lock, tweaked = _lock(record)
            entry.sum = None if tweaked else entry.sum
        elif kind == 5:
            entry.is_link, entry.size, entry.sum = True, 0, None
    return entry


def _records(cursor: Cursor, extra: int) -> Iterator[tuple[int, Cursor]]:
    """technote, "Extra area": records of a size, a kind, and what it needs."""
    end = cursor.at + min(extra, cursor.left)
    while cursor.at < end:
        record = Cursor(cursor.take(_number(cursor)))
        yield _number(record), record


def _lock(record: Cursor) -> tuple[Lock, bool]:
    _number(record)
    flags, rounds = _number(record), record.octet()
    salt, vector = record.take(16), record.take(16)
    return Lock(salt, vector, rounds, record.take(8) if flags & 1 else b""), bool(flags & 2)


def written(entries: Iterable[tuple[Entry, bytes | memoryview]], *, solid: bool) -> bytes:
    """An archive of these entries, as plain as can be, with octets that are not locked."""
    blocks = [MAGIC, _block(bytes([_MAIN, 0, _SOLID if solid else 0]))]
    for number, (entry, packed) in enumerate(entries):
        name = b"%d" % number
        flags = 0 if entry.size is not None else _NO_SIZE
        header = bytes([_FILE, _BEHIND]) + _vint(len(packed)) + bytes([flags])
        header += _vint(entry.size or 0) + b"\x20" + _vint(entry.settings)
        blocks += [_block(header + b"\1" + _vint(len(name)) + name), bytes(packed)]
    return b"".join([*blocks, _block(bytes([_END, 0, 0]))])


def fit_window(entry: Entry, size: int) -> bool:
    """Ask for no larger dictionary than `size` octets need; whether it is small enough."""
    power = entry.settings >> 10 & 0x0F
    while power and _SMALLEST_WINDOW << power - 1 >= size:
        power -= 1
    entry.settings = entry.settings & ~(0x0F << 10) | power << 10
    return _SMALLEST_WINDOW << power <= WINDOW


def _block(header: bytes) -> bytes:
    sized = _vint(len(header)) + header
    return struct.pack("<I", crc32(sized)) + sized


def _vint(number: int) -> bytes:
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*octets, number])
