"""State what a PDF does: scripts, launches, files in it, forms it sends, and what it opens.

Honest PDFs have scripts (forms), links, attached files (invoices as XML), and print
themselves.  So none of these alone says more than `information`; what says more is what
no writer makes for a reader: a script that begins by itself and reaches out of the
document, a program that is launched, a name that is written so that nobody finds it.

What it does stands in its own octets (`documents/pdf_actions.py`); its scripts, forms and
files are its members, which the reader of the format gives, also where it was locked.  So
this scanner follows the message: whether there is a program in an attached archive is
known only after that was opened.

Limitation: of a PDF that only a password opens, members are seen, and actions not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.documents import commands, scripts
from pratique.scanners.documents.pdf_actions import Action, Actions, read
from pratique.scanners.documents.stated import Stated, shown, worse, worst
from pratique.scanners.kinds import DANGEROUS, of_extension
from pratique.scanners.names import extension
from pratique.scanners.part import Message, Part, Signs, as_bytes

_TYPE = "application/pdf"
# What the reader of the format calls a member that is a text of the document itself, and a
# file that has no name; what else has no name is no file of it.
_TEXT = re.compile(r"/pdf:(javascript|form|launch) [0-9]{1,4}\Z")
_NUMBER = re.compile(r"/pdf:[0-9]{1,10}\Z")
_SCRIPT_OF_FORM = re.compile(rb"<(?:\w{1,32}:)?script\b")
# What is shown of a script.
_EXCERPT = 160
# Programs and shortcuts are malicious in a document, the others at least odd.
_RUNS = {"executable": "malicious", "shortcut": "malicious", "script": "suspicious",
         "disk_image": "suspicious"}  # fmt: skip


@dataclass(slots=True)
class _File:
    """A file in a PDF, and what lies in it."""

    known: facts.Part
    # The file that holds the PDF that holds this one.
    outer: "_File | None" = None
    within: list[facts.Part] = field(default_factory=list)


@dataclass(slots=True)
class _Pdf:
    """What is known of one PDF when all parts are."""

    actions: Actions
    # What was told of its scripts, its forms, and what it launches.
    told: list[Stated] = field(default_factory=list)
    launches: list[Action] = field(default_factory=list)
    # A script that opens what is attached, if there is one.
    opening: str = ""
    files: list[_File] = field(default_factory=list)


class Pdf:
    """Follows a message, and states what its PDFs do."""

    name: ClassVar[str] = "pdf_actions"
    signs: ClassVar[Signs] = Signs(
        types=frozenset({_TYPE}), declared=frozenset({_TYPE}), extensions=frozenset({"pdf"})
    )
    # Each with the severities that it may have, and what it means.
    findings: ClassVar[dict[str, tuple[str, str]]] = {
        "Pdf.JavaScript": (
            "information, suspicious, malicious",
            (
                "It has a script: `suspicious` if that makes text and runs it, or opens what is "
                "attached; `malicious` if it uses a hole of Adobe Reader, or opens an attached "
                "program or document with macros."
            ),
        ),
        "Pdf.OpenAction": (
            "information, suspicious",
            (
                "It does something by being opened: `information` where it prints, changes the "
                "view or writes the date, `suspicious` for any other script, address, form or "
                "program."
            ),
        ),
        "Pdf.Launch": (
            "suspicious, malicious",
            (
                "It opens another file: `malicious` if that is a program, is told arguments, lies "
                "elsewhere, or is opened by itself."
            ),
        ),
        "Pdf.EmbeddedFile": (
            "information, suspicious, malicious",
            (
                "A file is attached to it: `suspicious` if a script or a disk image is in it, "
                "`malicious` if a program or a shortcut is."
            ),
        ),
        "Pdf.SubmitForm": (
            "information, suspicious",
            "It sends what is typed into it: `suspicious` if by itself, or to a share.",
        ),
        "Pdf.RemoteGoTo": (
            "information, suspicious, malicious",
            (
                "It opens a document on another computer: `suspicious` where an address is meant "
                "and no name, `malicious` if by itself."
            ),
        ),
        "Pdf.XfaScript": (
            "information, malicious",
            (
                "It has a form of XML (XFA) with scripts: `malicious` if one uses a hole of Adobe "
                "Reader."
            ),
        ),
        "Pdf.UriOnly": (
            "information",
            "It is one page without text: a picture, and one link.",
        ),
        "Pdf.HiddenName": (
            "suspicious",
            "Letters of a telling name are written as numbers.",
        ),
    }

    def __init__(self, message: Message) -> None:
        self._budget = message.budget
        self._pdfs: dict[int, _Pdf] = {}
        # Of each part below a file in a PDF that file.
        self._below: dict[int, _File] = {}

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """Read a PDF, or remember what was found in one."""
        known = part.known
        # What is called so is opened so, also where a picture stands in front of it.
        called = known.declared_type == _TYPE or "pdf" in part.extensions
        if (called or known.type == _TYPE) and len(part.octets):
            actions = read(as_bytes(part.octets), self._budget)
            self._pdfs[known.id] = _Pdf(actions)
            if actions.over is not None:
                class_, detail = actions.over.class_, actions.over.detail
                limit = facts.Limit(class_=class_, part=known.id, detail=detail)
                yield facts.Facts(limits=[limit])
        if self._pdfs:
            self._remember(part)

    def _remember(self, part: Part) -> None:
        """Put a part where it belongs: below the file that it lies in, and to its PDF."""
        known = part.known
        holder = self._below.get(known.parent)
        outer = holder
        while outer is not None:
            outer.within.append(known)
            outer = outer.outer
        pdf = self._pdfs.get(known.parent)
        if pdf is not None and known.inside[-1] == "pdf":
            told = _TEXT.search(known.path)
            if told is not None and told[1] == known.name:
                _take_text(pdf, told[1], part.octets)
            elif known.name or _NUMBER.search(known.path):
                holder = _File(known, holder)
                pdf.files.append(holder)
        if holder is not None:
            self._below[known.id] = holder

    def conclude(self) -> Iterator[facts.Facts]:
        """State of each PDF what it does, each finding once."""
        for number, pdf in self._pdfs.items():
            stated = worst(_stated(pdf))
            if stated:
                yield facts.Facts(findings=[one.finding(self.name, number) for one in stated])


def _take_text(pdf: _Pdf, what: str, octets: memoryview) -> None:
    """Judge a text of the document at once, so that it need not be kept."""
    if what == "form":
        found = _SCRIPT_OF_FORM.search(octets)
        octets = octets[found.start() :] if found is not None else octets[:0]
    text = bytes(octets[: scripts.LONGEST]).decode("utf-8", "replace")
    if what == "launch":
        pdf.launches.append(Action("Launch", text[: commands.LONGEST]))
    elif what == "form":
        if text:
            pdf.told.append(_of_form(text))
    else:
        pdf.told.append(_of_script(text))
        pdf.opening = pdf.opening or (text[:_EXCERPT] if scripts.opens_attached(text) else "")


def _stated(pdf: _Pdf) -> Iterator[Stated]:
    actions = pdf.actions
    yield from pdf.told
    yield from _opens(pdf)
    yield from _files(pdf)
    acts = {one.does: one.script for one in actions.found}
    if not pdf.told and "JavaScript" in acts and not acts["JavaScript"]:
        yield Stated("Pdf.JavaScript", "information", "a script that could not be read")
    for action in actions.found:
        yield from _of_action(action)
    if not any(one.does == "Launch" for one in actions.found):
        yield from map(_launch, pdf.launches)
        if actions.launches and not pdf.launches:
            # What one reader repairs another may read: no word of it is there by chance.
            yield Stated("Pdf.Launch", "suspicious", "a launch that could not be read")
    if actions.hidden:
        yield Stated("Pdf.HiddenName", "suspicious", f"/{actions.hidden[0]}")
    if actions.is_a_picture_with_a_link:
        yield Stated("Pdf.UriOnly", "information", "one page without text, a picture, one link")


def _of_script(text: str) -> Stated:
    used = scripts.exploit(text)
    made = "" if used else scripts.reach(text)
    severity = "malicious" if used else "suspicious" if made == scripts.MADE else "information"
    has = f"it has {used or made}: " if used or made else ""
    return Stated("Pdf.JavaScript", severity, has + shown(text, _EXCERPT))


def _of_form(text: str) -> Stated:
    used = scripts.exploit(text)
    has = f"it has {used}: " if used else ""
    severity = "malicious" if used else "information"
    return Stated("Pdf.XfaScript", severity, has + shown(text, _EXCERPT))


def _opens(pdf: _Pdf) -> Iterator[Stated]:
    """A file that a script opens: malicious if it is a program, or may have macros."""
    if pdf.opening:
        parts = [part for file in pdf.files for part in (file.known, *file.within)]
        runs = any(part.kind in DANGEROUS or part.may_carry_macros for part in parts)
        note = f"it opens what is attached: {shown(pdf.opening, _EXCERPT)}"
        yield Stated("Pdf.JavaScript", "malicious" if runs else "suspicious", note)


def _files(pdf: _Pdf) -> Iterator[Stated]:
    """Each file that is attached, with the worst that lies in it."""
    for file in pdf.files:
        severity, what = "information", file.known.kind
        for part in (file.known, *file.within):
            told = _RUNS.get(part.kind, "information")
            if worse(told, severity) != severity:
                severity, what = told, part.kind if part is file.known else f"{part.kind} in it"
        name = file.known.name or "a file without a name"
        yield Stated("Pdf.EmbeddedFile", severity, f"{shown(name, 200)} ({what})")


def _of_action(action: Action) -> Iterator[Stated]:
    if action.does == "JavaScript" and action.script:
        yield _of_script(action.script)
    elif action.does == "Launch":
        yield _launch(action)
    elif action.does == "SubmitForm":
        yield _submit(action)
    elif action.does in {"GoToR", "GoToE", "ImportData", "Thread"}:
        yield from _remote(action)
    if action.automatic:
        yield from _automatic(action)


def _launch(action: Action) -> Stated:
    """A document beside this one is launched by honest ones, though seldom by mail."""
    note = shown(f"{action.target} {action.arguments}", 250)
    runs = of_extension(extension(action.target)) in DANGEROUS or commands.shell_in(action.target)
    far = commands.place(action.target) not in {"", "near"}
    bad = runs or far or action.arguments or action.automatic
    return Stated(
        "Pdf.Launch", "malicious" if bad else "suspicious", note or "it does not say what"
    )


def _submit(action: Action) -> Stated:
    where = commands.place(action.target)
    severity = "suspicious" if action.automatic or where in {"share", "far"} else "information"
    return Stated("Pdf.SubmitForm", severity, f"to {shown(action.target, 250)}")


def _remote(action: Action) -> Iterator[Stated]:
    """The reader's program tells that host who is logged in, and asks nobody."""
    where = commands.place(action.target)
    if not where:
        return
    note = f"{action.does} to {shown(action.target, 200)}"
    if action.automatic:
        severity = "suspicious" if where == "near" else "malicious"
        yield Stated("Pdf.RemoteGoTo", severity, f"{note}, by itself")
    else:
        yield Stated("Pdf.RemoteGoTo", "suspicious" if where == "far" else "information", note)


def _automatic(action: Action) -> Iterator[Stated]:
    if action.does == "JavaScript":
        severity = "information" if scripts.is_harmless(action.script) else "suspicious"
        yield Stated("Pdf.OpenAction", severity, f"a script: {shown(action.script, 200)}")
    elif action.does in {"URI", "SubmitForm", "ImportData", "Launch", "Rendition"}:
        said = shown(f"{action.target} {action.arguments}", 200)
        severity = "information" if action.does == "Rendition" else "suspicious"
        yield Stated("Pdf.OpenAction", severity, f"{action.does}: {said}")
