"""State what a shortcut starts: its target, its arguments, and where it leads.

A shortcut to a document or a page is honest and useless to a stranger.  What worms send
starts a shell with a command, leads to a share whose owner learns who opened it, or
hides what it says behind blanks: Explorer shows 260 characters of a command, and a worm
puts its own behind them.

[MS-SHLLINK] for .lnk; the others are texts (`documents/shortcut_texts.py`).
"""

import re
import struct
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.lnk_file import BEGINS, LnkFile
from pratique.scanners.documents import commands
from pratique.scanners.documents.shortcut_texts import LONGEST, Told, told
from pratique.scanners.documents.stated import Stated, shown, worst
from pratique.scanners.kinds import DANGEROUS, of_extension
from pratique.scanners.names import extension
from pratique.scanners.part import Part, Signs

_KINDS = frozenset({"shortcut", "executable"})
# ClickOnce's shortcuts are programs to Windows.
_CLICK_ONCE = frozenset({"application", "appref-ms"})
# Explorer's field shows so many characters; blanks are typed twice, seldom three times.
_SEEN = 260
_BLANK = r"\s\u00a0\u2000-\u200b\u3000"
# From where they begin to their end, so that no blank is looked at twice.
_BLANKS = re.compile(rf"(?<![{_BLANK}])[{_BLANK}]{{16,}}+(?=[^\0])")
_MINIMIZED = 7
# Files that hold a library or a search; a page on the web has no place in them.
_FOLDERS = frozenset({"library-ms", "searchconnector-ms", "search-ms"})
_SHARE_SEVERITY = {"near": "information", "share": "suspicious", "far": "malicious"}


class Shortcuts:
    """Looks at shortcuts of Windows, of Linux' desktops and of the Mac."""

    name: ClassVar[str] = "shortcuts"
    signs: ClassVar[Signs] = Signs(kinds=_KINDS)
    # Each with the severities that it may have, and what it means.
    findings: ClassVar[dict[str, tuple[str, str]]] = {
        "Shortcut.Target": (
            "information",
            "It starts a program, or opens a file, of this computer.",
        ),
        "Shortcut.Command": (
            "suspicious, malicious",
            (
                "It starts a program that runs what it is told: `malicious` if it is told to "
                "fetch, to hide, or to load a library of its own."
            ),
        ),
        "Shortcut.Remote": (
            "information, suspicious, malicious",
            (
                "It leads to another computer, or takes its picture from there: `information` to "
                "a page or a share near by, `suspicious` to a share elsewhere or a program on the "
                "web, `malicious` to an address, to WebDAV, or to a program on a share elsewhere."
            ),
        ),
        "Shortcut.HiddenArguments": (
            "suspicious, malicious",
            "Its arguments go on where Explorer shows no more: `malicious` behind blanks.",
        ),
        "Shortcut.Oversized": (
            "suspicious",
            "It is larger than 256 KB; what is behind that was not looked at.",
        ),
    }

    def __init__(self, _setup: wall.Setup) -> None:
        """Nothing is loaded."""

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """State what the shortcut says, each finding once."""
        known = part.known
        if known.kind not in _KINDS:
            return
        if known.kind == "executable" and _CLICK_ONCE.isdisjoint(part.extensions):
            return
        stated = worst(_stated(part))
        if stated:
            yield facts.Facts(findings=[one.finding(self.name, known.id) for one in stated])


def _stated(part: Part) -> Iterator[Stated]:
    octets = part.octets
    if len(octets) > LONGEST:
        yield Stated("Shortcut.Oversized", "suspicious", f"{len(octets)} octets")
    if bytes(octets[: len(BEGINS)]) == BEGINS:
        yield from _of_lnk(bytes(octets[:LONGEST]))
        return
    for one in told(octets, part.extensions):
        yield from _of_text(one, part.extensions)


def _of_lnk(octets: bytes) -> Iterator[Stated]:
    reading = LnkFile(octets)
    said: dict[str, str] = {}
    try:
        for name, text in reading.texts():
            said[name] = text
    except (Damaged, struct.error):
        pass  # the reader of the format says that it is cut off; what was read counts
    arguments = said.get("arguments", "")
    program = _program(reading.target) or said.get("relative path", "")
    note = _note(program, arguments, reading)
    paths = "\n".join(filter(None, (*reading.target, said.get("relative path", ""))))
    yield from _command(paths, arguments, note)
    yield from _hidden(arguments)
    yield from _remote_target(paths, note)
    for icon in (said.get("icon", ""), *reading.icons):
        yield from _icon(icon)


