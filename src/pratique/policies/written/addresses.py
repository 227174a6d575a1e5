"""Tell whether a text is a mail address that a policy may send to.

Only its form is checked, with no query to anything: `local-part@domain` (RFC 5321, 4.1.2),
with letters beyond ASCII too (RFC 6531, 3.3).  What nobody types for a colleague is refused:
quoted local parts, addresses in brackets, comments, names in front.
"""

import re

# RFC 5321 4.5.3.1.1 and 4.5.3.1.2: octets of a local part and of a domain; a path has 256
# with its angle brackets (4.5.3.1.3).
LONGEST_LOCAL_PART, LONGEST_DOMAIN, LONGEST = 64, 255, 254
_LONGEST_LABEL = 63

# RFC 5322 3.2.3 atext, and what RFC 6531 adds.
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9\u0080-\U0010ffff-]+(?<!-)")


def wrong_with(address: str) -> str:
    """Return why this is not an address, in words; empty if it is one."""
    if not address.isprintable() or " " in address:
        return "an address has no blanks and no line ends"
    if address[:1] == "<" or "[" in address or "(" in address:
        return "an address stands there by itself, without brackets"
    if address.count("@") != 1:
        return "an address has one @"
    local_part, _, domain = address.partition("@")
    return _local_part(local_part) or _domain(domain) or _length(address)


def _local_part(text: str) -> str:
    if not text or not all(map(_ATOM.fullmatch, text.split("."))):
        return f"`{text}` cannot stand before the @"
    if _octets(text) > LONGEST_LOCAL_PART:
        return f"at most {LONGEST_LOCAL_PART} octets stand before the @ (RFC 5321, 4.5.3.1.1)"
    return ""


def _domain(text: str) -> str:
    labels = text.split(".")
    fit = all(_LABEL.fullmatch(each) and _octets(each) <= _LONGEST_LABEL for each in labels)
    if not fit or _octets(text) > LONGEST_DOMAIN:
        return f"`{text}` is no domain"
    return ""


def _length(address: str) -> str:
    return "" if _octets(address) <= LONGEST else f"an address has at most {LONGEST} octets"


def _octets(text: str) -> int:
    return len(text.encode())
