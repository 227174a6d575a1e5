"""Know what an entry of a named list is, by kind, and which entries a text of the facts meets.

    addresses   ann@x.example; @x.example: everybody there, but nobody below it
    domains     x.example; .x.example: that one and all below it
    networks    192.0.2.0/24, 192.0.2.1, 2001:db8::/32
    hashes      SHA-256, as the facts have them
    texts       exactly

An entry has one key, and a text has several that are looked up, the narrowest first.  Both are
normalized in the same way: lower case, a domain that is not ASCII as A-labels (RFC 5891), an
IPv4-mapped IPv6 address (RFC 4291 2.5.5.2) as IPv4.  Mail servers may tell `Ann` from `ann`
(RFC 5321 2.4), but none is known to.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import idna

# An address has at most 254 octets and a domain 253 (RFC 5321 4.5.3.1); no header line has
# more than 998 (RFC 5322 2.1.1), so no text worth listing is longer either.
LONGEST = 1000

# Nobody owns more than this: the largest blocks that were allocated (RFC 7020's registries).
_WIDEST = {4: 8, 6: 16}
_BITS = {4: 32, 6: 128}
_LENGTHS = {version: range(bits, -1, -1) for version, bits in _BITS.items()}
_MAPPED = 0xFFFF << 32

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_ADDRESS = re.compile(rf"""(?:[^\s@<>"*,;:()\\]+|"[^"]*")?@(?:{_LABEL}\.)*{_LABEL}""")
_PLAIN = re.compile(r"""[^\s@<>"*,;:()\\]+""")
_QUOTED_PAIR = re.compile(r"\\(.)")
_HASH = re.compile(r"[0-9a-f]{64}")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_PLAIN_4 = re.compile(rf"(?a:{_OCTET}(?:\.{_OCTET}){{3}})")
_OTHER_HASHES = {32: "an MD5", 40: "a SHA-1", 96: "a SHA-384", 128: "a SHA-512"}


class NoEntryError(Exception):
    """A text that is not an entry of its kind; `hint` says what would be right."""

    def __init__(self, message: str, hint: str) -> None:
        self.hint = hint
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Kind:
    """What the entries of a list are."""

    name: str
    # An example of an entry, for a hint.
    shown: str
    # Returns the key of an entry; raises NoEntryError if it is not one.
    key: Callable[[str], str]
    # Yields the keys that a text of the facts meets, the narrowest first.
    keys: Callable[[str], Iterator[str]]
    # Whether whatever meets this key belongs to one owner, whom the key names.
    is_whole: Callable[[str], bool]


def canonical(domain: str) -> str:
    """Return a domain in lower case, as A-labels; what is not a name is only lower-cased."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return domain.lower()


def domain_of(address: str) -> str:
    """Return the domain of an address, in lower case and without a final dot; "" if it has none."""
    return address.rpartition("@")[2].lower().removesuffix(".") if "@" in address else ""


def _folded(address: str) -> str:
    local, at, domain = address.lower().rpartition("@")
    if local[:1] == '"' == local[-1:] and (plain := _QUOTED_PAIR.sub(r"\1", local[1:-1])):
        # `"ann"@x.example` is ann@x.example (RFC 5321 4.1.2), and mail servers deliver it so.
        local = plain if _PLAIN.fullmatch(plain) else local
    return local + at + canonical(domain.removesuffix("."))


def _address(text: str) -> str:
    key = _folded(text)
    if not text.endswith(".") and _ADDRESS.fullmatch(key) and key.isprintable():
        return key
    raise NoEntryError(f"`{text}` is no address", _meant_address(text))


def _meant_address(text: str) -> str:
    bare = text.strip().removeprefix("mailto:").strip("<> ")
    if bare != text and _ADDRESS.fullmatch(_folded(bare)):
        return f'an address alone: "{bare}"'
    if named := re.search(r"<([^<>@\s]+@[^<>@\s]+)>", text):
        return f'an address alone: "{named[1]}"'
    domain = bare.rpartition("@")[2].lstrip("*.") or "x.example"
    if "@." in bare or "@*." in bare or bare.startswith("."):
        return f'below a domain: `kind = "domains"`, and the entry ".{domain}"'
    if "@" not in bare and "." not in bare:
        return f'an address has an @: "{bare or "ann"}@x.example"'
    if "*" in bare or "@" not in bare:
        return f'everybody there is "@{domain}"'
    return 'one address: "ann@x.example", or "@x.example" for everybody there'


def _addresses(text: str) -> Iterator[str]:
    if "@" in text and len(text) <= LONGEST:
        key = _folded(text)
        yield key
        yield "@" + key.rpartition("@")[2]


def _domain(text: str) -> str:
    below = text.startswith(".")
    key = canonical(text[1:] if below else text)
    if len(key) <= 253 and _DOMAIN.fullmatch(key) and not (key[-1].isdigit() and _number(key)):
        return f".{key}" if below else key
    raise NoEntryError(f"`{text}` is no domain", _meant_domain(text))


def _meant_domain(text: str) -> str:
    if "@" in text:
        return f'a domain has no @: "{text.rpartition("@")[2].lower()}"'
    if re.search(r"://|/", text):
        host = re.sub(r"^[a-z]+://", "", text.lower()).partition("/")[0]
        return f'a domain alone: "{host}"' if _number(host) is None else _meant_address_list(text)
    if _number(text) is not None:
        return _meant_address_list(text)
    if "*" in text:
        return f'a domain with all below it: ".{text.replace("*", "").strip(".").lower()}"'
    if text.endswith("."):
        return f'without the last dot: "{text.rstrip(".").lower()}"'
    return 'a domain: "x.example", or ".x.example" with all below it'


def _meant_address_list(text: str) -> str:
    return f'that is for a list of networks: `kind = "networks"`, "{text}"'


def _domains(text: str) -> Iterator[str]:
    if not 0 < len(text) <= LONGEST:
        return
    # The final dot of the root means nothing (RFC 1034 3.1), and mail servers ignore it.
    key = canonical(text.removesuffix("."))
    yield key
    yield f".{key}"
    while dot := key.find(".") + 1:
        key = key[dot:]
        yield f".{key}"


@lru_cache(maxsize=1024)
def _number(text: str) -> tuple[int, int] | None:
    """Return version and number of an IP address; None if it is not one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    number = int(address)
    if address.version == 6 and number >> 32 == 0xFFFF:
        return 4, number - _MAPPED
    return address.version, number


def network(text: str) -> tuple[int, int, int]:
    """Return version, number and prefix length; raise NoEntryError if it is not a network."""
    try:
        if re.search(r"/\d+[.]|%", text):
            raise ValueError
        found = ipaddress.ip_network(text)
    except ValueError as error:
        raise NoEntryError(f"`{text}` is no network", _meant_network(text)) from error
    number, length = int(found.network_address), found.prefixlen
    if found.version == 6 and length >= 96 and number >> 32 == 0xFFFF:
        return 4, number - _MAPPED, length - 96
    return found.version, number, length


def _meant_network(text: str) -> str:
    bare, slash, length = text.partition("/")
    try:
        if "%" in text:
            raise ValueError
        return f'the rest of the address is zero: "{ipaddress.ip_network(text, strict=False)}"' + (
            f', or one address: "{bare}"' if slash and "." not in length else ""
        )
    except ValueError:
        if re.fullmatch(r"\d+\.(?:\d+\.){0,2}", bare):
            octets = bare.rstrip(".").split(".")
            return f'"{".".join((octets + ["0"] * 4)[:4])}/{8 * len(octets)}"'
        if re.search(r"[a-zA-Z]{2,}\.|\.[a-zA-Z]{2,}", bare):
            return 'names of hosts are for a list of domains: `kind = "domains"`'
        return 'a network or an address: "192.0.2.0/24", "192.0.2.1", "2001:db8::/32"'


def within(ip: str, text: str) -> bool:
    """Whether an address lies in a network; what is not an address does not."""
    number = _number(ip)
    if number is None:
        return False
    version, first, length = _known_network(text)
    return version == number[0] and (number[1] ^ first) >> (_BITS[version] - length) == 0


_known_network = lru_cache(maxsize=1024)(network)


def _network(text: str) -> str:
    if _PLAIN_4.fullmatch(text):
        # Without parsing: a million addresses are read in a third of the time.
        return f"4/32/{text}"
    return _key(*network(text))


def _key(version: int, number: int, length: int) -> str:
    if (version, length) == (4, 32):
        return f"4/32/{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return f"{version}/{length}/{number >> (_BITS[version] - length):x}"


def _networks(text: str) -> Iterator[str]:
    return within_networks(text, _LENGTHS)


def within_networks(text: str, lengths: Mapping[int, Sequence[int]]) -> Iterator[str]:
    """Yield the keys that an address meets among networks of these lengths, by version."""
    number = _number(text) if len(text) <= LONGEST else None
    if number is not None:
        for length in lengths.get(number[0], ()):
            yield _key(*number, length)


def lengths_of(keys: Iterable[str]) -> dict[int, list[int]]:
    """Return which lengths the networks with these keys have, by version, the longest first."""
    found: dict[int, list[int]] = {}
    for version, length in {tuple(map(int, key.split("/")[:2])) for key in keys}:
        found.setdefault(version, []).append(length)
    return {version: sorted(lengths, reverse=True) for version, lengths in found.items()}


def is_narrow(text: str) -> bool:
    """Whether a network can have one owner: the whole Internet has none."""
    version, _, length = network(text)
    return length >= _WIDEST[version]


def _is_narrow_key(key: str) -> bool:
    version, length, _ = key.split("/")
    return int(length) >= _WIDEST[int(version)]


def _hash(text: str) -> str:
    key = text.lower()
    if _HASH.fullmatch(key):
        return key
    other = _OTHER_HASHES.get(len(text))
    told = f"{other} it may be" if other else f"this has {len(text)} characters"
    hint = f"64 hexadecimal digits, as `sha256sum FILE` writes them; {told}"
    raise NoEntryError(f"`{text}` is no SHA-256", hint)


def _hashes(text: str) -> Iterator[str]:
    if len(text) == 64:
        yield text.lower()


def _text(text: str) -> str:
    if text and text.isprintable():
        return text
    raise NoEntryError("a text is not printable" if text else "an entry is empty", "one line")


def _texts(text: str) -> Iterator[str]:
    if text and len(text) <= LONGEST:
        yield text


def _always(_: str) -> bool:
    return True


KINDS = {
    kind.name: kind
    for kind in (
        Kind("addresses", "ann@x.example", _address, _addresses, _always),
        # ".example" alone covers every name below it, whoever owns that.
        Kind("domains", "x.example", _domain, _domains, lambda key: "." in key.lstrip(".")),
        Kind("networks", "192.0.2.0/24", _network, _networks, _is_narrow_key),
        Kind("hashes", "64 hexadecimal digits", _hash, _hashes, _always),
        Kind("texts", "any text", _text, _texts, _always),
    )
}


def key_of(kind: Kind, text: str) -> str:
    """Return the key of an entry; raise NoEntryError, also if it is longer than any fact can be."""
    if len(text) > LONGEST:
        raise NoEntryError(f"an entry of {len(text)} characters", f"at most {LONGEST}")
    return kind.key(text)
