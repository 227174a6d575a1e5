"""Tag the reverse-path of what we send: a bounce to an untagged address answers none of it.

    prvs=KDDDSSSSSS=local@domain     as draft-levine-smtp-batv-01 has it
    local+prvs=KDDDSSSSSS@domain     as a sub-address, which a mail server already supports

K is the last digit of the key's number, DDD the day on which the tag ends (days since 1970, plus
seven, modulo 1000), SSSSSS the first three octets of HMAC-SHA1 over KDDD and the address.

**The wrap.**  DDD repeats every 1000 days.  What is compared is how far it lies ahead of
today, modulo 1000: at most seven days, and one more for another host's midnight.  Each period
of a thousand days signs with a different derived key, so a stolen tag does not become valid
again when its number comes round, even if the key is still there.

**24 bits are few:** an attacker that tries sixteen million addresses finds a tag.  So a tag is
only one piece of evidence, its uses are counted, and wrong ones are worth counting too.

Nothing is tagged that would no longer be a valid address: a local part has 64 octets at most, a
path 256 (RFC 5321 4.5.3.1.1 and 4.5.3.1.3), and a quoted one would have to be quoted anew.
Another maker's tag is left as it is.  Comparison ignores case, which servers change on the way.
"""

import hmac
import re
from dataclasses import dataclass
from typing import Literal

from pratique.milter.sent import names
from pratique.milter.sent.day import WINDOW, holds
from pratique.milter.sent.keys import Key, Keys

# RFC 5321 4.5.3.1.1, and RFC 6531 3.3, which counts octets of UTF-8.
MOST_LOCAL = 64
# RFC 5321 4.5.3.1.3: a path has 256 octets, two of them brackets.
MOST_ADDRESS = 254
# `prvs=` and the tag, and a sign between it and the local part.
ADDED = 16

_CYCLE = 1000
_TAG = r"prvs=(\d)(\d{3})([0-9a-f]{6})"
_PREFIXED = re.compile(rf"{_TAG}=(.+)", re.IGNORECASE | re.ASCII | re.DOTALL)
_SUBADDRESS = re.compile(rf"(.+)[+=-]{_TAG}", re.IGNORECASE | re.ASCII | re.DOTALL)
# Tags of other makers: BATV of other servers (also Exim's older `prvs=local/tag`), those of
# Barracuda and of Message Systems, and SRS, which forwarders add.
_FOREIGN = re.compile(
    r"prvs=|batv=|btv1==|msprvs1=|srs[01][=+-]|.+[+=-]prvs=", re.IGNORECASE | re.DOTALL
)

# Those of them that reveal the address without the tag.
_OTHERS = (
    re.compile(r"prvs=\d{4}[0-9a-f]{6}=(.+)", re.IGNORECASE | re.ASCII),
    re.compile(r"prvs=([^/=]+)/[0-9a-f]{10}", re.IGNORECASE),
    re.compile(r"(.+)[+=-]prvs=\d{4}[0-9a-f]{6}", re.IGNORECASE | re.ASCII),
    re.compile(r"(?:btv1=|msprvs1)=[^=]{1,32}==?(.+)", re.IGNORECASE),
)

# RFC 5321 4.1.2, Dot-string, with RFC 6531's octets: a local part that needs no quotes.
_DOTTED = re.compile(r"[^\x00-\x20\x7f\"(),:;<>@\[\\\].]+(?:\.[^\x00-\x20\x7f\"(),:;<>@\[\\\].]+)*")

# What decoding makes of such octets (doors/milter/mail.py, doors/smtp/command.py).
_UNKNOWN = re.compile("[\ufffd\ud800-\udfff]")

State = Literal["none", "ours", "expired", "bad", "foreign"]


@dataclass(frozen=True, slots=True)
class Form:
    """How a domain's addresses are tagged: in front, or as a sub-address after this sign."""

    # Empty means in front.
    delimiter: Literal["", "+", "-", "="] = ""


