"""Find what a PDF does (ISO 32000-2, 12.6), and whether it does it without being asked.

Actions are dictionaries with a type (`/S`), wherever they hang: in links, buttons,
bookmarks.  What begins them is a person, or the document: `/OpenAction` in its catalogue,
and in `/AA` the events that showing a page brings (12.6.3).  So first the triggers are
followed, and then every other dictionary is looked at.

Only objects with a word of actions in them are parsed.  Words are found as they are
written, and letters of such a word that are written as numbers (`/J#61vaScript`, 7.3.5)
are told: no writer has a reason for it.
"""

import re
from dataclasses import dataclass, field

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.pdf.file import OBJECTS, File, Object
from pratique.scanners.containers.pdf.syntax import (
    IN_NUMBERS,
    Name,
    Ref,
    Value,
    dictionaries,
    texts_of,
)

_WANTED = (
    re.compile(
        rb"/(?:(?:AA|Encrypt|First|GoTo[ER]|ImportData|JS|JavaScript|Launch|ObjStm|OpenAction"
        rb"|SubmitForm|Thread|XRef)\b|" + IN_NUMBERS + rb")"
    ),
)
# Most files have none of these, and are not looked at any more.  An object stream may hold them.
_ANY = re.compile(
    rb"/(?:(?:AA|First|GoTo[ER]|ImportData|JS|JavaScript|Launch|ObjStm|OpenAction|SubmitForm"
    rb"|Thread|URI)\b|" + IN_NUMBERS + rb")"
)
# What an action does by its type; the others stay in the document.
DOES = frozenset({"JavaScript", "Launch", "SubmitForm", "GoToR", "GoToE", "ImportData", "Thread",
                  "URI", "Rendition"})  # fmt: skip
