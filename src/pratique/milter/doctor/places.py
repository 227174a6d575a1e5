"""Tell whether a place that Postfix names is one of ours, as seen from Postfix.

A daemon of Postfix works in the queue folder, and may be chrooted to it: `unix:a/b` is
below that folder, and so is `unix:/a/b` for one that is chrooted.
"""

import ipaddress
import os
from pathlib import Path

from pratique.milter.config_types import split_address

Where = Path | tuple[str, int]


def ours(written: str) -> Where:
    """Parse where we listen, or send: "IP:PORT", "inet:IP:PORT", "unix:PATH"."""
    if written.startswith("unix:"):
        return Path(os.path.realpath(written.removeprefix("unix:")))
    return split_address(written.removeprefix("inet:"))


def theirs(written: str, queue: Path, *, is_chrooted: bool) -> Where | None:
    """Parse a place in Postfix's settings; None if it has no form that is known here."""
    kind, colon, rest = written.partition(":")
    if colon and kind in ("unix", "local"):
        inside = rest.lstrip("/") if is_chrooted else rest
        return Path(os.path.realpath(queue / inside))
    address = rest if colon and kind in ("inet", "inet6") else written
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit():
        return None
    return host.strip("[]"), int(port)


def same(one: Where | None, other: Where | None) -> bool:
    """Whether two places are the same."""
    if isinstance(one, Path) or isinstance(other, Path):
        return one == other
    if one is None or other is None or one[1] != other[1]:
        return False
    hosts = {_host(one[0]), _host(other[0])}
    return len(hosts) == 1 or "everywhere" in hosts


def _host(written: str) -> str:
    """Return one word for all names of one host."""
    if written in ("", "0.0.0.0", "::"):  # noqa: S104 - nothing is bound
        return "everywhere"
    if is_here(written):
        return "here"
    return written.lower()


def is_here(host: str) -> bool:
    """Whether a host is this one, by loopback."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
