"""Open zip (PKWARE's APPNOTE 6.3), and what is built on it: OOXML, ODF, jar, apk, epub.

Most unpackers believe the directory at the end, others a directory elsewhere, or the
headers before the members.  `containers/zip/reader.py` reads the file in each of these
ways, and says where they differ; this file tells what a zip file is, and what is locked.

Limitations: what PKZIP packed before 1993 (Shrink, Reduce, Implode), and WinZip's packed
pictures and sounds, are left to outside programs; PKWARE's strong encryption is opened by
nothing; of a split archive only what lies in this volume is seen.
"""

import re
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import kinds
from pratique.scanners.budget import Budget
from pratique.scanners.containers.zip import tables as zip_tables
from pratique.scanners.containers.zip.reader import ZipReader
from pratique.scanners.keys import Keys
from pratique.scanners.part import Found, Part, Recognized, Signs

# The last is the mark of a split file, and of one that was to be split (APPNOTE 8.5.4).
_BEGINS = (b"PK\x03\x04", b"PK\x05\x06", b"PK00PK\x03\x04", b"PK\x07\x08PK\x03\x04")
# What names and declarations make a zip file of.
_EXTENSIONS = frozenset({"zip", "zipx"})
_DECLARED = frozenset({"application/zip", "application/x-zip", "application/x-zip-compressed"})
# An entry or a header whose flags (APPNOTE 4.4.4) have bit 0, or whose method is WinZip's.
# In the packed octets of a member it is an accident, and then the file only waits.
_LOCKED = re.compile(
    rb"PK(?:\x01\x02..|\x03\x04)..(?:[%b]|..c\0)"
    % b"".join(b"\\x%02x" % odd for odd in range(1, 256, 2)),
    re.DOTALL,
)


class Zip:
    """Gives the files of a zip archive."""

    name: ClassVar[str] = "zip"
    signs: ClassVar[Signs] = Signs(
        extensions=_EXTENSIONS, declared=_DECLARED, begins=_BEGINS, marks=(zip_tables.END,)
    )
    # An empty file named "a", stored.
    smallest: ClassVar[bytes] = bytes.fromhex(
        "504b03040a00000000000000210000000000000000000000000001000000"
        "61504b01020a000a00000000000000210000000000000000000000000001"
        "000000000000000000000000000000000061504b05060000000001000100"
        "2f0000001f0000000000"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the beginning, by a directory anywhere, or by what it is said to be.

        A directory finds an archive behind a program, a picture or a document, with or
        without more behind it.  A message and its multiparts hold archives as parts.
        """
        if part.known.kind in {"message", "multipart"} or not self._is_one(part):
            return ""
        return "whole" if part.known.type in kinds.UNKNOWN | {"application/zip"} else "within"

    def _is_one(self, part: Part) -> bool:
        if bytes(part.octets[:8]).startswith(_BEGINS) or _said(part):
            return True
        if part.lacks(zip_tables.END):
            return False
        end = zip_tables.find_end(part.octets)
        if end is not None and end.lists:
            return True
        # Where it points is wrong; but what else a file is may be in doubt, or it may not.
        unknown = part.known.type in kinds.UNKNOWN
        if zip_tables.closes(part.octets, exactly=not unknown):
            return True
        return zip_tables.too_many_ends(part.octets)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give what each of its tables shows."""
        return ZipReader(part, budget).found()

    def locked(self, part: Part) -> bool:
        """Tell by the flags in either table; one that lies makes the file wait, no more."""
        return _LOCKED.search(part.octets) is not None

    def unlock(self, part: Part, budget: Budget, keys: Keys) -> Iterator[Found]:
        """Give the same, what is locked last and opened by the words of the message."""
        return ZipReader(part, budget, keys).found()


def _said(part: Part) -> bool:
    """Whether a person is told that it is a zip file; the type alone is often wrong."""
    if not _EXTENSIONS.isdisjoint(part.extensions):
        return len(part.octets) > 0
    return part.known.type in kinds.UNKNOWN and part.known.declared_type in _DECLARED
