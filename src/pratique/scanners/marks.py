"""Name the marks of forms that may begin anywhere in a part: all are looked for in one pass.

A dozen readers look for an archive, a page or a file somewhere in what is something else,
each by a few octets of its own.  A search for each is a pass over the whole part, and over
25 MB that is most of what unpacking costs.  YARA looks for all of its strings at once, and
a score more costs it next to nothing; so these marks are given to it as rules of their own
(`RULES`), whose matches are no findings, but say which marks stand in the part
(`Part.marks`).

Only what is missing is believed: a reader asks `Part.lacks` first, and then looks for
itself.  A mark that is not in this table is never missing, and where nobody looked, because
the rules were left out or went wrong, none is.
"""

# By an octet or two that chance seldom makes; of two forms of one reader each is here.
_EXACT: tuple[bytes, ...] = (
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"MSCF\0\0\0\0",
    b"-lh",
    b"\x60\xea",
    b"\x1f\x8b\x08",
    b"1AY&SY",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"ustar",
    b"070701",
    b"070707",
    b"CD001\1",
    # FileDataStoreObject, [MS-ONESTORE] 2.6.13.
    bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac"),
    b"%PDF-",
    b"PK\x05\x06",
    b"(This file must be converted with BinHex",
    b"=ybegin ",
    b"-----BEGIN ",
)
# In letters of either case; to ask for one in small letters is to ask for all.
_ANY_CASE: tuple[bytes, ...] = (b"begin",)
ALL = frozenset({*_EXACT, *_ANY_CASE})
# How the rules' file is called among the others: those have paths.
NAMESPACE = "marks"
_BY_RULE = {f"mark_{number}": mark for number, mark in enumerate((*_EXACT, *_ANY_CASE))}


def _rule(name: str, mark: bytes) -> str:
    """A rule for one mark; in YARA's fast mode it is done with the first match."""
    written = "".join(f"\\x{octet:02x}" for octet in mark)
    case = " nocase" if mark in _ANY_CASE else ""
    return f'rule {name} {{ strings: $mark = "{written}"{case} condition: $mark }}'


RULES = "\n".join(_rule(name, mark) for name, mark in _BY_RULE.items())


def of_rule(name: str) -> bytes:
    """The mark that a rule of this file looks for."""
    return _BY_RULE[name]
