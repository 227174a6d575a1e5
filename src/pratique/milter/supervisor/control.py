"""Take orders from the admin's commands, on a socket in the state folder.

One line in, a word (`reload`); one line out, a JSON object: {"done": true or false,
"said": [lines for a person]}.  Only the folder's owner may use the socket.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger("pratique.service")

NAME = "control"

# A word and its line end; no caller needs more.
MAX_LINE = 64

# A caller has its order ready when it connects.
WORD_SECONDS = 10.0

# An answer waits for the tests of a policy (trial.py), for a new nursery, whose rules may take
# a minute to load, and for a door.
ANSWER_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Said:
    """The result of an order."""

    done: bool
    lines: tuple[str, ...] = ()


# Carries out an order.
Obey = Callable[[str], Awaitable[Said]]


@contextlib.contextmanager
def _path(folder: Path) -> Iterator[str]:
    """Yield the socket's path, short: a socket's path has 107 octets at most, a folder's 4,096."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


@contextlib.asynccontextmanager
async def listening(folder: Path, obey: Obey) -> AsyncIterator[None]:
    """Answer until the end.  The caller holds the folder's lock, so an old socket is dead."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError, ValueError):
            async with asyncio.timeout(WORD_SECONDS):
                word = (await reader.readline()).decode("ascii", "replace").strip()
            said = await obey(word)
            writer.write(json.dumps({"done": said.done, "said": said.lines}).encode() + b"\n")
            await writer.drain()

    (folder / NAME).unlink(missing_ok=True)
    with _path(folder) as path:
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        opened.bind(path)
    (folder / NAME).chmod(0o600)
    server = await asyncio.start_unix_server(converse, sock=opened, limit=MAX_LINE)
    try:
        yield
    finally:
        (folder / NAME).unlink(missing_ok=True)
        server.close()


def answers(folder: Path) -> bool:
    """Tell whether a service listens there."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as asking:
        with _path(folder) as path:
            asking.connect(path)
        return True
    return False


def ask(folder: Path, word: str) -> Said:
    """Ask the service of a state folder; OSError if none is there or it does not answer."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(ANSWER_SECONDS)
        with _path(folder) as path:
            asking.connect(path)
        asking.sendall(word.encode() + b"\n")
        answer = b""
        while chunk := asking.recv(65536):
            answer += chunk
    if not answer:
        raise ConnectionResetError("the service ended before it answered")
    said = json.loads(answer)
    return Said(bool(said["done"]), tuple(str(line) for line in said["said"]))
