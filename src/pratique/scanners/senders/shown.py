"""Find addresses that a display name shows: phones show nothing else of the author.

A name is read as a person reads it (../bounces/fold.py): letters of full width, invisible
ones, an `@` of another form.  `(at)` is one too.  Letters that look like others stay what
they are, since it is the look that counts here: what is shown is never the address behind.
"""

import re
from collections.abc import Iterator
from itertools import islice

from pratique.scanners.bounces.fold import fold
from pratique.scanners.senders.authors import host_of, organisation

# RFC 5321 4.5.3.1.1 and RFC 1035 2.3.4; a last label of digits is a time or an amount.
_ADDRESS = re.compile(
    r"([^\s@<>()\[\]{}\"',;:|\\]{1,64})(?:@|\s?[\[(]\s?at\s?[\])]\s?)"
    r"((?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_][\w-]{1,62})"
)
# UTS 46 2.3: full stops of other writings that NFKC leaves.
_STOPS = str.maketrans("\u3002\uff61", "..")
_VIA = re.compile(r"\bvia\b")
# A name of so many addresses is no name.
ADDRESSES = 5


def addresses(name: str) -> Iterator[tuple[str, bool]]:
    """Addresses in a display name, in small letters; and whether it says "via" after it."""
    if "@" not in name and name.isascii() and "at" not in name.lower():
        return
    read = fold(name).translate(_STOPS)
    for found in islice(_ADDRESS.finditer(read), ADDRESSES):
        # A quotation mark at its beginning is left by its class, an apostrophe too.
        yield f"{found[1]}@{found[2]}", says_via(read[found.end() :])


def says_via(behind: str) -> bool:
    """Tell whether what stands behind a name says that somebody else writes for it."""
    return _VIA.search(behind) is not None


def is_same(shown: str, behind: str) -> bool:
    """Tell whether an address is the one that stands behind it, or of the same mailbox.

    Many write as `news@mail.shop.example` under the name of `news@shop.example`, which is
    one registrant's; and `ann+news@example.org` is Ann's (RFC 5233).
    """
    (mine, _, here), (theirs, _, there) = shown.rpartition("@"), behind.rpartition("@")
    ours, others = host_of(here), host_of(there)
    if ours != others:
        return organisation(ours) == organisation(others)
    return _mailbox(mine) == _mailbox(theirs)


def _mailbox(local: str) -> str:
    plain = fold(local).strip("\"' ")
    return plain.partition("+")[0] or plain
