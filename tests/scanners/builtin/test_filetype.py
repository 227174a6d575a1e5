"""The type and the kind of parts, by their octets first."""

import magic
import pytest

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.builtin.filetype import FileType

HEADER = b"From: a@b.example\r\nSubject: x\r\n\r\nbody\r\n"


@pytest.fixture(scope="module")
def filetype():
    return FileType(wall.Setup())


def told(stated):
    (part,) = stated.parts
    assert part.id == 7
    return part.type, part.kind


@pytest.mark.parametrize(
    ("octets", "known", "answer"),
    [
        (b"\x7fELF" + bytes(60), {"name": "a.jpg"}, ("application/x-elf", "executable")),
        (b"hello", {}, ("text/plain", "text")),
        (b"hello", {"declared_type": "text/html"}, ("text/plain", "html")),
        (b"hello", {"name": "a.exe"}, ("text/plain", "executable")),
        (b"\x89PNG\r\n\x1a\n", {"declared_type": "text/plain"}, ("image/png", "image")),
        (b"", {"name": "a.exe"}, ("application/x-empty", "executable")),
        (b"", {"declared_type": "multipart/mixed"}, ("multipart/mixed", "multipart")),
        (HEADER, {"declared_type": "message/rfc822"}, ("message/rfc822", "message")),
        (HEADER, {"declared_type": "application/octet-stream"}, ("message/rfc822", "message")),
        (HEADER, {"declared_type": "text/plain"}, ("text/plain", "text")),
        (HEADER, {"declared_type": "text/plain", "name": "a.eml"}, ("message/rfc822", "message")),
        (HEADER, {"declared_type": "text/rfc822-headers"}, ("text/plain", "text")),
        (
            b"Final-Recipient: rfc822; x",
            {"declared_type": "message/delivery-status"},
            ("message/delivery-status", "text"),
        ),
        (
            b"PK\3\4" + bytes(40),
            {"declared_type": "message/rfc822"},
            ("application/zip", "archive"),
        ),
        (
            b"<html>",
            {"declared_type": "message/rfc822"},
            ("message/rfc822", "message"),
        ),
        (b"\xe9\x10\x20" + bytes(range(128, 255)), {}, ("application/octet-stream", "other")),
    ],
)
def test_a_part_is_told(octets, known, answer, filetype, show):
    assert told(show(filetype, octets, **known)) == answer


def test_of_the_message_itself_nothing_is_stated(filetype, show):
    assert not show(filetype, b"\x7fELF", parent=-1).parts


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        ({"name": "a.exe", "unopened": "archive_password"}, ("", "executable")),
        ({"name": "a.doc", "unopened": "over_budget"}, ("", "document")),
        ({"name": "a", "unopened": "over_budget"}, ("", "other")),
    ],
)
def test_what_has_no_octets_is_told_by_its_name(known, answer, filetype, show):
    assert told(show(filetype, b"", **known)) == answer


def test_an_error_of_libmagic_is_a_failure_and_the_part_has_a_kind(show):
    class Broken:
        def from_buffer(self, octets):
            raise magic.MagicException("out of order")

    filetype = FileType(wall.Setup())
    filetype._magic = Broken()
    stated = show(filetype, bytes(range(256)), name="a.exe")

    assert told(stated) == ("application/octet-stream", "executable")
    assert [(one.class_, one.part) for one in stated.failures] == [("scanner", 7)]
