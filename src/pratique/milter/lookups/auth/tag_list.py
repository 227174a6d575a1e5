"""Read a list of tags, as key records and DMARC records are written (RFC 6376 3.2).

`name=value` and a semicolon, again and again; white space around each is nothing.  A name
that stands twice makes the whole list invalid, so that no two readers take two values.
"""

import re

# A key of 4,096 bits takes 736 octets, and a DMARC record with many addresses 500.
MAX_OCTETS = 4096
# RFC 6376 and RFC 7489 define 8 and 11 tags; others are to be skipped.
MAX_TAGS = 50

# RFC 6376 3.2: tag-name, and a value of printable characters (tval) with folding within.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_VALUE = re.compile(r"[\x21-\x3a\x3c-\x7e \t\r\n]*")
_BLANK = " \t\r\n"


def read(text: str) -> dict[str, str] | None:
    """Tags and their values in order; None if this is no such list."""
    if len(text) > MAX_OCTETS or text.count(";") > MAX_TAGS:
        return None
    found: dict[str, str] = {}
    tags = text.split(";")
    # A semicolon may end the list.
    if not tags[-1].strip(_BLANK):
        tags.pop()
    for tag in tags:
        name, equals, value = tag.partition("=")
        name, value = name.strip(_BLANK), value.strip(_BLANK)
        if not equals or not _NAME.fullmatch(name) or name in found:
            return None
        if not _VALUE.fullmatch(value):
            return None
        found[name] = value
    return found
