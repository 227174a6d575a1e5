"""Archives through libarchive: bounded pieces, raw names, and damage as an exception of ours."""

import io
import tarfile

import pytest

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.containers.archive import PIECE, Archive, fill
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.part import Member


def tar_of(files):
    space = io.BytesIO()
    with tarfile.open(fileobj=space, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, octets in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(octets)
            archive.addfile(member, io.BytesIO(octets))
    return memoryview(space.getvalue())


def test_an_entry_comes_in_pieces_of_bounded_size():
    with Archive(tar_of({"a": b"x" * (PIECE + 1)}), "tar") as archive:
        (sizes,) = [[len(piece) for piece in archive.pieces()] for _ in archive.entries()]

    assert sizes == [PIECE, 1]


def test_an_entry_says_what_the_archive_says():
    with Archive(tar_of({"a": b"abc", "b": b""}), "tar") as archive:
        entries = list(archive.entries())
        reached = archive.reached()

    assert [(one.raw_name, one.regular, one.folder, one.size) for one in entries] == [
        (b"a", True, False, 3),
        (b"b", True, False, 0),
    ]
    assert [one.position for one in entries] == [0, 1024]
    assert reached >= 1536


@pytest.mark.parametrize("octets", [b"no archive at all", b""])
def test_what_is_no_archive_is_damaged(octets):
    with Archive(memoryview(octets), "tar") as archive, pytest.raises(Damaged):
        list(archive.entries())


def test_a_format_that_was_not_named_is_not_tried():
    with Archive(tar_of({"a": b"abc"}), "cpio") as archive, pytest.raises(Damaged):
        list(archive.entries())


def test_damage_in_an_entry_keeps_what_came_before_it():
    octets = tar_of({"a": b"x" * 2000})[:1000]
    with Archive(octets, "tar") as archive:
        entry = next(archive.entries())
        (member,) = fill(Member("a"), archive, entry, Gather(Budget(Limits()), 1000))

    assert member.unopened == "unreadable"
    assert member.why
    assert bytes(member.octets) == b"x" * 488


def test_a_limit_of_the_whole_message_is_stated_and_goes_on_up():
    given = []
    with Archive(tar_of({"a": b"x" * 2000}), "tar") as archive:
        entry = next(archive.entries())
        with pytest.raises(OverBudget):
            given.extend(fill(Member("a"), archive, entry, Gather(Budget(Limits(octets=9)), 9)))
