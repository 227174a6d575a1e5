"""State that a container was sent for the one program in it.

A default policy refuses programs anywhere.  This is for those who let programs pass: whoever
sends software sends it with its files, or as it is.  Worms put one program, one script, one
shortcut into an archive, into an archive in an archive, behind a password that the mail
tells, or into a disk image: Windows forgets there that a file came from outside (Mark of
the Web).

Only the outermost container is judged, by all that lies in it.  A program is not opened
here (an installer is an archive as well), nor is a document.  A text or a picture beside
the program is its bait or its manual, and does not count.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.documents.stated import Stated, shown
from pratique.scanners.part import Message, Part, Signs

_CONTAINERS = frozenset({"archive", "disk_image"})
_PROGRAMS = frozenset({"executable", "script", "shortcut"})
_BESIDE = frozenset({"text", "image"})
# A bait and a manual.
_FEW = 2
# What systems put beside files by themselves.
_UNSEEN = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
# Programs by a form that only worms send any more.
_OLD = frozenset({"scr", "pif", "com", "cpl", "hta"})


@dataclass(slots=True)
class _Container:
    """An outermost container, and what lies in it."""

    known: facts.Part
    leaves: list[facts.Part] = field(default_factory=list)
    inner: list[facts.Part] = field(default_factory=list)


class OneProgram:
    """Follows a message, and judges its outermost containers."""

    name: ClassVar[str] = "one_program"
    signs: ClassVar[Signs] = Signs(kinds=_CONTAINERS | _PROGRAMS)
    # Each with the severities that it may have, and what it means.
    findings: ClassVar[dict[str, tuple[str, str]]] = {
        "Archive.OneProgram": (
            "information, suspicious, malicious",
            (
                "All that is in it is one program, beside texts and pictures: `suspicious` if a "
                "script, packed twice or locked; `malicious` if its name hides that, or if it is "
                "a shortcut, or a locked script."
            ),
        ),
        "Archive.PasswordBeside": (
            "information, suspicious",
            (
                "It was locked, a word of the mail opened it, and one file is in it: `suspicious` "
                "if that is a program."
            ),
        ),
        "Image.Program": (
            "suspicious, malicious",
            "A disk image holds a program: `malicious` if a script or a shortcut.",
        ),
    }

    def __init__(self, _message: Message) -> None:
        self._containers: list[_Container] = []
        # Of each container, outermost or not, the outermost that it lies in.
        self._outermost: dict[int, _Container] = {}
        # Programs, and what lies in them: an installer is an archive of its own.
        self._in_programs: set[int] = set()

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """Remember a container, and what lies in one."""
        known = part.known
        is_one = known.kind in _CONTAINERS
        if known.kind in _PROGRAMS or known.parent in self._in_programs:
            self._in_programs.add(known.id)
        if not (is_one or self._containers) or known.parent in self._in_programs:
            return iter(())
        outermost = self._outermost.get(known.parent)
        if outermost is not None:
            (outermost.inner if is_one else outermost.leaves).append(known)
        elif is_one:
            outermost = _Container(known)
            self._containers.append(outermost)
        if is_one and outermost is not None:
            self._outermost[known.id] = outermost
        return iter(())

    def conclude(self) -> Iterator[facts.Facts]:
        """State of each outermost container what it was sent for."""
        for one in self._containers:
            stated = list(_stated(one))
            if stated:
                said = [each.finding(self.name, one.known.id) for each in stated]
                yield facts.Facts(findings=said)


def _stated(container: _Container) -> Iterator[Stated]:
    leaves = [one for one in container.leaves if not _is_unseen(one)]
    # Two readings of one archive may show the same program twice.
    programs = list(
        {one.sha256 or one.path: one for one in leaves if one.kind in _PROGRAMS}.values()
    )
    images = [one for one in (container.known, *container.inner) if one.kind == "disk_image"]
    others = [one for one in leaves if one.kind not in _PROGRAMS | _BESIDE]
    beside = sum(one.kind in _BESIDE for one in leaves)
    password = any(
        one.password or one.encrypted for one in (container.known, *container.inner, *leaves)
    )
    opened = any(one.password for one in (container.known, *container.inner, *leaves))
    if images and programs:
        severity = (
            "malicious" if any(one.kind != "executable" for one in programs) else "suspicious"
        )
        yield Stated("Image.Program", severity, _note(programs))
    if len(programs) == 1 and not others and beside <= _FEW:
        severity = _of_program(programs[0], nested=bool(container.inner), password=password)
        yield Stated("Archive.OneProgram", severity, _note(programs))
    if opened and len(leaves) == 1:
        severity = "suspicious" if programs else "information"
        yield Stated("Archive.PasswordBeside", severity, _note(leaves))


def _of_program(one: facts.Part, *, nested: bool, password: bool) -> str:
    """An installer in a zip is ordinary; a script alone, or one packed twice, is not."""
    if any(how != "path" for how in one.disguised):
        return "malicious"
    last = one.name.rpartition(".")[2].lower()
    odd = one.kind != "executable" or last in _OLD
    if odd and (password or one.kind == "shortcut"):
        return "malicious"
    return "suspicious" if odd or nested or password else "information"


def _is_unseen(one: facts.Part) -> bool:
    return any(word in one.path for word in _UNSEEN)


def _note(parts: list[facts.Part]) -> str:
    more = f" and {len(parts) - 1} more" if len(parts) > 1 else ""
    return f"{shown(parts[0].name or parts[0].path, 200)} ({parts[0].kind}){more}"