def _program(places: list[str]) -> str:
    """Of the places that a shortcut names as its target, the one that looks most like a path."""
    return max(
        places, default="", key=lambda one: (one[1:3] == ":\\" or one[:1] in "\\%", len(one))
    )


def _note(program: str, arguments: str, reading: LnkFile) -> str:
    how = " (minimized)" if reading.show == _MINIMIZED else ""
    how += " (with a hot key)" if reading.hot_key else ""
    return f"{shown(program, 100)}{how} {shown(arguments, 180)}".strip()


def _command(paths: str, arguments: str, note: str) -> Iterator[Stated]:
    """What fetches or hides, or loads a library of its own, no installer writes."""
    shell = commands.shell(paths, arguments)
    if not shell:
        if paths or arguments:
            yield Stated("Shortcut.Target", "information", note)
        return
    bad = commands.telling(arguments) or commands.loads(f"{shell} {arguments}")
    yield Stated("Shortcut.Command", "malicious" if bad else "suspicious", note)


def _hidden(arguments: str) -> Iterator[Stated]:
    found = _BLANKS.search(arguments)
    if found is not None:
        note = f"{found.end() - found.start()} blanks, then {shown(arguments[found.end() :], 200)}"
        yield Stated("Shortcut.HiddenArguments", "malicious", note)
    elif len(arguments) > _SEEN:
        note = f"{len(arguments)} characters, behind the {_SEEN}th {shown(arguments[_SEEN:], 200)}"
        yield Stated("Shortcut.HiddenArguments", "suspicious", note)


def _remote_target(paths: str, note: str) -> Iterator[Stated]:
    """The folder of a share and the name in it may be told apart, so each name counts."""
    each = paths.split("\n")
    runs = any(of_extension(extension(path)) in DANGEROUS for path in each)
    for path in each:
        where = commands.place(path)
        if where:
            severity = _of_share(where, runs=runs) if where != "web" else "suspicious"
            yield Stated("Shortcut.Remote", severity, note or shown(path, 250))


def _of_share(where: str, *, runs: bool) -> str:
    """A program on a share of somewhere else runs without having come by mail."""
    return "malicious" if runs and where != "near" else _SHARE_SEVERITY[where]


def _icon(icon: str) -> Iterator[Stated]:
    where = commands.place(icon)
    if where in _SHARE_SEVERITY:
        yield Stated(
            "Shortcut.Remote", _SHARE_SEVERITY[where], f"its picture is at {shown(icon, 250)}"
        )


def _of_text(one: Told, named: frozenset[str]) -> Iterator[Stated]:
    note = f"{one.name}: {shown(one.value, 250)}"
    where = commands.place(one.value)
    runs = of_extension(extension(one.value)) in DANGEROUS
    if one.role == "icon":
        yield from _icon(one.value)
    elif one.role == "hides":
        yield Stated("Shortcut.HiddenArguments", "suspicious", note)
    elif one.role == "runs":
        yield from _runs(one.value, note)
    elif where in _SHARE_SEVERITY:
        yield Stated("Shortcut.Remote", _of_share(where, runs=runs), note)
    elif where == "web":
        yield Stated("Shortcut.Remote", _of_web(one, named), note)
    elif one.role == "opens" and one.value.lower().startswith("file:"):
        bad = runs or commands.shell(one.value)
        name = "Shortcut.Command" if bad else "Shortcut.Target"
        yield Stated(name, "suspicious" if bad else "information", note)
    else:
        yield Stated("Shortcut.Target", "information", note)


def _of_web(one: Told, named: frozenset[str]) -> str:
    """A link to a page is what a link is; a program, or a folder, from the web is none."""
    path = one.value.partition("?")[0].partition("#")[0].partition("://")[2].partition("/")[2]
    if one.role == "installs" or not _FOLDERS.isdisjoint(named):
        return "suspicious"
    return "suspicious" if of_extension(extension(path)) in DANGEROUS else "information"


def _runs(command: str, note: str) -> Iterator[Stated]:
    shell = commands.shell_in(command)
    if not shell:
        yield Stated("Shortcut.Target", "information", note)
        return
    bad = commands.telling(command) or commands.loads(command)
    yield Stated("Shortcut.Command", "malicious" if bad else "suspicious", note)
    yield from _hidden(command)
