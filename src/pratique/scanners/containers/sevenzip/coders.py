"""Unpack the folders of a 7z archive: a row of coders, each fed by the one before it.

libarchive knows the coders too, but no encryption; so the common ones are put together
here from what Python brings.  A coder that is not here is `Unknown`: libarchive may know
it.
"""

import bz2
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pratique.scanners.budget import OverBudget
from pratique.scanners.containers.gather import PIECE, Damaged, pieces_of
from pratique.scanners.containers.sevenzip import key as sevenzip_key
from pratique.scanners.containers.sevenzip.header import Coder, Folder

# `7z -mx=9` has 64 MB (and 256 MB for what is larger than that); a dictionary never needs
# to be larger than what it unpacks.
DICTIONARY = 64 * 1024 * 1024
# DOC/Methods.txt.
_COPY, _DELTA = b"\0", b"\3"
_LZMA, _LZMA2 = b"\3\1\1", b"\x21"
_DEFLATE, _BZIP2, AES = b"\4\1\x08", b"\4\2\2", b"\6\xf1\7\1"
_FILTERS = {
    _DELTA: lzma.FILTER_DELTA,
    b"\3\3\1\3": lzma.FILTER_X86,
    b"\4": lzma.FILTER_X86,
    b"\3\3\2\5": lzma.FILTER_POWERPC,
    b"\5": lzma.FILTER_POWERPC,
    b"\3\3\4\1": lzma.FILTER_IA64,
    b"\6": lzma.FILTER_IA64,
    b"\3\3\5\1": lzma.FILTER_ARM,
    b"\7": lzma.FILTER_ARM,
    b"\3\3\7\1": lzma.FILTER_ARMTHUMB,
    b"\x08": lzma.FILTER_ARMTHUMB,
    b"\3\3\x08\5": lzma.FILTER_SPARC,
    b"\x09": lzma.FILTER_SPARC,
}
_Pieces = Iterator[bytes]
# A library that loads a part of itself on first use does so now: a worker opens nothing.
Cipher(algorithms.AES(bytes(32)), modes.CBC(bytes(16))).decryptor().update(bytes(16))


class Unknown(Exception):
    """A coder that is not here; says which."""


class Locked(Exception):
    """The folder wants a password; `power` says how costly one try is."""

    def __init__(self, power: int) -> None:
        super().__init__("it wants a password")
        self.power = power


