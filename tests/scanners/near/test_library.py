"""The library computes digests, or it is said in words why there are none."""

import ctypes
import sys
import types

import pytest

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.near.digest import LEAST, shown
from pratique.scanners.near.library import PIECE, Library, NoLibrary, problem

needs = pytest.mark.real("py-tlsh")
FOREVER = Budget(Limits(), lambda: 0.0)


class Allocated(ctypes.Structure):
    """mallinfo(3)."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in "arena ordblks smblks hblks hblkhd "
        "usmblks fsmblks uordblks fordblks keepcost".split()
    )


def in_use():
    asked = ctypes.CDLL(None).mallinfo2
    asked.restype = Allocated
    return asked().uordblks


def digest(octets, budget=FOREVER):
    return Library().digest(memoryview(octets), budget)


@needs
@pytest.mark.parametrize("lines", [2, 150, 12_000])
def test_a_digest_is_that_of_the_library_for_all_octets_at_once(kit, lines):
    import tlsh

    octets = kit(lines=lines)
    assert shown(digest(octets)) == tlsh.hash(octets)


@needs
@pytest.mark.parametrize(("length", "there"), [(0, False), (LEAST - 1, False), (LEAST, True)])
def test_few_octets_have_no_digest(kit, length, there):
    assert (digest(kit()[:length]) is not None) is there


@needs
def test_what_is_monotonous_has_none():
    assert digest(b"a" * 10_000) is None


@needs
def test_a_thousand_digests_leave_no_memory_behind(kit):
    """`mallinfo2` of glibc: octets in use, of which 80,000 would be lost."""
    octets, library = memoryview(kit()), Library()
    before = in_use()
    for _ in range(1000):
        library.digest(octets, FOREVER)
    assert in_use() - before < 40_000


@needs
@pytest.mark.parametrize("octets", [b"a" * PIECE, b"a" * (PIECE + 1)])
def test_what_is_long_and_monotonous_has_none(octets):
    assert digest(octets) is None


@needs
@pytest.mark.parametrize(("more", "late"), [(0, False), (1, True)])
def test_the_clock_is_asked_after_each_piece(more, late):
    budget = Budget(Limits(seconds=1), iter([0.0, 5.0]).__next__)
    octets = bytes(range(256)) * (PIECE // 256) + b"x" * more
    if late:
        with pytest.raises(OverBudget, match="more than 1 seconds"):
            digest(octets, budget)
    else:
        assert digest(octets, budget) is not None


def test_a_library_that_is_not_there_is_told_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "tlsh", None)
    with pytest.raises(NoLibrary, match=r"pip install 'pratique\[tlsh\]'"):
        Library()
    assert "py-tlsh" in problem()


@pytest.mark.parametrize("functions", [{}, {"hash": lambda octets: "T1" + "0" * 134}])
def test_another_library_of_its_name_is_not_believed(monkeypatch, functions):
    other = types.SimpleNamespace(__file__="/x/tlsh.so", **functions)
    monkeypatch.setitem(sys.modules, "tlsh", other)
    assert problem().startswith("/x/tlsh.so computes other digests")


@needs
def test_where_it_is_installed_nothing_is_wrong():
    assert problem() == ""
