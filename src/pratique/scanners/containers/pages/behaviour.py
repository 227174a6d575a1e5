r"""Tell what a page does when it is opened: what it builds, where it leads, what it hides.

Nothing is run: each is told by the words that a script needs for it.  Long literals are
taken out first, for what is in them the reader of pages finds (formats/html.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pratique.scanners.containers.pages.tags import Tag, decoded, tags
from pratique.scanners.links.in_page import REFRESH
from pratique.scanners.links.url import Address, read_url

# A literal is told by its first letters, and by what is done with it.
# Behind it nothing may be called: `NAME + atob(...)` is no literal.
_LITERAL = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{256}[A-Za-z0-9+/_-]*+={0,2}+(?!\s{0,8}[(.\[=])"
)
# The libraries of a page of charts are 5 MB without their literals; each costs 30 ms.
OCTETS = 8 * 1024 * 1024
# A page of fewer letters than this says no more than "please wait" or "click here".
_BARE = 400
_DESCRIBES = re.compile(r"ld\+json|text/template|text/x-template|application/json", re.IGNORECASE)

_SAVING = ("blob", "objecturl", "saveas", "file")
_SAVES = re.compile(
    r"new\s{1,16}blob\b|objecturl|mssave(?:oropen)?blob|saveas\s{0,8}\(|new\s{1,16}file\s{0,8}\("
)
_ABSOLUTE = r"[\"'`]\s{0,8}(?:https?:)?\\?/\\?/[\w%\[-]"
_DECODES = r"atob|unescape|decodeuri|fromcharcode|charcodeat|\.reverse\(\)|\.split\("
_HEAD_OF_LEADS = re.compile(
    r"(?:\blocation\s{0,8}(?:\[?[\"'.]\s{0,8}href[\"']?\s{0,8}\]?\s{0,8})?=(?!=)"
    r"|\blocation\s{0,8}[.\[][\"']?(?:replace|assign)[\"'\]]{0,2}\s{0,8}\("
    r"|\bwindow\s{0,8}\.\s{0,8}open\s{0,8}\()"
)
_LEADS = re.compile(rf"{_ABSOLUTE}|{_DECODES}")
# So far behind that stands where; and so many of these are looked at in one page.
_BEHIND, PLACES = 200, 500
_RUNS = (
    r"(?:\beval|\bfunction|\bsettimeout|\bdocument\s{0,8}\.\s{0,8}write(?:ln)?"
    r"|\b(?:innerhtml|outerhtml|srcdoc)\s{0,8}=)"
)
# How a script hides what it is: words of which it must have one, for a search for these costs
# next to nothing; how it is written; what a person is told.
_HIDES = (
    (
        ("unescape", "atob", "decodeuri", "fromcharcode"),
        re.compile(
            _RUNS + r"\s{0,8}\(?\s{0,8}(?:unescape|window\.atob|atob|decodeuricomponent"
            r"\s{0,8}\(\s{0,8}(?:escape|window\.atob|atob|[\"'`]%)"
            r"|string\s{0,8}\.\s{0,8}fromcharcode)"
        ),
        "it runs what it decodes",
    ),
    (
        ("eval",),
        re.compile(r"\beval\s{0,8}\(\s{0,8}function\s{0,8}\(\s{0,8}p\s{0,8},\s{0,8}a"),
        "packed",
    ),
    (("[]", "()", "!+"), re.compile(r"(?<![\[\]()!+])[\[\]()!+]{400}"), "written without letters"),
    (("\\x",), re.compile(r"(?:\\x[0-9a-f]{2}){40}"), "written with escapes"),
    (
        ("fromcharcode",),
        re.compile(r"fromcharcode\s{0,8}\(\s{0,8}(?:(?:0x)?[0-9a-f]{1,4}\s{0,8},\s{0,8}){20}"),
        "written as numbers",
    ),
    (
        ("unescape",),
        re.compile(r"unescape\s{0,8}\(\s{0,8}[\"'`](?:%u?[0-9a-f]{2,4}){20}"),
        "written with percents",
    ),
)
# Names that a well-known obfuscator (javascript-obfuscator) gives.
_OBFUSCATED = re.compile(r"\b_0x[0-9a-f]{4,6}\b")
_OBFUSCATED_NAMES = 12
_DECODING = ("atob", "eval", "fromcharcode", "unescape", "function", "fetch", "request", "write")
_DECODERS = re.compile(
    r"\batob\s{0,8}\(|\beval\s{0,8}\(|fromcharcode|\bunescape\s{0,8}\(|new\s{1,8}function"
    r"|\bfetch\s{0,8}\(|xmlhttprequest|document\s{0,8}\.\s{0,8}write"
)
# Handlers of events stand in any tag (HTML 8.1.8).
_EVENT = re.compile(r"[\s\"'/]on[a-z]{3,24}\s{0,16}=")
_WANTED = frozenset(
    "noscript form foreignobject a area base meta script iframe frame object embed portal "
    "input button".split()
)
# Forms of one page that are looked at.
_KEPT = 100
_DROPPED = re.compile(r"[\t\r\n]")
_BLANKS = "".join(map(chr, range(33)))
_NOTHING: frozenset[str] = frozenset()
_TEXT = re.compile(r"<[^>]*+>?|\s++")


@dataclass(frozen=True, slots=True)
class Form:
    """A form that asks for a password; `sends_to` is None where no other host is named."""

    sends_to: Address | None
    # It belongs to a form by that one's name, wherever that stands (HTML 4.10.17.3).
    by_name: bool = False


@dataclass(slots=True)
class Page:
    """What a page does."""

    # Scripts, handlers of events, and what stands in links that run.
    code: str = ""
    has_script: bool = False
    loads: list[Address] = field(default_factory=list)
    frames: list[Address] = field(default_factory=list)
    refreshes: list[Address] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    # Where forms send to, and where buttons do instead.
    actions: list[Address] = field(default_factory=list)
    buttons: list[Address] = field(default_factory=list)
    # A link that saves what it holds by itself.
    holds_a_file: bool = False
    # Its script stands in an address.
    holds_a_script: bool = False
    # A page in a drawing (SVG 2, 12.3) that asks for something or loads something.
    page_inside: bool = False
    text: str = ""

    @property
    def bare(self) -> bool:
        """It has next to nothing to show."""
        return len(_TEXT.sub("", _without_code(self.text))) < _BARE

    @property
    def saves(self) -> bool:
        """A script makes a file."""
        if self.holds_a_file:
            return True
        return _has(self.code, _SAVING) and _SAVES.search(self.code) is not None

    @property
    def leads(self) -> str:
        """How a script leads to elsewhere; "" if it does not."""
        if not _has(self.code, ("location", "window")):
            return ""
        for count, head in enumerate(_HEAD_OF_LEADS.finditer(self.code)):
            if count == PLACES:
                return f"in more than {PLACES} places"
            behind = re.split(r"[;\n]", self.code[head.end() : head.end() + _BEHIND], maxsplit=1)[0]
            if _LEADS.search(behind):
                return head[0] + behind
        return ""

    @property
    def hides(self) -> str:
        """How a script hides what it is; "" if it does not."""
        for words, pattern, how in _HIDES:
            if _has(self.code, words) and pattern.search(self.code):
                return how
        names = set(_OBFUSCATED.findall(self.code)) if "_0x" in self.code else ()
        return "its names are taken away" if len(names) >= _OBFUSCATED_NAMES else ""

    @property
    def decodes(self) -> bool:
        """A script decodes, runs or fetches something."""
        return _has(self.code, _DECODING) and _DECODERS.search(self.code) is not None


def _has(code: str, words: tuple[str, ...]) -> bool:
    return any(word in code for word in words)


@dataclass(slots=True)
class _Reading:
    page: Page = field(default_factory=Page)
    pieces: list[str] = field(default_factory=list)
    opener: Address | None = None
    action: Address | None = None
    in_form: bool = False
    # Within <noscript>, which a browser does not look at.
    unseen: bool = False
    in_drawing: bool = False


def squeezed(text: str) -> str:
    """The text without its long literals, up to so many characters as are looked at."""
    return _LITERAL.sub("", text)[: OCTETS + 1] if len(text) > 1024 else text


def behaviour(text: str, *, xml: bool = False, built: bool = False) -> Page:
    """What a page does; one that a script built may be script as a whole."""
    reading = _Reading()
    events = _EVENT.search(text.lower()) is not None
    wanted = None if events else _WANTED
    for tag in tags(text, wanted, xml=xml):
        _take(reading, tag)
    page = reading.page
    page.has_script = bool(reading.pieces or page.loads or page.holds_a_script)
    if built and not page.has_script:
        reading.pieces.append(text)
    page.code = "\n".join(reading.pieces).lower()
    page.text = text
    return page


def _without_code(text: str) -> str:
    kept, at = [], 0
    for tag in tags(text, _NOTHING):
        if tag.content:
            kept.append(text[at : tag.start])
            at = tag.end
    return "".join((*kept, text[at:]))


def _take(reading: _Reading, tag: Tag) -> None:
    name, page = tag.name, reading.page
    if name == "noscript":
        reading.unseen = not tag.closing
    elif name == "form":
        reading.in_form = not tag.closing
        action = "" if tag.closing else tag.attributes.get("action", "")
        reading.action = read_url(action, reading.opener) if action else None
        _keep(page.actions, reading.action)
    elif name == "foreignobject":
        reading.in_drawing = not tag.closing
    if tag.closing or not tag.rest:
        _take_content(reading, tag)
        return
    given = tag.attributes
    _take_content(reading, tag)
    reading.pieces += (value for key, value in given.items() if key[:2] == "on" and value)
    place = given.get("href", "") if name in {"a", "area"} else ""
    # Browsers drop these wherever they stand (WHATWG URL 4.4).
    if _DROPPED.sub("", place[:256]).lstrip(_BLANKS)[:11].lower() == "javascript:":
        reading.pieces.append(place)
    if "download" in given and place[:5].lower() == "data:":
        page.holds_a_file = True
    _take_place(reading, name, given)


def _take_content(reading: _Reading, tag: Tag) -> None:
    if tag.name == "script" and tag.content.strip() and not _DESCRIBES.search(tag.rest):
        reading.pieces.append(tag.content)
        if "&#" in tag.content:
            # In a drawing they are letters.
            reading.pieces.append(decoded(tag.content))


def _take_place(reading: _Reading, name: str, given: dict[str, str]) -> None:
    page = reading.page
    if name == "base" and reading.opener is None:
        reading.opener = read_url(given.get("href", ""))
    elif name == "meta" and given.get("http-equiv", "").strip().lower() == "refresh":
        found = REFRESH.match(given.get("content", ""))
        if found is not None and not reading.unseen:
            page.refreshes += _elsewhere(found[1], reading.opener)
    elif name == "script":
        place = given.get("src") or given.get("href") or ""
        if place.lstrip(_BLANKS)[:5].lower() == "data:":
            page.holds_a_script = True
        page.loads += _elsewhere(place, reading.opener)
    elif name in {"iframe", "frame", "object", "embed", "portal"}:
        page.frames += _elsewhere(
            given.get("data" if name == "object" else "src", ""), reading.opener
        )
        page.page_inside = page.page_inside or reading.in_drawing
    elif name == "button":
        _keep(page.buttons, read_url(given.get("formaction", ""), reading.opener))
    elif name == "input":
        _keep(page.buttons, read_url(given.get("formaction", ""), reading.opener))
        page.page_inside = page.page_inside or reading.in_drawing
        if given.get("type", "").strip().lower() == "password":
            action = reading.action if reading.in_form else None
            page.forms.append(Form(action, by_name="form" in given))


def _keep(kept: list[Address], address: Address | None) -> None:
    if address is not None and address.host and len(kept) < _KEPT:
        kept.append(address)


def _elsewhere(written: str, opener: Address | None) -> Iterator[Address]:
    address = read_url(written, opener) if written else None
    if address is not None and address.host:
        yield address
