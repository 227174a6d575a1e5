"""Work out what another user may do with a file, from owners and permissions alone.

An admin runs this as root, who may do everything; what matters is what the user of the service,
or that of Postfix, may do.  So the kernel cannot be asked, and its rule is followed here
(path_resolution(7)): each folder on the way must be passable, and the first of owner, group
and others that fits decides.  Access control lists (acl(5)) are not read.
"""

import contextlib
import grp
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

READ, WRITE, PASS = 4, 2, 1
_WORDS = {READ: "read", WRITE: "write", PASS: "pass"}
_ROOT = 0
# deploy/pratique.sysusers
_USUAL = "pratique"


@dataclass(frozen=True, slots=True)
class User:
    """A user of this host."""

    name: str
    uid: int
    groups: frozenset[int]

    @property
    def is_me(self) -> bool:
        """Whether it is the user who runs this."""
        return self.uid == os.geteuid()


def user_called(name: str) -> User:
    """Return the user of this name.  Raises KeyError."""
    found = pwd.getpwnam(name)
    return User(name, found.pw_uid, frozenset(os.getgrouplist(name, found.pw_gid)))


def user_of(uid: int) -> User:
    """Return the user of this number, whether or not it has a name here."""
    try:
        return user_called(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return User(f"uid {uid}", uid, frozenset())


def owner_of(folder: Path) -> User:
    """Return the user that the service runs as: the owner of its folder.

    Where there is no folder yet, the user that the packages create; failing that, the one who
    runs this.
    """
    with contextlib.suppress(OSError):
        return user_of(folder.stat().st_uid)
    with contextlib.suppress(KeyError):
        return user_called(_USUAL)
    return user_of(os.geteuid())


def hindrance(path: Path, user: User, wanted: int, top: Path | None = None) -> str:
    """Return why a user may not do this with a file; empty if allowed.  Raises OSError.

    `top` is where the user's path begins: what lies above it need not be passable.
    """
    real = Path(os.path.realpath(path))
    for folder in _between(real, top):
        if not _may(folder, user, PASS):
            return f"{user.name} may not pass {_shown(folder)}"
    if not _may(real, user, wanted):
        return f"{user.name} may not {_WORDS[wanted]} {_shown(real)}"
    return ""


def _between(real: Path, top: Path | None) -> Iterator[Path]:
    above = [*reversed(real.parents)]
    start = Path(os.path.realpath(top)) if top is not None else None
    # What lies above the starting point is not on the user's path.
    yield from above[above.index(start) :] if start in above else above


def _may(path: Path, user: User, wanted: int) -> bool:
    found = path.stat()
    if user.uid == _ROOT:
        return True
    if user.uid == found.st_uid:
        return bool(found.st_mode >> 6 & wanted)
    if found.st_gid in user.groups:
        return bool(found.st_mode >> 3 & wanted)
    return bool(found.st_mode & wanted)


def _shown(path: Path) -> str:
    found = path.stat()
    owner = user_of(found.st_uid).name
    return f"{path} ({stat.filemode(found.st_mode)}, owner {owner}, group {_group(found.st_gid)})"


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
