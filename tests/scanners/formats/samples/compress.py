"""Files of compress(1), packed by hand: LZW (Welch 1984) as the program writes it."""

from collections.abc import Iterator

# A cut one has no mark at its end that is missing.
CUTS = False
# Codes from here on stand for runs; 256 would empty the table.
FIRST = 257


def good(text: bytes) -> bytes:
    return written(codes(text))


def broken(text: bytes) -> bytes:
    """A code that is not in the table yet."""
    return written(iter([*codes(text[:100]), 500]))


def bomb() -> bytes:
    """Each code is the one that is being made: a run that grows by one octet a code."""
    return written(iter([0, *range(FIRST, 1 << 15)]))


def codes(octets: bytes) -> Iterator[int]:
    table = {bytes([number]): number for number in range(256)}
    run = b""
    for octet in octets:
        longer = run + bytes([octet])
        if longer not in table:
            yield table[run]
            table[longer] = FIRST + len(table) - 256
            longer = bytes([octet])
        run = longer
    yield table[run]


def written(numbers: Iterator[int]) -> bytes:
    """The codes in groups of eight, each a bit wider where the table has grown so far."""
    out, bits, length, width, group = bytearray(b"\x1f\x9d\x90"), 0, 0, 9, 0
    for count, code in enumerate(numbers):
        if FIRST + count > 1 << width:
            length += -group % 8 * width
            group, width = 0, width + 1
        bits |= code << length
        length, group = length + width, group + 1
        whole = length // 8
        out += (bits & (1 << whole * 8) - 1).to_bytes(whole, "little")
        bits, length = bits >> whole * 8, length % 8
    return bytes(out) + bits.to_bytes(1, "little")
