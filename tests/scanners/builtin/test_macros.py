"""Documents whose type may carry macros, and those whose type does not."""

import base64
import io
import zipfile

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.builtin.macros import CONTENT_TYPES_OCTETS, EXTENSIONS, Macros
from pratique.scanners.part import Message, Part

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
TYPES = "[Content_Types].xml"


@pytest.fixture
def macros():
    return Macros(Message(memoryview(b""), facts.Envelope(), facts.Mail(), Budget(Limits())))


@pytest.fixture
def may(show, macros):
    """Whether a part may carry macros by itself."""

    def asked(octets=b"x", **known):
        stated = show(macros, octets, **known)
        assert all(part.id == 7 for part in stated.parts)
        return any(part.may_carry_macros for part in stated.parts)

    return asked


@pytest.mark.parametrize("extension", sorted(EXTENSIONS))
def test_a_name_is_enough(extension, may):
    assert may(name=f"Report.{extension.upper()} ")
    assert may(name="report.txt", names=["x", f"report.{extension}"])


@pytest.mark.parametrize(
    "name",
    ["a.docx", "a.doc", "a.xlsx", "a.xls", "a.ppt", "a.pptx", "a.pdf", "a.rtf", "docm", "a.odt",
     "a.docm.txt", ""],
)  # fmt: skip
def test_an_honest_name_is_not(name, may):
    assert not may(name=name)


@pytest.mark.parametrize(
    ("declared", "answer"),
    [
        ("application/vnd.ms-word.document.macroenabled.12", True),
        ("application/vnd.ms-excel.sheet.binary.macroenabled.12", True),
        ("application/vnd.ms-office.vbaproject", True),
        ("application/msword", False),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", False),
    ],
)
def test_a_declared_type_is_enough(declared, answer, may):
    assert may(declared_type=declared) is answer


def entry(name, type_=1):
    """An entry of a compound file's directory, [MS-CFB] 2.6.1."""
    letters = name.encode("utf-16-le")
    head = letters.ljust(64, b"\0") + (len(letters) + 2).to_bytes(2, "little") + bytes([type_])
    return head.ljust(128, b"\0")


def compound(*entries):
    return OLE + bytes(504) + entry("Root Entry", 5) + b"".join(entries)


@pytest.mark.parametrize(
    "octets",
    [
        compound(entry("VBA")),
        compound(entry("WordDocument", 2), entry("Macros")),
        compound(entry("Workbook", 2), entry("_VBA_PROJECT_CUR")),
        compound(entry("_VBA_PROJECT", 2)),
        compound(entry("vba")),
        compound() + b"\0Attribut\0e VB_Nam\0e",
        compound() + b"\x1f\0\xff\x03\x14\0\0\0\x02\0\0\x04\x0c\0\0\0\x07\0\0\0\x01\0\0\0",
        compound() + b"\x09\x08\x10\0\0\x06\x40\0",
        compound() + b"\x09\x08\x08\0\0\x05\x40\0",
    ],
)
def test_a_compound_file_with_a_project_may(octets, may):
    assert may(octets)


@pytest.mark.parametrize(
    "octets",
    [
        compound(entry("WordDocument", 2)),
        compound(entry("Workbook", 2)) + b"\x09\x08\x10\0\0\x06\x10\0",
        compound() + "How to use VBA and Macros".encode("utf-16-le") * 50,
        compound(entry("VBA", 0)),
        compound(entry("VBAX")),
        compound() + bytes(64) + entry("VBA"),
        compound() + b"\x1f\0\xff\x03\x14\0\0\0\x02\0\0\x04\x0c\0\0\0\x07\0\0\0\0\0\0\0",
        compound() + "VBA".encode("utf-16-le"),
        b"no compound file" + entry("VBA"),
        OLE,
        b"",
    ],
)
def test_one_without_may_not(octets, may):
    assert not may(octets)


def test_nobody_can_tell_of_an_encrypted_document(may):
    assert may(OLE, type="application/x-ole-encrypted")


def test_a_project_packed_by_itself_may(may):
    assert may(b"ActiveMime\0\0\xf0\x01")


