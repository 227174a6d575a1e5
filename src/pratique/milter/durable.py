"""Write files so that they survive a power cut, and publish them in one step.

This is the one place of ours that does so.  `close` and `rename` promise nothing by
themselves: what was written lies in the page cache, and a name lies in a folder that
is itself a file not yet written.  Hence, always in this order and always before we
say 250: fsync of each file, fsync of the new folder, rename, fsync of the folder
that took the name (fsync(2), rename(2)).

Errors are plain OSErrors (ENOSPC, EDQUOT, EIO ...).  After one, nothing half written
stands where somebody would take it for whole.  After a failed fsync what was written
is given up and never synced again: Linux reports a lost page once and forgets it.
"""

import asyncio
import errno
import logging
import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from pratique.milter.mail import Outgoing
from pratique.milter.next_hop import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

Result = TypeVar("Result")

log = logging.getLogger(__name__)

# Mail is private: nobody but our own user reads it.
_FILE_MODE = 0o600
_FOLDER_MODE = 0o700


class System(Protocol):
    """The three calls that decide what survives.  The module `os` plays this role."""

    def write(self, descriptor: int, octets: bytes | memoryview, /) -> int:
        """Write octets and say how many were taken, as write does."""

    def fsync(self, descriptor: int, /) -> None:
        """Wait until the disk has a file or a folder, as fsync does."""

    def rename(self, source: Path, target: Path, /) -> None:
        """Give a file or a folder another name, as rename does."""


@dataclass(frozen=True, slots=True)
class Disk:
    """Files and folders that survive."""

    system: System = os

    def write_file(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write a new file and fsync it; the caller syncs or publishes its folder."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(path, flags, _FILE_MODE)
        with _withdrawn_on_error(path):
            try:
                for chunk in chunks:
                    self._write(descriptor, chunk)
                self.system.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _write(self, descriptor: int, octets: bytes) -> None:
        left = memoryview(octets)
        while left:
            left = left[self.system.write(descriptor, left) :]

    def replace_file(self, path: Path, octets: bytes) -> None:
        """Give the file new content: after a crash it holds the old or the new, whole.

        One writer at a time: the caller holds a lock.
        """
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        self.write_file(fresh, (octets,))
        with _withdrawn_on_error(fresh):
            self.system.rename(fresh, path)
        self.sync_folder(path.parent)

    def publish_file(self, source: Path, target: Path) -> None:
        """Move a file that is fsynced to the place where others look."""
        with _withdrawn_on_error(source):
            self.system.rename(source, target)
        # A name that may be gone after a power cut must not be seen before it either:
        # the sender will be told to come again, and would make a second copy.
        with _withdrawn_on_error(target):
            self.sync_folder(target.parent)
            if source.parent != target.parent:
                self.sync_folder(source.parent)

    def publish_folder(self, source: Path, target: Path) -> None:
        """Move a folder, whose files are fsynced, to the place where others look."""
        with _withdrawn_on_error(source):
            self.sync_folder(source)
        self.publish_file(source, target)

    def remove_folder(self, folder: Path, grave: Path) -> None:
        """Remove a folder in one step for those who look, by way of `grave`."""
        self.system.rename(folder, grave)
        self.sync_folder(folder.parent)
        withdraw(grave)

    def remove_file(self, path: Path) -> None:
        """Remove a file so that it does not come back."""
        path.unlink()
        self.sync_folder(path.parent)

    def make_folder(self, path: Path) -> None:
        """Make the folder and those above it, as far as they are missing.

        The name of one that stands already is synced too: whoever made it may have been
        killed before that.
        """
        if not path.parent.is_dir():
            self.make_folder(path.parent)
        path.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        self.sync_folder(path.parent)

    def sync_folder(self, path: Path) -> None:
        """Fsync a folder: the names in it survive."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.system.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _withdrawn_on_error(path: Path) -> "Iterator[None]":
    try:
        yield
    except BaseException:
        withdraw(path)
        raise


def withdraw(path: Path) -> None:
    """Remove a file or a folder, as far as that goes; what stays is logged.

    Called where an error is already on its way, which must not be hidden by a second.
    """
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("could not remove %s: %s", path, error)


def is_full(error: OSError) -> bool:
    """True where there is no room left, on the disk or in the quota."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def reply_to(error: OSError) -> Reply:
    """What a stranger hears of a disk that failed: no path, no cause (RFC 3463 3.4)."""
    if is_full(error):
        return Reply(452, ("4.3.1 Insufficient system storage",))
    return Reply(451, ("4.3.0 Local error, try again later",))


async def apart(
    executor: Executor, outgoing: Outgoing, work: Callable[[Outgoing], Result]
) -> Result:
    """Run `work` in a thread, on a descriptor of its own for the content.

    A door that is cancelled closes its content while the thread still reads, and the
    number of a closed descriptor is soon that of another message.
    """
    own = replace(outgoing, content=outgoing.content.again())
    if outgoing.rewritten is not None:
        became = replace(outgoing.rewritten, content=outgoing.rewritten.content.again())
        own = replace(own, rewritten=became)
    future = executor.submit(work, own)
    future.add_done_callback(lambda _: _close(own))
    return await asyncio.wrap_future(future)


def _close(own: Outgoing) -> None:
    own.content.close()
    if own.rewritten is not None:
        own.rewritten.content.close()
