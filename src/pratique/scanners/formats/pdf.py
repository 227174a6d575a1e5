"""Open PDF (ISO 32000-2): the files embedded in it, and its scripts.

A file is embedded as a stream that a file specification names (7.11.3, 7.11.4), wherever
that hangs: in the tree of embedded files, in an annotation, in nothing at all.  So every
object of the file is looked at; a stream that nothing names is a part as well if it says
that it is an embedded file, or if it begins like a program, an archive or a document.
Scripts (12.6.4.17), forms (XFA) and what shall be launched (12.6.4.6) are given as text,
so that whoever looks at texts sees them.

Locked files are opened with the empty password first: they want none of their reader.

Most files hold nothing, and the one that is sent to a thousand people comes a thousand times.
So it is kept, by SHA-256, of which nothing came and nothing was said, and what finding that out
was charged with, which is charged again.

Limitations: streams in other files (7.11.2, /F in a stream) are not told; pictures are
left in the document; a portfolio's folders are not shown.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pratique.scanners import kinds, signatures
from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.office.ole_objects import last_step
from pratique.scanners.containers.pdf.file import File, Object
from pratique.scanners.containers.pdf.syntax import Name, Ref, Value, dictionaries, parse, texts_of
from pratique.scanners.keys import Keys
from pratique.scanners.part import Found, Member, Oddity, Part, Reached, Recognized, Signs, as_bytes

_TYPE = "application/pdf"
_BEGINS = b"%PDF-"
# Readers take a header within the first 1,024 octets; others rebuild a file without any.
_WITHIN = 1024
# As much of a stream as tells what it is.
_HEAD = 4096
# Texts (scripts, forms) of one file, and names of one embedded file.
_TEXTS, _NAMES = 100, 16
# Addresses of one file that are told; a long manual has thousands.
LINKS = 200
_LINK = re.compile(
    rb"/(?:U|#55)(?:R|#52)(?:I|#49)\s{0,16}(\((?>[^()\\]|\\[\0-\xff]|\([^()]{0,256}\)){1,4096}+\)"
    rb"|<[0-9A-Fa-f\s]{2,8192}+>)"
)
_FILE_KEYS = ("UF", "F", "Unix", "DOS", "Mac")
# Revision 6 takes 64 rounds or a few more of AES and SHA-2: 2 ms.
_COST = 0.003
_ENCRYPT = b"/Encrypt"
# A PDF's own fonts and their tables are written in it.
_OWN = frozenset({"application/postscript"})
# Of so many files it is kept that nothing is in them, a hundred octets each.
KEPT = 2048
# What a stream that says nothing is given for.
_FILES = frozenset({*kinds.DANGEROUS, *kinds.CONTAINERS, "document"})


class Pdf:
    """Gives what a PDF has embedded."""

    name: ClassVar[str] = "pdf"
    signs: ClassVar[Signs] = Signs(types=frozenset({_TYPE}), marks=(_BEGINS,))
    # A catalogue, and the end.
    smallest: ClassVar[bytes] = (
        b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\n"
        b"trailer\n<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {}

    def __init__(self) -> None:
        # By its hash and its type, on which it depends what is said of a file that is odd.
        self._empty: dict[tuple[str, str], int] = {}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the type, or by a header where some reader would take it."""
        known = part.known
        if known.type == _TYPE:
            return "whole"
        if known.kind in {"message", "multipart", "text", "html"}:
            return ""
        if part.lacks(_BEGINS):
            return ""
        called = "pdf" in part.extensions or known.declared_type == _TYPE
        most = len(part.octets) if called or known.type in kinds.UNKNOWN else _WITHIN
        return "within" if _BEGINS in bytes(part.octets[:most]) else ""

    def locked(self, part: Part) -> bool:
        """Tell whether it has an encryption that the empty password does not open."""
        octets = as_bytes(part.octets)
        return b"crypt" in octets and (_ENCRYPT in octets or b"#" in octets)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file that is embedded, then each text."""
        key = part.known.sha256, part.known.type
        if key in self._empty:
            budget.charge_octets(self._empty[key])
            return
        before, is_empty = budget.charged_octets, True
        for found in _Reading(part, budget).members(None):
            is_empty = False
            yield found
        if is_empty:
            self._keep(part, budget.charged_octets - before)

    def _keep(self, part: Part, charged: int) -> None:
        """Nothing came of it; where that has a reason, or no hash is known, it is read again."""
        known = part.known
        if known.unopened or known.encrypted or not known.sha256:
            return
        if len(self._empty) >= KEPT:
            del self._empty[next(iter(self._empty))]
        self._empty[known.sha256, known.type] = charged

    def unlock(self, part: Part, budget: Budget, keys: Keys) -> Iterator[Found]:
        """The same, with the words of the message."""
        yield from _Reading(part, budget).members(keys)


@dataclass(slots=True)
class _Reading:
    """One file that is being read."""

    part: Part
    budget: Budget
    word: str = ""
    file: File = field(init=False)
    gather: Gather = field(init=False)
    # Where it leads, each once.
    addresses: dict[bytes, None] = field(default_factory=dict)
    # What each object is, once one is asked for.
    _by_number: dict[int, Value] = field(default_factory=dict)

    def members(self, keys: Keys | None) -> Iterator[Found]:
        octets = as_bytes(self.part.octets)
        self.file = File(octets, self.budget)
        self.gather = Gather(self.budget, len(octets))
        self.file.read()
        if not self._unlock(keys):
            return
        for why in self.file.unpack(self.gather, self._keep_links):
            self._unreadable(why)
        self._check_end(octets)
        yield from self._files()
        yield from self._texts()
        yield from self._links(octets)
        yield from self._behind(octets)

    def _unlock(self, keys: Keys | None) -> bool:
        """Whether the file can be read: it is not locked, or a word has opened it."""
        known = self.part.known
        try:
            self.file.find_lock()
        except Damaged as damage:
            known.encrypted, known.unopened, known.why = True, "document_password", str(damage)
            return False
        lock = self.file.lock
        if lock is None:
            return True
        key = lock.open("")
        if key is None and keys is not None:
            for word in keys.words(_COST):
                key = lock.open(word)
                if key is not None:
                    self.word, known.encrypted, known.password = word, True, word
                    keys.opened(word)
                    break
        if key is None:
            known.encrypted, known.unopened = True, "document_password"
            known.why = (keys.limit if keys is not None else "") or "it wants a password"
            return False
        self.file.key = key
        return True

    def _unreadable(self, why: str) -> None:
        if self.part.known.type in {_TYPE, ""}:
            self.part.state_unopened(why)

    def _check_end(self, octets: bytes) -> None:
        """What has no end has lost it; a reader repairs it and shows what is left."""
        if octets.rfind(b"%%EOF") < 0 and octets.rfind(b"startxref") < 0:
            self._unreadable("it is cut off")

    def _files(self) -> Iterator[Found]:
        """Every stream that is a file, with all of its names."""
        names, wanted = self._specifications()
        streams: set[int] = set()
        for one in self.file.objects:
            if one.start < 0:
                continue
            self.budget.check_clock()
            streams.add(one.ref.number)
            if one.ref.number in wanted or one.type == "EmbeddedFile":
                one.values["Type"] = Name("EmbeddedFile")
                yield from self._file(one, names.get(one.ref.number, []))
            elif one.type not in {"ObjStm", "XRef"} and self._is_file(one):
                yield from self._file(one, [])
        lost = wanted - streams
        for number in sorted(lost)[:_NAMES]:
            called = names.get(number, [])
            self._unreadable(f"the embedded file in object {number} is not there")
            member = _named(called, number)
            member.unopened, member.why = "unreadable", "it is not there"
            yield member

    def _specifications(self) -> tuple[dict[int, list[str]], set[int]]:
        """The names of each embedded stream, by its number."""
        names: dict[int, list[str]] = {}
        for one in self.file.objects:
            for values in dictionaries(one.value):
                embedded = values.get("EF")
                if isinstance(embedded, Ref):
                    embedded = self._value(embedded) or self.file.look_up(embedded)
                if not isinstance(embedded, dict):
                    continue
                told = [values.get(key) for key in _FILE_KEYS]
                called = [text for raw in told if isinstance(raw, bytes)
                          for text in texts_of(self.file.text(raw, one))]  # fmt: skip
                for ref in embedded.values():
                    if isinstance(ref, Ref):
                        known = names.setdefault(ref.number, [])
                        known += [name for name in called if name not in known][:_NAMES]
        return names, set(names)

    def _value(self, ref: Ref) -> Value:
        if not self._by_number:
            self._by_number.update((one.ref.number, one.value) for one in self.file.objects)
        return self._by_number.get(ref.number)

    def _is_file(self, one: Object) -> bool:
        """Whether a stream that says nothing begins like a file of its own."""
        head = b""
        try:
            for piece in self.file.pieces(one, _HEAD):
                head += piece
                if len(head) >= _HEAD:
                    break
        except Damaged:
            pass  # as a picture's filter is: what it gave until there is looked at
        type_ = signatures.detect(memoryview(head)) if head else ""
        told = kinds.of_type(type_) if type_ not in _OWN else ""
        return told in _FILES

    def _file(self, one: Object, names: list[str]) -> Iterator[Found]:
        subtype = one.values.get("Subtype")
        member = _named(names, one.ref.number)
        member.declared_type = str(subtype).lower() if isinstance(subtype, Name) else ""
        member.encrypted, member.password = bool(self.word), self.word
        yield from self._fill(member, one)

    def _fill(self, member: Member, one: Object) -> Iterator[Found]:
        try:
            member.octets, member.why = self.gather.octets(self.file.pieces(one))
        except OverBudget as over:
            member.unopened, member.why = "over_budget", over.detail
            yield member
            if over.class_ != "part_octets":
                raise
            yield Reached(over.class_, over.detail, at=member)
            return
        except Damaged as damage:
            member.why = str(damage)
        if one.cut:
            member.why = member.why or "it is cut off"
        if member.why:
            member.unopened = "unreadable"
            self._unreadable(f"{member.step}: {member.why}")
        yield member

    def _keep_links(self, octets: bytes) -> None:
        """Addresses that the objects of a stream lead to (12.6.4.8); of a locked one none."""
        for found in _LINK.finditer(octets):
            if len(self.addresses) >= LINKS:
                return
            value, _ = parse(octets, found.start(1), found.end(1))
            if isinstance(value, bytes):
                self.addresses[b" ".join(value.split())] = None

    def _links(self, octets: bytes) -> Iterator[Found]:
        """They are given as a text, one to a line."""
        if self.file.lock is None:
            self._keep_links(octets)
        if self.addresses:
            text = b"\n".join(self.addresses)
            self.budget.charge_octets(len(text))
            yield Member("pdf:links", memoryview(text), declared_type="text/uri-list")

    def _texts(self) -> Iterator[Found]:
        """Scripts, forms, and what shall be launched."""
        for count, (one, name, value) in enumerate(self._told(), 1):
            if count > _TEXTS:
                yield Reached("parts", f"more than {_TEXTS} scripts")
                return
            step = f"pdf:{name} {count}"
            if isinstance(value, Ref):
                for stream in self.file.objects:
                    if stream.ref.number == value.number and stream.start >= 0:
                        yield from self._fill(Member(step, name=name, view="standard"), stream)
            elif isinstance(value, bytes):
                text = texts_of(self.file.text(value, one))[0].encode("utf-8")
                self.budget.charge_octets(len(text))
                yield Member(step, memoryview(text), name=name)

    def _told(self) -> Iterator[tuple[Object, str, Value]]:
        for one in self.file.objects:
            for values in dictionaries(one.value):
                if "JS" in values:
                    yield one, "javascript", values["JS"]
                forms = values.get("XFA")
                for form in forms if isinstance(forms, list) else [forms]:
                    if isinstance(form, Ref):
                        yield one, "form", form
                if values.get("S") == "Launch":
                    told = [raw for each in dictionaries(values) for raw in each.values()
                            if isinstance(raw, bytes)]  # fmt: skip
                    yield one, "launch", b" ".join(self.file.text(raw, one) for raw in told)

    def _behind(self, octets: bytes) -> Iterator[Found]:
        """What stands behind the end: some readers open it by itself."""
        end = octets.rfind(b"%%EOF")
        behind = octets[end + 5 :].lstrip(b"\0\t\n\f\r ") if end >= 0 else b""
        if not behind or self.part.known.type != _TYPE:
            return
        member = Member("pdf:behind its end", memoryview(behind), name="")
        yield member
        odd = len(behind) > _WITHIN and not _is_metafile(octets)
        if odd or signatures.detect(memoryview(behind)):
            yield Oddity("extra_octets", f"{len(behind)} octets behind its end", at=None)


def _is_metafile(octets: bytes) -> bool:
    """Tell the picture that Office on a Mac keeps of an embedded object: it holds a PDF.

    [MS-EMF] 2.3.4.2: a record EMR_HEADER, its signature at 40, the size of it all at 48.
    """
    signed = octets[:4] == b"\1\0\0\0" and octets[40:44] == b" EMF"
    return signed and int.from_bytes(octets[48:52], "little") == len(octets)


def _named(names: list[str], number: int) -> Member:
    """The member of an embedded file, by its names or by the number of its object."""
    first, *others = dict.fromkeys([last_step(names[0]), *names]) if names else [""]
    return Member(f"pdf:{first or number}", name=first, names=tuple(others))
