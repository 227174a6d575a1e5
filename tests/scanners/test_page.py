"""The page that a worker writes on, and what is read there whatever it wrote."""

import fcntl
import os
import struct

import pytest

from pratique.scanners.page import LONGEST_NAME, ROOM, SIZE, Page, Written, new_page


@pytest.fixture
def pages():
    """The worker's view of a page, and that of who watches."""
    descriptor = new_page()
    theirs, ours = Page(os.dup(descriptor)), Page(descriptor)
    yield theirs, ours
    theirs.close()
    ours.close()


def test_what_is_written_is_read_at_the_other_side(pages):
    theirs, ours = pages
    theirs.started("zip", 3)
    theirs.add(b"one")
    theirs.add(b"two")
    assert ours.read() == Written(0, b"onetwo", "zip", 3)


def test_the_last_announcement_counts(pages):
    theirs, ours = pages
    theirs.started("filetype", 3)
    theirs.started("zip", -1)
    assert (ours.read().name, ours.read().part) == ("zip", -1)


def test_facts_that_went_out_stand_there_no_more(pages):
    theirs, ours = pages
    theirs.add(b"one")
    theirs.went_out()
    theirs.add(b"two")
    assert (ours.read().sent, ours.read().facts) == (1, b"two")


@pytest.mark.parametrize("side", [0, 1])
def test_a_new_message_begins_on_an_empty_page(pages, side):
    theirs, ours = pages
    theirs.started("zip", 3)
    theirs.add(b"one")
    pages[side].clear()
    assert ours.read() == Written(0, b"", "", 0)


def test_a_page_takes_what_there_is_room_for_and_no_more(pages):
    theirs, ours = pages
    assert theirs.add(b"x" * (ROOM - 1))
    assert theirs.add(b"x")
    assert not theirs.add(b"x")
    assert ours.read().facts == theirs.facts == b"x" * ROOM


@pytest.mark.parametrize(
    ("name", "read"), [("x" * LONGEST_NAME, "x" * LONGEST_NAME), ("x" * 999, "x" * LONGEST_NAME)]
)
def test_a_name_is_cut_to_its_place(pages, name, read):
    theirs, ours = pages
    theirs.started(name, 1)
    assert ours.read().name == read


def test_lengths_that_cannot_be_are_cut_to_what_there_is(pages):
    theirs, ours = pages
    struct.pack_into("<IIiI", theirs._mapped, 0, 7, 2**32 - 1, -5, 2**32 - 1)
    read = ours.read()
    assert (len(read.facts), len(read.name), read.part, read.sent) == (ROOM, LONGEST_NAME, -5, 7)


@pytest.mark.parametrize("size", [0, SIZE - 1, SIZE + 1])
def test_nobody_can_make_a_page_smaller_or_larger(size):
    descriptor = new_page()
    with pytest.raises(PermissionError):
        os.ftruncate(descriptor, size)
    with pytest.raises(PermissionError):
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    os.close(descriptor)
