"""Say what a peer of the comparison is: a filter, how it is set up, and where it listens."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """What one peer is given: a folder of its own, a port of its own, and its neighbours."""

    folder: Path  # open to all users: several peers drop their rights
    port: int
    sink: int
    clamd: Path  # the socket of clamd
    nameserver: int  # answers NXDOMAIN to all, so that nobody asks the world

    @property
    def socket(self) -> Path:
        """Where a milter listens that can listen on a unix socket."""
        return self.folder / "milter.sock"

    def own(self, name: str, user: str = "") -> Path:
        """A folder in the peer's own, given to the user that it will run as."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        if user:
            shutil.chown(folder, user)
        return folder


@dataclass(frozen=True, slots=True)
class Peer:
    """A filter.  `prepare` writes its configuration and answers what to run."""

    name: str
    prepare: Callable[[Place], tuple[Command, ...]]
    missing: Callable[[], str]  # why it cannot be run here, or nothing
    entry: str = "unix"  # `unix`, `inet`: a milter; `smtp`: it relays by itself; `none`

    def milter(self, place: Place) -> str:
        """Where Postfix finds it, as smtpd_milters says it."""
        unix = f"unix:{place.socket}"
        return {"unix": unix, "inet": f"inet:127.0.0.1:{place.port}"}.get(self.entry, "")


def installed(*programs: str) -> Callable[[], str]:
    """A probe: whether these programs are there."""

    def missing() -> str:
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        away = [each for each in programs if not shutil.which(each, path=path)]
        return f"not installed: {', '.join(away)}" if away else ""

    return missing
