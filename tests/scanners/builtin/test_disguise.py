"""Names that hide what a part is, and honest names that look a little like them."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import kinds
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.builtin.disguise import KEPT, Disguise, _contradictions
from pratique.scanners.part import Part

PE = "application/vnd.microsoft.portable-executable"
UNKNOWN = "application/octet-stream"


def disguises(show, name, type_=UNKNOWN, declared="application/octet-stream", names=()):
    kind = kinds.kind(type_, [name, *names], declared)
    known = {"name": name, "names": names, "type": type_, "kind": kind, "declared_type": declared}
    stated = show(Disguise(wall.Setup()), b"x", **known)
    return [word for part in stated.parts for word in part.disguised]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("invoice.pdf.exe", ["double_extension"]),
        ("photo.JPG   .scr", ["double_extension"]),
        ("document.txt" + " " * 70 + ".scr", ["double_extension", "spaces"]),
        ("document.txt" + " " * 10 + ".scr", ["double_extension", "spaces"]),
        ("document.txt" + " " * 9 + ".scr", ["double_extension"]),
        ("original_message.eml.scr", ["double_extension"]),
        ("returned.html.scr", ["double_extension"]),
        ("invoice\u202egpj.scr", ["right_to_left"]),
        ("annexe\u202efdp.exe", ["right_to_left"]),
        ("x\u2067gpj.exe", ["right_to_left"]),
        ("report.pdf.exe.", ["double_extension", "trailing_dots"]),
        ("report.pdf .exe ", ["double_extension", "trailing_dots"]),
        ("ｓｃａｎ.ｅｘｅ", ["lookalike"]),
        ("x.e\u200bxe", ["lookalike"]),
        ("x\u2024exe", ["lookalike"]),
        ("x.exe::$DATA", ["path"]),
        ("x.exe\0.jpg", ["path"]),
        ("..\\..\\startup\\x.exe", ["path"]),
        ("/etc/cron.d/x", ["path"]),
        ("C:\\x.exe", ["path"]),
        ("a/../b.txt", ["path"]),
        ("document.doc.js", ["double_extension"]),
        ("document.doc.lnk", ["double_extension"]),
    ],
)
def test_a_trick_is_told(name, words, show):
    assert disguises(show, name) == words


@pytest.mark.parametrize(
    "name",
    [
        "README",
        "setup.exe",
        "contract.v2.docx",
        "minutes 2026.03.01 final.v2.txt",
        "archive.tar.gz",
        "photo.jpeg.zip",
        "jquery.min.js",
        "letter to ACME Inc.",
        "wait...",
        "資料（ver1.0）.docx",
        "ملف\u200f.pdf",
        "ملف\u2067x\u2069.pdf",
        "folder/readme.txt",
        "2026/03/invoice.pdf",
        "a  b   c.pdf",
        "10:30 minutes.txt",
        "www.example.com",
        ".htaccess",
        "",
    ],
)
def test_an_honest_name_is_left_alone(name, show):
    assert disguises(show, name, "text/plain" if "example" in name else UNKNOWN) == []


def test_a_document_that_is_a_zip_file_may_be_named_so(show):
    type_ = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    known = {"name": "a.zip", "type": type_, "kind": "document"}

    assert not show(Disguise(wall.Setup()), b"PK\3\4", **known).parts
    assert show(Disguise(wall.Setup()), b"\xd0\xcf", **known).parts


def test_every_name_is_looked_at(show):
    assert disguises(show, "a.txt", names=["a.txt.exe"]) == ["double_extension"]


@pytest.mark.parametrize(
    ("name", "type_", "declared"),
    [
        ("photo.jpg", PE, "image/jpeg"),
        ("photo.jpg", PE, UNKNOWN),
        ("invoice.pdf", "application/x-elf", UNKNOWN),
        ("notes.txt", "application/x-ms-shortcut", UNKNOWN),
        ("photo.png", "application/vnd.rar", UNKNOWN),
        ("invoice.pdf", "application/zip", UNKNOWN),
        ("invoice.doc", "application/x-iso9660-image", UNKNOWN),
        ("setup.exe", "application/pdf", UNKNOWN),
        ("setup.scr", "image/png", UNKNOWN),
        ("message.scr", UNKNOWN, "audio/x-wav"),
        ("", PE, "image/gif"),
        ("notes.zip", "image/gif", UNKNOWN),
        ("notes.rar", "application/pdf", UNKNOWN),
        ("disk.iso", "image/png", UNKNOWN),
        ("m.eml", "image/gif", UNKNOWN),
        ("m.eml", "application/zip", UNKNOWN),
        ("m.mht", "application/msword", UNKNOWN),
        ("", "image/gif", "message/rfc822"),
        ("", "application/zip", "multipart/mixed"),
    ],
)
def test_a_contradiction_of_name_and_octets_is_told(name, type_, declared, show):
    assert disguises(show, name, type_, declared) == ["name_against_type"]


@pytest.mark.parametrize(
    ("name", "type_", "declared"),
    [
        ("setup.exe", PE, UNKNOWN),
        ("setup.exe", PE, "text/plain"),
        ("setup.exe", UNKNOWN, UNKNOWN),
        ("photo.jpg", "image/png", "image/jpeg"),
        ("list.xls", "text/html", "application/vnd.ms-excel"),
        ("letter.doc", "text/rtf", "application/msword"),
        ("letter.docx", "application/zip", UNKNOWN),
        ("book.xls", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", UNKNOWN),
        ("unknown.xyz", "application/zip", UNKNOWN),
        ("photo.jpg", UNKNOWN, UNKNOWN),
        ("www.example.com", "text/html", "text/html"),
        ("", "application/zip", "image/png"),
        ("app.apk", "application/zip", UNKNOWN),
        ("photo.jpg", "application/mac-binhex40", "application/mac-binhex40"),
        ("notes.zip", "application/vnd.rar", UNKNOWN),
        ("notes.zip", "text/plain", UNKNOWN),
        ("logo.img", "image/gif", UNKNOWN),
        ("m.eml", "message/rfc822", "text/plain"),
        ("m.mbox", "application/mbox", UNKNOWN),
        ("status", "image/gif", "message/delivery-status"),
    ],
)
def test_what_agrees_or_is_not_certain_says_nothing(name, type_, declared, show):
    assert disguises(show, name, type_, declared) == []


def test_no_more_combinations_are_kept_than_that():
    part = facts.Part(type="image/png", kind="image")
    for number in range(KEPT + 1):
        names = Part(facts.Part(name=f"a.x{number}"), memoryview(b"")).extensions
        _contradictions((part.type, part.kind, ""), names)

    assert _contradictions.cache_info().currsize == KEPT
