"""Open what Apple Mail keeps of one message (.emlx): its length, the message, a list.

The list is XML with flags, and is given as a text.  A length that does not fit is no
reason to see less: then the message is what stands behind it.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.members import fitted
from pratique.scanners.part import Found, Member, Part, Recognized


class Emlx:
    """Gives the message, and what stands behind it."""

    name: ClassVar[str] = "emlx"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-emlx"})
    told_by: ClassVar[str] = "type"
    smallest: ClassVar[bytes] = b"23\nSubject: a\nTo: a@b.c\n\n\n"

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the form has no encryption",
        "bomb": "it holds one message as it is",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type."""
        return "whole" if part.known.type in self.types else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the message, then the list."""
        line, _, _ = bytes(part.octets[:64]).partition(b"\n")
        start = len(line) + 1
        said = int(line) if line.strip().isdigit() else 0
        end = min(start + said, len(part.octets))
        if start + said > len(part.octets):
            part.known.unopened, part.known.why = "unreadable", "it is cut off"
        member = Member(step="emlx:", declared_type="message/rfc822")
        member.octets = part.octets[start:end]
        yield from fitted(member, budget)
        rest = part.octets[end:]
        if bytes(rest[:65536]).strip() and not bytes(rest[:256]).lstrip().startswith(b"<?xml"):
            # The length may be a lie: whoever does not believe it reads on.
            whole = Member(step="emlx:whole", declared_type="message/rfc822", view="further")
            whole.octets = part.octets[start:]
            yield from fitted(whole, budget)
        elif len(rest):
            yield from fitted(Member(step="emlx:list", octets=rest), budget)
