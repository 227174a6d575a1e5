"""Make of a feed the file that workers search, and put it where the nursery looks for it.

A feed comes from elsewhere, and what comes may be cut short, a page that says "come again
later", or nothing.  So what is much smaller than before, or has many lines that cannot be read,
is refused, and the old file stays; unless an admin says that it is meant.

The new file takes the old one's place in one step.  A nursery that runs has the old one mapped
until it is loaded anew (`pratique reload`).  Nothing may ever write into a file that is mapped:
what a worker reads would change under it.
"""

import contextlib
import fcntl
import mmap
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pratique.milter.durable import Disk, withdraw
from pratique.milter.lists.feed import LINE, Entry, Feed, LeftOut, WrongLine, of_misp
from pratique.milter.sections.lists import HashListSection
from pratique.scanners.hash_list import MOST, HashList, Head, Record, WrongList, packed
from pratique.scanners.near.digest import WIDTH, laid_out
from pratique.scanners.near.library import problem
from pratique.scanners.near.search import MOST_NEAR

_DAY = 86_400
# What a fact may be of, in seconds since 1970: up to the year 9999.  A file may be of any time.
DATES = range(1, 253_402_300_800)
# So many lines that cannot be read are told one by one.
TOLD = 20
# One line in a hundred that cannot be read is a mistake; more of them are another file.
_BROKEN = 100
# An event of MISP's has thousands of attributes, of 500 octets each.
JSON_OCTETS = 64 * 1024 * 1024


class Refused(Exception):
    """A feed that is not made a list, in words; `--force` makes it one all the same."""


