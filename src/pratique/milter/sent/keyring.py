"""Read once what marks our mail and hides it in the ledger, for all doors of a service.

Who starts a service, or reloads it, reads both files and hands them to its doors, as it does
the policy: a door that is started again by then serves by what was taken in force, and a file
that was damaged since stops a start or a reload, never a running service.

They go over a socket that two processes share, and stand in no argument and no environment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pratique.milter.sections.sent import SentSection
from pratique.milter.sent import keys as key_files
from pratique.milter.sent.keys import Keys
from pratique.milter.stores.key import key_of

# Beside the ledger's folder.
_HASHES = "sent.key"


@dataclass(frozen=True, slots=True)
class Keyring:
    """All that is secret of a process; nobody sees it in a log."""

    # What the file of the keys says, which is known to be right.
    text: str = field(repr=False)
    # The key of the ledger's hashes.
    hashes: bytes = field(repr=False)

    def keys(self, section: SentSection) -> Keys:
        """The keys."""
        assert section.keys is not None
        return key_files.parse(self.text, section.keys)

    def written(self) -> Mapping[str, str]:
        """As an order has it."""
        return {"keys": self.text, "hashes": self.hashes.hex()}


def read(section: SentSection, state: Path) -> Keyring | None:
    """What the files say; None without keys.  Raises KeysError and NoKeyError."""
    if section.keys is None:
        return None
    return Keyring(key_files.read_text(section.keys), hashes_key(state))


def hashes_key(state: Path) -> bytes:
    """The key of the ledger's hashes, made if there is none.  Raises NoKeyError."""
    return key_of(state / _HASHES)


def handed(written: Mapping[str, str]) -> Keyring | None:
    """What an order has; None if it has none."""
    if "keys" not in written:
        return None
    return Keyring(written["keys"], bytes.fromhex(written["hashes"]))
