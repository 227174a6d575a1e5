"""Find the addresses in a text of which mail programs make links.

They take what begins like an address (RFC 3986, appendix C) or like a host of the web, and
leave out the mark that ends a sentence or closes a bracket.  `example.com/path` without
either is a link to some of them, if its last label is a domain that there is.
"""

import re
from collections.abc import Iterator
from string import ascii_letters, digits

from pratique.scanners.containers.pages.data_uris import TooMany
from pratique.scanners.links.host import read_host, suffix_of

_SCHEMED = re.compile(r":[/\\]{2,5}[^\s<>\"`{}]{1,4096}+")
_SCHEME = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+-]{1,23}\Z")
_SCHEME_LETTERS = 25
# A search for each of these costs a tenth of one for all ways to write it.
NETS = ("www", "WWW", "Www")
_WWW = re.compile(r"(?<![\w@./-])(?:www|WWW|Www)\d{0,2}\.[^\s<>\"`{}]{1,4096}+")
_SHARE = re.compile(r"(?<![\w\\:])\\\\[\w.-]{1,253}\\[^\s<>\"`{}]{1,1024}+")
# Before the first slash of an address without scheme: all that hosts are written with, where
# nothing stands before that makes it a piece of something else.  Letters that fold to those
# of ASCII count as well.
_OF_HOSTS = f"{ascii_letters}{digits}.-\u0130\u0131\u017f\u212a"
_GLUED = re.compile(r"[\w@/:%=&?#+]\Z")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}[a-z]{2,24}\Z", re.IGNORECASE)
_HOST_LETTERS = 120
# So often something with a dot may stand before a slash; a mail of 100 KB has some hundred
# at most.  Each costs ten microseconds.
LOOKS = 20_000
_REST = re.compile(r"/[^\s<>\"`{}]{1,4096}+")
_LAST = ".,;:!?'*_~|\u2019\u201d\u00bb\u3002\u3001\uff0c\uff1a\uff1b\uff01\uff1f"
_PAIRS = {")": "(", "]": "[", "\uff09": "\uff08", "\u300d": "\u300c", "\u3011": "\u3010"}


def addresses(text: str, *, bare: bool = True) -> Iterator[str]:
    """Each address, by its form; one without scheme gets the one that it is opened with.

    Raises TooMany.  `bare` ones begin with neither a scheme nor "www".
    """
    if "//" in text or ":\\" in text:
        for found in _SCHEMED.finditer(text):
            at = found.start()
            scheme = _SCHEME.search(text[max(0, at - _SCHEME_LETTERS) : at])
            if scheme is not None:
                yield _ended(scheme[0] + found[0])
    for net in NETS:
        at = -1
        while (at := text.find(net, at + 1)) >= 0:
            if (host := _WWW.match(text, at)) is not None:
                yield "http://" + _ended(host[0])
    if "\\\\" in text:
        for found in _SHARE.finditer(text):
            yield _ended(found[0])
    if bare and "/" in text:
        yield from _without_scheme(text)


def _without_scheme(text: str) -> Iterator[str]:
    at, looks = -1, 0
    while (at := text.find("/", at + 1)) >= 0:
        # Nearly every slash stands behind a date, a word, or another slash.
        if not text[at - 1 : at].isalpha() or "." not in text[max(0, at - 25) : at]:
            continue
        looks += 1
        if looks > LOOKS:
            raise TooMany(f"more than {LOOKS} times what may be an address")
        host = _host_before(text, at)
        rest = _REST.match(text, at) if host else None
        if rest is None or host[:4].lower() == "www.":
            continue
        if suffix_of(host.lower()):
            yield f"http://{host}{_ended(rest[0])}"


def _host_before(text: str, at: int) -> str:
    """What looks like a host, and ends there; a search for its beginning costs thrice that."""
    before = text[max(0, at - _HOST_LETTERS) : at]
    bare = before.rstrip(_OF_HOSTS)
    if bare and _GLUED.match(bare, len(bare) - 1):
        return ""
    host = before[len(bare) :]
    return host if _HOST.match(host) else ""


def _ended(found: str) -> str:
    """Without what ends the sentence or closes the bracket that it stands in."""
    end = len(found)
    # How many of each there are is counted once: an address may end with a thousand.
    counts: dict[str, int] = {}
    while end:
        last = found[end - 1]
        opening = _PAIRS.get(last)
        if opening is not None:
            if last not in counts:
                counts[last] = found.count(last) - found.count(opening)
            if counts[last] <= 0:
                break
            counts[last] -= 1
        elif last not in _LAST:
            break
        end -= 1
    return found[:end]


_SHOWN = re.compile(
    r"(?:https?:[/\\]{1,4}(?:[^\s/@]{1,64}@)?|(?=www\.)|(?<![\w.-])(?=[\w-]++(?>\.[\w-]++)++/)|\A(?=[\w-]+(?:\.[\w-]+)+\Z))"
    r"((?:[\w-]{1,63}[.\u3002\uff0e\uff61]){1,60}[\w-]{2,63})(?![\w@-])",
    re.IGNORECASE,
)
_SHOWN_LETTERS = 300


def shown_host(text: str) -> str:
    """The host that a reader sees in what stands for a link; "" if it looks like no address."""
    if "." not in text and "\u3002" not in text and "\uff0e" not in text:
        return ""
    found = _SHOWN.search(" ".join(text[:_SHOWN_LETTERS].split()))
    if found is None:
        return ""
    host, _ = read_host(found[1])
    bare = found.end(1) - found.start() == len(found[1]) and found[1][:4].lower() != "www."
    if bare and not suffix_of(host):
        return ""  # a name with a dot, and no scheme that says what it is
    return host if suffix_of(host) != host else ""
