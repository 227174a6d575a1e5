"""Tell whose mailing list brought a message, by the fields that lists write.

RFC 2919 has List-Id, and RFC 2369 List-Post: the address that posts go to.  Anybody can
write them.  So they excuse nothing; they say how something else is to be read.
"""

import re
from dataclasses import dataclass, field

from pratique.scanners.links.host import to_ascii
from pratique.scanners.mime.header import Field, unfold
from pratique.scanners.senders.authors import organisation
from pratique.scanners.text import to_text

# RFC 2919 3: the identifier has 255 characters at most; a description stands before it.
_OCTETS = 2048
_ID = re.compile(r"<([^<>\s]{1,255})>")
_POST = re.compile(r"<mailto:[^<>\s@?]{1,320}@([^<>\s@?]{1,255})", re.IGNORECASE)
_PATTERNS = {b"list-id": _ID, b"list-post": _POST}


@dataclass(slots=True)
class ByList:
    """The organisational domains that the fields of a list name."""

    organisations: set[str] = field(default_factory=set)

    def is_its(self, host: str) -> bool:
        """Tell whether an address at this host is the list's."""
        return organisation(host) in self.organisations


def read(fields: list[Field]) -> ByList:
    """Whose list it is: the first field of each name tells."""
    found, seen = ByList(), set[bytes]()
    for each in fields:
        if each.name not in _PATTERNS or each.name in seen:
            continue
        seen.add(each.name)
        text = to_text(unfold(each.value[:_OCTETS]))[0]
        if (named := _PATTERNS[each.name].search(text)) is not None:
            found.organisations.add(organisation(to_ascii(named[1].strip(".").lower())))
    return found
