"""Find out whether a milter may listen where its admin says, before libmilter tries.

libmilter opens its socket itself and says no more than "cannot".  So the place is tried
first, and what is wrong is told in words.  A socket file that nobody answers at is what
a killed process left behind, and is removed; one that somebody answers at, or a file of
another kind, is not ours to remove.
"""

import shutil
import socket
import stat
from pathlib import Path

from pratique.milter.config_types import split_address

Address = str | tuple[str, int]


class DoorError(Exception):
    """The admin's fault: why the door cannot open, in words."""


def family_and_address(name: str) -> tuple[socket.AddressFamily, Address]:
    """Where "unix:PATH" or "inet:IP:PORT" is."""
    kind, _, where = name.partition(":")
    if kind == "unix":
        return socket.AF_UNIX, where
    host, port = split_address(where)
    return (socket.AF_INET6 if ":" in host else socket.AF_INET), (host, port)


def spelling(name: str) -> str:
    """The same place as libmilter writes it."""
    family, address = family_and_address(name)
    if isinstance(address, str):
        return f"unix:{address}"
    host, port = address
    return f"{'inet6' if family == socket.AF_INET6 else 'inet'}:{port}@[{host}]"


def clear(name: str) -> None:
    """See to it that this place can be listened on; raises DoorError."""
    family, address = family_and_address(name)
    if isinstance(address, str):
        _remove_dead(Path(address))
    with socket.socket(family) as tried:
        if family != socket.AF_UNIX:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(address)
            tried.listen(1)
        except OSError as error:
            raise DoorError(f"cannot listen on {name}: {error.strerror}") from error
    if isinstance(address, str):
        Path(address).unlink()


def _remove_dead(path: Path) -> None:
    if not path.parent.is_dir():
        raise DoorError(f"cannot listen on unix:{path}: the folder {path.parent} is not there")
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise DoorError(f"cannot listen on unix:{path}: a file is there that is no socket")
    if answers(f"unix:{path}"):
        raise DoorError(
            f"cannot listen on unix:{path}: another program listens there; "
            "is Pratique running already?"
        )
    path.unlink()


def answers(name: str) -> bool:
    """Tell whether somebody listens there; asking wakes who waits for connections."""
    family, address = family_and_address(name)
    with socket.socket(family) as asking:
        asking.settimeout(1.0)
        try:
            asking.connect(address)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            # A full queue of connections, or no permission: somebody is there.
            return True
    return True


def give(path: str, mode: int, group: str | None) -> None:
    """Let a group connect; raises DoorError."""
    try:
        if group is not None:
            shutil.chown(path, group=group)
        Path(path).chmod(mode)
    except LookupError as error:
        raise DoorError(f"socket_group: there is no group {group!r}") from error
    except OSError as error:
        raise DoorError(f"unix:{path}: {error.strerror}") from error


def identity(name: str) -> tuple[int, int] | None:
    """What tells the socket file at this place from any other; None: there is none."""
    _, address = family_and_address(name)
    if not isinstance(address, str):
        return None
    try:
        found = Path(address).lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def remove_if(name: str, known: tuple[int, int] | None) -> None:
    """Remove the socket file, unless it is another one by now."""
    _, address = family_and_address(name)
    if known is not None and identity(name) == known and isinstance(address, str):
        Path(address).unlink(missing_ok=True)
