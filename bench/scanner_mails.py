"""Make the mail by which scanners are measured: one kind for each sort of work.

Each mail is made from a number: the same at each run, and no two alike, since a worker keeps
what it found out about octets that come again.
"""

import importlib.util
import io
import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType

from peers import mails

from pratique.scanners.formats.lnk import Lnk
from pratique.scanners.formats.onenote import OneNote

# What an honest workbook has: an event, a report, and a mail that is written.
MACRO = """Private Sub Workbook_Open()
  Sheets("Start").Activate
End Sub
Sub Report()
  Set d = CreateObject("Scripting.Dictionary")
  For n = 1 To {number}
    Cells(n, 1).Value = "{words}"
  Next
End Sub
"""
SCRIPT = """function total(rows) {{
  var sum = {number};
  for (var n = 0; n < rows.length; n++) {{ sum += Number(rows[n].value); }}
  document.getElementById("sum").textContent = sum.toFixed(2);
}}
"""
LINKS = 30
# When all of it came.
DAY = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def _words(chance: random.Random, count: int) -> str:
    words = chance.choices(mails.WORDS, k=count)
    return "\r\n".join(" ".join(words[at : at + 11]) for at in range(0, count, 11))


def _with(number: int, chance: random.Random, *files: tuple[str, str, bytes]) -> bytes:
    """A mail of 1 KB, and files: name, type, octets of each."""
    attached = (mails.attached(type_, name, octets) for name, type_, octets in files)
    return mails.whole(number, mails.plain(chance, 1000), *attached)


def text(chance: random.Random, number: int) -> bytes:
    """Plain text of 4 KB."""
    return mails.text(chance, number)


def newsletter(chance: random.Random, number: int) -> bytes:
    """A text and a page of 20 KB with 30 links and pictures."""
    rows = "".join(
        f'<tr><td style="padding:4px"><img src="https://img.bench.example/{number}/{row}.png"'
        f' alt="{row}"></td><td><a href="https://click.bench.example/c?m={number}&amp;n={row}">'
        f"{_words(chance, 5)}</a><p>{_words(chance, 60)}</p></td></tr>\n"
        for row in range(LINKS)
    )
    page = f"<html><body><table>{rows}</table></body></html>"
    html = mails.part("text/html; charset=us-ascii", page)
    mixed = mails.whole(number, mails.plain(chance, 2000), html)
    return mixed.replace(b"multipart/mixed", b"multipart/alternative", 1)


def pdf(chance: random.Random, number: int) -> bytes:
    """A PDF of 100 KB, its pages packed."""
    octets = mails.pdf(chance, 100_000)
    return _with(number, chance, (f"report-{number}.pdf", "application/pdf", octets))


@cache
def _office_files() -> ModuleType:
    """The tests write documents with macros by the specification."""
    path = Path(__file__).resolve().parents[1] / "tests/scanners/office_files.py"
    spec = importlib.util.spec_from_file_location("office_files", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def office(chance: random.Random, number: int) -> bytes:
    """A workbook with macros and sheets of 60 KB."""
    write = _office_files()
    source = MACRO.format(number=number, words=_words(chance, 8))
    project = write.compound(write.project({"Module1": source, "ThisWorkbook": ""}, lines=3))
    cells = "".join(f"<c><v>{chance.random()}</v></c>" for _ in range(2000))
    sheet = f'<?xml version="1.0"?><worksheet><sheetData>{cells}</sheetData></worksheet>'
    members = {"xl/vbaProject.bin": project, "xl/worksheets/sheet1.xml": sheet}
    book = write.ooxml(members, "spreadsheetml.sheet")
    type_ = "application/vnd.ms-excel.sheet.macroEnabled.12"
    return _with(number, chance, (f"hours-{number}.xlsm", type_, book))


def archive(chance: random.Random, number: int) -> bytes:
    """A zip of 5 MB with some 130 files."""
    return mails.archive(chance, number)


def page(chance: random.Random, number: int) -> bytes:
    """A page of 20 KB with a script, attached."""
    rows = "".join(f'<p>{_words(chance, 40)}<input name="r{row}"></p>\n' for row in range(60))
    script = SCRIPT.format(number=number)
    whole = f'<html><script>{script}</script><body>{rows}<b id="sum"></b></body></html>'
    return _with(number, chance, (f"form-{number}.html", "text/html", whole.encode()))


def note(chance: random.Random, number: int) -> bytes:
    """A zip of 30 KB with three texts: what a small archive is."""
    space = io.BytesIO()
    with zipfile.ZipFile(space, "w", zipfile.ZIP_DEFLATED) as made:
        for name in "abc":
            entry = zipfile.ZipInfo(f"{name}-{number}.txt", DAY.timetuple()[:6])
            made.writestr(entry, _words(chance, 4000), zipfile.ZIP_DEFLATED)
    return _with(number, chance, (f"notes-{number}.zip", "application/zip", space.getvalue()))


def rare(chance: random.Random, number: int) -> bytes:
    """A shortcut and a section of OneNote, the smallest ones: seldom sent, and small."""
    type_ = "application/octet-stream"
    files = ((name, type_, form.smallest) for name, form in (("a.lnk", Lnk), ("b.one", OneNote)))
    return _with(number, chance, *files)


Make = Callable[[random.Random, int], bytes]
# How each is called in the table, and how many of it are looked at.
KINDS: dict[str, tuple[Make, int]] = {
    "4 KB of text": (text, 150),
    "newsletter, 30 links": (newsletter, 60),
    "page with a script": (page, 60),
    "zip of three texts": (note, 60),
    "shortcut, OneNote": (rare, 60),
    "PDF of 100 KB": (pdf, 40),
    "workbook with macros": (office, 40),
    "zip of 5 MB": (archive, 5),
}


def made(kind: str, count: int) -> list[bytes]:
    """So many mails of a kind."""
    make = KINDS[kind][0]
    return [make(random.Random(f"{kind} {number}"), number) for number in range(count)]
