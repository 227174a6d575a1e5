"""Decode a PDF stream's filters (ISO 32000-2, 7.4), one after the other, in pieces.

Each filter reads pieces and gives pieces, so that a beginning costs no more than itself;
each charges what it gives.  What was decoded before damage is given, then `Damaged` says
what was wrong.  Flate is read without its header and checksum: readers that show a file
do not refuse it for a wrong one.
"""

import re
import zlib
from binascii import unhexlify
from collections.abc import Callable, Iterator

from pratique.scanners.budget import Budget
from pratique.scanners.containers.gather import Damaged, pieces_of
from pratique.scanners.containers.pdf.predictor import undo
from pratique.scanners.containers.pdf.syntax import Name, Value

# No writer chains more than two.
FILTERS = 8
_PIECE = 64 * 1024
# zlib gives nothing of a call that fails: so much is lost before damage.
_SMALL = 4 * 1024
# In which octets are unpacked that are damaged somewhere; one of them becomes 1,032 at most
# (zlib.net/zlib_tech.html).
_STEPS = (32, 1)
_ABBREVIATED = {
    "Fl": "FlateDecode", "LZW": "LZWDecode", "AHx": "ASCIIHexDecode", "A85": "ASCII85Decode",
    "RL": "RunLengthDecode",
}  # fmt: skip
_NO_HEX = re.compile(rb"[^0-9A-Fa-f]+")
_SPACE = re.compile(rb"[\0\t\n\f\r ]+")
_Pieces = Iterator[bytes]


def filters_of(values: dict[str, Value]) -> list[tuple[str, dict[str, Value]]]:
    """The filters of a stream with the parameters of each."""
    named = _listed(values.get("Filter", values.get("F")))
    given = _listed(values.get("DecodeParms", values.get("DP")))
    names = [str(one) for one in named if isinstance(one, Name)]
    given += [None] * (len(names) - len(given))
    pairs = zip(names, given, strict=False)
    return [(_ABBREVIATED.get(name, name), one if isinstance(one, dict) else {})
            for name, one in pairs]  # fmt: skip


def _listed(value: Value) -> list[Value]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def decode(octets: bytes, filters: list[tuple[str, dict[str, Value]]], budget: Budget) -> _Pieces:
    """What the stream holds; `Damaged` too where a filter has no reader here."""
    pieces = pieces_of(octets)
    if len(filters) > FILTERS:
        raise Damaged(f"more than {FILTERS} filters")
    for name, given in filters:
        if name == "Crypt":
            continue
        if name not in _DECODERS:
            pieces = _stop(name)
            break
        pieces = _charged(_DECODERS[name](pieces, given), budget)
        if _number(given, "Predictor", 1) > 1 and name in {"FlateDecode", "LZWDecode"}:
            layout = (_number(given, "Columns", 1), _number(given, "Colors", 1),
                      _number(given, "BitsPerComponent", 8))  # fmt: skip
            pieces = undo(pieces, _number(given, "Predictor", 1), layout, budget)
    return pieces


def _number(given: dict[str, Value], key: str, default: int) -> int:
    value = given.get(key)
    return value if isinstance(value, int) else default


def _stop(name: str) -> _Pieces:
    raise Damaged(f"no reader for the filter {name[:32]}")
    yield b""


def _charged(pieces: _Pieces, budget: Budget) -> _Pieces:
    """What an inner filter gives costs too, though a later one may drop it."""
    for piece in pieces:
        budget.charge_octets(len(piece))
        yield piece


def _flate(pieces: _Pieces, _given: dict[str, Value]) -> _Pieces:
    unpacker, first = zlib.decompressobj(-zlib.MAX_WBITS), True
    for octets in pieces:
        left = _without_header(octets) if first else octets
        first = False
        while left and not unpacker.eof:
            ahead = unpacker.copy()
            try:
                yield unpacker.decompress(left, _SMALL)
            except zlib.error as error:
                yield from _before_damage(ahead, left)
                raise Damaged(str(error)) from error
            left = unpacker.unconsumed_tail
        if unpacker.eof:
            return
    while (piece := unpacker.decompress(unpacker.unconsumed_tail, _SMALL)) and not unpacker.eof:
        yield piece
    if not first and not unpacker.eof:
        raise Damaged("it is cut off")


