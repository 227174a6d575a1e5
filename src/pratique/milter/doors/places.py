"""Name places to listen at, as an admin, Postfix and libmilter write them.

IP:PORT         an SMTP listener
inet:IP:PORT    the same as a milter, in Postfix's spelling
unix:PATH       a socket file
"""

import shutil
import socket
from pathlib import Path

from pratique.milter.config_types import split_address

Address = str | tuple[str, int]

# Connections that may wait to be accepted while a door is busy or restarting.
BACKLOG = 512


class DoorError(Exception):
    """The admin's mistake: says in words why the door cannot open."""


def family_and_address(name: str) -> tuple[socket.AddressFamily, Address]:
    """Parse "IP:PORT", "inet:IP:PORT" or "unix:PATH"."""
    if name.startswith("unix:"):
        return socket.AF_UNIX, name.removeprefix("unix:")
    host, port = split_address(name.removeprefix("inet:"))
    return (socket.AF_INET6 if ":" in host else socket.AF_INET), (host, port)


def spelling(name: str) -> str:
    """Return the same place as libmilter spells it."""
    family, address = family_and_address(name)
    if isinstance(address, str):
        return f"unix:{address}"
    host, port = address
    return f"{'inet6' if family == socket.AF_INET6 else 'inet'}:{port}@[{host}]"


def answers(name: str) -> bool:
    """Tell whether anything listens there; asking wakes whatever waits for connections."""
    family, address = family_and_address(name)
    with socket.socket(family) as asking:
        asking.settimeout(1.0)
        try:
            asking.connect(address)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            # A full connection queue, or no permission: something listens there.
            return True
    return True


def give(path: str, mode: int, group: str | None) -> None:
    """Let a group connect to the socket file.  Raises DoorError."""
    try:
        if group is not None:
            shutil.chown(path, group=group)
        Path(path).chmod(mode)
    except LookupError as error:
        raise DoorError(f"socket_group: there is no group {group!r}") from error
    except OSError as error:
        raise DoorError(f"unix:{path}: {error.strerror}") from error


def identity(name: str) -> tuple[int, int] | None:
    """Return what tells this socket file from any other; None if there is no file."""
    _, address = family_and_address(name)
    if not isinstance(address, str):
        return None
    try:
        found = Path(address).lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def remove_if(name: str, known: tuple[int, int] | None) -> None:
    """Remove the socket file, unless it has been replaced by another one."""
    _, address = family_and_address(name)
    if known is not None and identity(name) == known and isinstance(address, str):
        Path(address).unlink(missing_ok=True)
