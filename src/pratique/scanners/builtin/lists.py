"""Look each part up in lists of hashes: of what is known to be bad, or not wanted here.

A list is a file that `pratique lists` wrote.  The nursery maps it, and its workers are born
with the map: a list of a million hashes costs a worker no memory of its own (../hash_list.py).
SHA-256 is known of each part anyway; MD5 is computed only if a list has such hashes, and TLSH
only if one has a digest that can be near (../near/).

An entry holds up to a day, by the clock of the envelope.  Each list is stated as a source, so
that a policy can see one that has grown old.

A finding has the name of its list.  Without any list this scanner is not there at all.
"""

import hashlib
import mmap
import os
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar

from google.protobuf.timestamp_pb2 import Timestamp

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import OverBudget
from pratique.scanners.families.known import SHIPPED
from pratique.scanners.hash_list import HashList, Record, WrongList
from pratique.scanners.near.digest import shown
from pratique.scanners.near.library import NoLibrary
from pratique.scanners.near.part import NearLists
from pratique.scanners.part import Message, Part, Unfit

_DAY = 86_400
_EPOCH = date(1970, 1, 1)
# What a note may have (facts.proto), and more than anybody needs to know whose it is.
_NOTE = 300
_KINDS = {32: "SHA-256", 16: "MD5"}


class Lists:
    """Makes a follower for each message: what is listed is mapped once."""

    name: ClassVar[str] = "lists"

    def __init__(self, setup: wall.Setup) -> None:
        self._lists = [_mapped(Path(file)) for file in setup.lists]
        self.is_needed = bool(self._lists)
        self._md5 = any(one.counts["md5"] for one in self._lists)
        self._near = _near(self._lists)
        self._sources = facts.Facts(sources=[_source(one) for one in self._lists])
        if self._md5:
            # OpenSSL looks for it when it is first asked for, and then it may open nothing.
            _md5(b"")

    def __call__(self, message: Message) -> "ListsOf":
        """The follower of one message."""
        return ListsOf(message, self._lists, self._sources, self._near, md5=self._md5)


class ListsOf:
    """Looks the parts of one message up."""

    name: ClassVar[str] = "lists"

    def __init__(
        self,
        message: Message,
        lists: Sequence[HashList],
        sources: facts.Facts,
        near: NearLists | None,
        *,
        md5: bool,
    ) -> None:
        self._lists, self._sources, self._md5 = lists, sources, md5
        self._message, self._near = message, near
        # The day of the message; 0 is not known, and then all entries hold.
        self._day = message.envelope.received_at.seconds // _DAY

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """State each list that has the part's hash."""
        # Of nothing there is a hash, too.
        if not part.known.sha256 or not len(part.octets):
            return
        digests = [bytes.fromhex(part.known.sha256)]
        if self._md5:
            digests.append(_md5(part.octets))
        silent = []
        for one in self._lists:
            for digest in digests:
                record = one.find(digest)
                if record is not None and self._holds(record):
                    said = f"its {_KINDS[len(digest)]} is"
                    yield facts.Facts(findings=[_finding(one, record, said, part)])
                    break
            else:
                silent.append(one)
        if self._near is not None and silent:
            yield from self._alike(part, self._near, silent)

    def _alike(
        self, part: Part, near: NearLists, lists: Sequence[HashList]
    ) -> Iterator[facts.Facts]:
        """State each of these lists that has something near the part."""
        try:
            about = near.about(part, self._message.budget)
        except OverBudget as over:
            limit = facts.Limit(class_=over.class_, part=part.known.id, detail=f"TLSH: {over}")
            yield facts.Facts(limits=[limit])
            return
        if about is None:
            return
        for one in lists:
            match = about.nearest(one, self._holds)
            if match is not None:
                said = f"its TLSH is {match.apart} from {shown(match.digest)},"
                yield facts.Facts(findings=[_finding(one, match.record, said, part)])

    def conclude(self) -> Iterator[facts.Facts]:
        """State which lists were looked at."""
        yield self._sources

    def _holds(self, record: Record) -> bool:
        return not record.expires or self._day <= record.expires


def _md5(octets: bytes | memoryview) -> bytes:
    return hashlib.md5(octets, usedforsecurity=False).digest()


def _near(lists: Sequence[HashList]) -> NearLists | None:
    """Those that have TLSH digests, if there is one.  Raises Unfit."""
    names = [one.head.name for one in lists if one.counts["tlsh"]]
    try:
        return NearLists(lists) if names else None
    except NoLibrary as error:
        raise Unfit(f"list {names[0]}: {error}") from error


def _mapped(path: Path) -> HashList:
    """A list of hashes, mapped.  Raises Unfit."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise WrongList("it is empty")
            return HashList(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except FileNotFoundError as error:
        raise Unfit(
            f"list {path}: it is not built, or not with these settings: run `pratique lists build`"
        ) from error
    except (OSError, WrongList) as error:
        raise Unfit(f"list {path}: {error}; run `pratique lists build`") from error


def _source(one: HashList) -> facts.Source:
    return facts.Source(name=one.head.name, version=one.version, date=_date(one))


def _date(one: HashList) -> Timestamp:
    return Timestamp(seconds=one.head.date)


def _finding(one: HashList, record: Record, what: str, part: Part) -> facts.Finding:
    until = f", until {_EPOCH + timedelta(days=record.expires)}" if record.expires else ""
    said = f"{what} listed by {record.owner}{until}: {record.reason}"
    return facts.Finding(
        scanner=Lists.name,
        name=one.head.name,
        family=SHIPPED.known(record.reason),
        severity=one.head.severity,
        part=part.known.id,
        database_version=one.version,
        database_date=_date(one),
        note=said[:_NOTE],
    )
