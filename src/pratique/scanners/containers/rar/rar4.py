"""Read the blocks of a RAR 1.5 to 4 archive, and write some of them anew for libarchive.

Where a block's header has a wrong check sum, unrar goes on or stops by its version; so
it is stated as damage, and what follows is read on as far as it has the form of blocks.
"""

import struct
from collections.abc import Iterable
from zlib import crc32

from pratique.scanners.containers.cursor import Cursor
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.oem import readings
from pratique.scanners.containers.rar import key as rar_key
from pratique.scanners.containers.rar.tables import ENTRIES, Entry, Lock, Locked, Tables, counted

MAGIC = b"Rar!\x1a\x07\0"
_MAIN, _FILE, _SERVICE, _END = 0x73, 0x74, 0x7A, 0x7B
_KINDS = range(0x72, _END + 1)
_BEHIND = 0x8000
_SOLID_ARCHIVE, _LOCKED_HEADERS = 0x0008, 0x0080
_BEFORE, _AFTER, _LOCKED, _SOLID, _FOLDER = 0x01, 0x02, 0x04, 0x10, 0xE0
_LARGE, _UNICODE, _SALT = 0x100, 0x200, 0x400
_STORED = 0x30
# Version 2.9 of the unpacker brought the encryption that we know.
_SALTED = 29
_SHOWN = (b"CMT", b"STM")


def read(octets: memoryview, password: str = "") -> Tables:
    """All entries; `Locked` if the headers want a password and this is not it."""
    tables = Tables(4, end=len(octets))
    at, locked, blocks = len(MAGIC), False, 0
    while at < len(octets):
        try:
            blocks = counted(blocks)
            header, behind = _header(octets, at, password if locked else "", tables)
            kind, flags = header[2], int.from_bytes(header[3:5], "little")
            if kind not in _KINDS:
                break
            size = int.from_bytes(header[7:11], "little") if flags & _BEHIND else 0
            if kind == _MAIN:
                tables.is_solid = bool(flags & _SOLID_ARCHIVE)
                locked = bool(flags & _LOCKED_HEADERS)
                if locked and not password:
                    raise Locked
            elif kind in {_FILE, _SERVICE} and len(tables.entries) < ENTRIES:
                entry, size = _entry(header, octets, behind)
                if kind == _FILE or (entry.raw_name in _SHOWN and not entry.method):
                    tables.entries.append(entry)
        except Damaged as damage:
            if locked and not tables.entries:
                raise Locked from damage
            tables.damage = tables.damage or str(damage)
            return tables
        at = behind + size
        if kind == _END:
            break
    tables.end = at
    return tables


