"""Read once the secrets that mark our mail and hide it in the ledger, for all doors of a service.

The process that starts or reloads a service reads both files and hands them to its doors, as it
does the policy: a door that is restarted later uses what was then put in force, and a file that
has been damaged since stops a start or a reload, never a running service.

The secrets go over a socket that two processes share, never through an argument or the
environment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pratique.milter.sections.sent import SentSection
from pratique.milter.sent import keys as key_files
from pratique.milter.sent.keys import Keys
from pratique.milter.stores.key import key_of

# In the folder that also holds the ledger's.
_HASHES = "sent.key"


@dataclass(frozen=True, slots=True)
class Keyring:
    """All secrets of a process; they never show up in a log."""

    # What the file of the keys says, already checked.
    text: str = field(repr=False)
    # The key of the ledger's hashes.
    hashes: bytes = field(repr=False)

    def keys(self, section: SentSection) -> Keys:
        """Return the keys."""
        assert section.keys is not None
        return key_files.parse(self.text, section.keys)

    def written(self) -> Mapping[str, str]:
        """Return it in the form of an order."""
        return {"keys": self.text, "hashes": self.hashes.hex()}


def read(section: SentSection, state: Path) -> Keyring | None:
    """Read both files; None without keys.  Raises KeysError and NoKeyError."""
    if section.keys is None:
        return None
    return Keyring(key_files.read_text(section.keys), hashes_key(state))


def hashes_key(state: Path) -> bytes:
    """Return the key of the ledger's hashes, made if missing.  Raises NoKeyError."""
    return key_of(state / _HASHES)


def handed(written: Mapping[str, str]) -> Keyring | None:
    """Return the keyring of an order; None if it has none."""
    if "keys" not in written:
        return None
    return Keyring(written["keys"], bytes.fromhex(written["hashes"]))
