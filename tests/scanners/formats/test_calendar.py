"""What appointments and addresses hold."""

from base64 import b64encode

import pytest

from pratique.scanners.formats.calendar import Calendar

FILE = bytes(range(200))
WRITTEN = b64encode(FILE)


def lines(*properties: bytes, form: bytes = b"VCALENDAR") -> bytes:
    return b"\r\n".join([b"BEGIN:" + form, *properties, b"END:" + form, b""])


@pytest.mark.parametrize(
    ("property_", "name", "type_"),
    [
        (b"ATTACH;ENCODING=BASE64;VALUE=BINARY;FMTTYPE=a/b:" + WRITTEN, "", "a/b"),
        (b'ATTACH;VALUE=BINARY;X-FILENAME="a;b.exe";ENCODING=BASE64:' + WRITTEN, "a;b.exe", ""),
        (b"attach;encoding=b;x-apple-filename=a.exe:" + WRITTEN, "a.exe", ""),
        (b"item1.PHOTO;ENCODING=b;TYPE=JPEG:" + WRITTEN, "", "image/jpeg"),
        (b"PHOTO;BASE64;PNG:" + WRITTEN, "", ""),
        (b"ATTACH:data:a/b;base64\\," + WRITTEN, "", "a/b"),
        (b"PHOTO:data:image/png;base64," + WRITTEN, "", "image/png"),
    ],
)
def test_a_file_is_given(property_, name, type_, open_with):
    folded = b"\r\n ".join(property_[at : at + 70] for at in range(0, len(property_), 70))
    for written in (property_, folded):
        opened = open_with(Calendar(), lines(written))
        assert opened.octets == [FILE]
        assert (opened.members[0].name, opened.members[0].declared_type) == (name, type_)


def test_an_old_card_has_lines_of_letters(open_with):
    card = b"PHOTO;ENCODING=BASE64;JPEG:\r\n  " + WRITTEN[:60] + b"\r\n  " + WRITTEN[60:] + b"\r\n"
    assert open_with(Calendar(), lines(card, form=b"VCARD")).octets == [FILE]


def test_a_page_in_a_property_is_a_page(open_with):
    page = b"X-ALT-DESC;FMTTYPE=text/html:<html>a\\, b\\n</html>"
    opened = open_with(Calendar(), lines(page))
    assert opened.octets == [b"<html>a, b\n</html>"]
    assert opened.members[0].declared_type == "text/html"


@pytest.mark.parametrize(
    "property_",
    [b"SUMMARY:hello", b"ATTACH:https://a.example/b", b"DTSTART;TZID=Europe/Rome:20260302T090000",
     b"NOTE;ENCODING=QUOTED-PRINTABLE:a=20b", b"ATTACH;ENCODING=BASE64:"],
)  # fmt: skip
def test_other_properties_hold_nothing(property_, open_with):
    assert open_with(Calendar(), lines(property_)).members == []