def _before_damage(unpacker: "zlib._Decompress", octets: bytes) -> Iterator[bytes]:
    """What these octets hold before zlib fails on them; `unpacker` is as it was before them.

    It gives nothing of the octets that it fails on.  Streams.first() begins anew then; here
    the octets came from another filter, and are gone.
    """
    for step in _STEPS:
        while octets:
            ahead = unpacker.copy()
            try:
                yield unpacker.decompress(octets[:step])
            except zlib.error:
                unpacker = ahead
                break
            octets = octets[step:]


def _without_header(octets: bytes) -> bytes:
    """RFC 1950 2.2: deflate, and the two octets divide by 31.  Blanks before are passed over."""
    octets = octets.lstrip(b"\r\n")
    told = len(octets) > 1 and octets[0] & 15 == 8 and int.from_bytes(octets[:2], "big") % 31 == 0
    return octets[2:] if told else octets


def _hex(pieces: _Pieces, _given: dict[str, Value]) -> _Pieces:
    odd = b""
    for piece in pieces:
        digits, end, _ = piece.partition(b">")
        digits = odd + _NO_HEX.sub(b"", digits)
        odd = digits[len(digits) & ~1 :]
        yield unhexlify(digits[: len(digits) & ~1])
        if end:
            break
    if odd:
        yield unhexlify(odd + b"0")


def _base85(pieces: _Pieces, _given: dict[str, Value]) -> _Pieces:
    left, ended = b"", False
    for piece in pieces:
        text = left + _SPACE.sub(b"", piece)
        text = text[2:] if not left and text.startswith(b"<~") else text
        text, end, _ = text.partition(b"~")
        ended = bool(end)
        done, left = _groups(text)
        yield done
        if ended:
            break
    if left:
        yield _last_group(left)


def _groups(text: bytes) -> tuple[bytes, bytes]:
    """Whole groups of five decoded, and what is left."""
    done, group = bytearray(), bytearray()
    for octet in text:
        if octet == 0x7A and not group:
            done += bytes(4)
        elif 0x21 <= octet <= 0x75:
            group.append(octet)
            if len(group) == 5:
                done += _word(bytes(group))
                group.clear()
    return bytes(done), bytes(group)


def _word(group: bytes) -> bytes:
    number = 0
    for octet in group:
        number = number * 85 + octet - 0x21
    return (number & 0xFFFFFFFF).to_bytes(4, "big")


def _last_group(group: bytes) -> bytes:
    return _word(group.ljust(5, b"u"))[: len(group) - 1]


def _run_lengths(pieces: _Pieces, _given: dict[str, Value]) -> _Pieces:
    left = b""
    for piece in pieces:
        octets, at, done = left + piece, 0, bytearray()
        while at < len(octets):
            length = octets[at]
            needed = length + 2 if length < 128 else 2
            if length == 128:
                yield bytes(done)
                return
            if at + needed > len(octets):
                break
            inside = octets[at + 1 : at + needed]
            done += inside if length < 128 else inside * (257 - length)
            at += needed
        left = octets[at:]
        yield bytes(done)
    if left:
        yield left[1:]


# 7.4.4.2: codes of 9 to 12 bits; two of them are no strings.
_CLEAR, _END, _WIDEST = 256, 257, 12
_LETTERS = (*(bytes([octet]) for octet in range(256)), b"", b"")


def _lzw(pieces: _Pieces, given: dict[str, Value]) -> _Pieces:
    early = _number(given, "EarlyChange", 1)
    table, before, width = list(_LETTERS), b"", 9
    bits = count = 0
    for piece in pieces:
        done = bytearray()
        for octet in piece:
            bits, count = (bits << 8 | octet) & 0xFFFFFF, count + 8
            if count < width:
                continue
            count -= width
            code = bits >> count & ((1 << width) - 1)
            if code == _CLEAR:
                table, before, width = list(_LETTERS), b"", 9
                continue
            if code == _END:
                yield bytes(done)
                return
            if code > len(table) or (code == len(table) and not before):
                yield bytes(done)
                raise Damaged("an LZW code that is not there")
            string = table[code] if code < len(table) else before + before[:1]
            done += string
            if before and len(table) < 1 << _WIDEST:
                table.append(before + string[:1])
            before = string
            width = min(_WIDEST, max(9, (len(table) + early).bit_length()))
            if len(done) > _PIECE:
                yield bytes(done)
                done.clear()
        yield bytes(done)


_DECODERS: dict[str, Callable[[_Pieces, dict[str, Value]], _Pieces]] = {
    "FlateDecode": _flate,
    "LZWDecode": _lzw,
    "ASCIIHexDecode": _hex,
    "ASCII85Decode": _base85,
    "RunLengthDecode": _run_lengths,
}
