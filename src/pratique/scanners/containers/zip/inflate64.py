"""Unpack Deflate64, the deflate that Windows' own packer uses for large members.

It is deflate (RFC 1951) with a window of 64 KB: the last two distance codes, which RFC
1951 3.2.6 leaves out, are used, and the last length code counts up to 65,538 octets.
PKWARE never published more than that (APPNOTE 4.4.5, method 9); zlib's `contrib/infback9`
is the reading that everybody else follows.  zlib itself cannot read it, so this does: it
takes about a second for a megabyte, and the clock of the budget is read at each piece.
"""

from collections.abc import Iterator

from pratique.scanners.containers.gather import Damaged

_WINDOW = 64 * 1024
_PIECE = 64 * 1024
# RFC 1951 3.2.5: bases and extra bits of the lengths and of the distances.
_LENGTHS = tuple((least, extra) for least, extra in zip(
    (3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115,
     131, 163, 195, 227, 3),
    (0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 16),
    strict=True,
))  # fmt: skip
_DISTANCES = tuple(
    (1 + code, 0) if code < 4 else (1 + ((2 + code % 2) << (code // 2 - 1)), code // 2 - 1)
    for code in range(32)
)
# RFC 1951 3.2.7: in this order come the lengths of the codes for the lengths.
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_END = 256
# The code's length beside its symbol; a length of 0 is no code.
_Table = tuple[int, list[tuple[int, int]]]


class Inflate64:
    """Unpacks one stream; `position` is the end of what was read of it."""

    def __init__(self, octets: memoryview) -> None:
        self._octets = octets
        self._hold = 0
        self._bits = 0
        self._read = 0
        self._out = bytearray()

    @property
    def position(self) -> int:
        """How many octets were needed."""
        return min(self._read - self._bits // 8, len(self._octets))

    def pieces(self) -> Iterator[bytes]:
        """Give what the stream holds; an empty piece at each block lets a clock be read."""
        last = False
        while not last:
            last = bool(self._take(1))
            kind = self._take(2)
            if kind == 0:
                self._stored()
                yield from self._full()
            elif kind == 3:
                raise Damaged("a block of no known kind")
            else:
                tables = _FIXED if kind == 1 else self._tables()
                while not self._some(*tables):
                    yield from self._full()
            if self._read - self._bits // 8 > len(self._octets):
                raise Damaged("it is cut off")
            yield b""
        yield bytes(self._out[self._given :])

    # How much of `_out` was given; the rest of it is the window.
    _given = 0

    def _full(self) -> Iterator[bytes]:
        if len(self._out) - self._given < _PIECE:
            return
        yield bytes(self._out[self._given :])
        del self._out[: max(0, len(self._out) - _WINDOW)]
        self._given = len(self._out)

    def _fill(self, count: int) -> None:
        """Have so many bits at hand; behind the end come zeros, a few of them."""
        while self._bits < count:
            octets = self._octets[self._read : self._read + 6]
            self._hold |= int.from_bytes(octets, "little") << self._bits
            self._bits += 48
            self._read += 6
            if self._read > len(self._octets) + 12:
                raise Damaged("it is cut off")

    def _take(self, count: int) -> int:
        self._fill(count)
        found = self._hold & ((1 << count) - 1)
        self._hold >>= count
        self._bits -= count
        return found

    def _stored(self) -> None:
        self._take(self._bits % 8)
        size, check = self._take(16), self._take(16)
        if size ^ check != 0xFFFF:
            raise Damaged("a stored block whose lengths differ")
        start = self._read - self._bits // 8
        piece = self._octets[start : start + size]
        if len(piece) < size:
            raise Damaged("it is cut off")
        self._out += piece
        self._hold = self._bits = 0
        self._read = start + size

    def _tables(self) -> tuple[_Table, _Table]:
        """RFC 1951 3.2.7: the codes of a block, themselves packed."""
        literals, distances, codes = self._take(5) + 257, self._take(5) + 1, self._take(4) + 4
        lengths = [0] * 19
        for place in _ORDER[:codes]:
            lengths[place] = self._take(3)
        table = _table(lengths)
        found: list[int] = []
        while len(found) < literals + distances:
            symbol = self._symbol(table)
            if symbol < 16:
                found.append(symbol)
            elif symbol == 16:
                if not found:
                    raise Damaged("a code repeats nothing")
                found += found[-1:] * (3 + self._take(2))
            else:
                found += [0] * (3 + self._take(3) if symbol == 17 else 11 + self._take(7))
        return _table(found[:literals]), _table(found[literals : literals + distances])

    def _symbol(self, table: _Table) -> int:
        most, entries = table
        self._fill(most)
        size, symbol = entries[self._hold & ((1 << most) - 1)]
        if not size:
            raise Damaged("a code that has no meaning")
        self._hold >>= size
        self._bits -= size
        return symbol

    def _some(self, literals: _Table, distances: _Table) -> bool:
        """Unpack up to a piece of a block; tell whether the block has ended."""
        out = self._out
        enough = self._given + _PIECE
        while len(out) < enough:
            symbol = self._symbol(literals)
            if symbol < _END:
                out.append(symbol)
            elif symbol == _END:
                return True
            else:
                self._copy(symbol, distances)
        return False

    def _copy(self, symbol: int, distances: _Table) -> None:
        out = self._out
        if symbol > 285:
            raise Damaged("a length that has no meaning")
        least, extra = _LENGTHS[symbol - 257]
        length = least + self._take(extra)
        least, extra = _DISTANCES[self._symbol(distances)]
        distance = least + self._take(extra)
        start = len(out) - distance
        if start < 0:
            raise Damaged("a distance before the beginning")
        if distance >= length:
            out += out[start : start + length]
        else:
            out += (out[start:] * (length // distance + 1))[:length]


def _table(lengths: list[int]) -> _Table:
    """RFC 1951 3.2.2: codes by their lengths, in a list of all bits that may come."""
    most = max(lengths)
    if not most:
        return 1, [(0, 0), (0, 0)]
    entries = [(0, 0)] * (1 << most)
    code = 0
    for size in range(1, most + 1):
        for symbol, length in enumerate(lengths):
            if length != size:
                continue
            if code >> size:
                raise Damaged("codes that do not fit")
            turned = int(f"{code:0{size}b}"[::-1], 2)
            entries[turned :: 1 << size] = [(size, symbol)] * (1 << (most - size))
            code += 1
        code <<= 1
    return most, entries


_FIXED = (_table([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8), _table([5] * 32))
