"""Run one sandbox: feed it, take what it writes as far as there is room, and see it end.

Nothing here waits for the program alone: the stream, the exit and the deadline are awaited
together.  However it ends, even if the message is given up meanwhile, nothing is left: no
process, no zombie, no descriptor; and the folder vanishes with the last process.

The process to kill is the first one *within* the sandbox, which takes all others there with
it; bubblewrap, outside, then reaps it and ends.  If bubblewrap were killed, the other would
die too (--die-with-parent), but be reaped by process 1, and in a container that is us.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from pratique.milter.content import ContentWriter, content_of
from pratique.milter.mail import CHUNK, Content
from pratique.milter.programs.sandbox import USERS, Inherited, Room, command

# Bubblewrap says one line about itself.
_TOLD_OCTETS = 4096


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run wrote, and how it ended.

    `status` is the sandbox's exit status; `words` are bubblewrap's, if it could not begin.
    `late`: the deadline came first.  `cut`: there was no room for the rest.
    """

    content: Content
    status: int
    late: bool = False
    cut: bool = False
    words: str = ""


# Builds the command line that runs under bubblewrap, for these descriptors.
Line = Callable[[Inherited], list[str]]


async def run(bubblewrap: str, arguments: Sequence[str], part: Content, room: Room) -> Ended:
    """Run a program, named by the first argument.  Raises OSError without bubblewrap."""

    def line(inherited: Inherited) -> list[str]:
        return command(bubblewrap, arguments[0], room, inherited)

    words = (word.encode() + b"\0" for word in arguments[1:])
    return await ended(line, words, part, room.seconds, room.octets)


async def ended(
    line: Line, listed: Iterable[bytes], part: Content, seconds: float, most: int
) -> Ended:
    """Run a command line, and take at most `most` octets of what it writes.

    `listed` goes into the file of arguments.  Raises OSError without bubblewrap.
    """
    writer = ContentWriter()
    try:
        late = cut = False
        async with _started(line, listed, part) as sandbox:
            try:
                async with asyncio.timeout(seconds):
                    cut = not await _taken(sandbox.stream, writer, most)
                    if not cut:
                        await sandbox.process.wait()
            except TimeoutError:
                late = True
            words = sandbox.words()
        return Ended(writer.seal(), sandbox.process.returncode or 0, late, cut, words)
    finally:
        writer.discard()


@dataclass(frozen=True, slots=True)
class _Sandbox:
    """A running sandbox: its process, what it writes, what bubblewrap says."""

    process: Process
    stream: asyncio.StreamReader
    said: int

    def words(self) -> str:
        """Return why bubblewrap could not begin, if it could not; the scripts in it say nothing."""
        said = os.pread(self.said, _TOLD_OCTETS, 0)
        return said.decode("utf-8", "replace").strip().removeprefix("bwrap: ")


@contextlib.asynccontextmanager
async def _started(line: Line, listed: Iterable[bytes], part: Content) -> AsyncIterator[_Sandbox]:
    """Start a sandbox; when the block ends it is ended and waited for."""
    async with contextlib.AsyncExitStack() as kept:
        arguments = content_of(listed)
        kept.callback(arguments.close)
        users = content_of([USERS])
        kept.callback(users.close)
        said = kept.enter_context(os.fdopen(os.memfd_create("said", os.MFD_CLOEXEC), "wb"))
        hear, tell = _pipe(kept)
        stream, write = await _stream(kept)
        given = (part.descriptor, arguments.descriptor, users.descriptor)
        for descriptor in given:
            os.lseek(descriptor, 0, os.SEEK_SET)
        inherited = Inherited(*given, tell.fileno())
        process = await asyncio.create_subprocess_exec(
            *line(inherited),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=write.fileno(),
            stderr=said,
            pass_fds=(*given, tell.fileno()),
            start_new_session=True,
            env={},
        )
        # From here on only the sandbox holds these, so the stream ends when its processes do.
        write.close()
        tell.close()
        try:
            yield _Sandbox(process, stream, said.fileno())
        finally:
            if process.returncode is None:
                _kill(process, hear.fileno())
                await process.wait()


def _pipe(kept: contextlib.AsyncExitStack) -> tuple[FileIO, FileIO]:
    """Make a pipe, closed at the latest with the stack; closing an end earlier does no harm."""
    reading, writing = os.pipe()
    return kept.enter_context(FileIO(reading)), kept.enter_context(FileIO(writing, "w"))


async def _stream(
    kept: contextlib.AsyncExitStack,
) -> tuple[asyncio.StreamReader, socket.socket]:
    """Return what reads the sandbox's output, and the socket that it writes to.

    A pair of sockets: uvloop closes a pipe that it reads twice, and the second time the number may
    belong to another file.
    """
    take, write = (kept.enter_context(each) for each in socket.socketpair())
    take.shutdown(socket.SHUT_WR)
    stream, writer = await asyncio.open_unix_connection(sock=take, limit=CHUNK)
    kept.callback(writer.close)
    return stream, write


async def _taken(stream: asyncio.StreamReader, writer: ContentWriter, octets: int) -> bool:
    """Take what the sandbox writes; return whether that was all."""
    while chunk := await stream.read(CHUNK):
        room = octets - writer.size
        writer.write(chunk[:room])
        if len(chunk) > room:
            return False
    return True


def _kill(process: Process, hear: int) -> None:
    """End the sandbox by its first process, or bubblewrap itself if there is none yet."""
    os.set_blocking(hear, False)
    try:
        first = int(json.loads(os.read(hear, _TOLD_OCTETS))["child-pid"])
        descriptor = os.pidfd_open(first)
    except (OSError, ValueError, KeyError):
        process.kill()
        return
    try:
        # The number may be another process's by now; then bubblewrap is about to end.
        if _parent(first) == process.pid:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        else:
            process.kill()
    except OSError:
        # Gone, or hidden from us (ProtectProc=).
        process.kill()
    finally:
        os.close(descriptor)


def _parent(pid: int) -> int:
    # proc(5), /proc/pid/stat: after the name, which is in brackets, come state and parent.
    return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
