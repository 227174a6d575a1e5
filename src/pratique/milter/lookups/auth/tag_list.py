"""Read a list of tags, as key records are written (RFC 6376 3.2).

The list is `name=value` pairs with semicolons between; white space around each is ignored.  A
name that is repeated makes the whole list invalid, so that no two readers take two values.
"""

import re

# A key of 4,096 bits takes 736 octets.
MAX_OCTETS = 4096
# RFC 6376 3.6.1 defines seven tags for keys; others are to be skipped.
MAX_TAGS = 50

# RFC 6376 3.2: tag-name, and a value of printable characters (tval) that may be folded.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_VALUE = re.compile(r"[\x21-\x3a\x3c-\x7e \t\r\n]*")
_BLANK = " \t\r\n"


def read(text: str) -> dict[str, str] | None:
    """Return tags and their values in order; None if this is not such a list."""
    if len(text) > MAX_OCTETS or text.count(";") > MAX_TAGS:
        return None
    found: dict[str, str] = {}
    tags = text.split(";")
    # The list may end with a semicolon.
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
