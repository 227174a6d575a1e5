"""The place where every bomb is stopped."""

import pytest

from pratique.scanners.budget import RATIO_FROM, Budget, Limits, OverBudget
from pratique.scanners.containers.gather import Damaged, Gather, pieces_of


def gather(pieces, packed=1000, **limits):
    return Gather(Budget(Limits(**limits)), packed).octets(pieces)


def broken():
    yield b"abc"
    raise Damaged("cut off")


def test_pieces_are_joined():
    octets, why = gather([b"abc", b"", b"def"])

    assert (bytes(octets), why) == (b"abcdef", "")


def test_damage_keeps_what_came_before_it():
    octets, why = gather(broken())

    assert (bytes(octets), why) == (b"abc", "cut off")


@pytest.mark.parametrize(
    ("limits", "class_"), [({"part_octets": 99}, "part_octets"), ({"octets": 99}, "octets")]
)
def test_a_limit_is_inclusive(limits, class_):
    gather([bytes(99)], **limits)
    with pytest.raises(OverBudget) as over:
        gather([bytes(99), b"x"], **limits)
    assert over.value.class_ == class_


def test_the_ratio_counts_all_members_of_a_container_together():
    packed = RATIO_FROM // 200
    together = Gather(Budget(Limits()), packed)
    together.octets([bytes(RATIO_FROM // 2)])
    together.octets([bytes(RATIO_FROM // 2)])

    with pytest.raises(OverBudget) as over:
        together.octets([b"x" * 300])
    assert over.value.class_ == "ratio"


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537])
def test_octets_in_pieces_are_the_same_octets(size):
    assert b"".join(pieces_of(memoryview(bytes(size)))) == bytes(size)


@pytest.mark.parametrize(("most", "over"), [(5, False), (4, True), (0, False)])
def test_what_is_not_packed_has_a_limit_of_its_own(most, over):
    gather = Gather(Budget(Limits()), 1, most=most)
    if over:
        with pytest.raises(OverBudget, match="one over the other"):
            gather.octets([b"abc", b"de"])
    else:
        assert bytes(gather.octets([b"abc", b"de"])[0]) == b"abcde"


@pytest.mark.parametrize(
    ("pieces", "copied"), [([b"abc"], False), ([b"", b"abc"], False), ([b"ab", b"c"], True)]
)
def test_what_comes_in_one_piece_is_not_copied(pieces, copied):
    octets, _ = gather(pieces)

    assert bytes(octets) == b"abc"
    assert (octets.obj is not pieces[-1]) == copied
