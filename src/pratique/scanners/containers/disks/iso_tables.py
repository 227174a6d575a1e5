"""Read the trees of an ISO 9660 image: its own names, Joliet's, and Rock Ridge's.

One image has up to three trees of the same files (ECMA-119, Microsoft's Joliet
specification, IEEE P1282 "RRIP"), and each system shows another.  Nothing keeps them from
listing different files, so all are read, and a file is known by where its octets lie.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.text import to_text

SECTOR = 2048
# ECMA-119 8.1.1: volume descriptors begin in sector 16, and a set ends with type 255.
_FIRST, _DESCRIPTORS = 16, 64
_BOOT, _PRIMARY, _SUPPLEMENTARY, _LAST = 0, 1, 2, 255
_SMALLER = frozenset({512, 1024})
# ECMA-119 9.1.6: flags of a record.
_FOLDER, _MORE = 2, 0x80
# Joliet: escape sequences that say UCS-2 in a supplementary descriptor.
_JOLIET = (b"%/@", b"%/C", b"%/E")
# Records and folders of one tree; the walk takes no more parts than that anyway.
RECORDS = 20_000
# The mark of zisofs among the fields of Rock Ridge.
_PACKED = b"ZF"
# SUSP 5.1: how often one record's fields go on elsewhere.
_CONTINUED = 8


@dataclass(slots=True)
class File:
    """A file by its extents (first octet, how many), and what each tree calls it.

    An extent that begins below zero is zeros: nobody wrote it.
    """

    extents: tuple[tuple[int, int], ...]
    names: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Image:
    """What an image lists; `damage` is what could not be read of it."""

    files: dict[tuple[tuple[int, int], ...], File] = field(default_factory=dict)
    damage: str = ""
    # Linux shows some of its files unpacked (zisofs).
    packed: bool = False
    # Where the boot catalog is (El Torito 2.0), if there is one.
    catalog: int = 0
    # Where the volume ends by its own count of sectors.
    end: int = 0

    def file(self, extents: tuple[tuple[int, int], ...]) -> File:
        """The file that lies there; empty ones have no place, and each is one of its own."""
        if any(size for _, size in extents):
            return self.files.setdefault(extents, File(extents))
        return self.files.setdefault(((-len(self.files) - 1, 0),), File(()))


@dataclass(slots=True)
class _Record:
    """A directory record, ECMA-119 9.1, and its name by Rock Ridge."""

    extent: int
    size: int
    flags: int
    raw: bytes
    other: str


def read(octets: memoryview, tick: Callable[[], None], most: int = RECORDS) -> Image:
    """Every file of every tree, of which so many records are read."""
    image = Image()
    for number in range(_FIRST, _FIRST + _DESCRIPTORS):
        sector = bytes(octets[number * SECTOR : (number + 1) * SECTOR])
        if len(sector) < SECTOR or sector[1:6] != b"CD001" or sector[0] == _LAST:
            break
        if sector[0] == _BOOT and sector[7:30] == b"EL TORITO SPECIFICATION":
            image.catalog = int.from_bytes(sector[71:75], "little")
        elif sector[0] in {_PRIMARY, _SUPPLEMENTARY}:
            try:
                _trees(_Tree(octets, tick, image, most), sector)
            except Damaged as damage:
                image.damage = image.damage or str(damage)
    return image


@dataclass(slots=True)
class _Tree:
    """One tree that is being read."""

    octets: memoryview
    tick: Callable[[], None]
    image: Image
    # So many records are read.
    most: int
    joliet: bool = False
    # ECMA-119 6.2.2: places count blocks, which may be smaller than sectors.
    block: int = SECTOR


def _trees(tree: _Tree, sector: bytes) -> None:
    """The tree of a descriptor, by its size of blocks; some count sectors whatever it says."""
    tree.joliet = sector[0] == _SUPPLEMENTARY and sector[88:91] in _JOLIET
    image = tree.image
    told = int.from_bytes(sector[128:130], "little")
    image.end = max(image.end, int.from_bytes(sector[80:84], "little") * (told or SECTOR))
    if told in _SMALLER:
        image.damage = image.damage or "its blocks are smaller than its sectors"
        _tree(replace(tree, block=told), sector[156:190])
    _tree(tree, sector[156:190])


def _tree(tree: _Tree, root: bytes) -> None:
    start, size = int.from_bytes(root[2:6], "little"), int.from_bytes(root[10:14], "little")
    waiting, seen, count = [(start, size, "")], {start}, 0
    while waiting:
        tree.tick()
        start, size, path = waiting.pop()
        extents: list[tuple[int, int]] = []
        for record in _records(tree, start, size):
            count += 1
            if count > tree.most:
                raise Damaged(f"more than {tree.most} files")
            if record.flags & _FOLDER:
                if record.extent not in seen:
                    seen.add(record.extent)
                    waiting.append((record.extent, record.size, f"{path}{_called(tree, record)}/"))
                continue
            extents.append((record.extent * tree.block, record.size))
            # ECMA-119 6.5.1: all sections of a file but the last say that there is more.
            if not record.flags & _MORE:
                _add(tree, tuple(extents), path, record)
                extents = []


def _add(tree: _Tree, extents: tuple[tuple[int, int], ...], path: str, record: _Record) -> None:
    file = tree.image.file(extents)
    names = [record.other] if record.other else []
    names.append(_called(tree, record))
    for name in names:
        file.names[path + name] = None


def _called(tree: _Tree, record: _Record) -> str:
    """A name without its version (ECMA-119 7.5.1)."""
    name = to_text(record.raw, "utf-16-be" if tree.joliet else "utf-8")[0]
    stem, version, number = name.rpartition(";")
    name = stem if version and number.isdigit() else name
    return name.removesuffix(".") or name


def _records(tree: _Tree, start: int, size: int) -> Iterator[_Record]:
    """The records of a folder but for itself and its parent; none crosses a sector."""
    folder = tree.octets[start * tree.block : start * tree.block + size]
    if len(folder) < size:
        raise Damaged("a folder that lies behind the end")
    # ECMA-119 6.8.2.2: first comes the folder itself.  Without it this is no folder, and
    # what it would have listed is lost.
    if bytes(folder[32:34]) != b"\1\0" or not folder[25] & _FOLDER:
        raise Damaged("a folder that does not list itself")
    at = 0
    while at < size:
        length = folder[at]
        if not length:
            at = (at // SECTOR + 1) * SECTOR
            continue
        record = bytes(folder[at : at + length])
        at += length
        if length < 34 or len(record) < 33 + record[32]:
            raise Damaged("a record of no possible length")
        raw = record[33 : 33 + record[32]]
        if raw in {b"\0", b"\1"} and record[25] & _FOLDER:
            continue
        fields = record[33 + record[32] + (record[32] + 1) % 2 :]
        yield _Record(
            int.from_bytes(record[2:6], "little") + record[1],
            int.from_bytes(record[10:14], "little"),
            record[25],
            raw,
            _alternate(tree, fields),
        )


def _alternate(tree: _Tree, fields: bytes) -> str:
    """The name by Rock Ridge (RRIP 4.1.4, "NM"), which may go on elsewhere (SUSP 5.1, "CE")."""
    name, continued = b"", 0
    at = 0
    while at + 4 <= len(fields) and (length := fields[at + 2]) >= 4:
        mark, text = fields[at : at + 2], fields[at + 4 : at + length]
        at += length
        if mark == b"NM":
            name += text[1:]
        elif mark == _PACKED:
            tree.image.packed = True
        elif mark == b"CE" and continued < _CONTINUED and len(text) >= 24:
            continued += 1
            block, offset, more = (int.from_bytes(text[n : n + 4], "little") for n in (0, 8, 16))
            start = block * tree.block + offset
            fields = fields[:at] + bytes(tree.octets[start : start + min(more, SECTOR)])
    return to_text(name)[0]


def boot_images(octets: memoryview, catalog: int) -> Iterator[tuple[int, int]]:
    """Where El Torito's boot images begin, and how long they are (2.0, figures 2 to 5)."""
    table = bytes(octets[catalog * SECTOR : (catalog + 1) * SECTOR])
    if table[:1] != b"\1" or table[30:32] != b"\x55\xaa":
        return
    for at in range(32, len(table) - 31, 32):
        entry = table[at : at + 32]
        if entry[0] not in {0x88, 0x00, 0x90, 0x91}:
            return
        if entry[0] in {0x88, 0x00} and any(entry[1:]):
            # Media 1 to 3 are floppies of a known size; else it counts virtual sectors.
            floppy = {1: 1_228_800, 2: 1_474_560, 3: 2_949_120}.get(entry[1] & 0x0F)
            start = int.from_bytes(entry[8:12], "little") * SECTOR
            yield start, floppy or int.from_bytes(entry[6:8], "little") * 512
