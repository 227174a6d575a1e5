"""Documents in a mail: what is told of them, once, on which part, and what stays silent."""

import base64
import json
import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.builtin.office import ACTIVE_MIME_OCTETS, Office
from pratique.scanners.part import Message, Part

AUTO = 'Sub AutoOpen()\r\nShell "calc.exe"\r\nEnd Sub\r\n'
TOLD = {
    "Office.Macros": "information",
    "Office.AutoExec": "information",
    "Office.MacroExecutes": "suspicious",
}
ROOT = Path(__file__).resolve().parents[3]
TYPES = (
    '<Types><Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.'
    'macroEnabled.main+xml"/><Override PartName="/word/vbaProject.bin" '
    'ContentType="application/vnd.ms-office.vbaProject"/></Types>'
)


@pytest.fixture
def project(office_files):
    return office_files.compound(office_files.project({"NewMacros": AUTO}))


@pytest.fixture
def told(found_in):
    return lambda name, octets: found_in("documents", (name, octets))


def test_macros_of_an_old_document_are_told(office_files, told):
    streams = office_files.project({"NewMacros": AUTO}, "Macros/") | {"WordDocument": bytes(5000)}
    assert told("a.doc", office_files.compound(streams)) == TOLD


FLAT = (
    '<?xml version="1.0"?>%s<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xml'
    'Package"><pkg:part pkg:name="/word/_rels/settings.xml.rels"><pkg:xmlData><Relationships>'
    '<Relationship Type="http://a.example/attachedTemplate" Target="http://a.example/t.dotm" '
    'TargetMode="External"/></Relationships></pkg:xmlData></pkg:part></pkg:package>'
)


@pytest.mark.parametrize("before", ["", "<?mso-application progid='Word.Document'?>", "<!--%s-->"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", ["a.xml", "a.doc", ""])
def test_what_a_document_in_one_file_fetches_is_told(told, before, codec, name):
    octets = (FLAT % before.replace("%s", "x" * 5000)).encode(codec)
    assert told(name, octets) == {"Office.ExternalTemplate": "suspicious"}
    assert told(name, octets.replace("External".encode(codec)[-16:], b"")) == {}


@pytest.mark.parametrize("name", ["word/vbaProject.bin", "word/media/image1.png"])
def test_macros_of_ooxml_are_told_wherever_they_lie(office_files, project, told, name):
    assert told("a.docm", office_files.ooxml({"[Content_Types].xml": TYPES, name: project})) == TOLD


def test_the_finding_is_on_the_part_that_has_them(office_files, project, mailed):
    known = mailed(("a.docm", office_files.ooxml({"word/vbaProject.bin": project})))
    paths = {known.parts[one.part].path for one in known.findings if one.scanner == "documents"}
    assert paths == {"2/zip:word/vbaProject.bin"}


def test_a_document_in_a_document_in_an_archive_is_looked_at(office_files, project, told):
    inner = office_files.ooxml({"word/vbaProject.bin": project})
    outer = office_files.ooxml({"word/embeddings/a.docm": inner})
    assert told("a.zip", office_files.zipped({"a.docx": outer})) == TOLD


@pytest.mark.parametrize("text", ["<w:binData w:name='editdata.mso'>{}</w:binData>", "{}"])
def test_a_project_packed_into_text_is_looked_at(project, told, text):
    packed = b"ActiveMime\0\0\xf0\1\4\0\0\0\xff\xff\xff\xff".ljust(50, b"\0") + zlib.compress(
        project
    )
    if text == "{}":
        assert told("editdata.mso", packed) == TOLD
    else:
        whole = text.format(base64.encodebytes(packed).decode())
        word = '<?xml version="1.0"?><w:wordDocument xmlns:w="x">' + whole + "</w:wordDocument>"
        assert told("a.xml", word.encode()) == TOLD


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "limits"), [(ACTIVE_MIME_OCTETS, []), (ACTIVE_MIME_OCTETS + 1, ["part_octets"])]
)
def test_one_that_never_ends_reaches_a_limit(show, size, limits):
    follower = Office(Message(memoryview(b""), facts.Envelope(), facts.Mail(), Budget(Limits())))
    packed = b"ActiveMime".ljust(50, b"\0") + zlib.compress(bytes(size))
    stated = show(follower, packed, kind="other")
    assert [one.class_ for one in stated.limits] == limits
    assert len(stated.findings) == (0 if limits else 1)


