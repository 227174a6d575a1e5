"""Members that are there already, held against the limits of a part and of a message."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.members import counted, fitted, too_many
from pratique.scanners.part import Member, Part, Reached


@pytest.mark.parametrize(("most", "octets"), [(3, b"abc"), (2, b"")])
def test_a_member_has_its_octets_up_to_the_limit(most, octets):
    member, *rest = fitted(Member("a", memoryview(b"abc")), Budget(Limits(part_octets=most)))

    assert bytes(member.octets) == octets
    assert [isinstance(one, Reached) for one in rest] == ([] if octets else [True])
    assert member.unopened == ("" if octets else "over_budget")


def test_so_many_members_as_parts_are_given_and_no_more():
    members = [Member(str(number)) for number in range(3)]

    assert list(counted(iter(members), Budget(Limits(parts=3)))) == members
    with pytest.raises(OverBudget):
        list(counted(iter(members), Budget(Limits(parts=2))))


def test_a_part_with_too_much_in_it_is_marked():
    part = Part(facts.Part(), memoryview(b""))

    assert too_many(part, "why") == Reached("parts", "why")
    assert (part.known.unopened, part.known.why) == ("over_budget", "why")