@dataclass(slots=True)
class Unpacker:
    """Unpacks folders of one archive, with a password or without."""

    octets: memoryview
    password: str | None = None
    _keys: dict[tuple[bytes, int], bytes] = field(default_factory=dict)

    def pieces(self, folder: Folder) -> _Pieces:
        """What the folder holds, in bounded pieces."""
        return self._output(folder, folder.last, 0)

    def _output(self, folder: Folder, output: int, depth: int) -> _Pieces:
        if depth > len(folder.coders):
            raise Damaged("a folder whose coders go round")
        coder, size = folder.coders[output], folder.sizes[output]
        if len(coder.inputs) != 1:
            raise Unknown(_name(coder))
        return _sized(self._decoded(folder, coder, self._input(folder, coder, depth)), size)

    def _input(self, folder: Folder, coder: Coder, depth: int) -> _Pieces:
        taken = coder.inputs[0]
        if taken in folder.bound:
            return self._output(folder, folder.bound[taken], depth + 1)
        if taken not in folder.unbound:
            raise Damaged("a folder whose coders are bound to nothing")
        at, size = folder.packed[folder.unbound.index(taken)]
        if at + size > len(self.octets):
            raise Damaged("a folder that lies behind the end")
        return pieces_of(self.octets[at : at + size])

    def _decoded(self, folder: Folder, coder: Coder, source: _Pieces) -> _Pieces:
        method, size = coder.method, folder.sizes[coder.output]
        if method == _COPY:
            return source
        if method in {_LZMA, _LZMA2}:
            several = sum(each.method in {_LZMA, _LZMA2} for each in folder.coders)
            return _lzma(source, coder, size, DICTIONARY // several)
        if method == _DEFLATE:
            return _inflate(source)
        if method == _BZIP2:
            return _drained(source, bz2.BZ2Decompressor())
        if method in _FILTERS:
            return _filtered(source, coder)
        if method == AES:
            return self._decrypted(source, coder.settings)
        raise Unknown(_name(coder))

    def _decrypted(self, source: _Pieces, settings: bytes) -> _Pieces:
        power, salt, vector = sevenzip_key.settings(settings)
        if power > sevenzip_key.MOST:
            raise OverBudget("seconds", f"2 to the power of {power} rounds for one password")
        if self.password is None:
            raise Locked(power)
        key = self._keys.get((salt, power))
        if key is None:
            key = self._keys[salt, power] = sevenzip_key.derive(self.password, salt, power)
        opener = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
        # Whole blocks, as it was padded; what is left of a cut one nobody can decrypt.
        return (opener.update(piece) for piece in source)


def unknown(folder: Folder) -> str:
    """Which of its coders is not here, if any."""
    known = {_COPY, _LZMA, _LZMA2, _DEFLATE, _BZIP2, AES, *_FILTERS}
    lacking = (each for each in folder.coders if each.method not in known or len(each.inputs) > 1)
    return next(map(_name, lacking), "")


def is_locked(folder: Folder) -> bool:
    """Whether one of its coders is encryption."""
    return any(coder.method == AES for coder in folder.coders)


def _name(coder: Coder) -> str:
    return f"no reader for 7z method {coder.method.hex()}"


def _sized(pieces: _Pieces, size: int) -> _Pieces:
    """So many octets of the pieces, which must be there."""
    left = size
    while left:
        piece = next(pieces, None)
        if piece is None:
            raise Damaged("a folder that is shorter than it says")
        yield piece[:left]
        left -= min(left, len(piece))


def _lzma(source: _Pieces, coder: Coder, size: int, most: int) -> _Pieces:
    settings = coder.settings
    if coder.method == _LZMA and len(settings) >= 5 and settings[0] < 9 * 5 * 5:
        rest, lc = divmod(settings[0], 9)
        pb, lp = divmod(rest, 5)
        dictionary = int.from_bytes(settings[1:5], "little")
        chain = {"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb}
    elif coder.method == _LZMA2 and settings and settings[0] <= 40:
        dictionary = (2 | settings[0] & 1) << settings[0] // 2 + 11
        chain = {"id": lzma.FILTER_LZMA2}
    else:
        raise Damaged("LZMA with settings of no known form")
    dictionary = min(dictionary, max(size, 4096))
    if dictionary > most:
        raise OverBudget("part_octets", f"a dictionary of {dictionary} octets")
    chain["dict_size"] = max(dictionary, 4096)
    try:
        return _drained(source, lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chain]))
    except (lzma.LZMAError, ValueError) as error:
        raise Damaged(str(error)) from error


def _drained(source: _Pieces, unpacker: lzma.LZMADecompressor | bz2.BZ2Decompressor) -> _Pieces:
    try:
        for packed in source:
            yield unpacker.decompress(packed, PIECE)
            while not unpacker.eof and not unpacker.needs_input:
                yield unpacker.decompress(b"", PIECE)
            if unpacker.eof:
                return
        while piece := unpacker.decompress(b"", PIECE):
            yield piece
    except (lzma.LZMAError, OSError, EOFError, ValueError) as error:
        raise Damaged(str(error)) from error


def _inflate(source: _Pieces) -> _Pieces:
    unpacker = zlib.decompressobj(-15)
    try:
        for packed in source:
            while packed and not unpacker.eof:
                yield unpacker.decompress(packed, PIECE)
                packed = unpacker.unconsumed_tail  # noqa: PLW2901 - what is left of it
        yield unpacker.flush()
    except zlib.error as error:
        raise Damaged(str(error)) from error


def _filtered(source: _Pieces, coder: Coder) -> _Pieces:
    """Undo a filter; liblzma takes one in front of LZMA2 only, which may be chunks as they are.

    So an LZMA2 stream is made that packs nothing (xz's lzma2_decoder.c: control octet 1 for
    the first chunk and 2 for others, the size less one, the octets), with an end.
    """
    filter_ = {"id": _FILTERS[coder.method]}
    if coder.method == _DELTA:
        filter_["dist"] = (coder.settings or b"\0")[0] + 1
    chain = [filter_, {"id": lzma.FILTER_LZMA2, "dict_size": PIECE}]

    def chunks() -> _Pieces:
        control = b"\1"
        for piece in source:
            if piece:
                yield control + (len(piece) - 1).to_bytes(2, "big") + piece
                control = b"\2"
        yield b"\0"

    return _drained(chunks(), lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain))
