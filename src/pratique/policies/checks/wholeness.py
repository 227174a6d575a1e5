r"""Tell whether a comparison is met only by those that it names, or by others as well.

A proof is worth what it is compared with: `notpartner.example` ends with `partner.example`,
and can be had by anybody; so does `mailxpartner.example` match `mail.partner.example$`, for a
dot in a regular expression is any character (RE2); and `192.0.20.1` begins with `192.0.2`.

Names are read from their end, where their owner stands, and numbers from their beginning.
What a pattern means in the local part of an address is the affair of the domain's owner.
In doubt the answer is no, and the author of the rule writes what he means in another way.
"""

import re

# One character that is any, and none that is repeated up to a dot or an at sign.
_ANY = re.compile(r"(?<!\\)\.(?![*+]\??\)*(?:\\\.|@))")
# Something repeated that a letter follows: "[a-z]*partner"; not so behind "([a-z]+[.])?".
_GLUED = re.compile(r"(?<!\\)(?<!\\\.\))[*+?}]\??\)*[A-Za-z0-9]")
# What a domain without an at sign before it begins with.
_BEGINS = ("^", r"(^|\.)", r"\.")
_FLAGS = re.compile(r"\(\?[a-zA-Z]+\)")
# A dot between brackets is itself.
_DOT = "[.]"
_PREFIX_OF_NUMBERS = re.compile(r"\^(?:[0-9a-fA-F:]|\\\.)+(?:\\\.|:|\$)")


def is_whole_name(function: str, text: str) -> bool:
    """Whether a name or an address that is so compared has the owner that the text names."""
    if function == "endsWith":
        # ".example" is everybody's below it.
        return text[:1] == "@" or (text[:1] == "." and "." in text[1:].rstrip("."))
    if function == "matches":
        plain = _FLAGS.sub("", text).replace(_DOT, r"\.")
        return all(map(_is_whole_pattern, _choices(plain)))
    return function not in ("contains", "startsWith")


def is_whole_number(function: str, text: str) -> bool:
    """Whether an IP address that is so compared lies in the network that the text names."""
    if function == "startsWith":
        return text[-1:] in (".", ":")
    if function == "matches":
        plain = _FLAGS.sub("", text).replace(_DOT, r"\.")
        return all(map(_PREFIX_OF_NUMBERS.fullmatch, _choices(plain)))
    return function not in ("contains", "endsWith")


def _is_whole_pattern(pattern: str) -> bool:
    """Whether the end of a pattern, where the owner stands, is written out."""
    _, at, domain = pattern.rpartition("@")
    is_bound = pattern.endswith("$") and (at or pattern.startswith(_BEGINS))
    return bool(is_bound) and not (_ANY.search(domain) or _GLUED.search(domain))


def _choices(pattern: str) -> list[str]:
    """What stands between the bars that are in no brackets: each is a pattern of its own."""
    found, depth, begin, at = [], 0, 0, 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            at += 1
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "|" and depth <= 0:
            found.append(pattern[begin:at])
            begin = at + 1
        at += 1
    return [*found, pattern[begin:]]
