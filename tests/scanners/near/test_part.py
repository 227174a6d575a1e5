"""A part's digest is computed once, and only if a list can have one near it."""

import sys

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.near.library import NoLibrary
from pratique.scanners.near.part import NearLists
from pratique.scanners.part import Part

pytestmark = pytest.mark.real("py-tlsh")
BUDGET = Budget(Limits())


def part(octets, kind="script"):
    return Part(facts.Part(id=1, kind=kind), memoryview(octets))


@pytest.fixture
def of(listed):
    """Lists with the digests of these files, each with one."""
    import tlsh

    from pratique.scanners.near.digest import laid_out

    def made(*files):
        lists = [listed([laid_out(tlsh.hash(file))]) for file in files]
        return lists, NearLists(lists)

    return made


def test_each_list_is_asked_for_its_own(of, kit):
    (one, other), near = of(kit(), kit(seed=2))
    about = near.about(part(kit(1)), BUDGET)
    assert about.nearest(one, lambda _: True).record.owner == "ann"
    assert about.nearest(other, lambda _: True) is None


def test_a_list_without_tlsh_is_asked_nothing(of, listed, kit):
    exact = listed([b"x" * 32])
    _, near = of(kit())
    assert near.about(part(kit()), BUDGET).nearest(exact, lambda _: True) is None


@pytest.mark.parametrize(
    ("kind", "asked"), [("script", True), ("message", False), ("multipart", False)]
)
def test_what_holds_others_is_not_asked_about(of, kit, kind, asked):
    _, near = of(kit())
    assert (near.about(part(kit(), kind), BUDGET) is not None) is asked


def test_what_is_much_longer_than_all_on_the_list_is_never_hashed(of, kit):
    _, near = of(kit())
    late = Budget(Limits(seconds=1), iter([0.0]).__next__)
    assert near.about(part(kit() * 200), late) is None


@pytest.mark.parametrize("octets", [b"", b"x" * 49, b"x" * 5000])
def test_what_has_no_digest_is_near_nothing(of, kit, octets):
    _, near = of(kit())
    assert near.about(part(octets), BUDGET) is None


def test_without_the_library_there_are_no_such_lists(listed, kit, monkeypatch):
    monkeypatch.setitem(sys.modules, "tlsh", None)
    with pytest.raises(NoLibrary):
        NearLists([listed([bytes(35)])])
