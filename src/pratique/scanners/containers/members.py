"""Hold members that lie in a container as they are against the limits of a part.

What is unpacked is counted piece by piece (gather.py); what only has to be cut out is
there already, and is given or not.
"""

from collections.abc import Iterator

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.part import Found, Member, Part, Reached


def fitted(member: Member, budget: Budget) -> Iterator[Found]:
    """Give the member with its octets, or without them if they are too many for a part."""
    try:
        budget.check_part_octets(len(member.octets))
    except OverBudget as over:
        member.octets = memoryview(b"")
        yield from left(member, over)
    else:
        yield member


def left(member: Member, over: OverBudget) -> Iterator[Found]:
    """Give a member without its octets, for a limit stands before them."""
    member.unopened, member.why = "over_budget", over.detail
    yield member
    if over.class_ == "part_octets":
        yield Reached(over.class_, over.detail, at=member)


def counted(found: Iterator[Found], budget: Budget) -> Iterator[Found]:
    """Give no more members than a message may have parts, and say so."""
    members = 0
    for one in found:
        members += isinstance(one, Member)
        if members > budget.limits.parts:
            raise OverBudget("parts", f"more than {budget.limits.parts} members")
        yield one


def too_many(part: Part, detail: str) -> Reached:
    """There is more in the part than a limit of its reader's own lets it look at."""
    part.known.unopened, part.known.why = "over_budget", detail
    return Reached("parts", detail)
