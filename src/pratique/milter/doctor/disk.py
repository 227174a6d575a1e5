"""Check the folders of the state: whose they are, who may read them, and how much room is left.

Held mail is other people's, and what is accepted as held must be on the disk before 250 is
sent: without room each such message is answered 4yz.
"""

import contextlib
import itertools
import os
import re
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from pratique.milter.doctor import access
from pratique.milter.doctor.access import WRITE
from pratique.milter.doctor.line import Case, Line, ok, unseen, warning, wrong

# With room for fewer of the largest messages than this, a busy hour fills the disk.
FEW, TOO_FEW = 20, 2
# A held message takes three files and a folder; an index and a journal take a few more.
FEW_FILES, TOO_FEW_FILES = 10_000, 500
# `quarantine expire` runs once a day.
EXPIRE_DAYS = 2
# How many files are visited; a quarantine may hold hundreds of thousands.
MOST = 20_000
# quarantine/folders.py: the folder's name says when the message was held.
_HELD = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{8}")
_IN_MEMORY = {"tmpfs", "ramfs"}


def disk(case: Case) -> Iterator[Line]:
    """Check the state folder, and what is in it."""
    state = case.settings.state
    try:
        found = state.stat()
    except FileNotFoundError:
        yield from _not_there(state, case)
        return
    except OSError as error:
        yield unseen(f"the state folder {state}", str(error.strerror))
        return
    if not stat.S_ISDIR(found.st_mode):
        yield wrong(f"{state} is no folder", "`state` in the configuration is a folder's path")
        return
    if found.st_mode & 0o077:
        yield wrong(
            f"others than {case.user.name} may look into {state}, where other people's mail lies",
            f"chmod 700 {state}",
        )
    else:
        yield ok(f"{state} is {case.user.name}'s alone")
    yield from _room(state, case)
    yield from _file_system(state)
    if not (case.user.is_me or os.geteuid() == 0):
        yield unseen(f"what is in {state}", f"only {case.user.name} and root may look")
        return
    yield from _inside(state, case)


def _not_there(state: Path, case: Case) -> Iterator[Line]:
    above = next(one for one in state.absolute().parents if one.exists())
    if why := access.hindrance(above, case.user, WRITE):
        yield wrong(
            f"the state folder {state} is not there, and cannot be made: {why}",
            f"install -d -o pratique -m 700 {state}",
        )
    else:
        yield warning(f"the state folder {state} is not there yet", "the service makes it")


def _room(state: Path, case: Case) -> Iterator[Line]:
    found = os.statvfs(state)
    if found.f_flag & os.ST_RDONLY:
        yield wrong(f"{state} cannot be written to: read-only", "mount it with rw")
    # A file system that creates inodes on demand reports none.
    files = found.f_favail if found.f_files else FEW_FILES
    yield of_room(found.f_bavail * found.f_frsize, files, case.largest)


def of_room(free: int, files: int, largest: int) -> Line:
    """Judge how many octets and files can still be written."""
    what = f"{free / 1024**2:,.0f} MB and {files:,} files are free for the state folder"
    do = "`pratique quarantine list` and `expire`; a smaller keep_days; a larger disk"
    if free < TOO_FEW * largest or files < TOO_FEW_FILES:
        return wrong(f"{what}: what must be held is 4yz, now or soon", do)
    if free < FEW * largest or files < FEW_FILES:
        return warning(f"{what}, for {free // largest} messages of max_size", do)
    return ok(what)


def _file_system(state: Path) -> Iterator[Line]:
    kind = kind_of(state, Path("/proc/self/mounts").read_text("utf-8", "replace"))
    if kind in _IN_MEMORY:
        yield warning(
            f"{state} lies in memory ({kind}): what is held is gone after a restart of the host",
            "a folder on a disk for `state`",
        )
    elif kind.startswith(("nfs", "cifs", "smb")):
        yield warning(
            f"{state} lies on another host ({kind}), where locks and fsync may not hold",
            "a disk of this host for `state`",
        )


def kind_of(path: Path, mounts: str) -> str:
    """Return the type of file system that a path is on, by the kernel's table (proc(5))."""
    best, kind = "", ""
    for line in mounts.splitlines():
        _, where, its_kind, *_ = line.split(" ")
        top = where.replace("\\040", " ")
        if Path(os.path.realpath(path)).is_relative_to(top) and len(top) >= len(best):
            best, kind = top, its_kind
    return kind


def _inside(state: Path, case: Case) -> Iterator[Line]:
    foreign, apart = [], []
    for path, found, is_apart in itertools.islice(_files(state), MOST):
        if found.st_uid != case.user.uid:
            foreign.append(path)
        # A store as a whole may be mounted.
        if is_apart and path.parent != state:
            apart.append(path)
    if foreign:
        yield wrong(
            f"{len(foreign)} of the files below {state} are not {case.user.name}'s: {foreign[0]}",
            f"chown -R {case.user.name} {state}; run commands as {case.user.name}, not as root",
        )
    for path in apart:
        yield wrong(
            f"{path} is another file system: nothing can be moved into place there in one step",
            f"mount {path.parent} as a whole",
        )
    yield from _expired(state / "quarantine/held", case)


def _files(state: Path) -> Iterator[tuple[Path, os.stat_result, bool]]:
    """The files of the first three levels, and whether each is another file system's folder.

    Those of each held message lie deeper.  A service at work removes some meanwhile.
    """
    above = [state]
    for _ in range(3):
        below: list[Path] = []
        for folder in above:
            for path, found, is_apart in _files_in(folder):
                yield path, found, is_apart
                if stat.S_ISDIR(found.st_mode):
                    below.append(path)
        above = below


def _files_in(folder: Path) -> Iterator[tuple[Path, os.stat_result, bool]]:
    try:
        device, paths = folder.stat().st_dev, list(folder.iterdir())
    except FileNotFoundError:
        return
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            found = path.lstat()
            yield path, found, stat.S_ISDIR(found.st_mode) and found.st_dev != device


def _expired(held: Path, case: Case) -> Iterator[Line]:
    if not held.is_dir():
        return
    names = sorted(one.name for one in held.iterdir() if _HELD.fullmatch(one.name))
    days = case.settings.quarantine.keep_days
    last = case.now() - timedelta(days=days + EXPIRE_DAYS)
    # Compared as text: a folder may be called by a date that does not exist.
    old = [one for one in names if one < f"{last:%Y%m%dT%H%M%S}"]
    if old:
        yield warning(
            f"{len(old)} of {len(names)} held messages are older than quarantine.keep_days, {days}",
            "`pratique quarantine expire` once a day, from cron or a timer",
        )
    else:
        yield ok(f"{len(names)} messages are held, none longer than {days} days")
