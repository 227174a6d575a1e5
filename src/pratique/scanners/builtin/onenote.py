"""State what lies in a section of OneNote: a program in one is started by a double click.

OneNote asks once, in words that people click away, and a picture of a button is laid over
the file ([MS-ONE] 2.2.32); worms of 2023 came so.  Nobody sends programs in a notebook, for
a mail carries them as well; documents and pictures people do put into one.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.documents.stated import Stated, shown, worst
from pratique.scanners.part import Message, Part, Signs

_TYPE = "application/onenote"
_PICTURES = frozenset({"image", "audio", "video", "text", "other"})
_RUNS = frozenset({"executable", "script", "shortcut"})


class OneNote:
    """Follows a message, and states what its sections of OneNote carry."""

    name: ClassVar[str] = "onenote_files"
    signs: ClassVar[Signs] = Signs(types=frozenset({_TYPE}))
    # Each with the severities that it may have, and what it means.
    findings: ClassVar[dict[str, tuple[str, str]]] = {
        "OneNote.EmbeddedProgram": (
            "suspicious, malicious",
            "A program, a script or a shortcut lies in it; `suspicious` if a disk image does.",
        ),
        "OneNote.EmbeddedFile": (
            "information",
            "A document, a page or an archive lies in it.",
        ),
    }

    def __init__(self, _message: Message) -> None:
        # Of each part below a section that section; and what lies in each.
        self._below: dict[int, int] = {}
        self._within: dict[int, list[facts.Part]] = {}

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """Remember what lies in a section, however deep."""
        known = part.known
        if known.type == _TYPE:
            self._within.setdefault(known.id, [])
        if self._within:
            section = (
                known.parent if known.parent in self._within else self._below.get(known.parent)
            )
            if section is not None:
                self._below[known.id] = section
                self._within[section].append(known)
        return iter(())

    def conclude(self) -> Iterator[facts.Facts]:
        """State of each section what is in it."""
        for section, within in self._within.items():
            stated = worst(one for part in within for one in _stated(part))
            if stated:
                yield facts.Facts(findings=[one.finding(self.name, section) for one in stated])


def _stated(part: facts.Part) -> Iterator[Stated]:
    note = f"{shown(part.name or part.path, 200)} ({part.kind})"
    if part.kind in _RUNS:
        yield Stated("OneNote.EmbeddedProgram", "malicious", note)
    elif part.kind == "disk_image":
        yield Stated("OneNote.EmbeddedProgram", "suspicious", note)
    elif part.kind not in _PICTURES:
        yield Stated("OneNote.EmbeddedFile", "information", note)