# 12.6.3, tables 197 to 199: a page is opened or an annotation is shown.
_SHOWN = frozenset({"O", "PO", "PV"})
# What one action may have as its next ones (12.6.2); no writer chains ten.
NEXT = 100
# Different actions of one file: the links of a book are of one kind, and a form has a
# thousand fields with four scripts each.
ACTIONS = 10_000
# Revisions of one object that are looked at where it is referred to again and again.
REVISIONS = 32
_FILE_KEYS = ("UF", "F", "Unix", "DOS", "Mac")
# A script that is begun by opening a document and does no harm is short.
_SCRIPT = 64 * 1024
_ESCAPED_NAME = re.compile(rb"/([A-Za-z#0-9]{0,64}#[0-9A-Fa-f]{2}[A-Za-z#0-9]{0,64})")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_TELLING = frozenset(
    b"AA AcroForm Action Catalog EF EmbeddedFile EmbeddedFiles Encrypt Filespec GoToE GoToR "
    b"ImportData JS JavaScript Launch Names ObjStm OpenAction RichMedia SubmitForm URI Win "
    b"XFA".split()
)
_LAUNCH = re.compile(rb"/S(?>[\0\t\n\f\r ]|%[^\r\n]{0,256}+[\r\n]){0,64}+/Launch(?![A-Za-z0-9_.-])")
_PAGE = re.compile(rb"/Type[\0\t\n\f\r ]{0,8}/Page(?![A-Za-z])")
_FONT = re.compile(rb"/(?:Font[\0\t\n\f\r ]{0,8}(?:<<|[0-9])|Type[\0\t\n\f\r ]{0,8}/Font\b)")
_PICTURE = re.compile(rb"/Subtype[\0\t\n\f\r ]{0,8}/Image\b")
_ADDRESS = re.compile(rb"/URI[\0\t\n\f\r ]{0,8}[(<](?!<)[^)>]{0,512}")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that the document does, to what, and whether by itself."""

    does: str
    target: str = ""
    arguments: str = ""
    automatic: bool = False
    script: str = ""


@dataclass(slots=True)
class Actions:
    """What one PDF does."""

    # Each once, in the order in which they were found.
    found: dict[Action, None] = field(default_factory=dict)
    # Names that are written so that nobody finds them.
    hidden: list[str] = field(default_factory=list)
    # A limit that was reached, with its reason.
    over: OverBudget | None = None
    pages: int = 0
    pictures: int = 0
    fonts: int = 0
    addresses: set[bytes] = field(default_factory=set)
    # The word of it stands there, wherever that is.
    launches: bool = False

    @property
    def is_a_picture_with_a_link(self) -> bool:
        """One page, no text, a picture, and one address."""
        one = (self.pages, self.fonts, len(self.addresses)) == (1, 0, 1)
        return one and self.pictures > 0


def read(octets: bytes, budget: Budget) -> Actions:
    """Find all that a PDF does, as far as it can be read without a password."""
    said = Actions()
    if _ANY.search(octets) is None:
        return said
    try:
        _Reading(octets, budget, said).read()
    except OverBudget as over:
        said.over = over.kept()
    return said


@dataclass(slots=True)
class _Reading:
    """One file that is being read; all of it is let go behind that."""

    octets: bytes
    budget: Budget
    said: Actions
    _file: File = field(init=False)
    _by_number: dict[int, list[Object]] = field(default_factory=dict)
    # Dictionaries that were taken, by identity: they are held by the file.
    _seen: set[int] = field(default_factory=set)
    # Objects that a trigger named already: as actions, and as lists of events.
    _ran: set[tuple[str, int]] = field(default_factory=set)

    def read(self) -> None:
        """Find it all."""
        self._file = File(self.octets, self.budget, _WANTED)
        self._tally(self.octets)
        self._file.read()
        if self._unlocks():
            for _ in self._file.unpack(Gather(self.budget, len(self.octets)), self._tally):
                pass  # the reader of the format says what is damaged
        self._actions()

    def _tally(self, octets: bytes) -> None:
        """Count what stands in the file itself, and in each object stream."""
        said = self.said
        for found in _ESCAPED_NAME.finditer(octets) if b"#" in octets else ():
            plain = _ESCAPE.sub(lambda one: bytes([int(one[1], 16)]), found[1])
            if plain in _TELLING and len(said.hidden) < NEXT:
                said.hidden.append(found[1].decode("ascii"))
        if b"/Launch" in octets and _LAUNCH.search(octets) is not None:
            said.launches = True
        said.pages += _up_to(_PAGE, octets)
        said.fonts += _up_to(_FONT, octets)
        if said.pages > 1 or said.fonts:
            return  # it is no picture with a link, and need not be counted any more
        said.pictures += _up_to(_PICTURE, octets)
        for address in _ADDRESS.finditer(octets):
            if len(said.addresses) > 1:
                break
            said.addresses.add(address[0])

    def _unlocks(self) -> bool:
        """Whether it is not locked, or by a lock that the empty password opens."""
        try:
            self._file.find_lock()
        except Damaged:
            return False
        lock = self._file.lock
        key = lock.open("") if lock is not None else b""
        self._file.key = key or b""
        return key is not None

    def _actions(self) -> None:
        for one in self._file.objects:
            if one.values:
                self._by_number.setdefault(one.ref.number, []).append(one)
            elif one.value == "Launch" and isinstance(one.value, Name):
                # It is what some action is, by reference.
                self.said.launches = True
        for one in self._file.objects:
            self.budget.check_clock()
            for values in dictionaries(one.value):
                self._trigger(values, one)
        for one in self._file.objects:
            self.budget.check_clock()
            for values in dictionaries(one.value):
                if "S" in values or "JS" in values:
                    self._add(values, one, automatic=False)

    def _trigger(self, values: dict[str, Value], one: Object) -> None:
        if "OpenAction" in values:
            self._run(values["OpenAction"], one)
        if "AA" in values:
            for events, where in self._once("events", values["AA"], one):
                for event in sorted(_SHOWN & events.keys()):
                    self._run(events[event], where)

    def _run(self, value: Value, one: Object) -> None:
        """Take an action, and those that come next, as done without being asked."""
        waiting = [(value, one)]
        for _ in range(NEXT):
            if not waiting:
                return
            for values, where in self._once("action", *waiting.pop()):
                if id(values) in self._seen:
                    continue
                self._add(values, where, automatic=True)
                after = values.get("Next")
                if isinstance(listed := self._file.look_up(after), list):
                    waiting += [(each, where) for each in listed[:NEXT]]
                else:
                    waiting.append((after, where))

    def _once(self, role: str, value: Value, one: Object) -> list[tuple[dict[str, Value], Object]]:
        """What a trigger names, in all revisions of the file; nothing if one named it before."""
        if isinstance(value, Ref):
            if (role, value.number) in self._ran:
                return []
            self._ran.add((role, value.number))
        return self._resolved(value, one, OBJECTS)

    def _resolved(
        self, value: Value, one: Object, most: int = REVISIONS
    ) -> list[tuple[dict[str, Value], Object]]:
        """The dictionaries that a value may be: a file that was saved often has several."""
        if not isinstance(value, Ref):
            return [(value, one)] if isinstance(value, dict) else []
        known = self._by_number.get(value.number, ())[-most:]
        if known:
            return [(each.values, each) for each in known]
        other = self._file.look_up(value)
        return [(other, Object(value, other))] if isinstance(other, dict) else []

    def _add(self, values: dict[str, Value], one: Object, *, automatic: bool) -> None:
        does = self._file.look_up(values.get("S"))
        word = str(does) if isinstance(does, Name) else ""
        if "JS" in values and word not in DOES:
            word = "JavaScript"
        if word not in DOES or id(values) in self._seen:
            return
        self._seen.add(id(values))
        script = self._script(values.get("JS"), one) if automatic and "JS" in values else ""
        target, arguments = self._target(values, one)
        self.said.found[Action(word, target, arguments, automatic, script)] = None
        if len(self.said.found) > ACTIONS:
            raise OverBudget("findings", f"a PDF with more than {ACTIONS} actions")

    def _script(self, value: Value, one: Object) -> str:
        if isinstance(value, Ref):
            value = self._file.look_up(value)
        if not isinstance(value, bytes) or len(value) > _SCRIPT:
            return ""
        return texts_of(self._file.text(value, one))[0]

    def _target(self, values: dict[str, Value], one: Object) -> tuple[str, str]:
        """What is opened, and what it is told."""
        if isinstance(values.get("URI"), bytes):
            return self._string(values["URI"], one), ""
        target = self._name_of(values.get("F"), one)
        arguments: list[str] = []
        for system in ("Win", "Mac", "Unix"):
            for inner, where in self._resolved(values.get(system), one):
                target = target or self._name_of(inner.get("F"), where)
                arguments += [self._string(inner.get("P"), where)]
        return target, " ".join(filter(None, arguments))

    def _name_of(self, value: Value, one: Object) -> str:
        """A file's name, or its address: a string or a file specification (7.11.2)."""
        value = self._file.look_up(value)
        if isinstance(value, dict):
            names = [self._file.look_up(value.get(key)) for key in _FILE_KEYS]
            value = next((each for each in names if isinstance(each, bytes)), None)
        return self._string(value, one)

    def _string(self, value: Value, one: Object) -> str:
        return texts_of(self._file.text(value, one))[0] if isinstance(value, bytes) else ""


def _up_to(pattern: re.Pattern[bytes], octets: bytes) -> int:
    """How often it stands there; two is enough to know that it is not one."""
    return sum(1 for _, _ in zip(pattern.finditer(octets), range(2), strict=False))