def test_one_that_cannot_be_unpacked_is_told(told):
    broken = b"ActiveMime\0\0\xf0\1".ljust(50, b"\0") + b"\x78\x9cxx"
    assert told("editdata.mso", broken) == {"Office.BrokenProject": "suspicious"}


def test_a_file_of_records_without_a_compound_file_is_looked_at(office_files, told):
    book = office_files.book(office_files.auto_open(), sheet=office_files.call(110))
    assert told("a.xls", book)["Office.MacroExecutes"] == "malicious"


def test_a_macro_sheet_in_ooxml_is_told_with_the_name_that_has_it_run(office_files, told):
    sheet = '<xm:macrosheet><f>EXEC("calc")</f></xm:macrosheet>'
    book = '<workbook><definedName name="_xlnm.Auto_Open">M!$A$1</definedName></workbook>'
    members = {"xl/macrosheets/sheet1.xml": sheet, "xl/workbook.xml": book}
    octets = office_files.ooxml(members, "spreadsheetml.sheet")
    assert told("a.xlsm", octets)["Office.MacroExecutes"] == "malicious"


def rtf(office_files, class_name, inside):
    head = struct.pack("<III", 0x501, 2, len(class_name) + 1) + class_name + b"\0" + bytes(8)
    digits = (head + struct.pack("<I", len(inside)) + inside).hex().encode()
    return b"{\\rt\\ansi{\\object\\objemb\\objupdate{\\*\\objclass %b}{\\*\\objdata %b}}}" % (
        class_name,
        digits,
    )


def test_an_exploit_of_the_equation_editor_in_rtf_is_told(office_files, told):
    class_id = bytes.fromhex("02ce020000000000c000000000000046")
    font = bytes([28]) + bytes(27) + bytes([3, 1, 1, 3, 10, 10, 1, 8, 90, 90]) + b"A" * 48
    inside = office_files.compound({"Equation Native": font}, class_id=class_id)
    assert told("a.doc", rtf(office_files, b"Equation.3", inside)) == {
        "Rtf.Object": "information",
        "Rtf.Header": "suspicious",
        "Rtf.ObjectUpdate": "suspicious",
        "Office.OleObject": "information",
        "Office.Equation": "malicious",
    }


@pytest.mark.parametrize("blanks", [b"", b"\r\n" * 30, b" " * 60])
def test_rtf_is_looked_at_behind_blanks_and_without_a_name(show, office_files, blanks):
    follower = Office(Message(memoryview(b""), facts.Envelope(), facts.Mail(), Budget(Limits())))
    text = blanks + rtf(office_files, b"Package", b"x")
    found = {one.name for one in show(follower, text, kind="text", type="text/rtf").findings}
    assert found == {"Rtf.Object", "Rtf.Header", "Rtf.ObjectUpdate"}


@pytest.mark.parametrize("octets", [b"\x09\x08" + bytes(2_000_000), b"\x09\x08\x10\0" + bytes(99)])
def test_octets_that_begin_like_a_book_and_are_none_are_nothing(show, octets):
    follower = Office(Message(memoryview(b""), facts.Envelope(), facts.Mail(), Budget(Limits())))
    stated = show(follower, octets, kind="other", type="application/octet-stream")
    assert (list(stated.findings), list(stated.limits)) == ([], [])


def test_a_finding_of_members_is_on_their_own_document(office_files, mailed):
    code = {"Basic/Standard/m.xml": "<m:module>Sub Main</m:module>"}
    inner = office_files.zipped({"mimetype": "x"} | code)
    known = mailed(("a.docx", office_files.ooxml({"word/embeddings/b.odt": inner})))
    (found,) = [one for one in known.findings if one.scanner == "documents"]
    assert known.parts[found.part].name == "word/embeddings/b.odt"


