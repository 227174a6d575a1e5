r"""Read an address as a browser would open it (WHATWG URL, 4.4), and say what is odd in it.

A browser takes blanks away at both ends, and tabs and line ends anywhere; it takes `\` for
`/`, and any number of them before the host; all up to the last `@` is no host.  A person
reads none of them so, and each hides where a link leads.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from pratique.scanners.links.host import is_address, read_host

# facts.proto, Link.url.
LONGEST = 2048
# Browsers show no more of an address; what is longer is read up to there (Chromium: 2 MB).
_READ = 64 * 1024
# DNS has no longer hosts; what nobody can have is not kept.
_KEPT_LETTERS = 300
_ENDS = "".join(map(chr, range(33)))
_WITHIN = re.compile(r"[\t\r\n]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,31}):")
_WEB = frozenset({"http", "https", "ftp", "ws", "wss"})
_CONTENT = frozenset({"data", "javascript", "vbscript"})
# They lead to a person, or to another part of the message; each mail has some.
_NOWHERE = frozenset("mailto tel sms cid mid callto about x-apple-data-detectors".split())
_QUERY = re.compile(r"[?#]")
_PATH = re.compile(r"(?<=[^/\\:\s])[/\\?#]")
_AUTHORITY_ENDS = re.compile(r"[/\\?#]")
_PORT = re.compile(r":[0-9]{0,5}\Z")
# A name that looks like a host: RFC 3986 7.6.
_LIKE_A_HOST = re.compile(r"[\w%-]\.[A-Za-z]{2}|%2e[A-Za-z]{2}", re.IGNORECASE)
_ESCAPED_LETTER = re.compile(r"%(?:[46][1-9a-f]|[57][0-9a])", re.IGNORECASE)


class Address(NamedTuple):
    """An address, in the form that is opened."""

    url: str
    scheme: str
    host: str
    tricks: frozenset[str] = frozenset()
    # The host itself is written oddly: as a number, with escapes, in full-width letters.
    odd_host: bool = False

    @property
    def path(self) -> str:
        """What follows the host, without what is asked for or pointed at in it."""
        rest = self.url.partition("://")[2].partition("?")[0].partition("#")[0]
        return "/" + rest.partition("/")[2]


def read_url(written: str, opener: Address | None = None) -> Address | None:
    """The address; None where it leads nowhere out of the message.

    `opener` is what a relative one is relative to.
    """
    text = _bare(written)
    found = _SCHEME.match(text)
    if found is None:
        return _relative(text, opener)
    scheme, rest = found[1].lower(), text[found.end() :]
    if scheme in _NOWHERE:
        return None
    blanks = len(text) < len(written) and _WITHIN.search(_before_path(written)) is not None
    if scheme in _CONTENT:
        return Address(_cut(text), scheme, "", frozenset({"carries_content"}))
    if scheme in _WEB:
        # `http:///x` and `http:x` open like `http://x`; whoever writes them hides something.
        place = rest.lstrip("/\\")
        return _web(scheme, place, odd=blanks or len(rest) - len(place) != 2)
    return _other(scheme, rest, odd=blanks)


def _bare(written: str) -> str:
    written = written[:_READ].strip(_ENDS)
    # Three searches for one octet each take a third of one for all.
    if "\n" in written or "\r" in written or "\t" in written:
        return _WITHIN.sub("", written)
    return written


def _before_path(written: str) -> str:
    """What stands before the path: a line may end in the rest by the making of a mail."""
    return _PATH.split(written[:_READ].strip(_ENDS), maxsplit=1)[0]


def _relative(text: str, opener: Address | None) -> Address | None:
    if text.startswith(("//", "\\\\", "/\\", "\\/")):
        if text.startswith("\\\\") and opener is None:
            return _other("file", text, odd=False)
        scheme = opener.scheme if opener is not None and opener.scheme in _WEB else "http"
        return _web(scheme, text.lstrip("/\\"), odd="\\" in text[:2])
    if opener is None or not opener.host or not text or text.startswith("#"):
        return None
    url = _cut(f"{opener.scheme}://{opener.host}/{text.lstrip('/')}")
    return opener._replace(url=url)


def _web(scheme: str, rest: str, *, odd: bool) -> Address | None:
    end = _AUTHORITY_ENDS.search(rest)
    authority = rest[: end.start()] if end is not None else rest
    path = rest[len(authority) :]
    user, at, place = authority.rpartition("@")
    if not place and not at:
        return None
    # Most links of a mail lead to one host.
    host, port, tricks = (_place if len(place) <= _KEPT_LETTERS else _place.__wrapped__)(place)
    odd_host = bool(host) and "odd_spelling" in tricks
    if at and _LIKE_A_HOST.search(user):
        tricks |= {"userinfo"}
    # A backslash in the query is no trick.
    if odd or ("\\" in path and "\\" in _QUERY.split(path, maxsplit=1)[0]):
        tricks |= {"odd_spelling"}
    url = f"{scheme}://{user}{at}{host}{port}{path or '/'}"
    if len(url) > LONGEST or not url.isascii():
        url = _cut(url)
    return Address(url, scheme, host, tricks, odd_host)


@lru_cache(4096)
def _place(written: str) -> tuple[str, str, frozenset[str]]:
    """The host, the port with its colon, and what is odd in them."""
    port = _PORT.search(written)
    host, odd = read_host(written[: port.start()] if port is not None else written)
    tricks = {"odd_spelling"} if odd or _ESCAPED_LETTER.search(written) else set()
    if is_address(host):
        tricks.add("ip_host")
    return host, port[0] if port is not None else "", frozenset(tricks)


def _other(scheme: str, rest: str, *, odd: bool) -> Address:
    r"""Any other scheme: `file:` may name a host in the ways of Windows (`\\host\share`)."""
    plain = rest.replace("\\", "/")
    slashes = len(plain) - len(plain.lstrip("/"))
    host = ""
    if slashes == 2 or (scheme == "file" and slashes > 3):
        place = _AUTHORITY_ENDS.split(plain.lstrip("/"), maxsplit=1)[0].rpartition("@")[2]
        host = read_host(_PORT.sub("", place))[0] if place else ""
    tricks = {"ip_host"} if host and is_address(host) else set()
    if odd:
        tricks.add("odd_spelling")
    return Address(_cut(f"{scheme}:{rest}"), scheme, host, frozenset(tricks))


def _cut(url: str) -> str:
    return url.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore")
