"""Share a page of memory with a worker: where it is, and what it has found so far.

A frame for each reader and each scanner on each part, and one for what is found in each,
would cost both sides a system call and a wakeup every time.  A worker writes instead, and
nobody reads it until the worker is done, has died or was killed.  What it wrote stays,
whatever ended it.

    octets 0 to 3     how many frames with facts went out before those that stand here
    octets 4 to 7     how many octets of facts stand here
    octets 8 to 11    the part at hand
    octets 12 to 15   how long the name of the reader or scanner at hand is; 0: there is none
    octets 16 to 79   that name
    octets 80 on      facts: one `Facts` after the other, which for protobuf is all in one

The near side trusts nothing of it: it takes a copy, and holds that against what can be.
The size of the page is sealed, or a worker could cut it off, and whoever reads behind the
end of a mapped file is killed (memfd_create(2), mmap(2) SIGBUS).
"""

import fcntl
import mmap
import os
import struct
from dataclasses import dataclass

# The facts of ordinary mail are one kilobyte; those of a larger one go in frames as well.
SIZE = 64 * 1024
LONGEST_NAME = 64

_AMOUNTS = struct.Struct("<II")
_PLACE = struct.Struct(f"<iI{LONGEST_NAME}s")
_PLACE_AT = _AMOUNTS.size
_FACTS_AT = _PLACE_AT + _PLACE.size
ROOM = SIZE - _FACTS_AT

_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


def new_page() -> int:
    """The descriptor of a page that nobody can make smaller or larger."""
    descriptor = os.memfd_create("page", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, SIZE)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    return descriptor


@dataclass(frozen=True, slots=True)
class Written:
    """What stood on a page; nothing of it is known to be true."""

    sent: int
    facts: bytes
    name: str
    part: int


class Page:
    """A page, mapped.  Takes the descriptor over; what is mapped needs none."""

    def __init__(self, descriptor: int) -> None:
        try:
            self._mapped = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)
        self._sent = self._octets = 0
        self._names: dict[str, bytes] = {}

    def clear(self) -> None:
        """Begin anew, for the next message."""
        self._sent = self._octets = 0
        self._mapped[:_FACTS_AT] = bytes(_FACTS_AT)

    def started(self, name: str, part: int) -> None:
        """Write down which reader or scanner starts now, and on which part."""
        octets = self._names.get(name)
        if octets is None:
            # As many as there are readers and scanners.
            octets = self._names[name] = name.encode()[:LONGEST_NAME]
        _PLACE.pack_into(self._mapped, _PLACE_AT, part, len(octets), octets)

    def add(self, facts: bytes) -> bool:
        """Write down what was found; False: there is no room left."""
        end = self._octets + len(facts)
        if end > ROOM:
            return False
        self._mapped[_FACTS_AT + self._octets : _FACTS_AT + end] = facts
        self._octets = end
        _AMOUNTS.pack_into(self._mapped, 0, self._sent, end)
        return True

    @property
    def facts(self) -> bytes:
        """The facts that stand here and went out in no frame, as their writer knows them."""
        return self._mapped[_FACTS_AT : _FACTS_AT + self._octets]

    def went_out(self) -> None:
        """What stood here, or what had no room, went out in a frame: nothing stands here."""
        self._sent, self._octets = self._sent + 1, 0
        _AMOUNTS.pack_into(self._mapped, 0, self._sent, 0)

    def read(self) -> Written:
        """A copy of what stands here now, cut to what there is room for."""
        sent, octets = _AMOUNTS.unpack_from(self._mapped, 0)
        part, length, name = _PLACE.unpack_from(self._mapped, _PLACE_AT)
        facts = self._mapped[_FACTS_AT : _FACTS_AT + min(octets, ROOM)]
        return Written(sent, facts, name[:length].decode("ascii", "replace"), part)

    def close(self) -> None:
        """Give the memory back."""
        self._mapped.close()
