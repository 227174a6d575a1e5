"""Lay TLSH digests out so that near ones stand together, and tell how far two are apart.

A digest is written as 70 digits, since 4.0.0 behind the letters T1.  They begin with a header
of three octets: a checksum, the logarithm of the length, and two ratios of quartiles; 32 octets
follow with four counts each.  The distance is a sum over all of these (totalDiff in TLSH's
tlsh_impl.cpp), so the header alone is a lower bound of it.  Here its two costly octets come
first: in a sorted list all whose header is near stand in a few places.

    length (1)  ratios (1)  checksum (1)  counts (32)

No input or output, and no library: this side and the other know what a list has in it.
"""

import math
import re
from functools import cache

WIDTH = 35
HEADER = 3
# Fewer octets have no digest (MIN_DATA_LENGTH).
LEAST = 50
# The default.  The paper's table II, as OSCAR's documentation quotes it, has 0.07 % of all
# pairs of unrelated files below 40, and 6 % below 100; at 30 it takes far fewer.  A list is
# many pairs.
DISTANCE = 30
# Further away there is more noise than likeness, on a list of any length.
MOST_DISTANCE = 50

_WRITTEN = re.compile(r"(?:T1)?([0-9A-F]{70})", re.IGNORECASE)
# Mistakes in the length and in the ratios cost 12 a step (length_mult, qratio_mult).
_STEP = 12


def laid_out(written: str) -> bytes | None:
    """A digest as it lies in a list; None where that is none."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return None
    octets = bytes.fromhex(found[1])
    return bytes((_swapped(octets[1]), octets[2], octets[0])) + octets[HEADER:]


def shown(digest: bytes) -> str:
    """A digest, or a hash of another kind, as everybody writes it."""
    if len(digest) != WIDTH:
        return digest.hex()
    header = bytes((digest[2], _swapped(digest[0]), digest[1]))
    return f"T1{(header + digest[HEADER:]).hex().upper()}"


def _swapped(octet: int) -> int:
    # Of the header the low half of each octet is written first.
    return (octet & 15) << 4 | octet >> 4


def apart(one: bytes, other: bytes) -> int:
    """The distance of two digests."""
    ratios = zip(divmod(one[1], 16), divmod(other[1], 16), strict=True)
    header = length_cost(_around(one[0], other[0], 256)) + (one[2] != other[2])
    header += sum(ratio_cost(_around(*pair, 16)) for pair in ratios)
    tables = counts_apart()
    counts = zip(one[HEADER:], other[HEADER:], strict=True)
    return header + sum(tables[left][right] for left, right in counts)


def _around(one: int, other: int, whole: int) -> int:
    difference = abs(one - other)
    return min(difference, whole - difference)


def length_cost(difference: int) -> int:
    """What the logarithms of two lengths add to the distance."""
    return difference if difference <= 1 else difference * _STEP


def ratio_cost(difference: int) -> int:
    """What one ratio of the two adds."""
    return difference if difference <= 1 else (difference - 1) * _STEP


def reach(distance: int) -> int:
    """How far the logarithms of lengths may differ at most."""
    return max(min(distance, 1), distance // _STEP)


def length_of(octets: int) -> int:
    """The logarithm of a length, as a digest has it; it may be one too low or too high.

    TLSH has a table made of these (topval in tlsh_util.cpp), rounded in single precision.
    """
    if octets <= 656:
        return int(math.log(octets) / math.log(1.5))
    if octets <= 3199:
        return int(math.log(octets) / math.log(1.3) - 8.72777)
    return int(math.log(octets) / math.log(1.1) - 62.5472)


@cache
def counts_apart() -> tuple[bytes, ...]:
    """For each octet with four counts: how far each other one is from it."""
    # A quarter and the next differ by 1, the first and the last by 6.
    pairs = [[6 if abs(x - y) == 3 else abs(x - y) for y in range(4)] for x in range(4)]
    halves = [[a + b for a in pairs[x >> 2] for b in pairs[x & 3]] for x in range(16)]
    return tuple(bytes([a + b for a in halves[x >> 4] for b in halves[x & 15]]) for x in range(256))
