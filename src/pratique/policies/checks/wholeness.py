r"""Tell whether a comparison is met only by those that it names, or by others as well.

A proof is worth only what it is compared with: `notpartner.example` ends with
`partner.example`, and anybody can register it; so does `mailxpartner.example` match
`mail.partner.example$`, since a dot in a regular expression is any character (RE2); and
`192.0.20.1` begins with `192.0.2`.

Names are read from their end, which tells their owner, and numbers from their beginning.
What a pattern means in the local part of an address is up to the domain's owner.  When in doubt
the answer is no, and the rule's author has to write it in another way.
"""

import re

# A dot for any single character, and not one that is repeated up to a literal dot or an at sign.
_ANY = re.compile(r"(?<!\\)\.(?![*+]\??\)*(?:\\\.|@))")
# Something repeated, followed by a letter: "[a-z]*partner"; but not after "([a-z]+[.])?".
_GLUED = re.compile(r"(?<!\\)(?<!\\\.\))[*+?}]\??\)*[A-Za-z0-9]")
# What a domain without an at sign in front begins with.
_BEGINS = ("^", r"(^|\.)", r"\.")
_FLAGS = re.compile(r"\(\?[a-zA-Z]+\)")
# A dot between brackets is literal.
_DOT = "[.]"
_PREFIX_OF_NUMBERS = re.compile(r"\^(?:[0-9a-fA-F:]|\\\.)+(?:\\\.|:|\$)")


def is_whole_name(function: str, text: str) -> bool:
    """Whether such a comparison is met only by names of the owner that the text names."""
    if function == "endsWith":
        # ".example" alone covers every name below it, whoever owns that.
        return text[:1] == "@" or (text[:1] == "." and "." in text[1:].rstrip("."))
    if function == "matches":
        plain = _FLAGS.sub("", text).replace(_DOT, r"\.")
        return all(map(_is_whole_pattern, _choices(plain)))
    return function not in ("contains", "startsWith")


def is_whole_number(function: str, text: str) -> bool:
    """Whether such a comparison is met only by addresses in the network that the text names."""
    if function == "startsWith":
        return text[-1:] in (".", ":")
    if function == "matches":
        plain = _FLAGS.sub("", text).replace(_DOT, r"\.")
        return all(map(_PREFIX_OF_NUMBERS.fullmatch, _choices(plain)))
    return function not in ("contains", "endsWith")


def _is_whole_pattern(pattern: str) -> bool:
    """Whether the end of a pattern, which tells the owner, is written out."""
    _, at, domain = pattern.rpartition("@")
    is_bound = pattern.endswith("$") and (at or pattern.startswith(_BEGINS))
    return bool(is_bound) and not (_ANY.search(domain) or _GLUED.search(domain))


def _choices(pattern: str) -> list[str]:
    """Split a pattern at the bars that are in no brackets: each piece is a pattern of its own."""
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
