"""Find `data:` URIs (RFC 2397) in a page, as tolerantly as browsers read them.

They stand in any attribute, in style sheets, in scripts.  A browser decodes an
attribute's entities, drops tabs and line ends anywhere in a URI, and then decodes
percents, and base64 with blanks in it and with or without padding (WHATWG URL 4.4, Fetch
6, "data: URL processor", Infra, "forgiving-base64 decode").
"""

import html
import re
from binascii import Error, a2b_base64
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

# So often `data:` may stand in a text and be no URI, before nobody looks on: a library of
# scripts of a megabyte has a few hundred properties of this name.
LOOKS = 50_000
_SCHEME = b"data:"
# Type and parameters.  No colon stands in them, so that one that is not closed costs
# nothing up to the next.
_HEAD = re.compile(
    r"data:\s{0,64}([\w!#$&^.+/*%-]{0,127}+)((?:\s{0,16};[^,;:\"'<>`]{0,256}+){0,8}),",
    re.IGNORECASE,
)
# Blanks are dropped, but not those before the width that `srcset` has there.
_BASE64 = re.compile(
    r"(?>[\w+/=-]|\s(?!\s{0,8}[\d.]{1,8}[xwh]\s{0,8}[,\"'])|%[0-9A-Fa-f]{2}|&#?\w{1,16};"
    r"|\\[nrt/]|\\\r?\n)*+"
)
_BARE_BASE64 = re.compile(r"(?>[\w+/=-]|%[0-9A-Fa-f]{2}|&#?\w{1,16};)*+")
_BARE = re.compile(r"[^\s\"'<>`]*+")
# HTML 13.5: letters (65 to 90, 97 to 122), the colon, tab and line ends by number or name.
_HIDDEN_LETTER = re.compile(
    rb"&(?:#(?:0{0,8}(?:6[5-9]|[78][0-9]|9[0789]?|1[01][0-9]|12[0-2]|58|10|13)|x0{0,8}(?:[46][1-9a-f]"
    rb"|[57][0-9a]|3a|[9ad]))(?![0-9a-f])|colon;|tab;|newline;)"
)
# An entity in the head of a URI is no further from its beginning.
_HIDDEN_WITHIN = 64
_QUOTES = "\"'`"
_NAMED = re.compile(r";\s{0,16}(?:file)?name\s{0,16}=\s{0,16}([^;,]{1,255})", re.IGNORECASE)
_CHARSET = re.compile(r";\s{0,16}charset\s{0,16}=\s{0,16}([\w.:-]{1,64})", re.IGNORECASE)
_DOWNLOAD = re.compile(
    r"download\s{0,64}=\s{0,64}(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++))", re.IGNORECASE
)
# A tag with its other attributes is not longer before or behind the URI.
_TAG = 2048
_LETTERS = bytes(
    byte
    for byte in range(256)
    if bytes([byte]).isalnum() or bytes([byte]) in (b"+", b"/", b"-", b"_")
)
_OTHERS = bytes(set(range(256)) - set(_LETTERS))
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


class TooMany(Exception):
    """There is more in the page than anybody looks through."""


@dataclass(frozen=True, slots=True)
class Uri:
    """A `data:` URI, decoded."""

    octets: bytes
    type_: str = ""
    charset: str = ""
    name: str = ""


def flat(text: str) -> bytes:
    """The text with one octet a character: what is not ASCII or Latin-1 becomes "?"."""
    return text.encode("latin-1", "replace")


def find_uris(text: str, lower: bytes = b"") -> Iterator[Uri]:
    """Every URI in a text, in order, each decoded; then those that are hidden in it.

    `lower` is the flat text in small letters, for whoever has it at hand.
    """
    lower = lower or flat(text).lower()
    count, hidden = lower.count(_SCHEME), False
    if count:
        hidden = yield from _sweep(text, lower)
    if hidden or lower.translate(None, b"\r\n\t").count(_SCHEME) > count:
        yield from _sweep(_joined(text))
    if hidden or hides_letters(lower):
        yield from _sweep(_joined(html.unescape(text)))


def hides_letters(lower: bytes) -> bool:
    """Whether an entity stands for a letter, a colon or a line end, as none has to."""
    return _HIDDEN_LETTER.search(lower) is not None


def _joined(text: str) -> str:
    return text.replace("\n", "").replace("\r", "").replace("\t", "")


def _sweep(text: str, lower: bytes = b"") -> Generator[Uri, None, bool]:
    """Give each URI; return whether entities may hide one."""
    at, count, hidden = 0, 0, False
    lower = lower or flat(text).lower()
    while (at := lower.find(_SCHEME, at)) >= 0:
        count += 1
        if count > LOOKS:
            raise TooMany(f"`data:` more than {LOOKS} times")
        head = _HEAD.match(text, at)
        if head is None or not _is_head(head):
            hidden = hidden or b"&" in lower[at : at + _HIDDEN_WITHIN]
            at += len(_SCHEME)
            continue
        end = _end(text, at, head)
        if end > head.end():
            yield _uri(text, at, head, end)
        at = max(end, head.end())
    return hidden


def _is_head(head: "re.Match[str]") -> bool:
    """A type has a slash; none may be there at all; `{data:x,y:z}` is something else."""
    return "/" in head[1] or not head[1]


def _end(text: str, at: int, head: "re.Match[str]") -> int:
    """Where the URI ends, by what stands before it."""
    before = text[max(0, at - 8) : at].rstrip()[-1:]
    quoted = bool(before) and before in _QUOTES
    if _is_base64(head):
        pattern = _BASE64 if quoted or before == "(" else _BARE_BASE64
        found = pattern.match(text, head.end())
        return found.end() if found else head.end()
    if quoted or before == "(":
        close = before if quoted else ")"
        end = text.find(close, head.end())
        while end > 0 and text[end - 1] == "\\":
            end = text.find(close, end + 1)
        return end if end >= 0 else len(text)
    found = _BARE.match(text, head.end())
    return found.end() if found else head.end()


def _is_base64(head: "re.Match[str]") -> bool:
    return head[2].lower().rstrip().endswith("base64")


def _uri(text: str, at: int, head: "re.Match[str]", end: int) -> Uri:
    written = text[head.end() : end]
    written = html.unescape(written) if "&" in written else written
    octets = unquote_to_bytes(written) if "%" in written else written.encode("utf-8", "replace")
    if _is_base64(head):
        octets = decode_base64(octets)
    charset, named = _CHARSET.search(head[2]), _NAMED.search(head[2])
    name = _download(text[max(0, at - _TAG) : at], text[end : end + _TAG])
    return Uri(
        octets,
        head[1].lower(),
        charset[1] if charset else "",
        name or (unquote_to_bytes(named[1]).decode("utf-8", "replace").strip() if named else ""),
    )


def _download(before: str, behind: str) -> str:
    """The name under which the tag that holds the URI saves it."""
    tag = before[before.rfind("<") :] if "<" in before else ""
    rest = behind.partition(">")[0] if tag else ""
    for piece in (tag, rest):
        if "download" in piece.lower() and (found := _DOWNLOAD.search(piece)):
            return html.unescape(found[1] or found[2] or found[3] or "")
    return ""


def decode_base64(written: bytes) -> bytes:
    """What the letters say, with or without padding, whatever stands between them."""
    letters = written.translate(_URL_SAFE, _OTHERS)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    try:
        return a2b_base64(letters + b"=" * (-len(letters) % 4))
    except Error:
        return b""
