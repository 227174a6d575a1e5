"""Find the names under which a page's script saves what it builds.

`link.download = "..."`, `setAttribute("download", "...")`, `new File([...], "...")`,
`saveAs(blob, "...")`, `msSaveBlob(blob, "...")`; where a variable stands there, what that
variable was given.  Which file gets which name only running the script could tell, so
every file of the page has them all.
"""

import re
from collections.abc import Iterator
from itertools import islice

# A page builds one file, seldom two; what has more names keeps the first ones.
NAMES = 8
# As often as that one is looked for in a script.
_LOOKS = 200
_LITERAL = r"(?:\"([^\"\r\n]{1,255}+)\"|'([^'\r\n]{1,255}+)'|`([^`\r\n]{1,255}+)`)"
_VARIABLE = r"([A-Za-z_$][\w$]{0,63}+)"
_SAID = re.compile(
    r"(?:download[\"'`]?\]?\s{0,16}+(?:=|,|:)|(?:saveAs|msSaveBlob|msSaveOrOpenBlob)\s{0,16}+\([^,()]{1,200}+"
    r"(?:\([^()]{0,200}+\)[^,()]{0,200}+)?,|\bFile\s{0,16}+\(\s{0,16}+\[[^\]]{0,400}+\],)\s{0,16}+(?:"
    + _LITERAL + "|" + _VARIABLE + ")"
)  # fmt: skip
# Names of files, wherever a script has them, if nothing says which is meant; what a tag
# loads from elsewhere is none of them.
_FILE = re.compile(
    r"(?<!src=)(?<!href=)[\"'`]([^\"'`\r\n\\/:<>?|*]{1,200}\.(?:zip|7z|rar|iso|img|vhdx?|cab|exe|msi|scr|js|jse|vbs|vbe|wsf|hta|"
    r"bat|cmd|ps1|lnk|url|jar|one|pdf|docm?|docx|xlsm?|xlsx|xlsb|html?|svg|bin|dll|cpl|chm|eml|rtf))[\"'`]",
    re.IGNORECASE,
)

# Where nothing says that a script saves a file, these are what the page is made of.
_FURNITURE = (".js", ".html", ".htm", ".svg", ".pdf", ".bin")
_SAVES = re.compile(
    r"new\s{1,16}blob|saveblob|objecturl|octet-?stream|activexobject|savetofile|decompressionstream",
    re.IGNORECASE,
)


def script_names(text: str) -> tuple[str, ...]:
    """The names, those that are said to be a file's before others; each once."""
    said = dict.fromkeys(islice(_said(text), NAMES))
    if not said:
        own = () if _SAVES.search(text) else _FURNITURE
        found = (name[1] for name in _FILE.finditer(text) if not name[1].lower().endswith(own))
        said = dict.fromkeys(islice(found, NAMES))
    return tuple(said)


def _said(text: str) -> Iterator[str]:
    variables: set[str] = set()
    for found in islice(_SAID.finditer(text), _LOOKS):
        literal = found[1] or found[2] or found[3]
        if literal:
            yield literal
        elif found[4] not in variables and len(variables) < NAMES:
            variables.add(found[4])
            yield from _given(text, found[4])


def _given(text: str, variable: str) -> Iterator[str]:
    """What a variable was given, wherever it was."""
    given = re.compile(rf"(?<![\w$.]){re.escape(variable)}\s{{0,16}}+=\s{{0,16}}+{_LITERAL}")
    for found in islice(given.finditer(text), 2):
        yield found[1] or found[2] or found[3]
