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

# Connections that wait to be accepted while a door is busy, or is started again.
BACKLOG = 512


class DoorError(Exception):
    """The admin's fault: why the door cannot open, in words."""


def family_and_address(name: str) -> tuple[socket.AddressFamily, Address]:
    """Where "IP:PORT", "inet:IP:PORT" or "unix:PATH" is."""
    if name.startswith("unix:"):
        return socket.AF_UNIX, name.removeprefix("unix:")
    host, port = split_address(name.removeprefix("inet:"))
    return (socket.AF_INET6 if ":" in host else socket.AF_INET), (host, port)


def spelling(name: str) -> str:
    """The same place as libmilter writes it."""
    family, address = family_and_address(name)
    if isinstance(address, str):
        return f"unix:{address}"
    host, port = address
    return f"{'inet6' if family == socket.AF_INET6 else 'inet'}:{port}@[{host}]"


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
