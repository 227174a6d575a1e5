"""Look at tables in text that Excel opens: CSV, SYLK and queries of the web.

A cell of CSV that begins with an operator is a formula, and a formula may ask another
program.  SYLK, older than any standard of it, holds macros of Excel 4: a line `O;E` makes the
file a macro sheet, `NN;N` names one, `E` is a formula.  A query (`.iqy`) is `WEB`, a number
and an address, which Excel fetches.
"""

import re
from collections.abc import Iterator

from pratique.scanners.documents.stated import SUSPICIOUS, Stated, shown
from pratique.scanners.office import dde, targets
from pratique.scanners.office.gathered import sheets
from pratique.scanners.office.markup import text_of

EXTENSIONS = frozenset({"csv", "tsv", "tab", "slk", "sylk", "iqy"})
_QUERY = re.compile(r"\s{0,16}WEB\s{1,4}\d{0,2}\s{0,4}(\S{1,2048})")
_SYLK = "ID;"
_MACRO_SHEET = re.compile(r"(?m)^O;(?:[^;\r\n]{1,16};){0,16}E(?=[;\r\n]|$)")
_AUTO = re.compile(r"(?im)^NN;[^\r\n]{0,512}?N(auto_(?:open|close|activate))")
_FORMULA = re.compile(r"(?m);E([^;\r\n]+)")
_CALLS = re.compile(r"(?i)\b(EXEC|CALL|REGISTER|FOPEN)\(")


def look(octets: memoryview) -> Iterator[Stated]:
    """The findings about a table."""
    text = text_of(octets)
    query = _QUERY.match(text)
    if query is not None:
        severity = targets.judge(query[1])
        if severity is not None:
            severity = severity if severity != "malicious" else SUSPICIOUS
            yield Stated("Office.WebQuery", severity, shown(query[1], 250))
        return
    if text.startswith(_SYLK):
        yield from _sylk(text)
    if "|" in text:
        yield from dde.cells(text)


def _sylk(text: str) -> Iterator[Stated]:
    auto = list(dict.fromkeys(found[1] for found in _AUTO.finditer(text)))
    calls = [one for found in _FORMULA.finditer(text) for one in _CALLS.findall(found[1])]
    if _MACRO_SHEET.search(text) or auto or calls:
        yield from sheets(["the file itself"], auto, list(dict.fromkeys(map(str.upper, calls))))
