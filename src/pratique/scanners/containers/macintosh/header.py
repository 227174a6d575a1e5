"""Read the header of a MacBinary file, and tell whether there is one."""

from binascii import crc_hqx
from dataclasses import dataclass

BLOCK = 128
_NAME = 63
# HFS has signed lengths of 32 bits.
_LONGEST = 1 << 31


@dataclass(frozen=True, slots=True)
class Header:
    """The name, and the lengths of the second header and of the forks."""

    raw_name: bytes
    second: int
    contents: int
    resources: int

    @property
    def contents_start(self) -> int:
        """Where the data fork begins."""
        return BLOCK + _blocks(self.second)

    @property
    def resources_start(self) -> int:
        """Where the resource fork begins."""
        return self.contents_start + _blocks(self.contents)


def _blocks(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def read_header(octets: memoryview) -> Header | None:
    """The header, if all of it fits together."""
    head = bytes(octets[:BLOCK])
    if len(head) < BLOCK or head[0] or head[74] or head[82] or not 0 < head[1] <= _NAME:
        return None
    raw_name = head[2 : 2 + head[1]]
    contents, resources = (int.from_bytes(head[at : at + 4], "big") for at in (83, 87))
    header = Header(raw_name, int.from_bytes(head[120:122], "big"), contents, resources)
    if min(raw_name) < 32 or max(contents, resources) >= _LONGEST:
        return None
    if crc_hqx(head[:124], 0) == int.from_bytes(head[124:126], "big") and any(head[65:128]):
        return header
    first = Header(raw_name, 0, contents, resources)
    whole = first.resources_start + resources
    fits = whole <= len(octets) <= whole + BLOCK and contents + resources > 0
    return first if fits and not any(head[99:128]) else None
