"""Keep compiled rules from start to start, and trust none that somebody else could have written.

To compile 5,000 rules takes seconds, to load them compiled a twentieth of one.  A compiled
file holds code for YARA's machine, which believes it: whoever may write one owns the nursery.  So
it is read only where it, and the folder that it lies in, belong to this very user and nobody
else may write there; what it is about was hashed into its name, and its octets into itself.
Anything else is as if it were not there: the rules are compiled.

    prqyara1, SHA-256 of what it is made of, SHA-256 of what follows, what YARA saved

Nothing depends on it: where it cannot be written, on a full disk, the next start compiles.
"""

import contextlib
import hashlib
import json
import os
import platform
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yara

_MAGIC = b"prqyara1"
_DIGEST = hashlib.sha256().digest_size
_HEAD = len(_MAGIC) + 2 * _DIGEST
_SUFFIX = ".compiled"
# Three sets of rules, of now, of before, and of a trial with another configuration.
MOST = 9
# 5,000 rules take 15 MB.
OCTETS = 1024 * 1024 * 1024


def key_of(sources: Mapping[str, str]) -> bytes:
    """What compiled rules are made of: their sources, YARA, this machine, this format."""
    made_by = [yara.YARA_VERSION, yara.__version__, sorted(yara.modules), platform.machine()]
    told = json.dumps([made_by, sys.byteorder, sorted(sources.items())])
    return hashlib.sha256(_MAGIC + told.encode()).digest()


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder of compiled rules; the empty path is none."""

    folder: Path | None

    @classmethod
    def at(cls, folder: str) -> "Kept":
        """The folder, made where it is missing, if it may be believed."""
        if not folder:
            return cls(None)
        path = Path(folder)
        try:
            if path.parent.stat().st_uid == os.geteuid():
                # It belongs to the state, which is made by the user that owns it.
                path.mkdir(mode=0o700, exist_ok=True)
            found = path.lstat()
        except OSError:
            return cls(None)
        if not stat.S_ISDIR(found.st_mode) or not _is_ours(found):
            _tell(f"{path} is not believed: it must belong to this user, and nobody else write")
            return cls(None)
        return cls(path)

    def get(self, key: bytes) -> bytes | None:
        """Compiled rules; None: there are none that may be believed."""
        if self.folder is None:
            return None
        try:
            octets = _read(self._file(key))
        except OSError:
            return None
        saved = memoryview(octets)[_HEAD:]
        head = _MAGIC + key + hashlib.sha256(saved).digest()
        return bytes(saved) if octets[:_HEAD] == head else None

    def put(self, key: bytes, saved: bytes) -> None:
        """Keep them, in one step; what cannot be kept is told, and nothing else happens."""
        if self.folder is None:
            return
        file = self._file(key)
        fresh = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            fresh.unlink(missing_ok=True)
            _write(fresh, [_MAGIC + key + hashlib.sha256(saved).digest(), saved])
            fresh.rename(file)
            self._tidy()
        except OSError as error:
            _tell(f"{file} is not kept: {error.strerror}")
            with contextlib.suppress(OSError):
                fresh.unlink()

    def _file(self, key: bytes) -> Path:
        assert self.folder is not None
        return self.folder / f"{key.hex()}{_SUFFIX}"

    def _tidy(self) -> None:
        """Remove the oldest of too many, and what processes left that died while writing."""
        assert self.folder is not None
        files = [file for file in self.folder.iterdir() if _SUFFIX in file.name]
        files.sort(key=lambda file: file.lstat().st_mtime_ns, reverse=True)
        whole = [file for file in files if file.suffix == _SUFFIX]
        for old in {*files[2 * MOST :], *whole[MOST:]}:
            old.unlink(missing_ok=True)


def _read(file: Path) -> bytes:
    """The octets of a file of ours.  Raises OSError."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or not _is_ours(found) or found.st_size > OCTETS:
            raise PermissionError("it is not ours alone")
        # What was used last is removed last.
        with contextlib.suppress(OSError):  # on a disk that is only read it counts nothing
            os.utime(descriptor)
        return opened.read()


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _write(file: Path, pieces: list[bytes]) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(file, flags, 0o600), "wb") as opened:
        for piece in pieces:
            opened.write(piece)
        opened.flush()
        os.fsync(opened.fileno())


def _tell(words: str) -> None:
    print(f"compiled rules: {words}", file=sys.stderr, flush=True)