def _header(octets: memoryview, at: int, password: str, tables: Tables) -> tuple[bytes, int]:
    """A block's header, and where it ends; each has a salt of its own if it is locked."""
    if password:
        lock = tables.lock
        salt = bytes(octets[at : at + 8])
        if lock is None or lock.salt != salt:
            lock = tables.lock = Lock(salt)
        secret, vector = rar_key.key(password, lock)
        start = at + 8
        first = rar_key.decrypted(octets[start : start + 16], secret, vector)
        size = _size(first)
        whole = -(-size // 16) * 16
        plain = rar_key.decrypted(octets[start : start + whole], secret, vector)[:size]
        behind = start + whole
    else:
        size = _size(bytes(octets[at : at + 7]))
        plain, behind = bytes(octets[at : at + size]), at + size
    if len(plain) < size:
        raise Damaged("it is cut off")
    if _is_summed(plain) and crc32(plain[2:]) & 0xFFFF != int.from_bytes(plain[:2], "little"):
        if password:
            raise Damaged("the check sum of a header is wrong")
        tables.damage = tables.damage or "the check sum of a header is wrong"
    return plain, behind


def _is_summed(header: bytes) -> bool:
    """Whether the check sum is one of the whole header: old comments stand in it as well."""
    flags = int.from_bytes(header[3:5], "little")
    commented = {_MAIN: 0x02, _FILE: 0x08}.get(header[2], 0)
    return header[2] in {_MAIN, _FILE, _SERVICE} and not flags & commented


def _size(start: bytes) -> int:
    size = int.from_bytes(start[5:7], "little")
    if len(start) < 7:
        raise Damaged("it is cut off")
    if size < 7:
        raise Damaged("a header of no possible size")
    return size


def _entry(header: bytes, octets: memoryview, behind: int) -> tuple[Entry, int]:
    """The entry that a file's header tells of, and how many octets it has behind it."""
    cursor = Cursor(header, 3)
    flags = cursor.little(2)
    cursor.take(2)
    packed, size = cursor.little(4), cursor.little(4)
    cursor.take(1)
    sum_ = cursor.little(4)
    cursor.take(4)
    version, method, length = cursor.octet(), cursor.octet(), cursor.little(2)
    cursor.take(4)
    if flags & _LARGE:
        packed += cursor.little(4) << 32
        size += cursor.little(4) << 32
    raw = cursor.take(length)
    lock = None
    if flags & _LOCKED:
        salt = cursor.take(8) if flags & _SALT else b""
        lock = Lock(salt) if version >= _SALTED else Lock(b"")
    names, plain = _names(raw, unicode=bool(flags & _UNICODE))
    entry = Entry(
        names=names,
        raw_name=plain,
        packed=octets[behind : behind + packed],
        size=size,
        sum=sum_,
        method=method - _STORED,
        is_folder=flags & _FOLDER == _FOLDER,
        is_solid=bool(flags & _SOLID),
        is_split=bool(flags & (_BEFORE | _AFTER)),
        is_cut=behind + packed > len(octets),
        lock=lock,
        settings=flags & (_FOLDER | _SOLID),
        version=version,
    )
    return entry, packed


def _names(raw: bytes, *, unicode: bool) -> tuple[tuple[str, ...], bytes]:
    """The name in Unicode, if it is there, and in the code pages that it may be in."""
    plain, zero, coded = raw.partition(b"\0")
    if unicode and not zero:
        return (plain.decode("utf-8", "replace"),), plain
    names = [_unicode(plain, coded)] if unicode else []
    return tuple(dict.fromkeys([*names, *readings(plain)])), plain


def _unicode(plain: bytes, coded: bytes) -> str:
    """Made as unrar's encname.cpp reads it: two bits say how each character is made."""
    text, cursor, flags, bits = bytearray(), Cursor(coded), 0, 0
    try:
        high = cursor.octet()
        while cursor.left:
            if not bits:
                flags, bits = cursor.octet(), 8
            bits -= 2
            kind = flags >> bits & 3
            if kind == 3:
                text += _run(plain[len(text) // 2 :], cursor, high)
            else:
                low = cursor.octet()
                text += bytes([low, (0, high)[kind] if kind < 2 else cursor.octet()])
    except Damaged:
        pass
    return text.decode("utf-16-le", "replace")


def _run(plain: bytes, cursor: Cursor, high: int) -> bytes:
    count = cursor.octet()
    more, high = (cursor.octet(), high) if count & 0x80 else (0, 0)
    run = plain[: (count & 0x7F) + 2]
    return b"".join(bytes([octet + more & 0xFF, high]) for octet in run)


def written(entries: Iterable[tuple[Entry, bytes | memoryview]], *, solid: bool) -> bytes:
    """An archive of these entries, as plain as can be, with octets that are not locked."""
    main = struct.pack("<BHH", _MAIN, _SOLID_ARCHIVE if solid else 0, 13) + bytes(6)
    blocks = [MAGIC, _sum(main) + main]
    for number, (entry, packed) in enumerate(entries):
        name = b"%d" % number
        fields = struct.pack(
            "<IIBIIBBHI",
            len(packed),
            (entry.size or 0) & 0xFFFFFFFF,
            3,
            entry.sum or 0,
            0,
            entry.version,
            entry.method + _STORED,
            len(name),
            0o100644,
        )
        header = struct.pack("<BHH", _FILE, _BEHIND | entry.settings, 32 + len(name))
        header += fields + name
        blocks += [_sum(header) + header, bytes(packed)]
    end = struct.pack("<BHH", _END, 0x4000, 7)
    return b"".join([*blocks, _sum(end) + end])


def _sum(header: bytes) -> bytes:
    return struct.pack("<H", crc32(header) & 0xFFFF)