@dataclass(frozen=True, slots=True)
class Untagged:
    """An address that mail was sent to, and what its tag is worth.

    none     it has no tag
    ours     we made it, and it is in force
    expired  we made it, and its days are past
    bad      it names one of our keys, which did not make it
    foreign  another maker's, or of a key that we do not have: left as it is
    """

    # Without the tag, where that is ours or claims to be.
    address: str
    state: State
    # What uses are counted by; empty unless we made the tag.
    proof: str = ""


def tag(keys: Keys, address: str, day: int, form: Form | None = None) -> str:
    """Return the address with a tag; unchanged if it cannot be tagged."""
    if not is_taggable(address):
        return address
    local, _, domain = address.rpartition("@")
    ends, key = day + WINDOW, keys.signing
    written = f"{key.number % 10}{ends % _CYCLE:03}{_mac(key, ends, address)}"
    sign = form.delimiter if form else ""
    return f"{local}{sign}prvs={written}@{domain}" if sign else f"prvs={written}={local}@{domain}"


def is_taggable(address: str) -> bool:
    """Return False for an address that stays untagged; a bounce to it needs no tag."""
    local, at, domain = address.rpartition("@")
    room = MOST_LOCAL - len(local.encode("utf-8", "surrogatepass"))
    octets = len(address.encode("utf-8", "surrogatepass"))
    if not at or not domain or room < ADDED or octets + ADDED > MOST_ADDRESS:
        return False
    # Octets that are not UTF-8 stand here as replacements: written again they would differ.
    known = not _UNKNOWN.search(address)
    return known and _DOTTED.fullmatch(local) is not None and _FOREIGN.match(local) is None


def untag(keys: Keys, address: str, today: int) -> Untagged:
    """Return an address without its tag, and whether we made that tag.

    To be called for addresses in our own domains: a tag in another domain is that domain's.
    """
    local, at, domain = address.rpartition("@")
    if not at or len(address) > names.MOST_ADDRESS:
        return Untagged(address, "none")
    if found := _PREFIXED.fullmatch(local):
        *parts, bare = found.groups()
    elif found := _SUBADDRESS.fullmatch(local):
        bare, *parts = found.groups()
    else:
        return Untagged(address, "foreign" if _FOREIGN.match(local) else "none")
    if candidates := keys.with_digit(int(parts[0])):
        return _judged(candidates, parts, f"{bare}@{domain}", today)
    return Untagged(address, "foreign")


def bare(address: str) -> str:
    """Return an address without any tag, whoever made it; ledger and watermark use this form.

    One of our servers in front of this one, or behind it, may tag as well.
    """
    local, at, domain = address.rpartition("@")
    found = (tag.fullmatch(local) for tag in _OTHERS)
    return next((f"{one[1]}{at}{domain}" for one in found if one is not None), address)


def _judged(candidates: tuple[Key, ...], parts: list[str], address: str, today: int) -> Untagged:
    digit, written, mac = parts
    ends = _end(int(written), today)
    for key in candidates:
        if hmac.compare_digest(mac.lower(), _mac(key, ends, address)):
            state: State = "ours" if holds(ends - WINDOW, today) else "expired"
            return Untagged(address, state, f"{digit}{ends}{mac.lower()}:{names.address(address)}")
    return Untagged(address, "bad")


def _end(written: int, today: int) -> int:
    """Return the day on which a tag ends: the latest with these digits possible by now."""
    latest = today + WINDOW + 1
    return latest - (latest - written) % _CYCLE


def _mac(key: Key, ends: int, address: str) -> str:
    said = f"{key.number % 10}{ends % _CYCLE:03}{names.address(address)}"
    octets = said.encode("utf-8", "surrogatepass")
    # As in the draft; HMAC does not depend on what SHA-1 is weak in (RFC 6194 3.3).
    return hmac.digest(key.for_use(f"batv {ends // _CYCLE}"), octets, "sha1")[:3].hex()
