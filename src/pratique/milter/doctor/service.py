"""Check whether the service runs, and whether each place that it listens at is its own.

Checking only connects and sends nothing: to a listener it looks like a client that changed its
mind.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Literal

from pratique.milter.config_types import split_address
from pratique.milter.doctor import access
from pratique.milter.doctor.access import PASS, WRITE, User
from pratique.milter.doctor.line import Case, Line, ok, unseen, warning, wrong
from pratique.milter.doctor.postfix_conf import NoPostfix, read
from pratique.milter.doors import places
from pratique.milter.supervisor import control
from pratique.milter.supervisor.names import places_of
from pratique.milter.supervisor.sockets import Place

# What listens here answers at once, unless its queue is full.
SECONDS = 5.0
# Counters with all their labels are some hundred lines.
MOST = 1024 * 1024
_UNPRIVILEGED = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")

Running = Literal["yes", "no", "unknown"]


def running(state: Path) -> Running:
    """Whether a service answers in the state folder, as far as the current user may know."""
    if control.answers(state):
        return "yes"
    try:
        found = (state / control.NAME).stat()
    except PermissionError:
        return "unknown"
    except OSError:
        return "no"
    # The socket is its owner's alone; other users cannot learn whether anything answers.
    return "no" if os.geteuid() in (0, found.st_uid) else "unknown"


async def service(case: Case) -> AsyncIterator[Line]:
    """Check whether it runs, and serves."""
    state, address = case.settings.state, case.settings.health.address
    found = await asyncio.to_thread(running, state)
    if found == "unknown":
        yield unseen("whether the service runs", f"only {case.user.name} or root may ask it")
    elif found == "no":
        yield warning(
            f"no service runs with the state folder {state}",
            "start it: systemctl start pratique, or pratique serve",
        )
    else:
        yield ok(f"the service runs as {case.user.name}, with the state folder {state}")
        if address is not None:
            yield await _ready(address)


async def _ready(address: str) -> Line:
    try:
        head, body = await got(address, "/ready")
    except (OSError, TimeoutError) as error:
        why = str(error) or "no answer"
        return wrong(f"/ready does not answer at {address}: {why}", "see the service's log")
    if head.split(b" ")[1:2] == [str(int(HTTPStatus.OK)).encode()]:
        return ok("each door serves (/ready)")
    said = "; ".join(body.decode("utf-8", "replace").split("\n"))
    return wrong(f"not ready: {said.strip('; ')}", "the service's log says why")


async def got(address: str, target: str) -> tuple[bytes, bytes]:
    """Return head and body of the service's answer.  Raises OSError or TimeoutError."""
    host, port = split_address(address)
    said = bytearray()
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection(host, port)
        with contextlib.closing(writer):
            writer.write(f"GET {target} HTTP/1.1\r\n\r\n".encode("ascii"))
            while len(said) < MOST and (piece := await reader.read(MOST)):
                said += piece
    head, _, body = bytes(said).partition(b"\r\n\r\n")
    return head, body


def listening(case: Case) -> Iterator[Line]:
    """Check each place: it must be the service's own, or free for it."""
    found = running(case.settings.state)
    for place in places_of(case.settings):
        answered = places.answers(place.name)
        if found == "yes" and answered:
            yield ok(f"the service listens on {place.name}")
        elif found == "yes":
            yield wrong(
                f"the service runs, and nobody listens on {place.name}",
                "pratique reload, if the configuration has changed; its log says what else it is",
            )
        elif found == "unknown":
            yield unseen(
                f"who listens on {place.name}", "it is not known here whether the service runs"
            )
        elif why := _not_here(place):
            yield wrong(
                f"nobody can listen on {place.name}: {why}",
                "an address of this host (ip addr says which there are), or 0.0.0.0",
            )
        elif answered:
            yield wrong(
                f"another program listens on {place.name}",
                "stop it (ss -lptn, ss -lpx say which it is), or take another address",
            )
        else:
            yield from _free(place, case.user)


def _not_here(place: Place) -> str:
    """Return why it is not an address of this host; empty if it is."""
    family, address = places.family_and_address(place.name)
    if isinstance(address, str):
        return ""
    try:
        # This takes up no TCP port.
        with socket.socket(family, socket.SOCK_DGRAM) as tried:
            tried.bind((address[0], 0))
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _free(place: Place, user: User) -> Iterator[Line]:
    _, address = places.family_and_address(place.name)
    if isinstance(address, str):
        return
    port = address[1]
    if user.uid and 0 < port < int(_UNPRIVILEGED.read_text("ascii")):
        yield warning(
            f"{user.name} may listen on port {port} only with a right of its own",
            "CAP_NET_BIND_SERVICE: docs/deployment.md, 'What the unit takes away'",
        )
    else:
        yield ok(f"{place.name} is free")


async def owners(case: Case) -> AsyncIterator[Line]:
    """Check, per socket file, that the service may make it and that Postfix may connect to it."""
    files = [place for place in places_of(case.settings) if place.name.startswith("unix:")]
    if not files:
        return
    try:
        postfix = await read(case.postfix)
        them = access.user_called(postfix.main["mail_owner"])
    except (NoPostfix, KeyError) as why:
        yield unseen("whether Postfix may connect to our sockets", str(why))
        postfix, them = None, None
    for place in files:
        for line in _file(place, case.user):
            yield line
        if them is not None and postfix is not None:
            for line in _connects(place, them, postfix.queue):
                yield line


def _file(place: Place, user: User) -> Iterator[Line]:
    path = Path(place.name.removeprefix("unix:"))
    if not path.parent.is_dir():
        yield wrong(
            f"the folder {path.parent} is not there, and the service cannot listen in it",
            f"install -d -o {user.name} -g postfix -m 2750 {path.parent}",
        )
    elif why := access.hindrance(path.parent, user, WRITE):
        yield wrong(
            f"the service cannot make {path}: {why}",
            f"install -d -o {user.name} -g postfix -m 2750 {path.parent}",
        )
    elif path.exists() and not path.is_socket():
        yield wrong(f"{path} is a file, and no socket", "move it away")
    elif path.parent.stat().st_mode & 0o002:
        yield wrong(
            f"anybody on this host may put a socket of his own into {path.parent}",
            f"chmod o-w {path.parent}",
        )


def _connects(place: Place, them: User, queue: Path) -> Iterator[Line]:
    path = Path(place.name.removeprefix("unix:"))
    if not path.parent.is_dir():
        return
    # Its daemons work in the queue folder: they need not pass what is above it.
    top = queue if path.is_relative_to(queue) else None
    made = path.is_socket()
    wanted, at = (WRITE, path) if made else (PASS, path.parent)
    if why := access.hindrance(at, them, wanted, top):
        yield wrong(
            f"Postfix cannot connect to {path}: {why}",
            f"chgrp {them.name} {path.parent}; chmod 2750 {path.parent}; or socket_group = "
            f"'{them.name}'",
        )
    elif made and path.stat().st_mode & 0o002:
        yield warning(
            f"anybody on this host who reaches {path} may speak as Postfix does",
            "socket_mode = '0660'",
        )
    else:
        yield ok(f"Postfix ({them.name}) may connect to {path}")
