"""Write honest PDFs: of many writers, with forms, scripts, links and attached tables.

Each source is written by a program of its own kind, then packed, saved again and locked by
others, as mail brings them: at most nine files come from one source.
"""

import io
import shutil
import struct
import subprocess
from pathlib import Path

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

MAN = ".TH PAGE {n}\n.SH NAME\npage \\- a page\n.SH DESCRIPTION\n" + "A line of text.\n" * 60
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="200" height="{n}00">
<circle cx="50" cy="50" r="4{n}"/>
<a href="https://example.org/{n}"><text y="90">Plan</text></a></svg>"""
PS = "%!PS\n/Helvetica findfont {n}2 scalefont setfont 72 72 moveto (Figures) show showpage\n"
DRAWN = "%%MediaBox 0 0 500 500\n%%Font Tm Times-Roman\nBT /Tm {n}2 Tf 100 100 Td (Drawn) Tj ET\n"
TEXT = "Minutes of meeting {n}\n\n" + "We met, and talked.\n" * 40
WEB = """<title>Offer {n}</title><h1>Offer</h1><a href="https://example.org/{n}">Details</a>
<form><input name="a"><select><option>b</select></form><p>{words}</p>"""
# What Acrobat writes into forms, and what tickets bring.
FORM_SCRIPTS = (
    'AFNumber_Keystroke(2, 0, 0, 0, "", true);',
    'AFSimple_Calculate("SUM", new Array("a", "b"));',
    'AFDate_FormatEx("yyyy-mm-dd");',
    "if (event.value < 0) { app.alert('Not below zero'); event.rc = false; }",
)
ALERTS = "function total(a, b) { return Number(a) + Number(b); }"
PRINTS = "this.print({bUI: true, bSilent: false, bShrinkToFit: true});"


def run(command: str, folder: Path) -> None:
    subprocess.run(["sh", "-c", command], cwd=folder, check=True, capture_output=True, timeout=120)


def tiff(height: int) -> bytes:
    """A picture of eight columns in black and white (TIFF 6.0, section 3)."""
    fields = {256: 8, 257: height, 258: 1, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: height}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields.items())
    rows = bytes(range(height)).ljust(8, b"\0")
    return b"II*\0" + struct.pack("<I", 16) + rows + struct.pack("<H", 9) + entries + bytes(4)


def with_pypdf(path: Path, change) -> None:
    writer, space = pypdf.PdfWriter(), io.BytesIO()
    page = writer.add_blank_page(300, 300)
    change(writer, page)
    writer.write(space)
    path.write_bytes(space.getvalue())


def action(text: str) -> DictionaryObject:
    return DictionaryObject({
        NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(text)
    })  # fmt: skip


def form(writer, page) -> None:
    """A field with the scripts that forms have: while one types, and before it is shown."""
    events = {
        NameObject(f"/{event}"): action(text)
        for event, text in zip("KCFV", FORM_SCRIPTS, strict=True)
    }
    field = DictionaryObject({
        NameObject("/FT"): NameObject("/Tx"), NameObject("/T"): TextStringObject("a"),
        NameObject("/Subtype"): NameObject("/Widget"), NameObject("/Type"): NameObject("/Annot"),
        NameObject("/AA"): DictionaryObject(events),
    })  # fmt: skip
    held = writer._add_object(field)
    page[NameObject("/Annots")] = ArrayObject([held])
    fields = DictionaryObject({NameObject("/Fields"): ArrayObject([held])})
    writer.root_object[NameObject("/AcroForm")] = fields
    named = ArrayObject([TextStringObject("total"), writer._add_object(action(ALERTS))])
    tree = DictionaryObject({NameObject("/Names"): named})
    scripts = DictionaryObject({NameObject("/JavaScript"): tree})
    writer.root_object[NameObject("/Names")] = scripts


def prints(writer, _page) -> None:
    writer.root_object[NameObject("/OpenAction")] = action(PRINTS)


def attached(writer, _page) -> None:
    writer.add_attachment("factur-x.xml", b"<?xml version='1.0'?><invoice/>" * 50)


def sources(folder: Path) -> None:
    """Two dozen files, each of another text; its name begins with who wrote it."""
    for n in range(1, 4):
        texts = {"man": MAN, "svg": SVG, "ps": PS, "drawn": DRAWN, "txt": TEXT, "html": WEB}
        for suffix, text in texts.items():
            said = text.replace("{n}", str(n)).replace("{words}", "words " * 500)
            (folder / f"{n}.{suffix}").write_text(said)
        run(f"groff -man -Tpdf {n}.man > groff{n}.pdf", folder)
        run(f"rsvg-convert -f pdf -o cairo{n}.pdf {n}.svg", folder)
        run(f"gs -q -sDEVICE=pdfwrite -o ghostscript{n}.pdf {n}.ps", folder)
        run(f"mutool create -o mupdf{n}.pdf {n}.drawn", folder)
        (folder / f"{n}.tiff").write_bytes(tiff(n))
        run(f"tiff2pdf -o tiff{n}.pdf {n}.tiff", folder)
        run(f"podofotxt2pdf {n}.txt podofo{n}.pdf", folder)
        run("chromium --headless --no-sandbox --disable-gpu --no-pdf-header-footer"
            f" --user-data-dir=home --print-to-pdf=chromium{n}.pdf {n}.html", folder)  # fmt: skip
    for name, change in (("form", form), ("print", prints), ("table", attached)):
        with_pypdf(folder / f"pypdf-{name}.pdf", change)


# What others make of a file.
AGAIN = {
    "packed": "qpdf --object-streams=generate {} {}",
    "web": "qpdf --linearize {} {}",
    "plain": "qpdf --qdf --object-streams=disable {} {}",
    "locked": "qpdf --encrypt '' owner 256 -- {} {}",
    "old-lock": "qpdf --allow-weak-crypto --encrypt '' owner 128 --use-aes=n -- {} {}",
    "clean": "mutool clean -gggz {} {}",
    "distilled": "gs -q -sDEVICE=pdfwrite -o {1} {0}",
    "merged": "qpdf --empty --pages {0} {0} -- {1}",
}


def write(folder: Path) -> dict[str, bytes]:
    """All of them, by name: that of the source, and what was made of it."""
    sources(folder)
    made = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.pdf"))}
    for stem in list(made):
        for name, command in AGAIN.items():
            run(command.format(f"{stem}.pdf", "out.pdf") + " || [ $? = 3 ]", folder)
            made[f"{stem} {name}"] = (folder / "out.pdf").read_bytes()
    shutil.rmtree(folder)
    return made
