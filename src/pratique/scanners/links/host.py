"""Read a host as a browser does (WHATWG URL, 3.5): percents, IDNA, IP addresses in any spelling.

`0x7f.1`, `2130706433` and `127.0.0.1` are one host to a browser; `EXAMPLE%2ecom` and
`ｅxample．com` are another.  A name is given as DNS is asked for it (RFC 5891, A-labels).
"""

import ipaddress
import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

import idna
import idna.uts46data
from publicsuffixlist import PublicSuffixList

# RFC 1035 2.3.4; what is longer no DNS has.
LONGEST = 253
_LABEL = 63
_PLAIN = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
# 3.5, "forbidden domain code points" without the percent.
_FORBIDDEN = re.compile(r"[\0-\x20\x7f#/:<>?@\[\\\]^|%]")
_NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)")
_DIGITS = 24
# UTS 46 2.3: full stops that are none in ASCII.
_STOPS = str.maketrans("\u3002\uff0e\uff61", "...")

# RFC 1918, 4193, 6890.
_HERE = tuple(
    map(
        ipaddress.ip_network,
        "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 127.0.0.0/8 169.254.0.0/16 100.64.0.0/10 fc00::/7 "
        "fe80::/10 ::1".split(),
    )
)
_SUFFIXES = PublicSuffixList()
_KEPT = 4096


def read_host(written: str) -> tuple[str, bool]:
    """The host, in its one spelling, and whether it was written in an odd one; "" for none."""
    odd = "%" in written
    host = unquote(written, errors="replace") if odd else written
    if host.startswith("["):
        return _version_6(host), odd
    if host.isascii():
        host = host.lower()
    else:
        host = to_ascii(unicodedata.normalize("NFKC", host.translate(_STOPS)))
        # Full-width letters, or what is not shown; a letter of its own script is not odd.
        odd = odd or "xn--" not in host
    if _FORBIDDEN.search(host) or len(host) > LONGEST + 1:
        return "", True
    if (number := version_4(host)) is not None:
        return number, odd or number != written
    return host.removesuffix("."), odd


@lru_cache(_KEPT)
def to_ascii(host: str) -> str:
    """Its A-labels; a label that IDNA refuses is encoded all the same, as some browser does."""
    if len(host) > LONGEST:
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ".".join(map(_encoded, host.casefold().split(".")))


def _encoded(label: str) -> str:
    if label.isascii() or len(label) > _LABEL:
        return label
    return "xn--" + label.encode("punycode").decode("ascii")


@lru_cache(_KEPT)
def to_unicode(host: str) -> str:
    """Its U-labels, as a reader is shown them."""
    if "xn--" not in host or len(host) > LONGEST:
        return host
    return ".".join(map(_decoded, host.split(".")))


def _decoded(label: str) -> str:
    if not label.startswith("xn--") or len(label) > _LABEL:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def version_4(host: str) -> str | None:
    """The IPv4 address that a browser reads in it (3.5, "IPv4 parser"); None: it is a name."""
    parts = host.removesuffix(".").split(".")
    if not _NUMBER.fullmatch(parts[-1]) or len(parts) > 4:
        return None
    if not all(_NUMBER.fullmatch(part) and len(part) <= _DIGITS for part in parts):
        return None
    try:
        *first, last = map(_number, parts)
    except ValueError:
        return None
    if any(one > 255 for one in first) or last >= 256 ** (5 - len(parts)):
        return None
    value = sum(one << 8 * (3 - place) for place, one in enumerate(first)) + last
    return str(ipaddress.IPv4Address(value))


def _number(written: str) -> int:
    if written[:2] in {"0x", "0X"}:
        return int(written[2:] or "0", 16)
    return int(written, 8) if len(written) > 1 and written[0] == "0" else int(written)


def _version_6(written: str) -> str:
    inside, bracket, _ = written[1:].partition("]")
    try:
        return f"[{ipaddress.IPv6Address(inside)}]" if bracket else ""
    except ValueError:
        return ""


def is_address(host: str) -> bool:
    """Whether a host, as it is given here, is an IP address."""
    return host.startswith("[") or (host[-1:].isdigit() and version_4(host) == host)


def is_public_address(host: str) -> bool:
    """Whether it is an IP address on the net; machines of one's own are called by number."""
    if not is_address(host):
        return False
    address = ipaddress.ip_address(host.strip("[]"))
    return not any(address in network for network in _HERE)


@lru_cache(_KEPT)
def registrable(host: str) -> str:
    """The domain that somebody registered, by the public suffix list; "" for an IP address."""
    if not _PLAIN.fullmatch(host):
        return ""
    return str(_SUFFIXES.privatesuffix(host) or "")


@lru_cache(_KEPT)
def suffix_of(host: str) -> str:
    """What it is registered below ("co.uk"); "" where the list knows none."""
    if not _PLAIN.fullmatch(host):
        return ""
    return str(_SUFFIXES.publicsuffix(host, accept_unknown=False) or "")
