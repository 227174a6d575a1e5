"""Open a message that was saved with two octets a letter (UTF-16), as Notepad does.

Few mail programs read such a file, and those who do read the letters.  So the message is
given once more with one octet a letter.
"""

import codecs
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import text_signatures
from pratique.scanners.budget import Budget
from pratique.scanners.containers.members import fitted
from pratique.scanners.part import Found, Member, Part, Recognized, Signs, as_bytes
from pratique.scanners.text import to_text

_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Wide:
    """Gives the message that the letters are."""

    name: ClassVar[str] = "wide"
    signs: ClassVar[Signs] = Signs(begins=tuple(_MARKS))
    smallest: ClassVar[bytes] = codecs.BOM_UTF16_LE + "To: a\nSubject: b\n\n".encode("utf-16-le")

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "broken": "a letter that is cut in two is none to anybody",
        "encrypted": "the form has no encryption",
        "bomb": "it becomes smaller",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the mark at its beginning and the header behind it."""
        wide = part.known.parent >= 0 and bytes(part.octets[:2]) in _MARKS
        return "whole" if wide and text_signatures.is_message(part.octets) else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the message with one octet a letter."""
        octets = as_bytes(part.octets)
        text, _ = to_text(octets[2:], _MARKS.get(octets[:2], "utf-8"))
        narrow = text.encode("latin-1" if text.isascii() else "utf-8", "replace")
        budget.charge_octets(len(narrow))
        member = Member(step="wide:", declared_type="message/rfc822", view="further")
        member.octets = memoryview(narrow)
        yield from fitted(member, budget)