def test_a_program_that_is_an_object_of_a_document_is_told(office_files, told):
    raw = b"a.exe\0"
    native = b"\2\0" + raw + raw + b"\0\0\3\0" + len(raw).to_bytes(4, "little") + raw
    program = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0" + bytes(100)
    native += len(program).to_bytes(4, "little") + program
    native = len(native).to_bytes(4, "little") + native
    octets = office_files.compound({"\1Ole10Native": native})
    found = told("a.docx", office_files.ooxml({"word/embeddings/oleObject1.bin": octets}))
    assert found["Office.Package"] == "suspicious"


def test_a_name_is_told_once_a_document(office_files, mailed):
    class_id = bytes.fromhex("02ce020000000000c000000000000046")
    one = office_files.compound({"Equation Native": bytes(60)}, class_id=class_id)
    members = {f"word/embeddings/oleObject{number}.bin": one for number in range(30)}
    known = mailed(("a.docx", office_files.ooxml(members)), ("b.docx", office_files.ooxml(members)))
    names = [each.name for each in known.findings if each.scanner == "documents"]
    assert sorted(names) == ["Office.Equation"] * 2 + ["Office.OleObject"] * 2


@pytest.mark.parametrize("word", ["VelvetSweatshop", "secret"])
def test_a_package_that_is_locked_with_excels_own_word_is_told(word):
    follower = Office(Message(memoryview(b""), facts.Envelope(), facts.Mail(), Budget(Limits())))
    known = facts.Part(id=1, kind="document", type="application/x-ole-encrypted", password=word)
    list(follower.scan(Part(known, memoryview(b"x"))))
    names = [one.name for each in follower.conclude() for one in each.findings]
    assert names == (["Office.HiddenByPassword"] if word == "VelvetSweatshop" else [])


@pytest.mark.parametrize("name", ["a.odt", "a.docx"])
def test_a_zip_file_that_only_its_name_tells_is_looked_at(office_files, project, told, name):
    assert told(name, office_files.zipped({"word/vbaProject.bin": project})) == TOLD
    code = {"Basic/Standard/m.xml": "<m:module>Shell(1)</m:module>"}
    assert "Office.MacroExecutes" in told(name, office_files.zipped(code))


@pytest.mark.slow
def test_more_source_than_is_looked_at_is_a_limit(office_files, mailed):
    module = f"<m:module>{'x = 1 ' * 200_000}</m:module>"
    members = {f"Basic/Standard/m{number}.xml": module for number in range(2)}
    mimetype = {"mimetype": "application/vnd.oasis.opendocument.text"}
    known = mailed(("a.odt", office_files.zipped(mimetype | members)))
    assert [one.class_ for one in known.limits] == ["part_octets"]


@pytest.mark.parametrize(
    ("name", "octets", "found"),
    [
        ("a.csv", b"a,=cmd|' /C calc'!A0\r\n", "malicious"),
        ("a.txt", b"a,=cmd|' /C calc'!A0\r\n", None),
        ("a.slk", b"ID;P\r\nC;X1;Y1;K0;E=cmd|'/c calc'!A0\r\nE\r\n", "malicious"),
    ],
)
def test_tables_are_told_by_their_names(told, name, octets, found):
    assert told(name, octets).get("Office.Dde") == found


def test_the_text_of_a_mail_costs_next_to_nothing():
    """Under two microseconds a part; what is measured is ten times that, for slow machines."""
    follower = Office(Message(memoryview(b""), facts.Envelope(), facts.Mail(), Budget(Limits())))
    known = facts.Part(id=1, kind="text", type="text/plain", declared_type="text/plain")
    part, begun = Part(known, memoryview(b"Hello Ann,\r\n" * 200)), time.process_time()
    for _ in range(10_000):
        list(follower.scan(part))
    assert time.process_time() - begun < 0.2


@pytest.mark.slow
@pytest.mark.real("kernel confinement")
def test_a_confined_worker_loads_nothing_late(office_files, project, tmp_path):
    message = tmp_path / "a.eml"
    octets = office_files.ooxml({"word/vbaProject.bin": project})
    head = b'From: a@b.example\nContent-Type: application/x; name="a.docm"\n'
    message.write_bytes(
        head + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(octets)
    )
    done = subprocess.run(
        [sys.executable, "-m", "pratique", "inspect", "--json", message],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    answer = json.loads(done.stdout)
    assert answer["failures"] == []
    assert {"Office.AutoExec", "Office.MacroExecutes"} <= {
        one["name"] for one in answer["findings"]
    }
