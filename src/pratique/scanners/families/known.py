"""Say which family a name means, by the table, by the grammar, and by what an admin adds.

A family of the table is found wherever it stands in a name.  One that is in no table is found
by the grammar, and only in names that makers of engines gave: a rule that is called
`Invoice_Program` has no family.  So one family is spelled one way, whoever found it.

What an admin adds is TOML; it comes before the shipped table:

    no_family = ["Acmepack"]        # words that say no family

    [families]
    Mydoom = ["Doomsday"]           # its other names; a variant as "Mimail.R"
"""

import itertools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pratique.scanners.families.grammar import LONGEST, family_in, words_of
from pratique.scanners.families.table import FAMILIES

# Malpedia knows 3,500 families; a table of one's own has some.  It is loaded once.
MOST = 100_000
_KEYS = frozenset({"families", "no_family"})


class WrongFamilies(ValueError):
    """A table of families cannot be used; says in words where and why."""


def _key(name: str) -> str:
    """What names of one family have in common: "Mimail.R" is "mimail.r"."""
    return ".".join(words_of(name))


@dataclass(frozen=True, slots=True)
class Families:
    """Knows families by all their names."""

    # Spelling by key; the empty one for a word that says no family.
    _names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str, name: str) -> Self:
        """Those that we know, and those of a file.  Raises WrongFamilies."""
        try:
            stated = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise WrongFamilies(f"{name}: {error}") from error
        families, none = stated.get("families", {}), stated.get("no_family", [])
        for key in stated:
            if key not in _KEYS:
                raise WrongFamilies(f"{name}: {key!r} is not known; write `families`, `no_family`")
        _check(families, none, name)
        own = {_key(word): "" for word in none} | dict(_named(families))
        # A family that an admin gives another name takes those names along that we know.
        ours = {key: own.get(_key(family), family) for key, family in _named(FAMILIES)}
        return cls(ours | own)

    def of(self, name: str) -> str:
        """The family that an engine's name means; empty if it means none."""
        found = self._stands_in(name)
        if found is not None:
            return found
        word = family_in(name)
        return word.capitalize()

    def known(self, name: str) -> str:
        """The family of the table that stands in any name, as of a rule; empty if none does."""
        return self._stands_in(name) or ""

    def spelled(self, family: str) -> str:
        """A family as all are spelled, where somebody says that it is one."""
        return self._names.get(_key(family), family)

    def _stands_in(self, name: str) -> str | None:
        words = list(words_of(name))
        for word, variant in itertools.pairwise([*words, ""]):
            for key in (f"{word}.{variant}", word):
                if key in self._names:
                    return self._names[key]
        return None


def _named(families: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for family, others in families.items():
        for other in (*others, family):
            yield _key(other), family


def _check(families: object, none: object, name: str) -> None:
    if not isinstance(families, dict) or not _are_names(list(families)):
        raise WrongFamilies(f"{name}: `families` is a table; write `Mydoom = ['Novarg']`")
    for family, others in families.items():
        if "." in _key(family) or not isinstance(others, list) or not _are_names(others):
            raise WrongFamilies(
                f"{name}: families.{family}: its other names are missing; a family is one word of "
                f"{LONGEST} letters and digits at most, and stands before `= ['Novarg']`"
            )
    ones = {_key(family) for family in families}
    for family, others in families.items():
        for other in others:
            if _key(other) in ones - {_key(family)}:
                raise WrongFamilies(f"{name}: {other!r} is a family, and a name of {family!r} too")
    if not isinstance(none, list) or not _are_names(none):
        raise WrongFamilies(f"{name}: `no_family` is a list of words")
    if twice := _twice(families, none):
        raise WrongFamilies(f"{name}: {twice!r} is a name of two families, or of none as well")
    count = len(none) + sum(1 + len(others) for others in families.values())
    if count > MOST:
        raise WrongFamilies(f"{name}: {count} names, at most {MOST} are read")


def _twice(families: Mapping[str, Any], none: list[str]) -> str:
    """A name that would mean whatever is written last."""
    meant = {_key(word): "" for word in none}
    for key, family in _named(families):
        if meant.setdefault(key, family) != family:
            return key
    return ""


def _are_names(written: list[Any]) -> bool:
    """One word each, or a family's and its variant's."""
    return all(
        isinstance(one, str)
        and one.isascii()
        and len(one) <= LONGEST
        and len(list(words_of(one))) in {1, 2}
        for one in written
    )


# What we know, for all that are told nothing else.
SHIPPED = Families(dict(_named(FAMILIES)))
