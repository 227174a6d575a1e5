"""Find the policy that is meant: by a file, a shipped name, or the hash of an earlier version.

A hash, or at least its first six digits, names a version that was once in force or in the
shadow (versions.py).  A file of that name takes precedence, as it does everywhere.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from pratique.milter.policy_file import NoPolicy, find
from pratique.milter.versions import NoVersion, Versions
from pratique.policies.policy import Policy
from pratique.policies.written.beside import Beside, hash_of

# Fewer digits may as well be a word, or some other number.
_HASH = re.compile(r"[0-9a-f]{6,64}")

# Digits of a hash that are shown to a person: at 48 bits, no two versions of an admin are alike.
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Chosen:
    """A policy as its texts, to be compiled where it is needed."""

    name: str
    # The hash identifies the texts.
    text: str = field(repr=False, compare=False)
    beside: Beside = field(repr=False, compare=False)
    hash: str

    def load(self) -> Policy:
        """Compile the policy as if it were in force.  Raises PolicyError."""
        return Policy.load(self.text, self.name, self.beside).as_enforced()

    @property
    def title(self) -> str:
        """Its name, as shown to a person."""
        return f"{self.name} ({self.hash[:SHOWN]})"


def choose(which: str, versions: Path) -> Chosen:
    """Find the policy that is meant; `versions` is the folder of earlier ones.  Raises NoPolicy."""
    try:
        found = find(which)
    except NoPolicy as error:
        digits = which.strip().lower()
        if Path(which).exists() or not _HASH.fullmatch(digits):
            raise
        return _of_then(digits, versions, error)
    return Chosen(found.name, found.text, found.beside, hash_of(found.text, found.beside))


def _of_then(digits: str, folder: Path, error: NoPolicy) -> Chosen:
    try:
        kept = Versions(folder).find(digits)
    except (NoVersion, OSError) as other:
        raise NoPolicy(f"{error}; {other}") from other
    return Chosen(kept.name, kept.text, kept.beside, kept.hash)
