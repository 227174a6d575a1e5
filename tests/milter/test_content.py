"""A sealed content cannot be changed by anybody, not even by us."""

import os
import socket
from contextlib import closing

import pytest

from pratique.milter.content import ContentWriter, content_of, send_fds


@pytest.fixture
def sealed():
    content = content_of([b"hello"])
    yield content
    content.close()


def test_what_was_written_is_there(sealed):
    assert b"".join(sealed.span(0, sealed.size)) == b"hello"


@pytest.mark.parametrize(
    "change",
    [
        lambda descriptor: os.pwrite(descriptor, b"x", 0),
        lambda descriptor: os.pwrite(descriptor, b"x", 5),
        lambda descriptor: os.ftruncate(descriptor, 1),
        lambda descriptor: os.ftruncate(descriptor, 9),
    ],
)
def test_a_sealed_content_refuses_a_change(sealed, change):
    with pytest.raises(PermissionError):
        change(sealed.descriptor)


def test_an_empty_content_is_a_content():
    content = content_of([])
    assert content.size == 0
    content.close()


def test_an_error_while_writing_leaves_no_descriptor_behind():
    before = set(os.listdir("/proc/self/fd"))

    def broken():
        yield b"half"
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        content_of(broken())
    assert set(os.listdir("/proc/self/fd")) == before


def test_a_discarded_writer_can_be_discarded_again():
    writer = ContentWriter()
    writer.write(b"x")
    writer.discard()
    writer.discard()


def test_descriptors_go_beside_octets():
    ours, theirs = socket.socketpair()
    with ours, theirs, closing(content_of([b"A: b\r\n"])) as content:
        assert send_fds(ours, b"here", content.descriptor, content.descriptor) == 4
        octets, descriptors, _, _ = socket.recv_fds(theirs, 10, 3)
        assert octets == b"here"
        assert [os.pread(each, 10, 0) for each in descriptors] == [b"A: b\r\n"] * 2
        for each in descriptors:
            os.close(each)
