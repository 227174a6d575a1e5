"""Files in sections of OneNote, written by [MS-ONESTORE]; and sections with none."""

import importlib.util
import io
import re
import zipfile
from pathlib import Path

import pytest

from pratique.scanners.builtin.onenote import OneNote

HERE = Path(__file__).resolve()
PAGE = HERE.parents[3] / "docs/findings/onenote.md"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
PROGRAM = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0" + bytes(100)


@pytest.fixture(scope="module")
def one():
    """The samples of the format."""
    path = HERE.parents[1] / "formats/samples/onenote.py"
    spec = importlib.util.spec_from_file_location("samples_of_onenote_files", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def of(one, found_in):
    """What is found in a section with files of so many names."""

    def found(*files):
        pieces = [
            piece for name, octets in files for piece in (one.name_of(name), one.store(octets))
        ]
        return found_in("onenote_files", ("notes.one", one.section(bytes(8), *pieces)))

    return found


def packed(name, octets):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as archive:
        archive.writestr(name, octets)
    return space.getvalue()


@pytest.mark.parametrize(
    ("name", "octets", "severity"),
    [
        ("a.exe", PROGRAM, "malicious"),
        ("a.hta", b"<script>1</script>", "malicious"),
        ("a.cmd", b"start calc", "malicious"),
        ("a.wsf", b"<job></job>", "malicious"),
        ("a.lnk", b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F".ljust(80, b"\0"), "malicious"),
        ("a.zip", packed("a.js", b"1"), "malicious"),
        ("a.iso", bytes(2048), "suspicious"),
    ],
)
def test_a_program_in_a_section(name, octets, severity, of):
    assert of((name, octets))["OneNote.EmbeddedProgram"] == severity


@pytest.mark.parametrize(
    ("name", "octets"), [("a.pdf", b"%PDF-1.4\n%%EOF\n"), ("a.zip", packed("a.txt", b"1"))]
)
def test_a_document_or_an_archive_is_information(name, octets, of):
    assert of((name, octets)) == {"OneNote.EmbeddedFile": "information"}


@pytest.mark.parametrize("files", [(), [("a.png", PNG)], [("a.txt", b"text")]])
def test_a_section_of_pictures_and_texts_is_silent(files, of):
    assert of(*files) == {}


def test_the_note_names_the_file(one, mailed):
    section = one.section(one.name_of("Invoice.hta"), one.store(b"<script>1</script>"))
    (found,) = (
        each for each in mailed(("a.one", section)).findings if each.scanner == "onenote_files"
    )

    assert found.note == "Invoice.hta (script)"


def test_what_is_beside_a_section_is_not_in_it(one, found_in):
    files = ("a.one", one.section()), ("a.exe", PROGRAM)

    assert found_in("onenote_files", *files) == {}


def test_the_docs_have_each_finding_and_no_other():
    rows = re.findall(r"^\| `(\w+\.\w+)` \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)

    assert {name: (how, what) for name, how, what in rows} == OneNote.findings
