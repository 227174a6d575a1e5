r"""Read the tags of a page as a browser's tokenizer does (WHATWG HTML, 13.2.5).

In one pass and without a tree: what a stranger nests costs no more than what he writes.
Quotation marks count only behind `=`; a tag that is not closed runs to the end; what stands
in a comment, a script, a style or a title is no tag.  Comments are given too: Outlook shows
what stands in its conditional ones, and a browser does not.
"""

import html
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from pratique.scanners.containers.pages.data_uris import flat

# "ASCII whitespace" of HTML, which is not what Python calls a blank.
_B = r"\t\n\f\r "
_VALUE = rf"(?:\"[^\"]*+\"|'[^']*+'|[^{_B}>]*+)"
_ATTRIBUTE = rf"[^{_B}/>][^{_B}/>=]*+(?>[{_B}]*+=[{_B}]*+{_VALUE})?+"
# Every alternative ends, at the end of the text if nowhere before, so nothing is read twice.
_TOKEN = re.compile(
    rf"<(?:(?P<close>/?)(?P<name>[A-Za-z][^{_B}/>]*+)(?P<rest>(?>[{_B}/]++|{_ATTRIBUTE})*+)>?"
    r"|!--(?:-?>|(?P<comment>(?>[^-]++|-(?!->|-!>))*+)(?:-->|--!>|\Z))"
    r"|!\[CDATA\[|[!?/][^>]*+>?)"
)
_PAIR = re.compile(
    rf"([^{_B}/>][^{_B}/>=]*+)(?>[{_B}]*+=[{_B}]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^{_B}>]*+)))?+"
)
# Their contents are text up to the tag that closes them (13.2.5.1 and following).
_RAW = frozenset({"script", "style", "title", "textarea", "xmp", "noembed", "noframes"})
# Their contents are text to a browser, and tags to a program that runs no scripts, or in a
# drawing (13.2.6.5); so both are read, and neither beyond what closes them.
_BOTH = frozenset({"noscript", "iframe"})
_DRAWINGS = frozenset({"svg", "math"})
# All others are tags, and no more.
_SPECIAL = _RAW | _BOTH | _DRAWINGS
# What ends a script, and what keeps it from being ended (13.2.5.17 to 13.2.5.31).
_IN_SCRIPT = re.compile(rb"<!--(?:-?>)?|-->|<(/?)script(?=[\t\n\f\r />])")
# 13.2.5.73: in an attribute a name without its semicolon is one only at its end.
_REFERENCE = re.compile(r"&(?:#[0-9]{1,8};?|#[xX][0-9a-fA-F]{1,8};?|[A-Za-z][A-Za-z0-9]{1,31};)")


class Tag(NamedTuple):
    """A tag, or a comment; `start` and `end` are its places in the text."""

    # In small letters and without a prefix of XML; "!" is a comment.
    name: str
    closing: bool
    rest: str
    start: int
    end: int
    # What stands in a script, a style, a comment.
    content: str = ""

    @property
    def attributes(self) -> dict[str, str]:
        """Its attributes; of two of one name a browser takes the first."""
        found: dict[str, str] = {}
        for pair in _PAIR.finditer(self.rest):
            name = pair[1].lower().rpartition(":")[2]
            if name not in found:
                found[name] = decoded(pair[2] or pair[3] or pair[4] or "")
        return found


def decoded(value: str) -> str:
    """An attribute's value without its references."""
    return _REFERENCE.sub(_letter, value) if "&" in value else value


def _letter(reference: re.Match[str]) -> str:
    # Nearly all are this one, between the words of a query.
    return "&" if reference[0] == "&amp;" else html.unescape(reference[0])


def tags(text: str, wanted: AbstractSet[str] | None, *, xml: bool = False) -> Iterator[Tag]:
    """Each tag of these names, and what has raw text, in order; "!" is for comments.

    None is for all names, and for no comments.

    In XML (SVG) an element may be closed by its own tag, and a script is one like any other.
    """
    at, lower, drawing = 0, b"", False
    whole = bound = len(text)
    # What is never closed is not looked for again.
    unclosed: set[str] = set()
    while True:
        for token in _TOKEN.finditer(text, at, bound):
            close, name, rest, comment = token.groups()
            if name is None:
                if comment and wanted and "!" in wanted:
                    yield Tag("!", False, "", token.start(), token.end(), comment)
                continue
            bare = name.lower() if ":" not in name else name.lower().rpartition(":")[2]
            special = bare in _SPECIAL
            drawing = drawing or (special and bare in _DRAWINGS)
            begins = special and not close and bare not in unclosed
            raw = begins and bare in _RAW and not (xml and rest.endswith("/"))
            both = begins and bound == whole and _is_both(bare, drawing=drawing, xml=xml)
            if not raw and (wanted is None or bare in wanted):
                yield Tag(bare, bool(close), rest, token.start(), token.end())
            if not (raw or both):
                continue
            lower = lower or flat(text).lower()
            at = _closed(lower, name, token.end(), bound)
            if raw:
                yield Tag(bare, False, rest, token.start(), at, text[token.end() : at])
            if both:
                unclosed |= {bare} if at == whole else set()
                at, bound = token.end(), at
            break
        else:
            if bound == whole:
                return
            at, bound = bound, whole


def _is_both(name: str, *, drawing: bool, xml: bool) -> bool:
    if name in _BOTH:
        return not xml
    return drawing and name in _RAW and name != "script"


def _closed(lower: bytes, name: str, at: int, bound: int) -> int:
    """Where the raw text of an element ends."""
    if name.lower() == "script":
        return _closed_script(lower, at, bound)
    mark = b"</" + name.lower().encode("latin-1", "replace")
    end = lower.find(mark, at, bound)
    # A longer name closes nothing.
    while end >= 0 and lower[end + len(mark) : end + len(mark) + 1] not in _ENDS_NAME:
        end = lower.find(mark, end + 1, bound)
    return bound if end < 0 else end


_ENDS_NAME = frozenset({b"", b"\t", b"\n", b"\f", b"\r", b" ", b"/", b">"})


def _closed_script(lower: bytes, at: int, bound: int) -> int:
    """Where a script ends; one that begins in a comment within it has the first end."""
    comment = inner = False
    for found in _IN_SCRIPT.finditer(lower, at, bound):
        if found[1] is None:
            comment = found[0] == b"<!--"
            inner = inner and comment
        elif not found[1]:
            inner = comment
        elif not inner:
            return found.start()
        else:
            inner = False
    return bound
