"""Clean documents of many producers, with harmless macros too: nothing malicious, nothing held.

What wrote a document is asked of the document, by its own metadata.  All are made here, by
real programs, since whoever has the repository shall have the same ones.
"""

import collections
import io
import re
import zipfile
from pathlib import Path

import olefile
import pypdf
import pytest

pytestmark = [pytest.mark.slow]
pytestmark += [
    pytest.mark.real(each)
    for each in ("soffice", "ssconvert", "abiword", "qpdf", "mutool", "groff", "ghostscript",
                 "chromium", "rsvg-convert", "tiff2pdf", "podofo")
]  # fmt: skip

PLACES = {
    "docProps/app.xml": rb"<Application>([^<]{1,80})",
    "docProps/core.xml": rb"<dc:(?:creator|description)[^>]{0,80}>([^<]{1,80})",
    "meta.xml": rb"<meta:generator>([^<]{1,80})",
}
# XlsxWriter gives itself out for Excel, and says nothing else.
PRODUCERS = {
    "LibreOffice", "gnumeric", "AbiWord", "ODFPY", "openpyxl", "python-docx", "Microsoft Excel ",
    "Ghostscript", "cairo", "Skia", "gropdf", "PoDoFo", "pypdf", "libtiff",
}  # fmt: skip
MOST_FROM_ONE_TEMPLATE = 10


def of_zip(octets: bytes) -> str:
    """Some give themselves out for Excel or Word there, and their name as the author's."""
    told = []
    with zipfile.ZipFile(io.BytesIO(octets)) as members:
        for name in PLACES.keys() & set(members.namelist()):
            told += re.findall(PLACES[name], members.read(name))
    return b" ".join(sorted(told)).decode()


def of_pdf(octets: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(octets))
    return str((reader.metadata or {}).get("/Producer", ""))


def of_compound(octets: bytes) -> str:
    with olefile.OleFileIO(octets) as file:
        return (file.get_metadata().creating_application or b"").decode("latin-1")


def producer(octets: bytes) -> str:
    """What a document says of who wrote it; empty if it says nothing."""
    if octets.startswith(b"%PDF"):
        return of_pdf(octets)
    if octets.startswith(b"PK"):
        return of_zip(octets)
    if octets.startswith(b"\xd0\xcf\x11\xe0"):
        return of_compound(octets)
    told = re.search(rb"\\generator ([^;}]{1,80})|<meta:generator>([^<]{1,80})", octets)
    return (told[1] or told[2]).decode() if told else ""


def template(name: str) -> tuple[str, str]:
    """What a document was made from, by who made it and its name."""
    writer, _, file = name.partition("/")
    if writer == "python-docx":
        return writer, "the one that it brings"
    if writer == "specification":
        return writer, Path(file).suffix
    if writer == "pdf":
        return writer, Path(file).stem.split(" ")[0]
    return writer, Path(file).stem.partition("-macro")[0]


@pytest.fixture(scope="module")
def documents(tmp_path_factory, office_files, clean) -> dict[str, bytes]:
    office = clean("office")
    made = office.write(tmp_path_factory.mktemp)
    made |= clean("macro").write(tmp_path_factory.mktemp("macros"), office_files, office)
    pdfs = clean("pdf").write(tmp_path_factory.mktemp("pdfs"))
    return made | {f"pdf/{name}.pdf": octets for name, octets in pdfs.items()}


@pytest.fixture(scope="module")
def found(documents, mailed):
    return {name: mailed((Path(name).name, octets)) for name, octets in documents.items()}


def told(found, severity: str) -> dict[str, list[str]]:
    """The findings of a severity, by document; those without any left out."""
    each = {
        name: [f"{one.name}: {one.note}" for one in known.findings if one.severity == severity]
        for name, known in found.items()
    }
    return {name: notes for name, notes in each.items() if notes}


def test_there_are_enough_of_enough_producers(documents):
    told = {name: producer(octets) for name, octets in documents.items()}
    count = collections.Counter(who for said in told.values() for who in PRODUCERS if who in said)
    assert len(documents) >= 400
    # What says nothing of its producer counts for none.
    assert sum(count.values()) >= 280
    assert set(count) == PRODUCERS


def test_no_template_stands_for_all(documents):
    assert max(collections.Counter(map(template, documents)).values()) <= MOST_FROM_ONE_TEMPLATE


@pytest.mark.parametrize("severity", ["malicious", "suspicious"])
def test_none_is_anything_but_clean(found, severity):
    assert told(found, severity) == {}


def test_the_policy_that_we_ship_delivers_each(found, decide):
    rules = {name: decide(known).rule for name, known in found.items()}
    assert {name: rule for name, rule in rules.items() if rule != "all other mail"} == {}


def test_nothing_was_left_unseen(found):
    unseen = {
        name: [*known.limits, *known.ambiguities, *(one for one in known.parts if one.unopened)]
        for name, known in found.items()
    }
    assert {name: each for name, each in unseen.items() if each} == {}


def test_harmless_macros_are_told_as_what_they_are(found):
    """And so nothing above is the silence of who does not look."""
    macros = {name for name, notes in told(found, "information").items()
              if any(note.startswith("Office.Macros:") for note in notes)}  # fmt: skip
    basic = {"libreoffice/basic.ods", "libreoffice/basic.fods"}
    assert macros == basic | {name for name in found if "macro" in name}
    assert {Path(name).suffix for name in macros} == {
        ".doc", ".docm", ".fods", ".ods", ".odt", ".xls", ".xlsm"
    }  # fmt: skip
    assert len(macros) >= 50


def test_what_pdfs_do_is_told_as_well(found):
    names = {note.partition(":")[0] for notes in told(found, "information").values()
             for note in notes}  # fmt: skip
    assert {"Pdf.JavaScript", "Pdf.OpenAction", "Pdf.EmbeddedFile"} <= names
    assert not any(told({f"{n}": found[f"pdf/{n}1.pdf"]}, "information")
                   for n in ("podofo", "chromium", "groff"))  # fmt: skip
