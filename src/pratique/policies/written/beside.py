"""Hold the texts that a policy names, which the caller has read.

A policy names other policies (`include = "default"`) and files of lists (`[[list]]` with a
`file`).  Nothing here opens a file: `names_in` says what a text names, and a caller that may
read files (milter/policy_file.py) passes in a `Beside`.  What could not be read is there as
well, with the reason, so that the reader of the policy can complain at the very place that
names it.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Included policies, counting those that these include: a shipped one, one of the company, one
# of the department, and as many again.
MOST_INCLUDED = 8


@dataclass(frozen=True, slots=True)
class Names:
    """What a policy names, as written there; each name once, in order."""

    policies: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """Texts by the names that a policy gives them; `missing` says why one is not there."""

    policies: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)

    def written(self) -> dict[str, dict[str, str]]:
        """Return it as plain values, for JSON."""
        return {
            "policies": dict(self.policies),
            "lists": dict(self.lists),
            "missing": dict(self.missing),
        }

    @classmethod
    def read(cls, written: Mapping[str, Mapping[str, str]]) -> "Beside":
        """Rebuild it from what `written` returned."""
        return cls(*(dict(written.get(key, {})) for key in ("policies", "lists", "missing")))


NOTHING = Beside()


def names_in(text: str) -> Names:
    """Return what a policy names; nothing if it is not TOML, which its reader will report."""
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return Names()
    included = values.get("include", [])
    included = included if isinstance(included, list) else [included]
    lists = [table.get("file") for key in ("list", "group") for table in _tables(values, key)]
    return Names(_texts(included), _texts(lists))


def hash_of(text: str, beside: Beside) -> str:
    """Return the SHA-256 of all that decides, lower-case hexadecimal.

    It is that of the text alone if the text names nothing, and otherwise that of the hashes of all
    texts, with their names.
    """
    own = _sha256(text)
    if not (beside.policies or beside.lists):
        return own
    lines = [own]
    for kind, texts in (("policy", beside.policies), ("list", beside.lists)):
        lines += [f"{kind} {_sha256(name)} {_sha256(texts[name])}" for name in sorted(texts)]
    return _sha256("\n".join(lines))


def _sha256(text: str) -> str:
    # A path may have octets that are not UTF-8 (PEP 383).
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _tables(values: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    tables = values.get(key, [])
    return [one for one in tables if isinstance(one, dict)] if isinstance(tables, list) else []


def _texts(values: list[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in values if isinstance(one, str)))
