r"""Judge a request by Dynamic Data Exchange: which program is asked, and for what.

A field of Word (`DDE`, `DDEAUTO`: ECMA-376 part 1, 17.16.5.13), a cell of Excel
(`=cmd|'/c calc'!A0`) or a source in OpenDocument names a program and a topic.  If no such
program runs, Word and Excel start it.  Tables that ask Excel, or a broker's feed, are old
and honest; a shell is asked by nobody.
"""

import re
from collections.abc import Iterator

from pratique.scanners.documents.stated import INFORMATION, MALICIOUS, SUSPICIOUS, Stated, shown

_RUNS = re.compile(
    r"\b(?:cmd|powershell|pwsh|mshta|wscript|cscript|rundll32|regsvr32|msiexec|certutil|bitsadmin"
    r"|forfiles|explorer|bash|conhost|schtasks|wmic|msdt|regasm|installutil|odbcconf)(?:\.exe)?\b"
    r"|\.exe\b|\.\.[\\/]+\.\.|\bcalc\b",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    r"^(?:excel|winword|word|powerpnt|msaccess|soffice|msexcel|visio|outlook"
    r"|excel\.\w{1,32}(?:\.\d{1,2})?|word\.\w{1,32}(?:\.\d{1,2})?)$",
    re.IGNORECASE,
)
# ECMA-376 part 1, 17.16.5.47: `QUOTE 67 77 68` is `CMD`; mostly a field within the field.
_QUOTE = re.compile(
    r"(?i)(?:\x13\s{0,8})?\bQUOTE\s{1,8}((?:\d{1,3}\s{1,8}){0,512}\d{1,3})\b\s{0,8}"
    r"(?:\x14[^\x13\x15]{0,512})?\x15?"
)
# Fields as Word's old form has them (0x13 begins one, 0x14 its result, 0x15 ends it).
_FIELD = re.compile(r"(?i)\x13\s*+DDE(?:AUTO)?\b([^\r\x15]{0,512})")
_FORMULA = re.compile(
    r"(?i)\bDDE\s{0,8}\(\s{0,8}(?:&quot;|\")([^\"&<]{0,128})(?:&quot;|\")\s{0,8}[;,]([^<>)]{0,256})"
)
# A cell: an operator, a program, a bar, its topic, and an exclamation mark.
_CELL = re.compile(
    r"([=+@*(,;-])[ \t]*+['\"]?([\w.\\:]{1,64}+)['\"]?[ \t]{0,8}\|"
    r"\s{0,4}['\"]{0,2}([^|\r\n!]{1,256})!"
)


def fields(text: str) -> Iterator[Stated]:
    """What the fields in a text ask for, each of which begins with 0x13."""
    for found in _FIELD.finditer(_QUOTE.sub(_letters, text)):
        asked = found[1].partition("\x14")[0].replace("\x13", " ").strip()
        words = asked.replace("\\\\", "\\").strip('" ').split('"')[0].split()
        yield judge(words[0] if words else "", asked, "field")


def _letters(found: re.Match[str]) -> str:
    return "".join(chr(int(each)) for each in found[1].split())


def judge(service: str, asked: str, where: str) -> Stated:
    """The finding of a request to a program."""
    note = f"{where}: {shown(asked, 160)}"
    if _RUNS.search(asked) or _RUNS.search(service):
        return Stated("Office.Dde", MALICIOUS, note)
    return Stated("Office.Dde", INFORMATION if _OFFICE.match(service) else SUSPICIOUS, note)


def formulas(text: str) -> Iterator[Stated]:
    """What LibreOffice's function of that name asks for, in XML."""
    for found in _FORMULA.finditer(text):
        yield judge(found[1], f"{found[1]}|{found[2]}", "formula")


def cells(text: str) -> Iterator[Stated]:
    """What the cells of a table's text ask for.

    A bar stands in texts too: only what begins with an equals sign, or asks a shell, counts.
    """
    for found in _CELL.finditer(text):
        one = judge(found[2], f"{found[2]}|{found[3]}", "cell")
        if one.severity == MALICIOUS or found[1] == "=":
            yield one
