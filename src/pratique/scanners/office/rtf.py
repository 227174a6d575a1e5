r"""Look at RTF (Rich Text Format 1.9.1) for objects, links and templates.

The objects themselves are parts: their reader finds them as Word does, and each is looked
at as what it is.  Here it is told that there are any, and how they are to be opened:
`\objupdate` has one loaded as soon as the text is shown, and no program of the last
twenty years writes it; nor a beginning other than `{\rtf1`, which Word does not need.
"""

import re
from collections.abc import Iterator

from pratique.scanners.documents.stated import INFORMATION, SUSPICIOUS, Stated, shown
from pratique.scanners.office import dde, targets
from pratique.scanners.part import as_bytes

_HEADER = re.compile(rb"\s{0,64}\{\\rtf1?(?![A-Za-z0-9])")
_CLASS = re.compile(rb"\\objclass\s{1,8}([^\\{}]{1,64})")
_LINKED = re.compile(rb"\\obj(?:autlink|link)(?![a-z])")
_UPDATE = re.compile(rb"\\objupdate(?![a-z])")
_TEMPLATE = re.compile(rb"\\template(?![a-z])")
# A document has one.  A path has 260 letters, and each may stand in escapes and groups.
TEMPLATES, _WRITTEN = 100, 64 * 1024
_BRACE = re.compile(rb"\\.|[{}]", re.DOTALL)
_INSTRUCTION = re.compile(rb"\\fldinst(?![a-z])")
# Up to the next instruction: one may stand within the other, and many behind each other.
_FIELD = re.compile(rb"\x13([^\x13]{0,1024})")
# 1.9.1, "Unicode RTF": \uN, and behind it as many letters for older readers as \ucN said in
# this group or around it; \'hh is an octet.
_TOKEN = re.compile(
    r"\\uc(\d{1,4}) ?|\\u(-?\d{1,5}) ?|\\'([0-9a-fA-F]{2})|\\([\\{}])|([{}])"
    r"|(?:\\(?:[a-z]{1,32}-?\d{0,10} ?|[^a-z])|[\r\n])|([^\\{}\r\n]++)"
)


def look(octets: memoryview) -> Iterator[Stated]:
    """The findings about the text."""
    text = as_bytes(octets)
    if b"\\obj" in text:
        yield from _objects(text)
    for number, found in enumerate(_TEMPLATE.finditer(text)):
        if number == TEMPLATES:
            yield Stated("Rtf.Template", SUSPICIOUS, f"more than {TEMPLATES} templates")
            break
        address = _plain(_written(text, found.end())).strip()
        severity = targets.judge(address)
        if severity is not None:
            yield Stated("Rtf.Template", severity, shown(address, 250))
    if b"\\fldinst" in text:
        fields = _FIELD.finditer(_INSTRUCTION.sub(b"\x13", text.replace(b"\x13", b" ")))
        yield from dde.fields("".join(f"\x13{_plain(one[1]).strip()}" for one in fields))


def _objects(text: bytes) -> Iterator[Stated]:
    classes = dict.fromkeys(one[1].decode("latin-1").strip() for one in _CLASS.finditer(text))
    told = shown(", ".join(list(classes)[:8]), 160) or "no class is told"
    if b"\\objdata" in text:
        yield Stated("Rtf.Object", INFORMATION, told)
        if not _HEADER.match(text):
            yield Stated("Rtf.Header", SUSPICIOUS, shown(text[:16].decode("latin-1"), 80))
    if _UPDATE.search(text):
        yield Stated("Rtf.ObjectUpdate", SUSPICIOUS, told)
    if _LINKED.search(text):
        yield Stated("Rtf.LinkedObject", SUSPICIOUS, told)


def _written(text: bytes, at: int) -> bytes:
    """What stands there up to the end of its group, with the groups in it."""
    depth, end = 0, min(len(text), at + _WRITTEN)
    for found in _BRACE.finditer(text, at, end):
        depth += {b"{": 1, b"}": -1}.get(found[0], 0)
        if depth < 0:
            return text[at : found.start()]
    return text[at:end]


def _plain(octets: bytes) -> str:
    """Text without its control words, and without what stands there for older readers."""
    said: list[str] = []
    skips, skip = [1], 0
    for found in _TOKEN.finditer(octets.decode("latin-1")):
        count, letter, octet, escaped, brace, run = found.groups()
        if brace:
            skip = 0
            if brace == "{":
                skips.append(skips[-1])
            elif len(skips) > 1:
                skips.pop()
        elif count:
            skips[-1] = int(count)
        elif letter:
            said.append(chr(int(letter) & 0xFFFF))
            skip = skips[-1]
        elif text := chr(int(octet, 16)) if octet else escaped or run or "":
            said.append(text[skip:])
            skip = max(0, skip - len(text))
    return "".join(said)