@dataclass(slots=True)
class Gathered:
    """What a feed lists."""

    hashes: dict[bytes, int] = field(default_factory=dict)
    records: dict[Record, int] = field(default_factory=dict)
    # Lines that cannot be read: the first of them, by number, and how many.
    broken: list[tuple[int, str]] = field(default_factory=list)
    broken_count: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    # When the feed was written.
    date: int = 0
    most: int = MOST
    # TLSH digests among the hashes.
    near: int = 0
    most_near: int = MOST_NEAR

    def add(self, entry: Entry, section: HashListSection) -> None:
        """Take an entry; of a hash that comes again the last one holds.

        Raises Refused, WrongLine or LeftOut.
        """
        digests = _taken(entry, section)
        expires = entry.expires
        if not expires and section.expires_days:
            expires = (entry.seen or self.date // _DAY) + section.expires_days
        record = Record(entry.owner or section.owner, entry.reason or section.reason, expires)
        number = self.records.setdefault(record, len(self.records))
        for digest in digests:
            self.near += len(digest) == WIDTH and digest not in self.hashes
            self.hashes[digest] = number
        if len(self.hashes) > self.most:
            raise Refused(f"{section.name}: more than {self.most} hashes; make it several lists")
        if self.near > self.most_near:
            raise Refused(f"{section.name}: more than {self.most_near} TLSH digests")

    def is_broken(self, line: int, why: str) -> None:
        """Note a line that cannot be read."""
        self.broken_count += 1
        if len(self.broken) < TOLD:
            self.broken.append((line, why))


def _taken(entry: Entry, section: HashListSection) -> list[bytes]:
    """What a list takes of an entry.  Raises WrongLine or LeftOut."""
    if section.tlsh == "only" and not entry.near and len(entry.digest) != WIDTH:
        raise LeftOut("without TLSH")
    if section.tlsh == "alone" or not entry.near:
        return [entry.digest]
    near = laid_out(entry.near)
    if near is None:
        raise WrongLine(f"{entry.near[:40]!r} is no TLSH digest")
    return [near] if section.tlsh == "only" else [entry.digest, near]


def tried(section: HashListSection, line: str) -> None:
    """Have one line read and taken, and nothing built.  Raises WrongLine or LeftOut."""
    entry = Feed().entry(line)
    if entry is not None:
        Gathered().add(entry, section)


def gather(section: HashListSection) -> Gathered:
    """What the feed lists.  Raises OSError, and Refused where it has too much."""
    gathered = Gathered()
    with section.feed.open("rb") as file:
        written = int(os.fstat(file.fileno()).st_mtime)
        gathered.date = written if written in DATES else 0
        if section.feed.suffix == ".json":
            _gather_misp(file.read(JSON_OCTETS + 1), gathered, section)
            return gathered
        feed = Feed()
        for number, line in _lines(file):
            try:
                entry = feed.entry(line) if line is not None else _too_long()
                if entry is not None:
                    gathered.add(entry, section)
            except WrongLine as wrong:
                gathered.is_broken(number, str(wrong))
            except LeftOut as other:
                gathered.left_out[str(other)] += 1
    return gathered


def _too_long() -> Entry | None:
    raise WrongLine(f"it has more than {LINE} octets")


def _lines(file: BinaryIO) -> Iterator[tuple[int, str | None]]:
    """Each line with its number; None for one that is too long."""
    number = 0
    while octets := file.readline(LINE + 1):
        number += 1
        whole = octets.endswith(b"\n") or len(octets) <= LINE
        yield number, octets.decode("utf-8", "replace") if whole else None
        while not whole:
            rest = file.readline(LINE)
            whole = not rest or rest.endswith(b"\n")


def _gather_misp(octets: bytes, gathered: Gathered, section: HashListSection) -> None:
    if len(octets) > JSON_OCTETS:
        raise Refused(f"{section.name}: an event of more than {JSON_OCTETS} octets")
    try:
        for number, entry in enumerate(of_misp(octets.decode("utf-8", "replace")), 1):
            if isinstance(entry, WrongLine):
                gathered.is_broken(number, str(entry))
                continue
            try:
                gathered.add(entry, section)
            except LeftOut as other:
                gathered.left_out[str(other)] += 1
            except WrongLine as wrong:
                gathered.is_broken(number, str(wrong))
    except WrongLine as wrong:
        gathered.is_broken(1, str(wrong))


def doubts(gathered: Gathered, before: int) -> str:
    """Why a feed is not believed; empty if it is.  `before` is how many it listed before."""
    count = len(gathered.hashes)
    if not count:
        return "there is no hash in it"
    if gathered.broken_count * _BROKEN > count + gathered.broken_count:
        return f"{gathered.broken_count} lines cannot be read, beside {count} that can"
    if 2 * count < before:
        return f"it has {count} hashes, and had {before}: less than half"
    return ""


def lacks(near: int) -> str:
    """Why nobody could look for so many TLSH digests; empty if somebody can."""
    why = problem() if near else ""
    return f"there are TLSH digests in it: {why}" if why else ""


def built(section: HashListSection, state: Path) -> Path | None:
    """The file that was built last, be it with other settings; None: there is none."""
    folder = section.file(state).parent
    files = list(folder.glob(f"{section.name}-????????.hashes"))
    return max(files, key=lambda file: file.stat().st_mtime_ns, default=None)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[HashList]:
    """A list in its file.  Raises OSError or WrongList."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise WrongList("it is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
            yield HashList(mapping)


def build(section: HashListSection, state: Path, *, force: bool = False) -> Gathered:
    """Make a list of its feed.  Raises OSError, and Refused: then the old one stays."""
    gathered = gather(section)
    # Whoever took it by force would have a list with which no service starts.
    if lack := lacks(gathered.near):
        raise Refused(f"{section.name}: {section.feed}: {lack}")
    file = section.file(state)
    with _folder(file.parent, state):
        last = built(section, state)
        doubt = doubts(gathered, _count(last))
        if doubt and not force:
            raise Refused(f"{section.name}: {section.feed}: {doubt}; --force takes it all the same")
        head = Head(section.name, section.severity, gathered.date, section.tlsh_distance)
        _write(file, packed(head, gathered.hashes, list(gathered.records)), state)
        for old in file.parent.glob(f"{section.name}-????????.hashes"):
            if old != file:
                old.unlink(missing_ok=True)
    return gathered


def _count(file: Path | None) -> int:
    """How many hashes it has; none where it cannot be read: it would not be used either."""
    if file is None:
        return 0
    try:
        with opened(file) as before:
            return sum(before.counts.values())
    except (OSError, WrongList):
        return 0


@contextlib.contextmanager
def _folder(folder: Path, state: Path) -> Iterator[None]:
    """Hold the folder: one builds at a time."""
    disk = Disk()
    if not folder.is_dir():
        disk.make_folder(folder)
        _give(folder, state)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(file: Path, pieces: list[bytes], state: Path) -> None:
    disk, fresh = Disk(), file.with_name(file.name + ".new")
    withdraw(fresh)
    disk.write_file(fresh, pieces)
    _give(fresh, state)
    disk.publish_file(fresh, file)


def _give(path: Path, state: Path) -> None:
    """What root makes here belongs to whom the state belongs: the service reads it."""
    if os.geteuid() == 0:
        owner = state.stat()
        # Theirs may be a link by now, and what it leads to is not given away.
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
