"""Write clean documents, with the programs that people write them with.

Each writes its own texts, tables and slides; what LibreOffice converts comes from sources of
one page each, and from the templates that it brings.
"""

import io
import itertools
import subprocess
from pathlib import Path

TEXTS = {
    "letter": "Dear Ann,\nthank you for your order of 14 May.\nKind regards\nBob",
    "minutes": "Minutes\nPresent: Ann, Bob\n1. Shell and pipes arrived\n2. Call the bank | later!",
    "invoice": "Invoice 2026-114\n3 x valve, 19.90\nTotal 59.70\nOpen items: none",
    "manual": "How to run it\nOpen the cover. Press Run. See http://www.example.org/dde for DDE.",
    "japanese": "拝啓\n請求書を添付いたします。\nよろしくお願いいたします。",
    "policy": "Macros\nNever enable Workbook_Open or AutoOpen. Do not start cmd.exe or powershell.",
}
TABLES = {
    "prices": [["valve", 19.9], ["pipe", 4.5], ["=SUM(B1:B2)", "a|b!"]],
    "hours": [["Ann", 8], ["Bob", 7.5], ["sum", "=B1+B2"]],
    "stock": [[f"part {number}", number] for number in range(40)],
    "dates": [["2026-03-02", "kick-off"], ["2026-04-01", "Open day"]],
}
NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("draw", "drawing"),
        ("presentation", "presentation"),
        ("style", "style"),
        ("script", "script"),
    )
)
BASIC = """<office:scripts><office:script script:language="ooo:Basic"><ooo:libraries
 xmlns:ooo="http://openoffice.org/2004/office"><ooo:library-embedded ooo:name="Standard"><ooo:module
 ooo:name="Module1"><ooo:source-code>Sub Main
  ThisComponent.CurrentController.ActiveSheet = ThisComponent.Sheets(0)
End Sub</ooo:source-code></ooo:module></ooo:library-embedded></ooo:libraries></office:script>
<office:event-listeners><script:event-listener script:language="ooo:script"
 script:event-name="dom:load" xmlns:xlink="http://www.w3.org/1999/xlink" xlink:type="simple"
 xlink:href="vnd.sun.star.script:Standard.Module1.Main?language=Basic&amp;location=document"/>
</office:event-listeners></office:scripts>"""


def flat(kind: str, body: str, scripts: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {NAMESPACES} office:version="1.2" '
        f'office:mimetype="application/vnd.oasis.opendocument.{kind}">{scripts}<office:body>'
        f"{body}</office:body></office:document>"
    )


def flat_text(text: str) -> str:
    lines = "".join(f"<text:p>{line}</text:p>" for line in text.split("\n"))
    return flat("text", f"<office:text>{lines}</office:text>")


def flat_table(rows: list[list[object]], scripts: str = "") -> str:
    inner = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{each}</text:p>'
            "</table:table-cell>"
            for each in row
        )
        + "</table:table-row>"
        for row in rows
    )
    page = f'<table:table table:name="S">{inner}</table:table>'
    body = f"<office:spreadsheet>{page}</office:spreadsheet>"
    return flat("spreadsheet", body, scripts)


def flat_slides(text: str) -> str:
    pages = "".join(
        f'<draw:page draw:name="p{number}"><draw:frame><draw:text-box><text:p>{line}</text:p>'
        "</draw:text-box></draw:frame></draw:page>"
        for number, line in enumerate(text.split("\n"))
    )
    return flat("presentation", f"<office:presentation>{pages}</office:presentation>")


def converted(folder: Path, sources: list[Path], *forms: str) -> dict[str, bytes]:
    """What LibreOffice makes of the sources: all of one form (`docx`, `xls:FILTER`) in one run."""
    made = {}
    for form in forms:
        suffix = form.partition(":")[0]
        out = folder / "made" / suffix
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation=file://{folder}/profile",
                "--headless",
                "--convert-to",
                form,
                "--outdir",
                out,
                *sources,
            ],
            check=True,
            capture_output=True,
            timeout=150,
        )
        made |= {f"libreoffice/{path.name}": path.read_bytes() for path in out.iterdir()}
    return made


