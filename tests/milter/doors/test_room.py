"""The memory that all content on one listener shares."""

import pytest

from pratique.milter.doors.room import RationedWriter, Room


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
