"""Open locked documents of Office: packages of 2007 and later, and the streams of before.

A locked package is a compound file with the streams `EncryptionInfo` and `EncryptedPackage`
([MS-OFFCRYPTO] 2.3.4); what is in it is given as one part with the document's name, and is
opened like any other.  A document of Word, Excel or PowerPoint up to 2003 is locked in its
own streams, and is given with these open.

Excel opens what is locked with `VelvetSweatshop` without asking ([MS-OFFCRYPTO] calls that
write protection), PowerPoint has such a word too: both are tried before anything else, or a
worm behind them would be closed to nobody but us.

Limitations: what a server's rights lock ([MS-OFFCRYPTO] 2.2) no word opens; Word's octets
that are turned around stay closed.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.office.binary import BinaryLock
from pratique.scanners.containers.office.lock import PackageLock, package_lock
from pratique.scanners.containers.office.ole import MAGIC, Compound
from pratique.scanners.containers.office.ole_smallest import smallest
from pratique.scanners.keys import Keys
from pratique.scanners.part import Found, Member, Part, Recognized, Signs

_INFORMATION, _PACKAGE = "EncryptionInfo", "EncryptedPackage"
# Excel's word, and PowerPoint's.
KNOWN = ("VelvetSweatshop", "/01Hannes Ruescher/01")
# An empty package, by standard encryption, locked with Excel's word.
_SMALLEST_INFORMATION = bytes.fromhex(
    "04000200240000002000000024000000000000000e660000048000008000000018000000000000000000"
    "00001000000000000000000000000000000000000000527e18cd40ff9244ca6e40cad4caf1b414000000"
    "51a6fea0b329f003a039c2d281e76d8cf7f233de1da60497b7e4f6672143690b"
)
_SMALLEST_PACKAGE = bytes(8)


class Office:
    """Gives the document that is locked in a file."""

    name: ClassVar[str] = "office"
    signs: ClassVar[Signs] = Signs(begins=(MAGIC,))
    smallest: ClassVar[bytes] = smallest(
        {_INFORMATION: _SMALLEST_INFORMATION, _PACKAGE: _SMALLEST_PACKAGE}
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"bomb": "what is locked is as long as what it opens to"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the beginning: each compound file may be locked."""
        return "whole" if bytes(part.octets[: len(MAGIC)]) == MAGIC else ""

    def locked(self, part: Part) -> bool:
        """Tell by the stream that says how it is locked, or that it cannot be told."""
        try:
            return _find(part, Budget(Limits())) is not None
        except Damaged:
            return True
        except OverBudget:
            return False

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the document if the words open it that everybody knows."""
        yield from self.unlock(part, budget, None)

    def unlock(self, part: Part, budget: Budget, keys: Keys | None) -> Iterator[Found]:
        """Give the document, opened by one of the words where it can be."""
        known = part.known
        try:
            lock = _find(part, budget)
            if lock is None:
                return
            known.encrypted = True
            word, key = _open(lock, keys)
        except Damaged as damage:
            known.encrypted = True
            known.unopened, known.why = "document_password", str(damage)
            return
        if key is None:
            known.unopened = "document_password"
            known.why = (keys.limit if keys is not None else "") or "it wants a password"
            return
        known.password = word
        yield from _opened(part, lock, key, budget)


def _find(part: Part, budget: Budget) -> "tuple[PackageLock, memoryview] | BinaryLock | None":
    """The lock, and the package that it hides; None if there is none."""
    try:
        compound = Compound(part.octets, budget)
    except Damaged as damage:
        part.state_unopened(str(damage))
        return None
    if compound.damage:
        part.state_unopened(compound.damage)
        return None
    package = compound.below(0, _PACKAGE)
    if package is not None:
        information = compound.below(0, _INFORMATION)
        if information is None:
            raise Damaged("locked by rights that a server gives")
        described = bytes(compound.read(information)[0])
        return package_lock(described), compound.read(package)[0]
    lock = BinaryLock(compound, part.octets, budget)
    return lock if lock.locked else None


def _open(
    lock: "tuple[PackageLock, memoryview] | BinaryLock", keys: Keys | None
) -> tuple[str, bytes | None]:
    """The word that opens it, and the key."""
    door = lock[0] if isinstance(lock, tuple) else lock
    for word in KNOWN:
        key = door.open(word)
        if key is not None:
            return word, key
    if keys is None:
        return "", None
    for word in keys.words(door.cost):
        key = door.open(word)
        if key is not None:
            keys.opened(word)
            return word, key
    return "", None


def _opened(
    part: Part, lock: "tuple[PackageLock, memoryview] | BinaryLock", key: bytes, budget: Budget
) -> Iterator[Found]:
    known = part.known
    member = Member(f"office:{known.name}", name=known.name, names=tuple(known.names),
                    encrypted=True, password=known.password)  # fmt: skip
    if isinstance(lock, tuple):
        gather = Gather(budget, len(lock[1]))
        budget.charge_octets(len(lock[1]))
        member.octets, why = gather.octets(lock[0].plain(key, bytes(lock[1])))
        if why:
            member.unopened, member.why = "unreadable", why
            known.unopened, known.why = "unreadable", why
    else:
        member.octets = memoryview(lock.plain(key))
        budget.check_part_octets(len(member.octets))
    yield member
