"""Read the properties of a message, a recipient or an attachment in MSG ([MS-OXMSG]).

Each is a storage.  Short values stand in one stream of 16 octets each (2.4), long ones each
in a stream that is named after the property and its type (2.1.3): `__substg1.0_3707001F`.
Texts are UTF-16, or octets in a code page that the message states ([MS-OXCMSG] 2.2.1.8).
"""

import struct
from dataclasses import dataclass

from pratique.scanners.containers.office.ole import Compound, Entry
from pratique.scanners.text import to_text

STREAM = "__properties_version1.0"
_NAMED = "__substg1.0_%04X%s"
# 2.4: what stands before the values in a message, in one within another, in an attachment.
MESSAGE, ATTACHED, ATTACHMENT = 32, 24, 8
_VALUE = 16
# Nothing has more short properties than this.
_VALUES = 4096
# [MS-OXPROPS]: the code page of the text, and of the page.
_CODE_PAGES = (0x3FFD, 0x3FDE)
# Windows has 65001 for UTF-8, 20127 and 28591 and their neighbours for what Python names.
_NAMES = {65001: "utf-8", 20127: "us-ascii", 28591: "latin-1", 28592: "iso8859-2",
          28605: "iso8859-15", 50220: "iso-2022-jp", 50221: "iso-2022-jp", 51932: "euc-jp",
          20866: "koi8-r", 51949: "euc-kr", 52936: "hz", 54936: "gb18030", 936: "gbk"}  # fmt: skip
# As much of a text as is shown as a name.
_TEXT = 64 * 1024


@dataclass(slots=True)
class Properties:
    """The properties of one storage."""

    compound: Compound
    storage: int
    code_page: str = "cp1252"
    # What stands before the short values, one of the three below.
    head: int = MESSAGE

    def short(self) -> dict[int, int]:
        """The values that stand in the stream of short ones, by their property."""
        entry = self.compound.below(self.storage, STREAM)
        if entry is None:
            return {}
        octets = bytes(self.compound.read(entry, _VALUES * _VALUE)[0])
        values = {}
        for at in range(self.head, len(octets) - _VALUE + 1, _VALUE):
            _, property_, _, value = struct.unpack_from("<HHIQ", octets, at)
            values[property_] = value
        return values

    def use_code_page(self) -> None:
        """Read texts as the storage says."""
        values = self.short()
        number = next((values[one] & 0xFFFF for one in _CODE_PAGES if one in values), 0)
        if number:
            self.code_page = _NAMES.get(number, f"cp{number}")

    def find(self, property_: int, *types: str) -> Entry | None:
        """The entry of a long property, of the first of these types that is there."""
        for type_ in types:
            entry = self.compound.below(self.storage, _NAMED % (property_, type_))
            if entry is not None:
                return entry
        return None

    def texts(self, property_: int) -> list[str]:
        """A text, in each form in which it is there."""
        told = []
        for type_ in ("001F", "001E"):
            entry = self.find(property_, type_)
            if entry is not None:
                octets = bytes(self.compound.read(entry, _TEXT)[0])
                charset = "utf-16-le" if type_ == "001F" else self.code_page
                told.append(to_text(octets, charset)[0].rstrip("\0"))
        return [text for text in dict.fromkeys(told) if text]

    def text(self, property_: int) -> str:
        """The first form of a text, or nothing."""
        return next(iter(self.texts(property_)), "")
