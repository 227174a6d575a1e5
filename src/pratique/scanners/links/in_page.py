"""Find the links of a page: what a click leads to, and what is opened with it.

Links and areas, forms, frames, objects and scripts from elsewhere, what refreshes to
elsewhere, and addresses that stand in its text.  Pictures lead nobody anywhere, and are
left out.  Outlook shows what stands in its conditional comments, so their links count too.
"""

import html
import re
import sys
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from pratique.scanners.containers.pages.tags import Tag, decoded, tags
from pratique.scanners.links.in_text import NETS, addresses
from pratique.scanners.links.url import Address, read_url

# Where a tag has its address.
_PLACES = {
    "a": ("href",), "area": ("href",), "form": ("action",), "button": ("formaction",),
    "input": ("formaction",), "iframe": ("src",), "frame": ("src",), "embed": ("src",),
    "object": ("data",), "script": ("src", "href"), "applet": ("archive", "code"),
    "portal": ("src",), "shape": ("href",), "rect": ("href",), "roundrect": ("href",),
}  # fmt: skip
# HTML 4.2.5.3, "refresh": seconds, and where to.
REFRESH = re.compile(
    r"\s*+[\d.]*+\s*+[;,]?\s*+(?:url\s*+=\s*+)?[\"']?([^\"']{1,4096})",
    re.IGNORECASE,
)
# A search for each of these costs a tenth of one for all of them.
_STARTS = ("://", *NETS)
_MARKUP = re.compile(r"<[^>]{0,2048}>")
_WANTED = frozenset({"a", "base", "meta", "!", *_PLACES})
# What stands in them is shown to nobody.
_UNSEEN = frozenset({"!", "script", "style", "title"})
# What a link shows is read up to there; a picture of it, or a whole article, is no address.
_SHOWN = 1000
# A text's address and its neighbours.
_AROUND, _BEHIND = 64, 4096
# The span behind the last, which nothing is in.
_NOWHERE = (sys.maxsize, sys.maxsize)
# There are no conditional comments in comments.
_COMMENT_WITH_LINKS = re.compile(r"<[a-z]{1,10}[^<>]{0,512}(?:href|action|src)", re.IGNORECASE)


class PageLink(NamedTuple):
    """A link of a page, and what is shown in its place."""

    address: Address
    shown: str = ""
    # The tag that it stands in; "" is the text.
    tag: str = ""


@dataclass(slots=True)
class _Reading:
    text: str
    opener: Address | None = None
    # Ends of the links that are shown as text, where nothing is looked for again.
    spans: list[tuple[int, int]] = field(default_factory=list)
    waiting: Tag | None = None


def page_links(text: str, *, xml: bool = False) -> Iterator[PageLink]:
    """Each link of a page, in order."""
    reading = _Reading(text)
    yield from _in_its_tags(reading, _WANTED, xml=xml)
    yield from _in_its_text(reading)


def _in_its_tags(
    reading: _Reading, wanted: AbstractSet[str], *, xml: bool = False
) -> Iterator[PageLink]:
    for tag in tags(reading.text, wanted, xml=xml):
        if tag.name != "a":
            yield from _of_tag(reading, tag)
            continue
        if reading.waiting is not None and (link := _closed(reading, tag.start)) is not None:
            yield link
        if not tag.closing and "href" in tag.rest.lower():
            reading.waiting = tag
    if reading.waiting is not None and (link := _closed(reading, len(reading.text))) is not None:
        yield link


def _of_tag(reading: _Reading, tag: Tag) -> Iterator[PageLink]:
    """The links of any tag but those that are shown as what follows them."""
    name = tag.name
    if tag.content and name in _UNSEEN:
        reading.spans.append((tag.start, tag.end))
    if name == "!":
        if "<" in tag.content and _COMMENT_WITH_LINKS.search(tag.content):
            inner = _Reading(tag.content, reading.opener)
            yield from _in_its_tags(inner, _WANTED - {"!"})
    elif tag.closing:
        return
    elif name in {"base", "meta"}:
        yield from _of_head(reading, tag)
    elif name in _PLACES and tag.rest:
        yield from _of_places(reading, tag)


def _of_places(reading: _Reading, tag: Tag) -> Iterator[PageLink]:
    given = tag.attributes
    for place in _PLACES[tag.name]:
        if given.get(place):
            address = read_url(given[place], reading.opener)
            if address is not None:
                yield PageLink(address, tag=tag.name)


def _of_head(reading: _Reading, tag: Tag) -> Iterator[PageLink]:
    given = tag.attributes
    if tag.name == "base" and "href" in given and reading.opener is None:
        reading.opener = read_url(given["href"])
    elif given.get("http-equiv", "").strip().lower() == "refresh":
        found = REFRESH.match(given.get("content", ""))
        address = read_url(found[1], reading.opener) if found is not None else None
        if address is not None:
            yield PageLink(address, tag="meta")


def _closed(reading: _Reading, end: int) -> PageLink | None:
    """A link is shown as all that stands up to the next one, or to its end."""
    tag, reading.waiting = reading.waiting, None
    if tag is None:
        return None
    reading.spans.append((tag.end, end))
    address = read_url(tag.attributes.get("href", ""), reading.opener)
    if address is None:
        return None
    inside = reading.text[tag.end : min(end, tag.end + _SHOWN)]
    return PageLink(address, _plain(inside), tag="a")


def _plain(inside: str) -> str:
    if "<" in inside:
        inside = _MARKUP.sub("", inside)
    return html.unescape(inside).strip() if "&" in inside else inside.strip()


def _in_its_text(reading: _Reading) -> Iterator[PageLink]:
    """Addresses that stand outside of tags and links."""
    text, reached = reading.text, 0
    spans = iter(reading.spans)
    begins, ends = next(spans, _NOWHERE)
    for at in _starts(text):
        while ends <= at:
            begins, ends = next(spans, _NOWHERE)
        if at < reached or begins <= at or _in_tag(text, at):
            continue
        end = text.find("<", at)
        end = min(len(text) if end < 0 else end, at + _BEHIND)
        start = max(text.rfind(">", max(0, at - _AROUND), at) + 1, at - _AROUND, 0)
        for written in addresses(decoded(text[start:end]), bare=False):
            address = read_url(written)
            if address is not None:
                yield PageLink(address)
        reached = end


def _starts(text: str) -> list[int]:
    """Where an address may begin, in order."""
    found = []
    for start in _STARTS:
        at = -1
        while (at := text.find(start, at + 1)) >= 0:
            found.append(at)
    return sorted(found)


def _in_tag(text: str, at: int) -> bool:
    """Whether the last bracket before a place opens."""
    start = max(0, at - _BEHIND)
    return text.rfind("<", start, at) > text.rfind(">", start, at)
