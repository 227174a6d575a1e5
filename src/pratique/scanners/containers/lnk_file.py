"""Read Windows' shortcuts ([MS-SHLLINK]) from front to back: what one says it starts.

Whoever asks `texts` hears each string of it as soon as it is whole; what is damaged behind
it hides it from nobody.  What a shortcut starts stands in up to five places (a list of
identifiers, a path, a relative path, two blocks of variables), which need not agree:
Windows tries one after the other, and all of them are told.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office.ole_objects import ansi

# 2.1: the size of the header, and the class of a shortcut.
BEGINS = bytes.fromhex("4c0000000114020000000000c000000000000046")
HEADER = 76
_IDS, _PLACE, _UNICODE = 0x01, 0x02, 0x80
_SHOW, _HOT_KEY = 60, 64
# 2.4, in their order, each with its flag.
_STRINGS = (
    (0x04, "description"), (0x08, "relative path"), (0x10, "folder"), (0x20, "arguments"),
    (0x40, "icon"),
)  # fmt: skip
# 2.5: a block that is smaller ends them; 2.5.4 and 2.5.5: a path in both forms.
_LAST_BLOCK, _ENVIRONMENT, _ICON, _ENVIRONMENT_OCTETS = 4, 0xA0000001, 0xA0000007, 0x314
_ANSI_PATH = 260
# Every shortcut has less than ten blocks, of less than ten forms.
_BLOCKS = 100
# What is readable in the list of identifiers: in one octet a letter or in two.
_RUN = re.compile(rb"[ -~]{3,260}|(?:[ -~]\0){3,260}")


@dataclass(slots=True)
class LnkFile:
    """Reads a shortcut from front to back; `at` is where it has come to."""

    octets: bytes
    at: int = HEADER
    # What it starts, as far as that was read.
    target: list[str] = field(default_factory=list)
    # Where its picture is taken from, by a block of its own.
    icons: list[str] = field(default_factory=list)

    @property
    def show(self) -> int:
        """How the window is shown, ShowCommand: 7 is minimized."""
        return int.from_bytes(self.octets[_SHOW : _SHOW + 4], "little")

    @property
    def hot_key(self) -> int:
        """The keys that start it from anywhere, once it lies on the desktop; 0 is none."""
        return int.from_bytes(self.octets[_HOT_KEY : _HOT_KEY + 2], "little")

    def texts(self) -> Iterator[tuple[str, str]]:
        """What it says, each with its name; `Damaged` or `struct.error` where it is cut."""
        flags = int.from_bytes(self.octets[20:24], "little")
        if len(self.octets) < HEADER:
            raise Damaged("it is cut off")
        if flags & _IDS:
            size = int.from_bytes(self._take(2), "little")
            self.target += _readable(self._take(size))
        if flags & _PLACE:
            size = int.from_bytes(self.octets[self.at : self.at + 4], "little")
            self.target += _place(self._take(max(4, size)))
        strings: list[tuple[str, str]] = []
        for flag, name in _STRINGS:
            if flags & flag:
                strings += self._string(name, wide=bool(flags & _UNICODE))
                if name == "arguments":
                    # Said as soon as it is whole: what is damaged behind it hides it from nobody.
                    yield strings.pop()
        yield from strings
        self._blocks()
        if self.target:
            yield "target", "\n".join(dict.fromkeys(self.target))

    def _take(self, size: int) -> bytes:
        piece = self.octets[self.at : self.at + size]
        if len(piece) < size:
            raise Damaged("it is cut off")
        self.at += size
        return piece

    def _string(self, name: str, *, wide: bool) -> list[tuple[str, str]]:
        size = int.from_bytes(self._take(2), "little")
        raw = self._take(size * 2 if wide else size)
        return [(name, raw.decode("utf-16-le", "replace") if wide else ansi(raw)[0])]

    def _blocks(self) -> None:
        """Step over the extra blocks, and take the paths that they name."""
        for _ in range(_BLOCKS):
            size = int.from_bytes(self.octets[self.at : self.at + 4], "little")
            if size < _LAST_BLOCK:
                # The end is said in four octets; some writers leave it out.
                self.at = min(self.at + 4, len(self.octets))
                return
            block = self._take(size)
            signature = int.from_bytes(block[4:8], "little")
            if size >= _ENVIRONMENT_OCTETS and signature in {_ENVIRONMENT, _ICON}:
                into = self.target if signature == _ENVIRONMENT else self.icons
                into += ansi(block[8 : 8 + _ANSI_PATH].partition(b"\0")[0])
                into.append(_wide(block[8 + _ANSI_PATH : _ENVIRONMENT_OCTETS]))
        raise Damaged(f"more than {_BLOCKS} extra blocks")


def _wide(raw: bytes) -> str:
    return raw[: len(raw) & ~1].decode("utf-16-le", "replace").partition("\0")[0]


def _readable(raw: bytes) -> list[str]:
    return [found[0].replace(b"\0", b"").decode("ascii") for found in _RUN.finditer(raw)]


def _place(raw: bytes) -> list[str]:
    """2.3: where the target lies, in both forms, with what is appended to it."""
    if len(raw) < 28:
        return []
    head, local, share, behind = struct.unpack("<4x I 4x 4x I I I", raw[:28])
    told = [part for at in (local, behind) if 0 < at < len(raw)
            for part in ansi(raw[at : at + _ANSI_PATH].partition(b"\0")[0])]  # fmt: skip
    if 0 < share < len(raw):
        told += _readable(raw[share:])
    if head >= 0x24:
        told += [_wide(raw[at : at + 2 * _ANSI_PATH]) for at in struct.unpack("<II", raw[28:36])
                 if 0 < at < len(raw)]  # fmt: skip
    return [one for one in told if one]
