"""Keep the key of a store's hashes: 32 random octets in a file of our own.

Without a key, anyone could hash every likely address and compare.  With one, equal
addresses still give equal hashes, so that they can be counted; deleting the key
makes all hashes so far irreversible.  Several processes may start at the same moment: each
writes a file of its own and links it to the name, which succeeds for only one of them
(link(2)), and all read the file that then has the name.
"""

import contextlib
import os
from pathlib import Path

from pratique.milter.durable import Disk

# As many as SHA-256 gives (RFC 2104, 3: a longer key adds nothing).
OCTETS = 32


class NoKeyError(Exception):
    """There is no usable key; the text is for an admin."""


def key_of(path: Path) -> bytes:
    """Return the key, made if missing.  Raises NoKeyError; never returns a weaker one."""
    try:
        if not path.exists():
            _make(path)
        with path.open("rb") as file:
            key = file.read(OCTETS + 1)
    except OSError as error:
        raise NoKeyError(f"the key {path} cannot be used: {error.strerror or error}") from error
    if len(key) != OCTETS:
        raise NoKeyError(f"the key {path} is damaged: it does not have {OCTETS} octets")
    return key


def _make(path: Path) -> None:
    fresh = path.with_name(f"{path.name}.{os.urandom(8).hex()}")
    disk = Disk()
    disk.write_file(fresh, (os.urandom(OCTETS),))
    try:
        # If another process was first, its key is ours too.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)
    finally:
        fresh.unlink()
    disk.sync_folder(path.parent)
