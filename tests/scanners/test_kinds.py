"""What would happen if a person opened a part: by its octets, then by its names."""

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import kinds
from pratique.scanners.names import extension

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
        ("application/zip", "archive"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document"),
        ("audio/mpeg", "audio"),
        ("video/mp4", "video"),
        ("font/woff", "executable"),
    ],
)
def test_com_is_the_end_of_host_names_too(type_, kind):
    assert kinds.kind(type_, ["www.example.com"], "") == kind


@pytest.mark.parametrize(
    ("type_", "kind"), [(UNKNOWN, "disk_image"), ("", "disk_image"), ("image/gif", "image")]
)
def test_a_disk_image_by_name_is_one_if_the_octets_say_nothing(type_, kind):
    assert kinds.kind(type_, ["logo.img"], "") == kind


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ("accde appinstaller diagpkg mde ppkg pyz pyzw wsb xll flatpakref", "executable"),
        ("a3x ahk bas cdxml inf ins its prf psdm1 pssc pyw scptd tool vbp", "script"),
        ("appcontent-ms deskthemepack maf mag mar mas theme themepack udl xnk", "shortcut"),
        ("iqy oqy dqy rqy slk ppa ppam wll mdb", "document"),
        ("pst uue hqx", "archive"),
        ("eml emlx mbox mht mhtml nws", "message"),
        ("mat cnt cer crt py csh asp class", "other"),
    ],
)
def test_an_extension_means_what_a_double_click_does(names, kind):
    assert {kinds.kind(UNKNOWN, [f"a.{name}"], "") for name in names.split()} == {kind}


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("application/hta", "script"),
        ("application/javascript", "script"),
        ("text/javascript", "script"),
        ("text/vbscript", "script"),
        ("application/x-bat", "executable"),
        ("application/x-msdownload", "executable"),
        ("application/x-msdos-program", "executable"),
        ("application/java-archive", "executable"),
        (PE, "executable"),
        ("application/x-ms-shortcut", "shortcut"),
        ("application/x-msi", "executable"),
    ],
)
def test_a_declared_type_that_runs_is_as_good_as_a_name(declared, kind):
    assert {kinds.kind(type_, [], declared) for type_ in (UNKNOWN, "", "text/plain")} == {kind}
    assert kinds.kind("text/html", ["a"], declared) == kind


@pytest.mark.parametrize(
    ("type_", "declared", "kind"),
    [
        ("application/pdf", "application/x-msdownload", "document"),
        ("image/png", "application/javascript", "image"),
        ("application/zip", "application/java-archive", "archive"),
        ("text/plain", "application/x-sh", "text"),
        ("text/plain", "text/x-python", "text"),
        ("text/plain", "application/x-iso9660-image", "text"),
        (UNKNOWN, "application/x-iso9660-image", "disk_image"),
        (UNKNOWN, "application/x-zip-compressed", "archive"),
    ],
)
def test_a_declared_type_says_nothing_against_octets_that_are_known(type_, declared, kind):
    assert kinds.kind(type_, [], declared) == kind


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
        ("application/x-ole-encrypted", "document", "document_password"),
        ("application/vnd.ms-tnef", "archive", "needs_program"),
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


@pytest.mark.parametrize(
    ("type_", "name", "declared", "word"),
    [
        (UNKNOWN, "a.zip", "", "unreadable"),
        (UNKNOWN, "a.iso", "", "unreadable"),
        (UNKNOWN, "", "application/zip", "unreadable"),
        ("text/plain", "notes.zip", "", "unreadable"),
        ("text/html", "notes.rar", "", "unreadable"),
        ("font/woff", "notes.7z", "", "unreadable"),
        ("text/plain", "notes.txt", "application/x-zip-compressed", "unreadable"),
        ("application/x-empty", "notes.zip", "application/zip", ""),
        ("image/png", "notes.zip", "", ""),
        ("multipart/mixed", "notes.zip", "", ""),
        ("text/plain", "notes.txt", "text/plain", ""),
        (UNKNOWN, "notes.doc", "", ""),
    ],
)
def test_what_is_called_a_container_and_is_not_opened_says_so(type_, name, declared, word):
    kind = kinds.kind(type_, [name], declared)
    called = frozenset({extension(name)})

    assert kinds.unopened(type_, kind, called, declared)[0] == word


def test_a_guessed_type_does_not_excuse_what_is_called_a_container():
    assert kinds.unopened("image/x-tga", "archive", frozenset({"zip"}))[0] == "unreadable"


@pytest.mark.parametrize(
    ("type_", "believed"),
    [
        ("message/rfc822", True),
        ("message/global", True),
        ("multipart/anything", True),
        ("message/delivery-status", False),
        ("message/x", False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_only_the_types_of_mail_itself_are_believed(type_, believed):
    assert kinds.is_structure(type_) == believed
