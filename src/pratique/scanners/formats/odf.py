"""Open locked OpenDocument (ODF 1.3 part 2): a zip file whose members are encrypted one by one.

The names stay open, and so do the manifest and what is said of the document; zip's own
reader gives the members as they lie there.  Here they are given as they are meant, packed
by deflate before they were encrypted (4.3).  One word opens all; the smallest member proves
it.

Limitations: keys of OpenPGP (ODF 1.3 part 2, 3.6) open nothing here.
"""

import zlib
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.archive import Archive
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.office.odf_lock import Lock, locks
from pratique.scanners.containers.streams import unpack
from pratique.scanners.keys import Keys
from pratique.scanners.part import Found, Member, Part, Reached, Recognized

_TYPE = "application/vnd.oasis.opendocument."
_MANIFEST = "META-INF/manifest.xml"
# A line of 500 octets for each locked member.
_MANIFEST_OCTETS = 4 * 1024 * 1024
_DEFLATED = 8


class Odf:
    """Gives the members of a locked document."""

    name: ClassVar[str] = "odf"
    # A text document with nothing but its type and an empty manifest.
    smallest: ClassVar[bytes] = bytes.fromhex(
        "504b0304140000000000000021005ec6320c2700000027000000080000006d696d65747970656170706c"
        "69636174696f6e2f766e642e6f617369732e6f70656e646f63756d656e742e74657874504b0304140000"
        "00000000002100ed37c98b0b0000000b000000150000004d4554412d494e462f6d616e69666573742e78"
        "6d6c3c6d616e69666573742f3e504b01021400140000000000000021005ec6320c270000002700000008"
        "00000000000000000000008001000000006d696d6574797065504b0102140014000000000000002100ed"
        "37c98b0b0000000b00000015000000000000000000000080014d0000004d4554412d494e462f6d616e69"
        "666573742e786d6c504b05060000000002000200790000008b0000000000"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the type, which its first member says."""
        return "whole" if part.known.type.startswith(_TYPE) else ""

    def locked(self, part: Part) -> bool:
        """Tell by the manifest."""
        try:
            return bool(_locks(part, Budget(Limits())))
        except (Damaged, OverBudget):
            return False

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Say what is locked."""
        yield from self.unlock(part, budget, None)

    def unlock(self, part: Part, budget: Budget, keys: Keys | None) -> Iterator[Found]:
        """Give each locked member, opened by one of the words where it can be."""
        known = part.known
        try:
            locked = _locks(part, budget)
        except Damaged as damage:
            known.unopened, known.why = "unreadable", str(damage)
            return
        if not locked:
            return
        known.encrypted = True
        try:
            for lock in locked:
                lock.check()
            wanted = {lock.path: len(part.octets) for lock in locked}
            held = dict(_contents(part, budget, wanted))
            word = _word([lock for lock in locked if lock.path in held], held, keys)
        except Damaged as damage:
            known.unopened, known.why = "document_password", str(damage)
            return
        if word is None:
            known.unopened = "document_password"
            known.why = (keys.limit if keys is not None else "") or "it wants a password"
            return
        known.password = word
        yield from _opened(part, locked, held, (word, budget))


def _locks(part: Part, budget: Budget) -> list[Lock]:
    for _, octets in _contents(part, budget, {_MANIFEST: _MANIFEST_OCTETS}):
        return locks(octets.decode("utf-8", "replace"))
    raise Damaged("it has no manifest")


def _contents(part: Part, budget: Budget, wanted: dict[str, int]) -> Iterator[tuple[str, bytes]]:
    """The members of these names, as they lie in the zip file; none may be longer than that."""
    left = dict(wanted)
    with Archive(part.octets, "zip") as archive:
        for entry in archive.entries():
            budget.check_clock()
            name = entry.raw_name.decode("utf-8", "replace")
            most = left.pop(name, None)
            if most is not None:
                held = bytearray()
                for piece in archive.pieces():
                    budget.charge_octets(len(piece))
                    held += piece
                    if len(held) > most:
                        raise Damaged(f"{name} is longer than {most} octets")
                yield name, bytes(held)
            if not left:
                return


def _word(locked: list[Lock], held: dict[str, bytes], keys: Keys | None) -> str | None:
    """The word that opens the smallest member; the empty one is tried first."""
    if not locked:
        return None
    smallest = min(locked, key=lambda lock: len(held[lock.path]))
    if smallest.open("", held[smallest.path]) is not None:
        return ""
    if keys is None:
        return None
    for word in keys.words(smallest.cost):
        if smallest.open(word, held[smallest.path]) is not None:
            keys.opened(word)
            return word
    return None


def _opened(
    part: Part, locked: list[Lock], held: dict[str, bytes], way: tuple[str, Budget]
) -> Iterator[Found]:
    word, budget = way
    gather = Gather(budget, len(part.octets))
    for lock in locked:
        budget.check_clock()
        member = Member(f"odf:{lock.path}", name=lock.path, encrypted=True, password=word)
        packed = lock.open(word, held[lock.path]) if lock.path in held else None
        if packed is None:
            member.unopened, member.why = (
                "document_password",
                "the word that opens the others does not",
            )
            yield member
            continue
        try:
            member.octets, why = gather.octets(_unpacked(packed))
        except OverBudget as over:
            member.unopened, member.why = "over_budget", over.detail
            yield member
            if over.class_ != "part_octets":
                raise
            yield Reached(over.class_, over.detail, at=member)
            continue
        if why:
            member.unopened, member.why = "unreadable", why
            part.known.unopened, part.known.why = "unreadable", f"{lock.path}: {why}"
        yield member


def _unpacked(packed: bytes) -> Iterator[bytes]:
    """Deflate; a whole package is stored as it is."""
    if packed.startswith(b"PK\x03\x04") and not _inflates(packed[:64]):
        return iter([packed])
    return unpack(memoryview(packed), _DEFLATED)


def _inflates(head: bytes) -> bool:
    try:
        zlib.decompressobj(-zlib.MAX_WBITS).decompress(head, 64)
    except zlib.error:
        return False
    return True
