"""File names as the system reads them that will open the file."""

import pytest

from pratique.scanners.names import extension, plain, shown_extension, unpacked_name


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("invoice.pdf.exe", "exe"),
        ("INVOICE.EXE", "exe"),
        ("report.pdf.exe.", "exe"),
        ("report.pdf .exe ", "exe"),
        ("x.exe . . ", "exe"),
        ("x.exe\0.jpg", "exe"),
        ("x.exe::$DATA", "exe"),
        ("x.exe:stream", "exe"),
        ("invoice\u202egpj.scr", "scr"),
        ("x.e\u200bxe", "exe"),
        ("ｓｃａｎ．ｅｘｅ", "exe"),
        ("x\u2024exe", "exe"),
        ('x.exe"', "exe"),
        ("a.exe/b.txt", "txt"),
        ("C:\\a.b\\readme", ""),
        ("README", ""),
        (".bashrc", "bashrc"),
        ("", ""),
        (".", ""),
        ("x." + "e" * 24, "e" * 24),
        ("x." + "e" * 25, ""),
        ("Minutes at 10:30", ""),
        ("contract.v2.docx", "docx"),
        ("evil.js\b", "js"),
        ("evil.\bjs", "js"),
        ("evil\x1b.js\x85", "js"),
        ("evil.js/", "js"),
        ("evil.js\\", "js"),
        ("evil.js<", "js"),
        ("evil.js>|?*;,", "js"),
        ("evil.js?.txt", "txt"),
        ("Handbuch z. App", ""),
        ("Nr. 5 von a. com", ""),
        ("report.pdf .exe", "exe"),
        ("?", ""),
    ],
)
def test_the_last_extension_is_what_is_left_when_nothing_hides_it(name, last):
    assert extension(name) == last


@pytest.mark.parametrize(
    ("name", "left"),
    [("dir/a.txt", "a.txt"), ("dir\\a.txt", "a.txt"), (" a b.txt ", "a b.txt"), ("a/", "a")],
)
def test_the_plain_name_is_the_last_step(name, left):
    assert plain(name) == left


@pytest.mark.parametrize(("name", "shown"), [("a.EXE", "exe"), ("a", ""), ("a.exe .", "")])
def test_what_is_shown_is_what_stands_there(name, shown):
    assert shown_extension(name) == shown


@pytest.mark.parametrize(
    ("packed", "unpacked"),
    [
        ("a.tar.gz", "a.tar"),
        ("a.TGZ", "a.tar"),
        ("dir/a.bz2", "a"),
        (".gz", ".gz"),
        ("", ""),
        ("a.js.gz ", "a.js"),
        ("a.js.gz?", "a.js"),
        ("a.js.gz\b", "a.js"),
    ],
)
def test_an_unpacked_file_loses_the_packers_extension(packed, unpacked):
    assert unpacked_name(packed) == unpacked
