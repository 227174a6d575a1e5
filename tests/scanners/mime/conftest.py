"""What the tests of the MIME reader share: reading a message whole."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.mime import Mime
from pratique.scanners.part import Member, Oddity, Part, Reached


class Seen:
    """Everything that a reader found in one message."""

    def __init__(self, found):
        self.found = found
        self.members = [each for each in found if isinstance(each, Member)]
        self.oddities = [each for each in found if isinstance(each, Oddity)]
        self.reached = [each for each in found if isinstance(each, Reached)]

    @property
    def odd(self):
        return [each.class_ for each in self.oddities]

    @property
    def paths(self):
        return [path(each) for each in self.members]

    def at(self, wanted):
        (member,) = [each for each in self.members if path(each) == wanted]
        return member

    def octets(self, wanted):
        return bytes(self.at(wanted).octets)


def path(member):
    return (path(member.parent) + "/" if member.parent else "") + member.step


@pytest.fixture
def read():
    """Read a message and give all that was found; keywords are limits."""

    def read_whole(message, known=None, **limits):
        known = known or facts.Part(kind="message")
        part = Part(known, memoryview(message))
        return Seen(list(Mime().members(part, Budget(Limits(**limits)))))

    return read_whole


@pytest.fixture
def budget():
    return Budget(Limits())