@pytest.mark.parametrize("opcode", [b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08"])
@pytest.mark.parametrize("dt", [b"\x40\0", b"\x10\0"])
def test_a_file_of_records_may_for_a_macro_sheet(opcode, dt, may):
    sheet = opcode + b"\x06\0\0\x04" + dt + b"\0\0"
    book = opcode + b"\x06\0\0\x04\0\x01\0\0"
    assert may(sheet) is may(book + sheet) is (dt == b"\x40\0")
    assert not may(b"x" + sheet)


ACTIVE = base64.encodebytes(b"ActiveMime\0\0\xf0\x01" + bytes(60))
ODF = b'<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0">'


@pytest.mark.parametrize("kind", ["text", "html"])
@pytest.mark.parametrize(
    ("octets", "answer"),
    [
        (b"<w:binData>" + ACTIVE, True),
        (b"<w:binData>" + ACTIVE.replace(b"W", b"W\r\n "), True),
        (("\ufeff<w:binData>" + ACTIVE.decode()).encode("utf-16-le"), True),
        (ODF + b"<office:scripts><ooo:libraries>", True),
        (ODF + b"<a:source-code>MsgBox</a:source-code>", True),
        (ODF + b"<script:event-listener script:language='x'/>", True),
        (ODF + b"<office:scripts/><ooo:modules/>", False),
        (b"<html><module>", False),
        (b"An ActiveMime is a form of Microsoft's", False),
        (b"", False),
    ],
)
def test_a_document_that_is_text_may_for_what_is_in_it(octets, answer, kind, may):
    assert may(octets, kind=kind, name="a.xml") is answer
    assert not may(octets, kind=kind, declared_type="text/plain")
    assert not may(octets, kind="image", name="a.xml")


def package(**members):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as made:
        for name, octets in {TYPES: b"<Types/>", "word/document.xml": b"<x/>", **members}.items():
            made.writestr(name, octets)
    return space.getvalue()


def mail(name, octets, bounces):
    return bounces.multipart(bounces.text, bounces.file(name, octets), head=b"From: a@b.example\n")


MAIN = b'<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>'
PROJECT = b'<Override ContentType="application/vnd.ms-office.vbaProject"/>'


@pytest.mark.parametrize(
    ("members", "answer"),
    [
        ({}, False),
        ({TYPES: b"<Types/>", "word/media/a.png": b"\x89PNG"}, False),
        ({"word/vbaProject.bin": b"x"}, True),
        ({TYPES: MAIN}, True),
        ({TYPES: PROJECT}, True),
        ({TYPES: MAIN.swapcase()}, True),
        ({TYPES: MAIN.decode().encode("utf-16")}, True),
        ({TYPES: b"application/vnd.ms-excel.sheet.binary.main"}, True),
        ({TYPES: b"application/vnd.ms-excel.macrosheet+xml"}, True),
        ({TYPES: b"application/vnd.ms-excel.m&#97;crosheet+xml"}, True),
        ({TYPES: b"application/vnd.ms-excel.&#x006D;acrosheet+xml"}, True),
        ({TYPES: b"application/vnd.ms-excel.&#1234;acrosheet+xml"}, False),
        ({TYPES: b'<!DOCTYPE a [<!ENTITY b "m">]><Types/>'}, True),
        ({TYPES: b" " * 2 * 1024 * 1024 + MAIN}, True),
        ({TYPES: b" " * (CONTENT_TYPES_OCTETS - 8) + b"<Types/>"}, False),
        ({TYPES: b" " * (CONTENT_TYPES_OCTETS - 7) + b"<Types/>"}, True),
        ({"word/hidden.dat": compound(entry("VBA"))}, True),
        ({"word/embeddings/a.xlsx": package(**{"word/vbaProject.bin": b"x"})}, True),
    ],
)
def test_a_document_may_for_what_is_in_it(members, answer, see, bounces):
    known = see(mail("report.docx", package(**members), bounces))

    (document,) = [part for part in known.parts if part.name == "report.docx"]
    assert (document.kind, document.may_carry_macros) == ("document", answer)
    assert not known.parts[0].may_carry_macros


@pytest.mark.parametrize(("folder", "answer"), [("Basic", True), ("Scripts", True), ("x", False)])
def test_an_opendocument_may_for_its_folders(folder, answer, see, bounces):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        made.writestr(f"{folder}/Standard/Module1.xml", "<x/>")
    known = see(mail("report.odt", space.getvalue(), bounces))

    (document,) = [part for part in known.parts if part.name == "report.odt"]
    assert document.may_carry_macros is answer


@pytest.mark.parametrize(("unopened", "stated"), [("over_budget", [1]), ("unreadable", [])])
def test_a_list_of_types_over_a_limit_counts_as_one_that_names_macros(unopened, stated, macros):
    document = facts.Part(id=1, kind="document")
    types = facts.Part(id=2, parent=1, name=TYPES, unopened=unopened)
    for known in (document, types):
        assert list(macros.scan(Part(known, memoryview(b"")))) == []
    assert [part.id for one in macros.conclude() for part in one.parts] == stated


def test_an_archive_is_no_document_for_what_is_in_it(see, bounces):
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w") as made:
        made.writestr("report.docm", package())
    known = see(mail("reports.zip", space.getvalue(), bounces))

    told = {part.name: part.may_carry_macros for part in known.parts if part.name}
    assert (told["reports.zip"], told["report.docm"]) == (False, True)
