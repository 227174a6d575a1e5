"""Regular expressions mean the same in each Python that we promise.

`re` of Python 3.11.0 to 3.11.4, so also of Debian 12 (3.11.2), loses its place where the body of
a possessive repeat begins to fit and then does not: `(?:a*+b)*+` stands behind the letters of
the try that failed (https://github.com/python/cpython/issues/106052).  An atomic group puts the
place back, and `(?>a*+b)*+` means the same, so the body of such a repeat is one sign or an
atomic group.
"""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from re import _constants, _parser
from typing import Any

import pytest

import pratique

SOURCE = Path(pratique.__file__).parent
# Not by pkgutil, which passes over folders without __init__.py.
MODULES = sorted(
    ".".join(("pratique", *file.relative_to(SOURCE).with_suffix("").parts)).removesuffix(
        ".__init__"
    )
    for file in SOURCE.rglob("*.py")
    if "migrations" not in file.parts and file.name != "__main__.py"
)
ONE_SIGN = {
    _constants.LITERAL,
    _constants.NOT_LITERAL,
    _constants.IN,
    _constants.ANY,
    _constants.ANY_ALL,
}


def patterns(value: Any, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    """All in the value of a module's name, and in what it holds."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (tuple, list, set, frozenset)) and depth < 3:
        for each in value:
            yield from patterns(each, depth + 1)
    elif isinstance(value, dict) and depth < 3:
        for each in value.values():
            yield from patterns(each, depth + 1)


def unsafe(parsed: Any) -> Iterator[str]:
    """The bodies of possessive repeats that are more than one sign, and not atomic."""
    for op, args in parsed:
        if op is _constants.POSSESSIVE_REPEAT:
            body = args[2]
            first = body[0][0] if len(body) == 1 else None
            if first not in ONE_SIGN and first is not _constants.ATOMIC_GROUP:
                yield str(body)
        for inner in _inside(args):
            yield from unsafe(inner)


def _inside(args: Any) -> Iterator[Any]:
    if isinstance(args, _parser.SubPattern):
        yield args
    elif isinstance(args, (tuple, list)):
        for each in args:
            yield from _inside(each)


def found(pattern: str | bytes, flags: int = 0) -> list[str]:
    return list(unsafe(_parser.parse(pattern, flags & ~re.UNICODE if flags else 0)))


@pytest.mark.parametrize("name", MODULES)
def test_a_possessive_repeat_is_of_one_sign_or_of_an_atomic_group(name):
    module = importlib.import_module(name)
    for value in list(vars(module).values()):
        for each in patterns(value):
            assert found(each.pattern, each.flags) == [], each.pattern


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("a*+b", 0),
        ("[ab]{2,3}+", 0),
        (".?+", 0),
        ("(?>a|b)*+", 0),
        ("(?:ab)*", 0),
        ("(?:ab)*+", 1),
        ("(ab)++", 1),
        ("x(?:y(?:a|bc)?+z)*+", 2),
        ("(?=(?:ab){2}+)|(?P<name>c(?:de)?+)", 2),
        (rb"(?:[^\\]++|\\.)*+", 1),
    ],
)
def test_what_is_none_is_seen(pattern, count):
    assert len(found(pattern)) == count
