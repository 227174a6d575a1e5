"""Read a name whose charset nobody stated, in each of the ways in which it is read.

Archivers of DOS and Windows write names in the code page of their machine and do not say
which: unpackers take that of theirs.  An extension is ASCII in all of them; a disguise
need not be.
"""

from pratique.scanners.text import to_text

# The code pages of machines that mail comes from, by how many there are: Western DOS and
# Windows, Japanese, Russian.
_PAGES = ("cp437", "cp1252", "cp932", "cp866")


def readings(raw: bytes) -> tuple[str, ...]:
    """Each text that the octets may be: UTF-8, or what each of the code pages makes of them."""
    if raw.isascii():
        return (raw.decode("ascii"),)
    text, bad = to_text(raw)
    # Octets of a code page are hardly ever UTF-8 by chance.
    if not bad and "\N{REPLACEMENT CHARACTER}" not in text:
        return (text,)
    return tuple(dict.fromkeys(to_text(raw, page)[0] for page in _PAGES))
