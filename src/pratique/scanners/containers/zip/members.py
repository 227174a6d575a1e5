"""Say what the tables of a zip file tell of one member, and how they contradict each other.

A place is where a header lies.  Any number of directory entries may point there, and the
header tells its own story: so a member has several names, and may have several methods,
sizes and checksums.  Each that differs is a reading that some unpacker makes.
"""

from dataclasses import dataclass, field
from functools import cached_property

from pratique.scanners.containers.zip.tables import AES_METHOD, ENCRYPTED, LARGE, Listed
from pratique.scanners.text import to_text

# APPNOTE 4.4.5: how many octets nothing becomes by deflate, bzip2, LZMA, zstd, and xz.
# Java and Python pack the nothing in a folder too.
_NOTHING = {8: 5, 9: 5, 12: 14, 14: 20, 20: 13, 93: 13, 95: 32}
# Two tables make two readings; a directory that lists one member a thousand times, each
# time in another way, is none that any unpacker was tried on.
READINGS = 8
# And so many are kept at all, with their names.
ENTRIES = 64
# As many as the report keeps, and one that tells it that there are more.
NAMES = 33
_SLASHES = (b"/", b"\\")
# Fields of `Listed` before those that say where something lies.
_ITSELF = Listed._fields.index("offset")


@dataclass
class Place:
    """A header, and the directory entries that point at it."""

    offset: int
    before: Listed | None
    said: list[Listed] = field(default_factory=list)
    view: str = "standard"
    # More entries point here than were kept.
    crowded: bool = False
    # One entry and the header say the same, and nothing that is odd in itself.  So it is with
    # nearly every member, and then each question has one answer.
    agreed: bool = field(default=False, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.agreed = self._is_agreed()

    def take(self, entry: Listed) -> None:
        """One more entry points here; what is too much is said, but not kept."""
        if len(self.said) < ENTRIES:
            self.said.append(entry)
            for told in ("tables", "raw_names"):
                self.__dict__.pop(told, None)
        else:
            self.crowded = True
        self.agreed = self._is_agreed()

    @cached_property
    def tables(self) -> list[Listed]:
        """All that is said of it, the directory's word first."""
        return [*self.said, self.before] if self.before is not None else self.said

    @property
    def body(self) -> int:
        """Where its octets begin."""
        return self.before.body if self.before is not None else self.offset

    @cached_property
    def raw_names(self) -> list[bytes]:
        """Its names, in each table and beside it in UTF-8."""
        if self.agreed and self.before is not None:
            entry = self.said[0]
            if not (entry.extra.fields or self.before.extra.fields):
                return [entry.raw_name]
        told = (name for each in self.tables for name in (each.raw_name, each.extra.name))
        return list(dict.fromkeys(name for name in told if name)) or [b""]

    @property
    def names(self) -> list[str]:
        """Its names as programs show them; the first is the directory's."""
        if len(self.raw_names) == 1:
            return list(dict.fromkeys(readings_of(self.raw_names[0])))
        shown = dict.fromkeys(name for raw in self.raw_names[:NAMES] for name in readings_of(raw))
        return list(shown)[:NAMES]

    @property
    def folder(self) -> bool:
        """A folder by all of its names, and empty in all tables: so nothing is lost."""
        return not self.agreed and self.slashed and not any(_holds(each) for each in self.tables)

    @property
    def slashed(self) -> bool:
        """Whether all of its names are those of a folder."""
        return all(name.endswith(_SLASHES) for name in self.raw_names)

    @property
    def holds(self) -> bool:
        """Whether there is anything in it by any word."""
        if self.agreed:
            return _holds(self.said[0])
        streamed = self.before is not None and self.before.streamed
        return streamed or any(_holds(each) or unsaid(each) for each in self.tables)

    @property
    def encrypted(self) -> bool:
        """Any of those who tell of it says so."""
        return not self.agreed and any(each.encrypted for each in self.tables)

    @property
    def strong(self) -> bool:
        """PKWARE's strong encryption, which nobody else reads."""
        return any(each.strong for each in self.tables)

    @property
    def checks(self) -> set[int]:
        """The first octets that PKWARE's encryption may prove a password with.

        APPNOTE 6.1.6: the checksum's last, or the time's where the checksum stands behind.
        """
        return {octet for each in self.tables for octet in (each.sum >> 24, each.time >> 8)}

    @property
    def sums(self) -> set[int]:
        """The checksums that are said; a header before a stream says none yet."""
        if self.agreed:
            return {self.said[0].sum}
        return {each.sum for each in self.tables if each.sum or not self._is_late(each)}

    @property
    def sizes(self) -> set[int]:
        """The sizes that are said."""
        if self.agreed:
            return {self.said[0].size}
        return {each.size for each in self.tables if each.size or not self._is_late(each)}

    def _is_late(self, said: Listed) -> bool:
        return said is self.before and said.streamed

    @property
    def edge(self) -> int | None:
        """Where the shortest reading of its packed octets ends; None if nobody says."""
        if self.agreed:
            return self.body + self.said[0].packed
        told = [each.packed for each in self.tables if not unsaid(each)]
        return self.body + min(told) if told else None

    @property
    def claim(self) -> int:
        """Where the longest reading of its packed octets ends."""
        if self.agreed:
            return self.body + self.said[0].packed
        return self.body + max((each.packed for each in self.tables if not unsaid(each)), default=0)

    def _is_agreed(self) -> bool:
        if len(self.said) != 1 or self.before is None or self.crowded:
            return False
        entry, before = self.said[0], self.before
        # All that is said of the member itself: name, flags, method, time, sum, sizes.
        if entry[:_ITSELF] != before[:_ITSELF] or entry.streamed or entry.encrypted:
            return False
        if entry.folder or entry.elsewhere or not entry.raw_name:
            return False
        if entry.raw_name.endswith(_SLASHES):
            return False
        if entry.extra.crowded or before.extra.crowded or entry.extra.aes != before.extra.aes:
            return False
        return bool(entry.method) or entry.size == entry.packed

    def readings(self) -> list[Listed]:
        """What is said of it as far as it differs in how the octets would be read."""
        if self.agreed:
            return self.said[:1]
        # The first entry's word, the header's, and then whatever else is said.
        ordered = [*self.tables[:1], *self.tables[:0:-1]]
        told = [each for each in ordered if not unsaid(each)]
        # What is stored some read by the one size, some by the other.
        sized = [
            each._replace(packed=each.size)
            for each in told
            if each.method == 0 and each.size != each.packed and not self.encrypted
        ]
        told += sized + [each for each in self.tables if unsaid(each)]
        if self.before is not None and self.before.streamed:
            # Whatever a header before a stream says, some unpack to the end of the stream.
            told.append(self.before._replace(packed=0))
        differing = {
            (each.method, each.packed, unsaid(each), each.extra.aes): each
            for each in reversed(told)
        }
        return list(reversed(differing.values()))

    def contradictions(self) -> list[str]:
        """How the tables tell differently of it, in words."""
        if self.agreed:
            return []
        words = [word for one in self.said[:READINGS] for word in self._against(one)]
        marked = any(each.folder or each.raw_name.endswith(b"/") for each in self.tables)
        if marked and not self.folder:
            words.append("folder or file")
        if any(each.extra.crowded for each in self.tables):
            words.append("extra fields that are none")
        if any(each.elsewhere for each in self.said):
            words.append("another volume")
        if self.crowded:
            words.append(f"more than {ENTRIES} entries")
        elif len(self.said) > 1 and len(set(map(_told, self.said))) > 1:
            words.append("two entries")
        return list(dict.fromkeys(words))

    def _against(self, entry: Listed) -> list[str]:
        return differences(entry, self.before) if self.before is not None else []


def _told(entry: Listed) -> tuple[object, ...]:
    return entry.raw_name, entry.method, entry.packed, entry.size, entry.sum, entry.flags


def unsaid(said: Listed) -> bool:
    """A header written before its sizes were known (APPNOTE 4.4.4, bit 3)."""
    return said.streamed and said.packed in {0, LARGE}


def _holds(said: Listed) -> bool:
    return bool(said.size) or said.packed > _NOTHING.get(said.method, 0)


def differences(entry: Listed, before: Listed) -> list[str]:
    """What the directory and the header before the member tell differently of it."""
    found = []
    if entry.raw_name != before.raw_name:
        found.append("name")
    if entry.method != before.method:
        found.append("method")
    if (entry.flags ^ before.flags) & ENCRYPTED:
        found.append("encryption")
    pairs = {
        "checksum": (entry.sum, before.sum),
        "packed size": (entry.packed, before.packed),
        "size": (entry.size, before.size),
    }
    # In a stream they stand behind the member, and zeros before it, or the mark of zip64.
    unsaid = {0, LARGE} if before.streamed else set()
    found += [word for word, (one, other) in pairs.items() if one != other and other not in unsaid]
    return found


def readings_of(raw: bytes) -> list[str]:
    """The names that programs show.  APPNOTE 4.4.4 has UTF-8 by a flag and else code page
    437, but in Japan everybody writes code page 932 and no flag.

    At NUL some end the name, and others go on.
    """
    text, bad = to_text(raw)
    shown = [text]
    if bad:
        pages = (to_text(raw, "cp932"), to_text(raw, "cp437"))
        shown = [name for name, bad in pages if not bad] or shown
    if b"\0" not in raw:
        return shown
    return [
        each for name in shown for each in (name, name.partition("\0")[0], name.replace("\0", ""))
    ]


def inner(said: Listed) -> Listed:
    """The member as it is below WinZip's encryption: its extra field has the method."""
    if said.method != AES_METHOD or len(said.extra.aes) < 7:
        return said
    return said._replace(method=int.from_bytes(said.extra.aes[5:7], "little"))
