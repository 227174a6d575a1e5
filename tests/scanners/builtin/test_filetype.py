"""The type and the kind of parts, by their octets first."""

import magic
import pytest

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.builtin.filetype import KEPT, FileType

HEADER = b"From: a@b.example\r\nSubject: x\r\n\r\nbody\r\n"


# One field, and none before it that a mail has.
MAIL = ("message/rfc822", "message")
ONE = b"Content-Type: text/plain\r\n\r\nbody\r\n"
MAILBOX = b"From a Jan 1\nTo: a\n\nbody\n\nFrom b Jan 1\nTo: b\n\nbody\n"


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


@pytest.mark.parametrize("name", ["m.eml", "M.EMLX", "m.mht", "m.mhtml", "m.nws", "m.mbox"])
@pytest.mark.parametrize("declared", ["application/octet-stream", "text/plain", "image/png"])
@pytest.mark.parametrize(
    "octets",
    [
        ONE,
        b"hello world\r\n" + ONE,
        b"X-A: b\r\n" * 1001 + ONE,
        b"X-A: " + b"b" * 70_000 + b"\r\n" + ONE,
        b"<html>\r\n" + ONE,
        b"%PDF-1.4: x\r\n" + ONE,
        b"GIF89a: x\r\n" + ONE,
        b"{\\rtf1: x\r\n" + ONE,
        b"\0" + ONE,
    ],
    ids=["one", "junk", "fields", "long", "html", "pdf", "gif", "rtf", "nul"],
)
def test_what_is_named_as_a_message_is_one(octets, declared, name, filetype, show):
    assert told(show(filetype, octets, name=name, declared_type=declared)) == MAIL


@pytest.mark.parametrize("name", ["m.emlx", "m.eml", "m"])
def test_a_message_behind_its_length_is_a_file_of_apple_mail(name, filetype, show):
    assert told(show(filetype, b"1234\n" + ONE, name=name)) == ("application/x-emlx", "other")
    as_mail = show(filetype, b"1234\n" + ONE, name=name, declared_type="message/rfc822")
    assert told(as_mail) == MAIL


@pytest.mark.parametrize(
    ("declared", "answer"),
    [
        ("application/octet-stream", ("application/mbox", "archive")),
        ("text/plain", ("text/plain", "text")),
    ],
)
def test_a_mailbox_is_one_unless_it_is_declared_a_text(declared, answer, filetype, show):
    store = b"From a\nSubject: b\nTo: c\n\n" + b"hello\n" * 20_000 + b"\nFrom c\nSubject: d\n\n"
    assert told(show(filetype, store, declared_type=declared)) == answer


@pytest.mark.parametrize(
    ("octets", "answer"),
    [
        (b"PK\3\4" + bytes(40), ("application/zip", "archive")),
        (b"GIF89a\0" + ONE, ("image/gif", "image")),
        (b"\x7fELF" + bytes(60), ("application/x-elf", "executable")),
        (b"[InternetShortcut]\r\n" + ONE, ("application/x-mswinurl", "shortcut")),
    ],
)
def test_what_is_certainly_no_message_is_none_under_any_name(octets, answer, filetype, show):
    assert told(show(filetype, octets, name="m.eml")) == answer


@pytest.mark.parametrize(
    ("octets", "name", "answer"),
    [
        (MAILBOX, "m.mbox", ("application/mbox", "archive")),
        (MAILBOX, "m.eml", MAIL),
        (MAILBOX[:25], "m.mbox", MAIL),
    ],
)
def test_a_mailbox_of_several_messages_is_an_archive(octets, name, answer, filetype, show):
    assert told(show(filetype, octets, name=name)) == answer


@pytest.mark.parametrize(
    ("declared", "octets", "answer"),
    [
        ("message/x", ONE, MAIL),
        ("message/delivery-status", ONE, MAIL),
        ("message/global-headers", HEADER, MAIL),
        ("message/x", b"no mail", ("message/x", "text")),
        ("message/delivery-status", b"", ("message/delivery-status", "text")),
        ("message/delivery-status", b"Reporting-MTA: dns; x", ("message/delivery-status", "text")),
        ("text/rfc822-headers", ONE, ("text/plain", "text")),
        ("application/octet-stream", ONE, MAIL),
        ("text/plain", ONE, ("text/plain", "text")),
    ],
)
def test_of_other_types_the_octets_are_asked(declared, octets, answer, filetype, show):
    assert told(show(filetype, octets, declared_type=declared)) == answer


@pytest.mark.parametrize("declared", ["message/partial", "message/external-body"])
def test_what_is_elsewhere_keeps_its_type(declared, filetype, show):
    stated = show(filetype, HEADER, declared_type=declared, unopened="elsewhere")

    assert told(stated) == (declared, "message")


class Guessing:
    """A libmagic that takes octets for an image of Truevision's, as the real one does."""

    def from_buffer(self, octets):
        return "image/x-tga"


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        ({}, "image"),
        ({"name": "photo.tga"}, "image"),
        ({"name": "www.example.com"}, "executable"),
        ({"name": "a.zip"}, "archive"),
        ({"name": "a.iso"}, "disk_image"),
        ({"declared_type": "application/zip"}, "archive"),
        ({"declared_type": "application/x-msdownload"}, "executable"),
    ],
)
def test_a_guess_excuses_no_name(known, kind, show):
    filetype = FileType(wall.Setup())
    filetype._magic = Guessing()

    assert told(show(filetype, bytes(range(256)), **known)) == ("image/x-tga", kind)


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


UNKNOWN = b"\xe9\x10\x20" + bytes(range(128, 255))


def test_what_libmagic_said_of_octets_it_is_not_asked_again(filetype, show):
    first = told(show(filetype, UNKNOWN, sha256="one"))
    # The octets are those of a picture of a kind that we do not know; nobody looks.
    again = told(show(filetype, UNKNOWN[::-1], sha256="one"))

    assert first == again == ("application/octet-stream", "other")


def test_a_name_counts_also_where_the_octets_were_seen(filetype, show):
    show(filetype, UNKNOWN, sha256="two", name="a.bin")

    assert told(show(filetype, UNKNOWN, sha256="two", name="a.exe"))[1] == "executable"


def test_no_more_is_kept_than_that(show):
    filetype = FileType(wall.Setup())
    for number in range(KEPT + 1):
        filetype._keep(str(number), "x/y")

    assert list(filetype._kept) == [str(number) for number in range(1, KEPT + 1)]


def test_what_has_no_hash_is_not_kept(show):
    filetype = FileType(wall.Setup())
    show(filetype, UNKNOWN)

    assert filetype._kept == {}
