"""Say what a RAR archive holds: the nouns that its two forms, and their reader, share.

RAR 1.5 to 4 write one form (technote.txt of RAR 4.2), RAR 5 and later another
(https://www.rarlab.com/technote.htm).  Both are a row of blocks, each with a header and
perhaps octets behind it; `rar4.py` and `rar5.py` read them.
"""

from dataclasses import dataclass, field

from pratique.scanners.containers.gather import Damaged

# Files of one archive; the walk takes no more parts than that anyway.
ENTRIES = 20_000
# Blocks of one archive: files, and a few others; what is no file costs time all the same.
BLOCKS = ENTRIES + 5_000


def counted(blocks: int) -> int:
    """One block more, if it is not one too many."""
    if blocks >= BLOCKS:
        raise Damaged(f"more than {BLOCKS} blocks")
    return blocks + 1


class Locked(Exception):
    """The headers themselves want a password."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What a password is held against; `check` is empty where only the check sum tells."""

    salt: bytes
    vector: bytes = b""
    rounds: int = 0
    check: bytes = b""


@dataclass(slots=True)
class Entry:
    """One file of an archive, as its header says."""

    names: tuple[str, ...]
    raw_name: bytes
    packed: memoryview
    # None where it is unknown.
    size: int | None
    sum: int | None
    # 0 is stored.
    method: int
    is_folder: bool = False
    # Its octets are another file's.
    is_link: bool = False
    is_solid: bool = False
    # It goes on from another volume, or in one.
    is_split: bool = False
    # Its octets are cut off by the end of the file.
    is_cut: bool = False
    lock: Lock | None = None
    # What only the other form's header has: the settings of its packing, as they stand.
    settings: int = 0
    # The version of the unpacker that it wants, as RAR 4 counts.
    version: int = 29


@dataclass(slots=True)
class Tables:
    """All that an archive says; `damage` is why it could not be read on."""

    form: int
    entries: list[Entry] = field(default_factory=list)
    end: int = 0
    damage: str = ""
    # The lock of the headers; the entries are there only if its password was known.
    lock: Lock | None = None
    is_solid: bool = False
