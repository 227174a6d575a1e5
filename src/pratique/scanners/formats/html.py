r"""Open pages: HTML, SVG, and what else a browser shows; they hold files as text.

Nothing is run.  What a page holds is found by its form: `data:` URIs in whatever place,
pages in `srcdoc`, and the literals of which a script builds a file (base64, hexadecimal,
lists of numbers, escapes; cut into pieces, turned around, behind an exclusive or with one
octet).  A script that is itself built by a script is given as a page, so that the same is
done to it again.

Where a page has a script, every literal of 60 octets or more is given, for nobody can
tell random octets from what the script makes of them; where it has none, only what
begins a file that is worth hiding: links in ordinary mail are full of random letters.

Limitations: what is built by arithmetic, by a key of several octets or by a cipher is
given as the literal that it is made of, and no more.  Where a script saves a program or an
archive, and no literal can be that file, it is a part by its name alone, and unreadable.
"""

import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pratique.scanners import kinds
from pratique.scanners.budget import Budget
from pratique.scanners.containers.members import fitted, too_many
from pratique.scanners.containers.pages import disguised, literals
from pratique.scanners.containers.pages.data_uris import (
    TooMany,
    decode_base64,
    find_uris,
    flat,
    hides_letters,
)
from pratique.scanners.containers.pages.names import script_names
from pratique.scanners.containers.pages.text import read_page
from pratique.scanners.part import Found, Member, Part, Recognized, Signs, as_bytes

_TYPES = frozenset(
    {
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "application/hta",
        "text/xml",
        "text/x-server-parsed-html",
    }
)
# An attribute that has a script (HTML 8.1.8): `onload=`, `onpointerdown=`.
_EVENT = re.compile(rb"on(?<=[\s\"'/]on)[a-z]{3,24}\s{0,16}=")
_SRCDOC = re.compile(
    r"srcdoc\s{0,64}=\s{0,64}(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++))", re.IGNORECASE
)
_MARKUP = re.compile(rb"<[A-Za-z!/?]")
# With and without a prefix of XML; in an address.
_SCRIPTS = (b"<script", b":script", b"script:")
# JSON-LD, by which shops and forges tell mail programs what a mail is about.
_DESCRIPTION = re.compile(rb"<script[^>]{0,256}ld\+json[^>]{0,64}>[^<]*+</script>")
# Deletes what is one octet as a character.
_NARROW = dict.fromkeys(range(256))
# Letters of base64 that end a mark too: of a comment in HTML, and in script.
_MARKS = b"-/"
# How a script makes a file of octets; `/blob/` is in every address of a forge.
_SAVES = (b"new blob", b"objecturl", b"saveblob", b"new file")
_WORTH_HIDING = frozenset({*kinds.DANGEROUS, "archive"})
# A text of fewer octets holds nothing (literals.py, LETTERS).
_SMALLEST = 60
# Files of a page, a saved one with all its pictures and fonts has some hundred; each costs
# two milliseconds of whoever tells what it is.
FILES = 2000
# The text of a page and all that its script makes of it: 20 MB cost a second.  An honest
# one is read plain, joined, unescaped, and summed up.
_FORMS, _READINGS = 32 * 1024 * 1024, 6
# Pages in a page; more than that no page shows.
_FRAMES = 1000
# Pictures and fonts have no name that somebody would save them under.
_FURNITURE = (
    "image/",
    "font/",
    "audio/",
    "video/",
    "text/css",
    "application/font",
    "application/x-font",
)


