"""What the walk keeps of a container: what it is called, and what its members became."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.opened import Opened
from pratique.scanners.part import Member, Part


@pytest.mark.parametrize(("kind", "word"), [("message", "message"), ("archive", "zip")])
def test_a_container_is_called_by_its_reader_and_a_message_is_a_message(kind, word):
    known = facts.Part(kind=kind, inside=["message", "tar"])
    opened = Opened(Part(known, memoryview(b"")), "zip", iter(()))

    assert opened.inside == ("message", "tar", word)


def test_a_member_is_known_by_what_it_became_and_none_is_the_container():
    member, became = Member("zip:a"), facts.Part(id=7)
    opened = Opened(Part(facts.Part(id=3), memoryview(b"")), "zip", iter(()))
    opened.known[id(member)] = (member, became)

    assert opened.part_of(member).id == 7
    assert opened.part_of(None).id == 3
