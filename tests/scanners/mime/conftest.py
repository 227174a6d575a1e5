"""What the tests of the MIME reader share: reading a message whole, and writing broken ones."""

import base64
import hashlib
import time

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


class Write:
    """Messages that hide a file, each with one break in it."""

    hidden = b"MZ\x90\x00" + hashlib.shake_256(b"hidden").digest(400)
    lines = base64.encodebytes(hidden).replace(b"\n", b"\r\n")
    top = b"From: a@example.org\r\nTo: b@example.net\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    typed = b'Content-Type: application/octet-stream; name="a.bin"\r\n'
    place = b'Content-Disposition: attachment; filename="a.bin"\r\n'
    base64 = b"Content-Transfer-Encoding: base64\r\n"
    quoted = b"Content-Transfer-Encoding: quoted-printable\r\n"
    text = b"Content-Type: text/plain\r\n\r\nPlease see the attached file.\r\n"
    file = typed + place + base64 + b"\r\n" + lines

    @staticmethod
    def multipart(boundary=b"outer", more=b""):
        return b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n" + more + b"\r\n"

    @staticmethod
    def parts(*each, boundary=b"outer", last=True):
        ended = [part if part.endswith(b"\n") else part + b"\r\n" for part in each]
        cut = b"".join(b"--" + boundary + b"\r\n" + part for part in ended)
        return cut + (b"--" + boundary + b"--\r\n" if last else b"")

    @classmethod
    def mixed(cls, *each, boundary=b"outer", before=b"", last=True):
        """A good message of these parts."""
        cut = cls.parts(*each, boundary=boundary, last=last)
        return cls.top + cls.multipart(boundary) + before + cut

    @classmethod
    def with_header(cls, head, body=lines):
        """A good message with a second part of this header."""
        return cls.mixed(cls.text, head + b"\r\n" + body)

    @classmethod
    def hidden_in(cls, seen):
        """Whether what is hidden is a member, octet by octet."""
        return cls.hidden in [bytes(each.octets) for each in seen.members]


@pytest.fixture(scope="session")
def write():
    """Write messages that hide a file."""
    return Write


@pytest.fixture(scope="session")
def clocked():
    """The least CPU time of three calls: for comparing sizes, never for a limit in seconds."""

    def least(call):
        times = []
        for _ in range(3):
            start = time.process_time()
            call()
            times.append(time.process_time() - start)
        return min(times)

    return least