class Html:
    """Gives the files that a page holds."""

    name: ClassVar[str] = "html"
    signs: ClassVar[Signs] = Signs(
        types=_TYPES,
        kinds=frozenset({"html"}),
        declared=kinds.PAGE_TYPES,
        extensions=kinds.PAGES,
    )
    # A page that holds an empty file, but for one letter.
    smallest: ClassVar[bytes] = b'<html><a href="data:text/plain,a">'

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "broken": "a browser shows whatever there is of a page",
        "encrypted": "the form has no encryption",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the kind, the type, or by a name that opens a browser."""
        known = part.known
        if known.kind == "html" or known.type in _TYPES:
            return "whole"
        named = not kinds.PAGES.isdisjoint(part.extensions)
        return "within" if named or known.declared_type in kinds.PAGE_TYPES else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file once, as it is found first."""
        seen: set[bytes] = set()
        # What a script writes into its page is a script, without a word that says so.
        built = list(part.known.inside[-1:]) == [self.name]
        for text in read_page(as_bytes(part.octets), part.charset):
            try:
                page = _Page(text, budget, seen, scripted=built)
                yield from page.members()
                yield from page.missing()
            except TooMany as over:
                yield too_many(part, str(over))


@dataclass(slots=True)
class _Page:
    """One reading of a page."""

    text: str
    budget: Budget
    # What was given before, by its hash.
    seen: set[bytes]
    scripted: bool
    names: tuple[str, ...] = ()
    # A file was given that may be the one that a script saves under these names.
    called: bool = False
    # Runs of letters that were looked at before, in this text or in another form of it.
    runs: set[bytes] = field(default_factory=set)
    lower: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.lower = flat(self.text).lower()
        self.scripted = self.scripted or _has_script(self.text, self.lower)

    def members(self) -> Iterator[Found]:
        """The URIs, the frames, the literals; `TooMany` where there are too many."""
        if self.scripted:
            self.names = script_names(self.text)
        yield from self._uris(self.text)
        yield from self._frames()
        if self.scripted:
            yield from self._scripted()
        else:
            yield from self._literals(self.text)

    def missing(self) -> Iterator[Found]:
        """A program or archive that a script saves, and no literal was found for it."""
        saves = any(word in self.lower for word in _SAVES)
        if not self.scripted or self.called or not saves:
            return
        for name in self.names:
            if kinds.of_name(name) in _WORTH_HIDING:
                why = "a script builds it of what was not found"
                yield Member(f"html:{name}", name=name, unopened="unreadable", why=why)

    def _uris(self, text: str) -> Iterator[Found]:
        for uri in find_uris(text, self.lower if text is self.text else b""):
            furniture = uri.type_.startswith(_FURNITURE)
            name = uri.name or ("" if furniture or not self.names else self.names[0])
            member = Member(step="", name=name, declared_type=uri.type_, charset=uri.charset)
            if furniture and not uri.name:
                member.disposition = "inline"
            yield from self._given(member, uri.octets)

    def _frames(self) -> Iterator[Found]:
        if b"srcdoc" not in self.lower:
            return
        for count, frame in enumerate(_SRCDOC.finditer(self.text)):
            if count == _FRAMES:
                raise TooMany(f"more than {_FRAMES} pages in a page")
            page = html.unescape(frame[1] or frame[2] or frame[3] or "")
            yield from self._given(_page(), page.encode("utf-8", "replace"))

    def _scripted(self) -> Iterator[Found]:
        """What a script may build of its literals: in the text, joined, and unescaped."""
        looked = 0
        for text in _unfolded(self.text):
            looked += len(text)
            if looked > max(_FORMS, _READINGS * len(self.text)):
                raise TooMany("far more text in literals than in the page")
            self.budget.charge_octets(len(text))
            if text is not self.text:
                yield from self._uris(text)
            yield from self._literals(text)
            for found in (literals.escaped_literals(text), literals.percent_literals(text)):
                for literal in found:
                    yield from self._decoded(literal)

    def _literals(self, text: str) -> Iterator[Found]:
        page = flat(text)
        if not self.scripted:
            for run in literals.runs_after(page, disguised.LETTERS):
                self.budget.check_clock()
                yield from self._file(decode_base64(run))
            return
        for run in literals.runs(page):
            yield from self._run(run)
        for whole in literals.in_pieces(page, disguised.LETTERS):
            yield from self._run(whole)
        for numbers in filter(None, (page, literals.unquoted(page))):
            for octets in literals.number_lists(numbers):
                yield from self._built(octets)

    def _decoded(self, literal: str) -> Iterator[Found]:
        """Text that was written with escapes: a page, or one octet or two a character."""
        if literal.translate(_NARROW):
            text = literal.encode("utf-8", "replace")
            wide = literal.encode("utf-16-le", "surrogatepass")
            yield from self._built(text if _is_page(text) else wide)
            return
        octets = literal.encode("latin-1")
        if len(octets) >= _SMALLEST or _is_page(octets):
            yield from self._built(octets)

    def _run(self, run: bytes) -> Iterator[Found]:
        """What a long run of letters is: hexadecimal, base64, or base64 turned around."""
        if run in self.runs:
            return
        self.runs.add(run)
        bare = run.lstrip(_MARKS)
        if bare != run and (run[:1] == b"-" or disguised.may_begin(decode_base64(bare[:8]))):
            yield from self._run(bare)
        plain = literals.from_hexadecimal(run)
        if plain:
            yield from self._built(plain)
            yield from self._built(literals.from_hexadecimal(run[::-1]), certain=True)
        octets = decode_base64(run)
        yield from self._built(octets, certain=bool(plain))
        yield from self._built(disguised.turned_base64(run))

    def _file(self, octets: bytes) -> Iterator[Found]:
        if disguised.is_known(octets) or disguised.begins(octets):
            yield from self._given(Member(step=""), octets)

    def _built(self, octets: bytes, *, certain: bool = False) -> Iterator[Found]:
        """A literal as it is, or only if it certainly is a file; then what it hides."""
        if not octets:
            return
        self.budget.check_clock()
        page = not certain and _is_page(octets)
        if page:
            yield from self._given(_page(), octets)
        elif not certain or disguised.is_known(octets):
            yield from self._given(self._called(octets), octets)
        for plain in disguised.unhidden(octets):
            yield from self._given(self._called(plain), plain)

    def _called(self, octets: bytes) -> Member:
        """A member that has the page's names, unless it is a picture of the page's own."""
        if disguised.is_furniture(octets) or not self.names:
            return Member(step="")
        self.called = True
        return Member(step="", name=self.names[0], names=self.names[1:])

    def _given(self, member: Member, octets: bytes) -> Iterator[Found]:
        """Give a member that was not given before, held against the budget."""
        digest = hashlib.sha256(octets).digest()
        if not octets or digest in self.seen:
            return
        self.seen.add(digest)
        if len(self.seen) > FILES:
            raise TooMany(f"more than {FILES} files in a page")
        member.step = f"html:{member.name}" if member.name else f"html:{len(self.seen)}"
        self.budget.charge_octets(len(octets))
        member.octets = memoryview(octets)
        yield from fitted(member, self.budget)


def _has_script(text: str, lower: bytes) -> bool:
    """Whether anything in the page runs; what describes a mail to its reader does not."""
    if b"ld+json" in lower:
        lower = _DESCRIPTION.sub(b"", lower)
    if any(word in lower for word in _SCRIPTS) or _EVENT.search(lower):
        return True
    if not hides_letters(lower):
        return False
    plain = flat(html.unescape(text)).lower()
    return any(word in plain for word in _SCRIPTS)


def _page() -> Member:
    return Member(step="", declared_type="text/html", charset="utf-8")


def _is_page(octets: bytes) -> bool:
    """Text that a script may write into the page: markup, or script again."""
    head = octets[:4096]
    text = not head.translate(None, bytes(range(32, 256)) + b"\t\r\n\f")
    return text and (_MARKUP.search(head) is not None or b"(" in head)


def _unfolded(text: str) -> Iterator[str]:
    """The text, and what it is without entities, without escapes, with its pieces joined."""
    yield text
    told = {text}
    plain = html.unescape(text) if "&" in text else text
    for each in dict.fromkeys((text, plain, literals.unescaped(plain))):
        for other in (each, literals.joined(each), literals.summed(each), *literals.replaced(each)):
            if other not in told:
                told.add(other)
                yield other
