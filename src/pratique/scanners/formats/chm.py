"""Open Microsoft's compiled help (CHM): the pages, scripts and files in it.

A help file is a program to those who open it: its pages may run anything.  So its kind
says enough for most policies; the members are for whoever looks at texts and files.

Limitations: names that begin with `::` or `/$` and `/#` are the file's own tables and are
no parts.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.members import counted, fitted
from pratique.scanners.containers.office.chm_file import Help, Listed
from pratique.scanners.part import Found, Member, Part, Recognized

_TYPE = "application/vnd.ms-htmlhelp"
_OWN = ("::", "/#", "/$")
_PACKED = 1


class Chm:
    """Gives the files of a compiled help file."""

    name: ClassVar[str] = "chm"
    types: ClassVar[frozenset[str]] = frozenset({_TYPE})
    told_by: ClassVar[str] = "type"
    # A header and a directory with no chunk.
    smallest: ClassVar[bytes] = (
        b"ITSF" + (3).to_bytes(4, "little") + (0x60).to_bytes(4, "little") + bytes(0x3C)
        + (0x60).to_bytes(8, "little") + (0x54).to_bytes(8, "little") + (0xB4).to_bytes(8, "little")
        + b"ITSP" + bytes(12) + (0x1000).to_bytes(4, "little") + bytes(0x40)
    )  # fmt: skip

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type."""
        return "whole" if part.known.type in self.types else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give what is stored, then what is packed, each in the order of its place."""
        try:
            file = Help(part.octets, budget)
        except Damaged as damage:
            part.known.unopened, part.known.why = "unreadable", str(damage)
            return
        yield from counted(_members(part, file, budget), budget)


def _members(part: Part, file: Help, budget: Budget) -> Iterator[Found]:
    names: dict[str, Listed] = {}
    for one in file.listed():
        if len(names) > budget.limits.parts:
            raise OverBudget("parts", f"more than {budget.limits.parts} names")
        names.setdefault(one.name, one)
    shown = [one for one in names.values() if not one.name.startswith(_OWN) and one.size]
    for one in shown:
        if one.section != _PACKED:
            octets = file.stored(one)
            member = _member(one, octets)
            if len(octets) < one.size:
                member.unopened, member.why = "unreadable", "it is cut off"
                part.known.unopened, part.known.why = "unreadable", f"{one.name}: it is cut off"
            yield from fitted(member, budget)
    packed = sorted((one for one in shown if one.section == _PACKED), key=lambda one: one.at)
    if packed:
        yield from _packed(part, file, names, (packed, budget))
    if file.damage:
        part.known.unopened, part.known.why = "unreadable", file.damage


def _member(one: Listed, octets: memoryview) -> Member:
    name = one.name.lstrip("/")
    return Member(f"chm:{name}", octets, name=name)


def _packed(
    part: Part, file: Help, names: dict[str, Listed], asked: tuple[list[Listed], Budget]
) -> Iterator[Found]:
    """Unpack the stream once, and cut the files out of it."""
    packed, budget = asked
    gather = Gather(budget, len(part.octets))
    pieces = file.unpacked(names)
    held, start, why = bytearray(), 0, ""
    for one in packed:
        # What lies before this file no later one has: they are in the order of their places.
        drop = min(max(0, one.at - start), len(held))
        del held[:drop]
        start += drop
        try:
            while not why and start + len(held) < one.at + one.size:
                budget.check_part_octets(min(one.size, start + len(held) - one.at))
                piece, why = _next(pieces)
                budget.charge_octets(len(piece))
                gather.unpacked += len(piece)
                budget.check_ratio(gather.packed, gather.unpacked)
                held += piece
                if start + len(held) <= one.at:
                    start, held = start + len(held), bytearray()
            begin = one.at - start
            budget.charge_octets(one.size)
            octets = memoryview(bytes(held[begin : begin + one.size]))
        except OverBudget as over:
            member = _member(one, memoryview(b""))
            member.unopened, member.why = "over_budget", over.detail
            yield member
            raise
        member = _member(one, octets)
        if len(octets) < one.size:
            member.unopened, member.why = "unreadable", why or "it is cut off"
            part.known.unopened, part.known.why = "unreadable", f"{one.name}: {member.why}"
        yield from fitted(member, budget)


def _next(pieces: Iterator[bytes]) -> tuple[bytes, str]:
    """The next piece, or why there is none."""
    try:
        piece = next(pieces, None)
    except Damaged as damage:
        return b"", str(damage)
    return (b"", "it is cut off") if piece is None else (piece, "")
