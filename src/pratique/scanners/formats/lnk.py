"""Open Windows' shortcuts ([MS-SHLLINK]): what they start, and what hides in them.

A shortcut names a program and hands it arguments; a worm in one is its arguments.  So
these are parts, as texts, and whoever looks at texts sees them.  Windows stops at the
block that ends the extra ones (2.5), and what stands behind it is a stranger's: a part as
well, and stated as an ambiguity, for other programs (the one in the arguments, say) read it.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.members import fitted
from pratique.scanners.containers.office.ole_objects import ansi
from pratique.scanners.part import Found, Member, Oddity, Part, Recognized, Signs

_TYPE = "application/x-ms-shortcut"
# 2.1: the size of the header, and the class of a shortcut.
_BEGINS = bytes.fromhex("4c0000000114020000000000c000000000000046")
_HEADER = 76
_IDS, _PLACE, _UNICODE = 0x01, 0x02, 0x80
# 2.4, in their order, each with its flag.
_STRINGS = (
    (0x04, "description"), (0x08, "relative path"), (0x10, "folder"), (0x20, "arguments"),
    (0x40, "icon"),
)  # fmt: skip
# 2.5: a block that is smaller ends them; 2.5.4: a path in both forms.
_LAST_BLOCK, _ENVIRONMENT, _ENVIRONMENT_OCTETS = 4, 0xA0000001, 0x314
_ANSI_PATH = 260
# Every shortcut has less than ten blocks, of less than ten forms.
_BLOCKS = 100
# What is readable in the list of identifiers: in one octet a letter or in two.
_RUN = re.compile(rb"[ -~]{3,260}|(?:[ -~]\0){3,260}")


class Lnk:
    """Gives what a shortcut starts, and what stands behind it."""

    name: ClassVar[str] = "lnk"
    signs: ClassVar[Signs] = Signs(begins=(_BEGINS,))
    smallest: ClassVar[bytes] = _BEGINS.ljust(_HEADER, b"\0") + bytes(4)

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the format has no encryption",
        "bomb": "nothing in it is packed, nested or counted: each string has 65,535 characters",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the header."""
        return "whole" if bytes(part.octets[: len(_BEGINS)]) == _BEGINS else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the target, each string, and what stands behind the end."""
        octets = bytes(part.octets)
        reading = _Reading(octets, _HEADER)
        texts: list[tuple[str, str]] = []
        try:
            for told in reading.texts():
                texts.append(told)
        except (Damaged, struct.error):
            part.known.unopened, part.known.why = "unreadable", "it is cut off"
        for name, text in texts:
            raw = text.encode("utf-8", "replace")
            budget.charge_octets(len(raw))
            yield from fitted(Member(f"lnk:{name}", memoryview(raw), name=name), budget)
        behind = memoryview(octets)[reading.at :]
        if not part.known.unopened and bytes(behind).strip(b"\0"):
            member = Member("lnk:behind its end", behind)
            yield from fitted(member, budget)
            yield Oddity("extra_octets", f"{len(behind)} octets behind its end")


@dataclass(slots=True)
class _Reading:
    """Reads a shortcut from front to back; `at` is where it has come to."""

    octets: bytes
    at: int

    def texts(self) -> Iterator[tuple[str, str]]:
        """What it says, each with its name."""
        flags = int.from_bytes(self.octets[20:24], "little")
        if len(self.octets) < _HEADER:
            raise Damaged("it is cut off")
        target: list[str] = []
        if flags & _IDS:
            size = int.from_bytes(self._take(2), "little")
            target += _readable(self._take(size))
        if flags & _PLACE:
            size = int.from_bytes(self.octets[self.at : self.at + 4], "little")
            target += _place(self._take(max(4, size)))
        strings: list[tuple[str, str]] = []
        for flag, name in _STRINGS:
            if flags & flag:
                strings += self._string(name, wide=bool(flags & _UNICODE))
                if name == "arguments":
                    # Said as soon as it is whole: what is damaged behind it hides it from nobody.
                    yield strings.pop()
        yield from strings
        target += self._blocks()
        if target:
            yield "target", "\n".join(dict.fromkeys(target))

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

    def _blocks(self) -> list[str]:
        """Step over the extra blocks; what a block of a target says."""
        told: list[str] = []
        for _ in range(_BLOCKS):
            size = int.from_bytes(self.octets[self.at : self.at + 4], "little")
            if size < _LAST_BLOCK:
                # The end is said in four octets; some writers leave it out.
                self.at = min(self.at + 4, len(self.octets))
                return told
            block = self._take(size)
            if size >= _ENVIRONMENT_OCTETS and block[4:8] == _ENVIRONMENT.to_bytes(4, "little"):
                told += ansi(block[8 : 8 + _ANSI_PATH].partition(b"\0")[0])
                told.append(_wide(block[8 + _ANSI_PATH : _ENVIRONMENT_OCTETS]))
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
