"""Decompress RTF as Outlook keeps it: LZFu ([MS-OXRTFCP]).

A dictionary of 4,096 octets that begins with the words of any RTF; each control octet
says of eight tokens whether it is a letter or a place in the dictionary.  A letter
becomes one octet and a place at most 17, so nothing becomes more than nine times what
it was.
"""

from collections.abc import Iterator

from pratique.scanners.containers.gather import Damaged

_COMPRESSED, _PLAIN = b"LZFu", b"MELA"
# [MS-OXRTFCP] 2.1.3.1.5: what the dictionary begins with.
_BEGINNING = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_WINDOW = 4096
_HEADER = 16
# Pieces are small against any limit and large against the cost of one.
_PIECE = 64 * 1024


def is_compressed(octets: bytes) -> bool:
    """Whether the octets begin like compressed RTF."""
    return octets[8:12] in {_COMPRESSED, _PLAIN} and len(octets) >= _HEADER


def decompress(octets: bytes) -> Iterator[bytes]:
    """The RTF in pieces; `Damaged` where the octets end too early."""
    size = int.from_bytes(octets[4:8], "little")
    if octets[8:12] == _PLAIN:
        yield octets[_HEADER : _HEADER + size]
        given = len(octets) - _HEADER
    else:
        unpacker = _Unpacker(octets)
        given = 0
        while given < size and (piece := unpacker.piece()):
            given += len(piece)
            yield piece
        given = size if unpacker.ended else given
    if given < size:
        raise Damaged("its text is cut off")


class _Unpacker:
    """Unpacks, a piece at a time; `ended` once it met the end that the form has."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = _HEADER
        self._window = bytearray(_BEGINNING.ljust(_WINDOW, b"\0"))
        self._write = len(_BEGINNING)
        self.ended = False

    def piece(self) -> bytes:
        """What follows, and nothing at the end."""
        piece = bytearray()
        while len(piece) < _PIECE and self._at < len(self._octets) and not self.ended:
            control, self._at = self._octets[self._at], self._at + 1
            for bit in range(8):
                piece += self._place() if control >> bit & 1 else self._letter()
        return bytes(piece)

    def _letter(self) -> bytes:
        letter = b"" if self.ended else self._octets[self._at : self._at + 1]
        self._at += 1
        self._remember(letter)
        return letter

    def _place(self) -> bytes:
        """Twelve bits of place, four of length; the place where one writes is the end."""
        token = self._octets[self._at : self._at + 2]
        self._at += 2
        word = int.from_bytes(token, "big")
        if len(token) < 2 or self.ended or word >> 4 == self._write:
            self.ended = self.ended or len(token) == 2
            return b""
        place, length, write = word >> 4, (word & 15) + 2, self._write
        end = write + length
        if place + length <= _WINDOW and end <= _WINDOW and not place < write < place + length:
            copied = self._window[place : place + length]
            self._window[write:end], self._write = copied, end % _WINDOW
            return bytes(copied)
        copied = bytearray()
        for step in range(length):
            copied.append(self._window[(place + step) % _WINDOW])
            # It may reach into what it writes itself.
            self._remember(copied[-1:])
        return bytes(copied)

    def _remember(self, octets: bytes | bytearray) -> None:
        for octet in octets:
            self._window[self._write] = octet
            self._write = (self._write + 1) % _WINDOW
