"""Compound files: documents with macros, fields and objects, and such as nobody can read."""

import struct

import pytest

from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.office import compound

AUTO = 'Sub AutoOpen()\r\nShell "calc.exe"\r\nEnd Sub\r\n'
OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@pytest.mark.parametrize("folder", ["", "Macros/", "_VBA_PROJECT_CUR/"])
def test_macros_are_told_with_what_they_do(office_files, found_in_streams, folder):
    assert found_in_streams(office_files.project({"NewMacros": AUTO}, folder)) == {
        "Office.Macros": "information",
        "Office.AutoExec": "information",
        "Office.MacroExecutes": "suspicious",
    }


def test_a_project_without_code_is_nothing(office_files, found_in_streams):
    assert found_in_streams(office_files.project({"ThisDocument": "", "Sheet1": ""})) == {}


def test_compiled_code_alone_is_told(office_files, found_in_streams):
    streams = office_files.project({"ThisDocument": "", "NewMacros": ""}, lines=20)
    assert found_in_streams(streams) == {"Office.PCodeOnly": "suspicious"}


def test_a_project_that_cannot_be_read_is_told(office_files, found_in_streams):
    streams = office_files.project({"NewMacros": AUTO}) | {"VBA/dir": b"x"}
    found = found_in_streams(streams)
    assert found["Office.BrokenProject"] == found["Office.MacroExecutes"] == "suspicious"


@pytest.mark.parametrize("form", ["plain", "packed"])
def test_source_in_a_file_without_tables_is_told(office_files, form):
    source = b'Attribute VB_Name = "ThisDocument"\r\nSub AutoOpen()\r\nShell "calc"\r\nEnd Sub'
    loose = office_files.packed(source) if form == "packed" else source.replace(b"te", b"t\0e", 1)
    octets = memoryview(OLE + bytes(504) + loose)
    found = {one.name: one.severity for one in compound.look(octets)}
    assert found["Office.BrokenProject"] == found["Office.MacroExecutes"] == "suspicious"


@pytest.mark.parametrize("octets", [b"", OLE, OLE + bytes(1000), OLE + b"\xff" * 5000])
def test_a_file_without_anything_is_nothing(octets):
    assert list(compound.look(memoryview(octets))) == []


FIELD = "Some text \x13{} \x14result\x15 and more"


@pytest.mark.parametrize("letters", ["latin-1", "utf-16-le"])
@pytest.mark.parametrize(
    ("instruction", "severity"),
    [
        ('DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc.exe"', "malicious"),
        ("DDE Excel.Sheet.8 C:\\\\a.xls Sheet1!R1C1", "information"),
        ("dde BLP M|IBM", "suspicious"),
        ("PAGEREF _Toc1 \\h", None),
        ('HYPERLINK "http://a.example/DDE"', None),
    ],
)
def test_fields_of_a_document_are_told(found_in_streams, instruction, severity, letters):
    text = FIELD.format(instruction).encode(letters)
    found = found_in_streams({"WordDocument": bytes(512) + text})
    assert found.get("Office.Dde") == severity


def test_a_macro_sheet_that_starts_a_program_by_itself_is_malicious(office_files, found_in_streams):
    book = office_files.book(office_files.auto_open(), sheet=office_files.call(110), state=2)
    assert found_in_streams({"Workbook": book}) == {
        "Office.MacroSheet": "suspicious",
        "Office.AutoExec": "information",
        "Office.MacroExecutes": "malicious",
    }


@pytest.mark.slow
def test_a_limit_in_a_book_is_said_and_is_no_finding(office_files):
    octets = b"".join(office_files.biff(0x0042, struct.pack("<H", 1)) for _ in range(250_001))
    found = list(compound.book(memoryview(octets), Budget(Limits())))
    assert [one.name for one in found] == [compound.LIMIT]


def test_a_file_that_takes_too_long_reaches_a_limit(office_files):
    octets = memoryview(office_files.compound(office_files.project({"NewMacros": AUTO})))
    ticks = iter(range(0, 1000, 2))
    with pytest.raises(OverBudget, match="seconds"):
        list(compound.look(octets, budget=Budget(Limits(seconds=5), lambda: next(ticks))))
