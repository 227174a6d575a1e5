"""Write documents with harmless macros: what the macros of companies do.

XlsxWriter and LibreOffice write the document around a project that is written by the
specification; then LibreOffice reads that, and writes a project of its own, or Basic, in
each form that has macros.
"""

import io
import zipfile
from pathlib import Path
from types import ModuleType

COPY = """Private Declare PtrSafe Sub Copy Lib "kernel32" Alias "RtlMoveMemory" (a, b)
Sub Auto_Open()
  Application.OnTime Now, "Tick"
End Sub
"""
MACROS = [
    'Private Sub Workbook_Open()\n  Sheets("Start").Activate\nEnd Sub\n',
    "Sub AutoOpen()\n  ActiveDocument.Fields.Update\nEnd Sub\n",
    'Sub Workbook_BeforeClose(Cancel As Boolean)\n  ThisWorkbook.SaveAs "a.xlsm"\nEnd Sub\n',
    'Sub Report()\n  Set d = CreateObject("Scripting.Dictionary")\n  Call Fill(d)\nEnd Sub\n',
    'Sub Mail()\n  Set o = CreateObject("Outlook.Application")\n  o.CreateItem(0).Send\nEnd Sub\n',
    'Private Sub Document_New()\n  InputBox "Name?"\nEnd Sub\n',
    'Sub Log()\n  Open "C:\\log.txt" For Append As #1\n  Print #1, Now\n  Close #1\nEnd Sub\n',
    'Private Sub Worksheet_Change(ByVal Target As Range)\n  Kill "C:\\old.csv"\nEnd Sub\n',
    'Private Sub Document_Open()\n  x = Environ("USERNAME") & Chr(13) & Chr(10)\nEnd Sub\n',
    COPY,
]
TYPES, RELATIONS = "[Content_Types].xml", "word/_rels/document.xml.rels"
MAIN = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
WITH_MACROS = b"application/vnd.ms-word.document.macroEnabled.main+xml"
PROJECT = b'<Override PartName="/word/vbaProject.bin" '
PROJECT += b'ContentType="application/vnd.ms-office.vbaProject"/></Types>'
RELATION = b'<Relationship Id="vba" Target="vbaProject.bin" '
RELATION += b'Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject"/>'


def by_specification(office_files: ModuleType) -> dict[str, bytes]:
    """Each macro in a document of nothing else, in a form of today and in the old one."""
    made = {}
    for number, source in enumerate(MACROS):
        streams = office_files.project({"Module1": source, "ThisDocument": ""}, lines=3)
        project = office_files.compound(streams)
        form = "wordprocessingml.document" if number % 2 else "spreadsheetml.sheet"
        folder, name = ("word", "docm") if number % 2 else ("xl", "xlsm")
        members = {f"{folder}/vbaProject.bin": project}
        made[f"specification/macro-{number}.{name}"] = office_files.ooxml(members, form)
        old = office_files.project({"Module1": source}, "Macros/") | {"WordDocument": bytes(5000)}
        made[f"specification/macro-{number}.doc"] = office_files.compound(old)
    return made


def workbook(path: Path, project: bytes) -> None:
    """A workbook of XlsxWriter with a project."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path)
    book.add_worksheet("Start").write_row(0, 0, ["valve", 19.9])
    book.add_vba_project(io.BytesIO(project), is_stream=True)
    book.close()


def text(path: Path, project: bytes, document: bytes) -> None:
    """A document of LibreOffice with a project, which no program adds for us."""
    with (
        zipfile.ZipFile(io.BytesIO(document)) as plain,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in plain.namelist():
            octets = plain.read(name)
            if name == TYPES:
                octets = octets.replace(MAIN, WITH_MACROS).replace(b"</Types>", PROJECT)
            if name == RELATIONS:
                octets = octets.replace(b"</Relationships>", RELATION + b"</Relationships>")
            made.writestr(name, octets)
        made.writestr("word/vbaProject.bin", project)


def write(folder: Path, office_files: ModuleType, office: ModuleType) -> dict[str, bytes]:
    """All of them; `office` writes documents without macros, and converts."""
    (folder / "letters").mkdir()
    for name, said in office.TEXTS.items():
        (folder / f"letters/{name}.fodt").write_text(office.flat_text(said), "utf-8")
    letters = office.converted(folder, sorted((folder / "letters").iterdir()), "docx").items()
    for number, source in enumerate(MACROS):
        modules = {"Module1": source, "ThisDocument" if number % 2 else "ThisWorkbook": ""}
        project = office_files.compound(office_files.project(modules))
        if number % 2:
            name, document = list(letters)[number // 2]
            text(folder / f"{Path(name).stem}-macro-{number}.docm", project, document)
        else:
            workbook(folder / f"book-{number}-macro.xlsm", project)
    texts, books = sorted(folder.glob("*.docm")), sorted(folder.glob("*.xlsm"))
    made = by_specification(office_files)
    made |= {f"xlsxwriter/{path.name}": path.read_bytes() for path in books}
    made |= office.converted(folder, texts, "docm:MS Word 2007 XML VBA", "odt")
    return made | office.converted(folder, books, "xlsm:Calc MS Excel 2007 VBA XML", "xls", "ods")
