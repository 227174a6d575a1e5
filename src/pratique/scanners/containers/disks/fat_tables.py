"""Read a FAT volume (Microsoft's "FAT32 File System Specification" 1.03; ECMA-107).

The kind of FAT, 12, 16 or 32 bits, follows from the count of clusters alone.  A file has
a short name and mostly a long one in entries in front of it; a system shows the long one,
so both are given.  What was deleted is not given: no system shows it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pratique.scanners.containers.around import skip_zeros
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.oem import readings

# Entries of all folders; the walk takes no more parts than that anyway.
ENTRIES = 20_000
_ENTRY = 32
_LONG, _LABEL, _FOLDER = 0x0F, 0x08, 0x10
_DELETED, _ESCAPED = 0xE5, 0x05
# A folder has at most 65,536 entries ("FAT32 File System Specification", 6.1).
_FOLDER_OCTETS = 65_536 * _ENTRY
# A long name has 255 characters: 20 entries of 13.
_LONGEST = 20


# 3.1: octets a sector and sectors a cluster; old floppies had smaller sectors.
_SECTORS = frozenset({128, 256, 512, 1024, 2048, 4096})
_CLUSTERS = frozenset(1 << power for power in range(8))


@dataclass(frozen=True, slots=True)
class File:
    """A file, by its names, its first cluster and its size."""

    names: tuple[str, ...]
    raw_name: bytes
    cluster: int
    size: int


@dataclass(slots=True)
class Volume:
    """A volume by its boot sector."""

    octets: memoryview
    bits: int
    cluster: int
    table: int
    root: int
    root_size: int
    root_cluster: int
    first: int
    clusters: int
    end: int
    damage: str = ""
    _seen: set[int] = field(default_factory=set)

    def files(self, tick: Callable[[], None], most: int = ENTRIES) -> Iterator[File]:
        """Every file of every folder, so many at most; what cannot be read of them is `damage`."""
        waiting, count = [(0, "")], 0
        while waiting:
            cluster, path = waiting.pop()
            for names, entry in _listed(self._folder(cluster)):
                tick()
                count += 1
                if count > most:
                    self.damage = f"more than {most} files"
                    return
                first = int.from_bytes(entry[26:28], "little")
                if self.bits == 32:
                    first |= int.from_bytes(entry[20:22], "little") << 16
                called = tuple(path + name for name in names)
                if entry[11] & _FOLDER:
                    if first not in self._seen:
                        self._seen.add(first)
                        waiting.append((first, called[0] + "/"))
                else:
                    size = int.from_bytes(entry[28:32], "little")
                    yield File(called, entry[:11], first, size)

    def is_blank(self) -> bool:
        """Whether no octet stands where files lie: then an empty root lost none."""
        start = self.first
        if self.bits == 32 and self.root_cluster == 2:
            start += self.cluster
        return skip_zeros(self.octets, start) >= len(self.octets)

    def _folder(self, cluster: int) -> bytes:
        if not cluster and self.root_size:
            return bytes(self.octets[self.root : self.root + self.root_size])
        try:
            return b"".join(self._chain(cluster or self.root_cluster, _FOLDER_OCTETS))
        except Damaged as damage:
            self.damage = self.damage or str(damage)
            return b""

    def pieces(self, file: File) -> Iterator[bytes]:
        """The octets of a file."""
        left = file.size
        if not left:
            return
        for piece in self._chain(file.cluster, left):
            yield piece[:left]
            left -= min(left, len(piece))
        if left:
            raise Damaged("a file that is shorter than its entry says")

    def _chain(self, cluster: int, size: int) -> Iterator[bytes]:
        """Clusters, one after the other, up to the end of the row or to that size."""
        for _ in range(-(-size // self.cluster)):
            if cluster < 2:
                raise Damaged("a file without clusters")
            if cluster - 2 >= self.clusters:
                # A row ends with a number that is no cluster; a file starts with none such.
                return
            start = self.first + (cluster - 2) * self.cluster
            piece = bytes(self.octets[start : start + self.cluster])
            yield piece
            if len(piece) < self.cluster:
                raise Damaged("a cluster that lies behind the end")
            cluster = self._next(cluster)

    def _next(self, cluster: int) -> int:
        if self.bits == 12:
            at = self.table + cluster * 3 // 2
            pair = int.from_bytes(self.octets[at : at + 2], "little")
            return pair >> 4 if cluster % 2 else pair & 0x0FFF
        step = self.bits // 8
        at = self.table + cluster * step
        return int.from_bytes(self.octets[at : at + step], "little") & 0x0FFFFFFF


def read(octets: memoryview) -> Volume:
    """The volume that a boot sector describes."""
    boot = bytes(octets[:64])
    if len(boot) < 64:
        raise Damaged("it is cut off")
    sector, reserved, roots = (int.from_bytes(boot[n : n + 2], "little") for n in (11, 14, 17))
    sectors = int.from_bytes(boot[19:21], "little") or int.from_bytes(boot[32:36], "little")
    size = int.from_bytes(boot[22:24], "little") or int.from_bytes(boot[36:40], "little")
    cluster, tables = boot[13] * sector, boot[16]
    if sector not in _SECTORS or boot[13] not in _CLUSTERS or not (size and tables and reserved):
        raise Damaged("a boot sector of no known form")
    root = (reserved + tables * size) * sector
    root_size = roots * _ENTRY
    first = root + -(-root_size // sector) * sector
    clusters = max(0, sectors * sector - first) // cluster
    bits = 12 if clusters < 4085 else 16 if clusters < 65_525 else 32
    root_cluster = int.from_bytes(boot[44:48], "little")
    # 32 bits without so many clusters: what has no fixed root is of this kind, to systems.
    if not roots:
        bits = 32
    table = reserved * sector
    end = sectors * sector
    return Volume(octets, bits, cluster, table, root, root_size, root_cluster, first, clusters, end)


def _listed(folder: bytes) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Each entry of a folder with its names, the long one first."""
    long: list[bytes] = []
    for at in range(0, len(folder) - _ENTRY + 1, _ENTRY):
        entry = folder[at : at + _ENTRY]
        if not entry[0]:
            return
        if entry[0] == _DELETED:
            long = []
        elif entry[11] & 0x3F == _LONG:
            if len(long) < _LONGEST:
                long.append(entry[1:11] + entry[14:26] + entry[28:32])
        else:
            names, long = _names(entry, long), []
            if not entry[11] & _LABEL and entry[:11].strip(b" ") not in {b".", b".."}:
                yield names, entry


def _names(entry: bytes, long: list[bytes]) -> tuple[str, ...]:
    stem, last = entry[:8].rstrip(b" "), entry[8:11].rstrip(b" ")
    if stem[:1] == bytes([_ESCAPED]):
        stem = bytes([_DELETED]) + stem[1:]
    # Windows NT keeps in two bits that a part of the name is in lower case.
    stem = stem.lower() if entry[12] & 0x08 else stem
    last = last.lower() if entry[12] & 0x10 else last
    names = list(readings(stem + b"." + last if last else stem))
    if long:
        text = b"".join(reversed(long)).decode("utf-16-le", "replace")
        names.insert(0, text.partition("\0")[0].rstrip("\uffff"))
    return tuple(dict.fromkeys(names))
