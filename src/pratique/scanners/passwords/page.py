"""Turn HTML into the text that it shows, and mark what it sets apart.

Not a browser: tags are taken out in one pass, blocks become lines, cells stay in theirs,
and what is bold, set as code or coloured stands between two marks of our own, because
that is how a mail shows the word to copy.  What a tag cuts in two for the source's reader
only (`pass<i></i>word`) joins again where the marks are taken out.
"""

import html
import re

# Two private characters; a stranger's own are taken out before.
OPENS, CLOSES = "\ue000", "\ue001"
_OWN = {ord(OPENS): None, ord(CLOSES): None}

_TAG = re.compile(r"<(?:(!--)|(/?)([a-zA-Z][a-zA-Z0-9]*+)|[!?/])")
_APART = frozenset("b strong code kbd tt samp mark em i u font span big var pre".split())
_IN_LINE = frozenset(
    "a abbr acronym bdi bdo cite del ins label q s small strike sub sup wbr".split()
)
_NO_LINE = frozenset({"img", "input", "script", "style"})
_CELLS = frozenset({"td", "th"})
# Their contents are shown nowhere.
_UNSEEN = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style")}
# What is shown in place of a picture, and in a field.
_SHOWN = re.compile(
    r"""\b(?:alt|value|placeholder)\s{0,9}=\s{0,9}["']([^"'>]{1,200})""", re.IGNORECASE
)
_TAG_READ = 4096
# Python converts 4,300 digits at most, and no character needs more than seven.
_NO_CHARACTER = re.compile(r"&#(?:\d{10,}+|[xX][0-9a-fA-F]{10,}+);?")
_BLANKS = re.compile(r"\s+")
# What of a page is read to find what it shows; mail programs show no longer ones at once.
_LONGEST = 1024 * 1024
# Where octets begin that are shown as no text, by what they end with; the last is a picture.
_HIDES = re.compile(rb"<!--|<style\b|<script\b|data:[\w/+.;=,-]{256,}+", re.IGNORECASE)
_HIDDEN_TO = {
    b"<!--": re.compile(rb"-->"),
    b"<style": re.compile(rb"</style", re.IGNORECASE),
    b"<script": re.compile(rb"</script", re.IGNORECASE),
}


def unmark(text: str) -> str:
    """The text without our marks."""
    return text.translate(_OWN)


def shown(page: str) -> str:
    """The text of a page, with marks around what it sets apart."""
    page = unmark(page)
    pieces: list[str] = []
    at = 0
    while (start := page.find("<", at)) >= 0:
        pieces.append(_BLANKS.sub(" ", page[at:start]))
        tag = _TAG.match(page, start)
        if tag is None:
            pieces.append("<")
            at = start + 1
            continue
        end, piece = _take(page, tag)
        if end < 0:  # nothing closes any more: a browser shows the rest or drops it
            at = start
            break
        pieces.append(piece)
        at = end
    pieces.append(_BLANKS.sub(" ", page[at:]))
    return html.unescape(_NO_CHARACTER.sub(" ", "".join(pieces)))


def without_unseen(octets: memoryview) -> bytes:
    """The octets of a long page without its comments, styles, scripts and pictures."""
    read = bytes(octets[:_LONGEST])
    pieces, at = [], 0
    while (begins := _HIDES.search(read, at)) is not None:
        closing = _HIDDEN_TO.get(begins[0].lower())
        ends = closing.search(read, begins.end()) if closing is not None else begins
        if ends is None:
            break
        pieces.append(read[at : begins.start()])
        # The closing tag of a style stays, and is a tag like any other.
        at = ends.start() if closing is not None and b"/" in closing.pattern else ends.end()
    return b"".join((*pieces, read[at:]))


def _take(page: str, tag: re.Match[str]) -> tuple[int, str]:
    """Where a tag ends (-1: nowhere), and what stands for it in the text."""
    if tag[1]:
        end = page.find("-->", tag.end())
        return (end + 3 if end >= 0 else -1), ""
    end = page.find(">", tag.end())
    name = (tag[3] or "").lower()
    if end < 0 or not name:
        return (end + 1 if end >= 0 else -1), ""
    unseen = _UNSEEN.get(name)
    if unseen is not None and not tag[2]:
        close = unseen.search(page, end)
        return (close.start() if close is not None else -1), ""
    return end + 1, _in_place_of(name, closing=bool(tag[2])) + _attributes(page, tag.end(), end)


def _in_place_of(name: str, *, closing: bool) -> str:
    if name in _APART:
        return CLOSES if closing else OPENS
    if name in _IN_LINE:
        return ""
    if name in _CELLS:
        return "\t"
    return "" if name in _NO_LINE else "\n"


def _attributes(page: str, start: int, end: int) -> str:
    texts = _SHOWN.findall(page, start, min(end, start + _TAG_READ))
    return f" {' '.join(texts)} " if texts else ""
