"""Read the settings of Postfix, as postconf(1) reports them: main.cf, master.cf, and defaults.

postconf knows the defaults of its own version, and what a service of master.cf overrides
(`-o`).  Postfix's files themselves are not read here.
"""

import asyncio
import ipaddress
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# postconf reads two files.
SECONDS = 5.0
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
# name type private unprivileged chroot wakeup maxproc command (master(5)).
_COLUMNS = 8

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NoPostfix(Exception):
    """Postfix cannot be asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Service:
    """A line of master.cf."""

    name: str
    kind: str
    is_chrooted: bool
    # Processes at one time; 0 means no limit.
    most: int
    program: str
    own: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def address(self) -> tuple[str, int] | None:
        """Where an `inet` service listens; without a host, on all interfaces of Postfix."""
        if self.kind != "inet":
            return None
        host, _, port = self.name.rpartition(":")
        if port.isdigit():
            return host.strip("[]"), int(port)
        try:
            return host.strip("[]"), socket.getservbyname(port, "tcp")
        except OSError:
            return None


@dataclass(frozen=True, slots=True)
class Postfix:
    """All settings of a Postfix that matter here."""

    main: Mapping[str, str]
    services: tuple[Service, ...]

    def of(self, service: Service | None, name: str) -> str:
        """Return a setting as it applies to a service."""
        own = service.own if service is not None else {}
        return own.get(name, self.main.get(name, ""))

    def running(self, program: str) -> Iterator[Service]:
        """Return the services that run a program."""
        return (one for one in self.services if one.program == program)

    def service(self, name: str) -> Service | None:
        """Return the service of a transport, or one of Postfix's own."""
        return next((one for one in self.services if one.name == name and one.kind == "unix"), None)

    @property
    def queue(self) -> Path:
        """Where its daemons work, and what they are chrooted to."""
        return Path(self.main["queue_directory"])


async def read(folder: Path | None) -> Postfix:
    """Ask postconf.  Raises NoPostfix."""
    program = shutil.which("postconf") or shutil.which("/usr/sbin/postconf")
    if program is None:
        raise NoPostfix("no Postfix is installed on this host (no postconf)")
    where = ["-c", str(folder)] if folder is not None else []
    command = [program, *where]
    main, services, own = await asyncio.to_thread(
        lambda: [_said([*command, *asked]) for asked in (["-x"], ["-M"], ["-P", "-x"])]
    )
    settings = dict(_pairs(main))
    return Postfix(settings, tuple(_services(services, own, settings)))


def _said(command: list[str]) -> str:
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise NoPostfix(f"postconf did not answer within {SECONDS:g} s") from None
    if done.returncode:
        raise NoPostfix(done.stderr.decode("utf-8", "replace").strip())
    return done.stdout.decode("utf-8", "replace")


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.partition(" =")
        if equals:
            yield name, value.strip()


def _services(text: str, own: str, main: Mapping[str, str]) -> Iterator[Service]:
    theirs: dict[str, dict[str, str]] = {}
    for name, value in _pairs(own):
        service, _, parameter = name.rpartition("/")
        theirs.setdefault(service, {})[parameter] = value
    for line in text.splitlines():
        words = line.split(None, _COLUMNS - 1)
        if len(words) < _COLUMNS:
            continue
        name, kind, _, _, chroot, _, most, command = words
        yield Service(
            name,
            kind,
            # master(5): the default changed with compatibility level 1.
            chroot == "y" or (chroot == "-" and main.get("compatibility_level", "0") == "0"),
            int(most) if most.isdigit() else int(main.get("default_process_limit", "100")),
            Path(command.split()[0]).name,
            theirs.get(f"{name}/{kind}", {}),
        )


def words_of(value: str) -> list[str]:
    """Return the members of a list; what stands in braces is one member."""
    return re.findall(r"\{[^}]*\}|[^\s,]+", value)


def seconds_of(value: str) -> float:
    """Return a duration as postconf(5) writes it, in seconds.  Raises ValueError."""
    unit = value[-1:]
    return float(value[:-1]) * _UNITS[unit] if unit in _UNITS else float(value)


def covers(value: str, address: str) -> bool:
    """Whether a list of networks has an address; assumed true if the list has tables."""
    asked = ipaddress.ip_address(address)
    for word in words_of(value):
        try:
            network: Network = ipaddress.ip_network(word.replace("[", "").replace("]", ""), False)
        except ValueError:
            return True
        if asked in network:
            return True
    return False
