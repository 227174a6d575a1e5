"""What would happen if a person opened a part: by its octets, then by its names."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import kinds

PE = "application/vnd.microsoft.portable-executable"
UNKNOWN = "application/octet-stream"


def test_every_word_is_one_of_the_facts():
    words = set(facts.Kinds.Word.keys())

    assert set(kinds._BY_TYPE.values()) <= words
    assert set(kinds._BY_EXTENSION.values()) <= words
    assert {word for _, word in kinds._BY_PREFIX} <= words
    assert {word for word, _ in kinds._UNOPENED.values()} <= set(facts.Unopened.Word.keys())


@pytest.mark.parametrize("name", ["", "photo.jpg", "README", "notes.txt"])
def test_a_program_is_one_under_any_name(name):
    assert kinds.kind(PE, [name], "image/jpeg") == "executable"


@pytest.mark.parametrize("type_", [UNKNOWN, "text/plain", "application/pdf", "image/png"])
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.exe", "executable"),
        ("a.scr", "executable"),
        ("a.pif", "executable"),
        ("a.js", "script"),
        ("a.cmd", "script"),
        ("a.hta", "script"),
        ("a.lnk", "shortcut"),
        ("a.url", "shortcut"),
    ],
)
def test_a_double_click_asks_the_name_alone(type_, name, kind):
    assert kinds.kind(type_, [name], "text/plain") == kind


def test_any_name_that_a_reader_shows_counts():
    assert kinds.kind("text/plain", ["a.txt", "b.exe"], "text/plain") == "executable"


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("text/plain", "text"),
        ("text/html", "html"),
        ("message/rfc822", "message"),
        ("image/png", "image"),
        ("application/pdf", "document"),
        ("text/x-eicar", "executable"),
        (UNKNOWN, "executable"),
        ("", "executable"),
        ("application/zip", "executable"),
    ],
)
def test_com_is_the_end_of_host_names_too(type_, kind):
    assert kinds.kind(type_, ["www.example.com"], "") == kind


@pytest.mark.parametrize(
    ("type_", "kind"), [(UNKNOWN, "disk_image"), ("", "disk_image"), ("image/gif", "image")]
)
def test_a_disk_image_by_name_is_one_if_the_octets_say_nothing(type_, kind):
    assert kinds.kind(type_, ["logo.img"], "") == kind


@pytest.mark.parametrize("name", ["a.py", "a.sh", "a.pl", "a.rb", "foo.c", "patch.diff", "x.one"])
def test_a_source_that_no_desktop_runs_is_text(name):
    assert kinds.kind("text/plain", [name], "text/plain") == "text"


@pytest.mark.parametrize(
    ("type_", "names", "declared", "kind"),
    [
        ("text/plain", [], "text/html", "html"),
        ("text/plain", ["a.html"], "text/plain", "html"),
        ("application/zip", ["a.doc"], "application/msword", "archive"),
        (UNKNOWN, ["a.doc"], UNKNOWN, "document"),
        (UNKNOWN, [], "application/pdf", "document"),
        (UNKNOWN, [], UNKNOWN, "other"),
        ("", [], "", "other"),
        ("message/delivery-status", [], "message/delivery-status", "text"),
        ("multipart/mixed", [], "multipart/mixed", "multipart"),
        ("image/svg+xml", ["a.svg"], "image/svg+xml", "html"),
        ("font/woff", [], "", "other"),
    ],
)
def test_the_rest_is_told_by_octets_then_name_then_declaration(type_, names, declared, kind):
    assert kinds.kind(type_, names, declared) == kind


@pytest.mark.parametrize(
    ("type_", "kind", "word"),
    [
        ("application/vnd.rar", "archive", "needs_program"),
        ("application/x-iso9660-image", "disk_image", "needs_program"),
        ("application/onenote", "document", "needs_program"),
        ("application/x-ole-encrypted", "document", "document_password"),
        ("application/vnd.ms-tnef", "archive", "unreadable"),
        ("application/vnd.ms-outlook", "document", "unreadable"),
        ("application/pgp-encrypted", "other", "pgp"),
        ("application/pkcs7-mime", "other", "smime"),
        ("message/rfc822", "message", "unreadable"),
        ("application/pdf", "document", ""),
        ("text/plain", "text", ""),
        ("application/pkcs7-signature", "other", ""),
        ("multipart/mixed", "multipart", ""),
    ],
)
def test_a_container_that_nobody_opened_says_why(type_, kind, word):
    unopened, why = kinds.unopened(type_, kind)

    assert unopened == word
    assert bool(why) == bool(word)