def libreoffice(folder: Path) -> dict[str, bytes]:
    sources = {f"{name}.fodt": flat_text(text) for name, text in TEXTS.items()}
    sources |= {f"{name}.fods": flat_table(rows) for name, rows in TABLES.items()}
    sources |= {"basic.fods": flat_table(TABLES["hours"], BASIC)}
    sources |= {"slides.fodp": flat_slides(TEXTS["minutes"])}
    for name, text in sources.items():
        (folder / name).write_text(text, "utf-8")
    texts, tables = sorted(folder.glob("*.fodt")), sorted(folder.glob("*.fods"))
    made = converted(folder, texts, "doc", "docx", "odt", "rtf")
    made |= converted(folder, tables, "xls", "xlsx", "ods", "slk")
    made |= converted(folder, sorted(folder.glob("*.fodp")), "ppt", "pptx", "odp")
    made |= {f"libreoffice/{name}": text.encode() for name, text in sources.items()}
    shipped = sorted(Path("/usr/lib/libreoffice/share/template").rglob("*.ot?"))[:40]
    return made | {f"libreoffice/template-{path.name}": path.read_bytes() for path in shipped}


def openpyxl(_: Path) -> dict[str, bytes]:
    import openpyxl

    made = {}
    for name, rows in TABLES.items():
        book, space = openpyxl.Workbook(), io.BytesIO()
        for row in rows:
            book.active.append(row)
        book.active["D1"].hyperlink = "https://www.example.org/"
        book.save(space)
        made[f"openpyxl/{name}.xlsx"] = space.getvalue()
    return made


def xlsxwriter(_: Path) -> dict[str, bytes]:
    import xlsxwriter

    made = {}
    for name, rows in TABLES.items():
        space = io.BytesIO()
        book = xlsxwriter.Workbook(space)
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        sheet.write_url("D1", "external:\\\\files\\reports\\a.xlsx")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=Sheet1!$B$1:$B$2"})
        sheet.insert_chart("D3", chart)
        sheet.insert_button("D9", {"macro": "Report", "caption": "Go"})
        book.close()
        made[f"xlsxwriter/{name}.xlsx"] = space.getvalue()
    return made


def python_docx(_: Path) -> dict[str, bytes]:
    import docx

    made = {}
    for name, text in TEXTS.items():
        document, space = docx.Document(), io.BytesIO()
        for line in text.split("\n"):
            document.add_paragraph(line)
        document.add_table(2, 2)
        document.save(space)
        made[f"python-docx/{name}.docx"] = space.getvalue()
    return made


def odfpy(_: Path) -> dict[str, bytes]:
    from odf.opendocument import OpenDocumentText
    from odf.text import P

    made = {}
    for name, text in TEXTS.items():
        document, space = OpenDocumentText(), io.BytesIO()
        for line in text.split("\n"):
            document.text.addElement(P(text=line))
        document.write(space)
        made[f"odfpy/{name}.odt"] = space.getvalue()
    return made


def xlwt(_: Path) -> dict[str, bytes]:
    import xlwt

    made = {}
    for name, rows in TABLES.items():
        book, space = xlwt.Workbook(), io.BytesIO()
        sheet = book.add_sheet("S")
        for (number, row), at in itertools.product(enumerate(rows), (0, 1)):
            sheet.write(number, at, row[at])
        sheet.write(50, 0, xlwt.Formula("SUM(B1:B9)"))
        sheet.write(51, 0, xlwt.Formula('HYPERLINK("https://www.example.org/";"more")'))
        book.save(space)
        made[f"xlwt/{name}.xls"] = space.getvalue()
    return made


def gnumeric(folder: Path) -> dict[str, bytes]:
    made = {}
    for name, rows in TABLES.items():
        source = folder / f"g-{name}.csv"
        source.write_text("\n".join(",".join(map(str, row)) for row in rows), "utf-8")
        for form in ("xls", "xlsx", "ods"):
            target = folder / f"g-{name}.{form}"
            subprocess.run(
                ["ssconvert", source, target], check=True, capture_output=True, timeout=60
            )
            made[f"gnumeric/{name}.{form}"] = target.read_bytes()
        made[f"gnumeric/{name}.csv"] = source.read_bytes()
    return made


def abiword(folder: Path) -> dict[str, bytes]:
    made = {}
    for name, text in TEXTS.items():
        source = folder / f"a-{name}.txt"
        source.write_text(text, "utf-8")
        for form in ("doc", "odt", "rtf"):
            target = folder / f"a-{name}.{form}"
            subprocess.run(
                ["abiword", f"--to={target}", source], check=True, capture_output=True, timeout=60
            )
            made[f"abiword/{name}.{form}"] = target.read_bytes()
    return made


def write(new_folder) -> dict[str, bytes]:
    """All of them, by who writes and a name; `new_folder` makes an empty folder."""
    made = {}
    for one in (libreoffice, openpyxl, xlsxwriter, python_docx, odfpy, xlwt, gnumeric, abiword):
        made |= one(new_folder(one.__name__))
    return made
