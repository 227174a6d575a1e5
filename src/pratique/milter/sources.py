"""Know how old signatures in files are: rules of the admin's own, lists of hashes.

A worm that blocks updates (Mydoom.B did, by the hosts file) is noticed by what stays as it
is.  Of a folder of rules that is its newest change; of a list the date of its feed, which the
list has in it.  Rules that are shipped with Pratique are not counted: they are as old as it is.

What a service looks with was loaded when its doors were started or reloaded, so that is when
they read this: rules that were changed since, and not loaded, are not what it looks with.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.timestamp_pb2 import Timestamp

from pratique.milter.config import Settings
from pratique.milter.lists.building import DATES, opened
from pratique.milter.sections.lists import HashListSection
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.hash_list import WrongList

# What the nursery reads in a folder of rules.
_RULES = frozenset({".yar", ".yara"})
YARA = "yara"


@dataclass(frozen=True, slots=True)
class Kept:
    """Signatures in files, and after how many days they are old; 0 is never."""

    source: facts.Source
    where: str
    old_after_days: float = 0.0


def sources_of(settings: Settings) -> tuple[facts.Source, ...]:
    """Each folder of rules and each list of the settings; without a date where none is known."""
    return tuple(kept.source for kept in (*rules_of(settings), *lists_of(settings)))


def rules_of(settings: Settings) -> tuple[Kept, ...]:
    """The admin's folders of rules; all are called `yara`."""
    days = settings.yara.old_after_days
    return tuple(
        Kept(_source(YARA, "", _newest(folder)), str(folder), days)
        for folder in settings.yara.folders
    )


def lists_of(settings: Settings) -> tuple[Kept, ...]:
    """The lists of hashes, as they are built."""
    return tuple(_list(section, settings.state) for section in settings.hash_list)


def _list(section: HashListSection, state: Path) -> Kept:
    version, date = "", 0
    # Without it no service starts; a list that is not there has no age.
    with contextlib.suppress(OSError, WrongList), opened(section.file(state)) as built:
        version, date = built.version, built.head.date
    return Kept(_source(section.name, version, date), str(section.feed), section.old_after_days)


def _source(name: str, version: str, date: int) -> facts.Source:
    known = Timestamp(seconds=date) if date in DATES else None
    return facts.Source(name=name, version=version, date=known)


def _newest(folder: Path) -> int:
    """When a rule file of it was changed last; 0 if there is none, or none can be read."""
    with contextlib.suppress(OSError):
        return max(map(int, _changes(folder)), default=0)
    return 0


def _changes(folder: Path) -> Iterator[float]:
    for path in folder.iterdir():
        if path.suffix in _RULES:
            # One may go while the folder is read.
            with contextlib.suppress(FileNotFoundError):
                yield path.stat().st_mtime
