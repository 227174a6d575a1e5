"""The memory that all content on one listener shares."""

import os
import resource

import pytest

from pratique.milter.doors.room import GATHERED, RationedWriter, Room


@pytest.fixture
def room():
    return Room(10)


@pytest.fixture
def make(room):
    writers = []

    def new():
        writers.append(RationedWriter(room))
        return writers[-1]

    yield new
    for writer in writers:
        writer.discard()


def test_all_of_it_may_be_taken_by_two(room, make):
    one, two = make(), make()
    one.write(b"1234567")
    two.write(b"890")
    assert (one.size, two.size, room.left) == (7, 3, 0)


def test_one_octet_past_it_is_no_room_and_takes_nothing(room, make):
    one, two = make(), make()
    one.write(b"1234567")
    with pytest.raises(OSError, match="No space left"):
        two.write(b"8901")
    assert (two.size, room.left) == (0, 3)
    two.write(b"890")


def test_what_is_dropped_is_given_back_once(room, make):
    one = make()
    one.write(b"1234567")
    one.discard()
    one.discard()
    assert room.left == 10


def test_a_sealed_content_keeps_its_room_until_it_is_closed(room, make):
    one = make()
    one.write(b"1234567")
    content = one.seal()
    assert (content.size, room.left) == (7, 3)
    content.close()
    one.discard()
    assert room.left == 10


# A content that is not in a memfd yet


@pytest.fixture
def keep():
    """`keep(octets)`: a content of a room of its own."""
    contents = []

    def made(octets):
        writer = RationedWriter(Room(2 * GATHERED))
        writer.write(octets)
        contents.append(writer.keep())
        return contents[-1]

    yield made
    for content in contents:
        content.close()


def test_what_is_kept_reads_the_same_before_and_after_somebody_asks_for_its_memfd(keep):
    content = keep(b"0123456789")
    for _ in range(2):
        assert (content.size, content.peek(2, 3)) == (10, b"234")
        assert [*content.span(3, 10)] == [b"3456789"]
        assert [*content.span(3, 3)] == []
        with pytest.raises(OSError, match="content ends at octet 10"):
            list(content.span(0, 11))


def test_its_memfd_is_one_sealed_and_closed_with_it(keep):
    content = keep(b"0123456789")
    descriptor = content.descriptor
    assert descriptor == content.descriptor
    assert os.pread(descriptor, 20, 0) == b"0123456789"
    with pytest.raises(PermissionError):
        os.pwrite(descriptor, b"x", 0)
    content.close()
    content.close()
    assert content.descriptor == -1
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_who_asked_for_the_same_again_keeps_it_when_this_is_closed(keep):
    content = keep(b"0123456789")
    content.dotless = True
    again = content.again()
    content.close()
    assert ([*again.span(0, 10)], again.dotless) == ([b"0123456789"], True)
    again.close()


@pytest.mark.parametrize("asked", [False, True])
def test_once_it_is_closed_there_is_nothing_to_read(keep, asked):
    content = keep(b"0123456789")
    assert not asked or content.descriptor >= 0
    content.close()
    assert content.descriptor == -1
    for read in (lambda: content.peek(0, 1), lambda: list(content.span(0, 10))):
        with pytest.raises(OSError, match="Bad file descriptor"):
            read()


def test_that_no_memfd_can_be_made_is_no_fault_of_who_asks(keep):
    content = keep(b"0123456789")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        with pytest.raises(RuntimeError, match="Too many open files"):
            _ = content.descriptor
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert content.descriptor >= 0


@pytest.mark.parametrize(("size", "kept"), [(GATHERED - 1, True), (GATHERED, False)])
def test_only_a_small_one_is_kept_without_a_memfd(keep, size, kept):
    before = len(os.listdir("/proc/self/fd"))
    content = keep(b"x" * size)
    assert (len(os.listdir("/proc/self/fd")) == before) is kept
    assert b"".join(content.span(0, size)) == b"x" * size
