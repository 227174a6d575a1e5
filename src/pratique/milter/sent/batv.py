"""Tag the reverse-path of what we send, so that a bounce to an untagged address is none of ours.

    prvs=KDDDSSSSSS=local@domain     as draft-levine-smtp-batv-01 has it
    local+prvs=KDDDSSSSSS@domain     as a sub-address, which a mail server knows already

K is the last digit of the key's number, DDD the day on which it ends (days since 1970, and
seven, modulo 1000), SSSSSS the first three octets of HMAC-SHA1 over KDDD and the address.

**The wrap.**  DDD comes again every 1000 days.  What is compared is how far it lies ahead of
today, modulo 1000: at most seven days, and one more for another host's midnight.  The key that
signs is another one in each thousand days, so a tag that was stolen does not come to life
again when its number comes round, though the key is still there.

**24 bits are few:** who tries sixteen million addresses finds a tag.  So a tag is evidence
beside others, its uses are counted, and wrong ones are worth counting too.

Nothing is tagged that would be no address any more: a local part has 64 octets at most, a
path 256 (RFC 5321 4.5.3.1.1 and 4.5.3.1.3), and one in quotes would have to be quoted anew.
What another maker tagged is left as it is.  Compared is without regard to case, which servers
change on the way.
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
# Other makers' tags: BATV of other servers (also Exim's older `prvs=local/tag`), that of
# Barracuda and of Message Systems, and SRS, which forwarders put there.
_FOREIGN = re.compile(
    r"prvs=|batv=|btv1==|msprvs1=|srs[01][=+-]|.+[+=-]prvs=", re.IGNORECASE | re.DOTALL
)

# Those of them that say what the address is without.
_OTHERS = (
    re.compile(r"prvs=\d{4}[0-9a-f]{6}=(.+)", re.IGNORECASE | re.ASCII),
    re.compile(r"prvs=([^/=]+)/[0-9a-f]{10}", re.IGNORECASE),
    re.compile(r"(.+)[+=-]prvs=\d{4}[0-9a-f]{6}", re.IGNORECASE | re.ASCII),
    re.compile(r"(?:btv1=|msprvs1)=[^=]{1,32}==?(.+)", re.IGNORECASE),
)

# RFC 5321 4.1.2, Dot-string, with RFC 6531's octets: what needs no quotes.
_DOTTED = re.compile(r"[^\x00-\x20\x7f\"(),:;<>@\[\\\].]+(?:\.[^\x00-\x20\x7f\"(),:;<>@\[\\\].]+)*")

# What decoding leaves of such octets (doors/milter/mail.py, doors/smtp/command.py).
_UNKNOWN = re.compile("[\ufffd\ud800-\udfff]")

State = Literal["none", "ours", "expired", "bad", "foreign"]


@dataclass(frozen=True, slots=True)
class Form:
    """How a domain's addresses are tagged: in front, or as a sub-address after this sign."""

    # Empty is in front.
    delimiter: Literal["", "+", "-", "="] = ""


@dataclass(frozen=True, slots=True)
class Untagged:
    """An address that mail was sent to, and what its tag is worth.

    none     it has no tag
    ours     we made it, and it is in force
    expired  we made it, and its days are past
    bad      it names a key of ours, which did not make it
    foreign  another maker's, or of a key that we do not have: left as it is
    """

    # Without the tag, where it is or claims to be one of ours.
    address: str
    state: State
    # Whom to count the uses of; empty unless we made it.
    proof: str = ""


def tag(keys: Keys, address: str, day: int, form: Form | None = None) -> str:
    """The address with a tag; as it is, if it cannot be tagged."""
    if not is_taggable(address):
        return address
    local, _, domain = address.rpartition("@")
    ends, key = day + WINDOW, keys.signing
    written = f"{key.number % 10}{ends % _CYCLE:03}{_mac(key, ends, address)}"
    sign = form.delimiter if form else ""
    return f"{local}{sign}prvs={written}@{domain}" if sign else f"prvs={written}={local}@{domain}"


def is_taggable(address: str) -> bool:
    """False for what stays without a tag; a bounce to it says nothing by having none."""
    local, at, domain = address.rpartition("@")
    room = MOST_LOCAL - len(local.encode("utf-8", "surrogatepass"))
    octets = len(address.encode("utf-8", "surrogatepass"))
    if not at or not domain or room < ADDED or octets + ADDED > MOST_ADDRESS:
        return False
    # Octets that are no UTF-8 stand here as another's, or as none: said anew they would be others.
    known = not _UNKNOWN.search(address)
    return known and _DOTTED.fullmatch(local) is not None and _FOREIGN.match(local) is None


def untag(keys: Keys, address: str, today: int) -> Untagged:
    """What an address is without its tag, and whether we made that.

    To be asked of addresses in our own domains: a tag in another's is that one's.
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
    """An address without any tag, whoever made it; so the ledger and the watermark have it.

    A server of ours before us, or behind us, may tag as well.
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
    """The day on which a tag ends: the last one with these digits that one made by now can have."""
    latest = today + WINDOW + 1
    return latest - (latest - written) % _CYCLE


def _mac(key: Key, ends: int, address: str) -> str:
    said = f"{key.number % 10}{ends % _CYCLE:03}{names.address(address)}"
    octets = said.encode("utf-8", "surrogatepass")
    # The draft's; what SHA-1 is weak in, HMAC does not need (RFC 6194 3.3).
    return hmac.digest(key.for_use(f"batv {ends // _CYCLE}"), octets, "sha1")[:3].hex()
