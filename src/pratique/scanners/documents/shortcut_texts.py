r"""Read shortcuts that are texts: what each names, with the role that it has there.

Three forms: sections of `name=value` (.url, .website, .scf, .desktop, .theme; .rdp has
`name:s:value`), XML (.library-ms, .searchConnector-ms, .settingcontent-ms, ClickOnce's
.application, .webloc and .inetloc of the Mac), and ClickOnce's .appref-ms, a line of UTF-16.
None is parsed as its program does: every value of a known name is told, wherever it stands,
and every path to a share, whatever its name is.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from pratique.scanners.documents import commands

# What a shortcut does with a value: opens it, runs it as a command, takes a program or its
# picture from there; or it is a word for another text (XML 1.0, 4.2), which none needs.
Role = Literal["opens", "runs", "installs", "icon", "hides"]
# Shortcuts have a few hundred octets, those with a picture inside 100 KB.
LONGEST = 256 * 1024
# Values of one shortcut: the honest ones name three places.
VALUES = 100
# Paths of one shortcut that are held against its values.
_SHARES = 1000

_WORDS: dict[Role, str] = {
    "opens": "url baseurl origurl urlremote full+address alternate+full+address simplelocation "
    "string",
    "runs": "exec tryexec command deeplink alternate+shell remoteapplicationprogram "
    "remoteapplicationcmdline scrnsave.exe",
    "installs": "codebase deploymentprovider",
    "icon": "iconfile icon iconreference iconuri iconurl wallpaper brandimage visualstyles",
}
_ROLES: dict[str, Role] = {
    word.replace("+", " "): role for role, words in _WORDS.items() for word in words.split()
}
_NAMES = "|".join(sorted(map(re.escape, _ROLES), key=len, reverse=True))
_LINE = re.compile(
    rf"^[ \t]{{0,32}}({_NAMES})(?:\[[\w@.-]{{1,32}}\])?[ \t]{{0,32}}(?:=|:s:)[ \t]{{0,32}}"
    r"([^\r\n]{1,8192})",
    re.IGNORECASE | re.MULTILINE,
)
_ELEMENT = re.compile(
    rf"<(?:[\w.-]{{1,32}}:)?({_NAMES})(?:\s[^<>]{{0,512}})?>\s{{0,64}}(?:<!\[CDATA\[)?"
    r"([^<>\]]{1,8192})",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    rf"[\s<\"'](?:[\w.-]{{1,32}}:)?({_NAMES})\s{{0,8}}=\s{{0,8}}[\"']([^\"'<>]{{1,8192}})[\"']",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"<!ENTITY\s{1,64}([^>]{1,256})")
_ADDRESS = re.compile(r"https?://[^\s\"'<>#]{1,2048}", re.IGNORECASE)
_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8"))


@dataclass(frozen=True, slots=True)
class Told:
    """A value, by its name in the shortcut."""

    name: str
    role: Role
    value: str


def told(octets: memoryview, extensions: frozenset[str]) -> list[Told]:
    """What a shortcut says, each value once."""
    text = _decoded(bytes(octets[:LONGEST]))
    found: dict[Told, None] = {}
    for one in _told(text, extensions):
        if len(found) >= VALUES:
            break
        found[one] = None
    return list(found)


def _told(text: str, extensions: frozenset[str]) -> Iterator[Told]:
    said: set[str] = set()
    for pattern in (_LINE, _ELEMENT, _ATTRIBUTE):
        for one in pattern.finditer(text):
            value = (one[2] if pattern is _LINE else html.unescape(one[2])).strip()
            # A string may be any in a list of the Mac's, and "simpleLocation" holds more of XML.
            role = _ROLES[one[1].lower()]
            if value and (role != "opens" or commands.place(value) or ":" in value):
                said.add(value)
                yield Told(one[1], role, value)
    if "appref-ms" in extensions:
        for one in _ADDRESS.finditer(text):
            yield Told("address", "installs", one[0])
    if "<" in text:
        yield from (Told("ENTITY", "hides", one[1]) for one in _ENTITY.finditer(text))
        text = html.unescape(text)
    for one in islice(commands.SHARES.finditer(text), _SHARES):
        if not any(one[0] in value for value in said):
            yield Told("a path", "opens", one[0])


def _decoded(raw: bytes) -> str:
    for mark, codec in _BOMS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(codec, "replace")
    wide = raw[1:64:2].count(0) > 8
    return raw.decode("utf-16-le" if wide else "utf-8", "replace")
