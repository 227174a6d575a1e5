"""Put the fields of ARC together to sets, and hash what each seal covers (RFC 8617).

A set is one ARC-Authentication-Results, one ARC-Message-Signature and one ARC-Seal of the
same instance; instances count from one, without a gap, to fifty at most (4.2.1).  If that
does not hold, no seal of the chain is worth asking for its key (5.2, steps 2 and 3), and all
say `arc_set`.

A seal covers all sets up to its own in their order, in each the results, the message's
signature and the seal, always relaxed, and its own b= empty (5.1.1): so one hash goes on
from set to set.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pratique.scanners.dkim.header_hash import Fields
from pratique.scanners.dkim.signatures import ARC_MESSAGE, ARC_SEAL, Signing, read_signing

RESULTS, MESSAGE, SEAL = b"arc-authentication-results", b"arc-message-signature", b"arc-seal"
NAMES = (RESULTS, MESSAGE, SEAL)
# RFC 8617 4.2.1: none is higher, so the fields of more sets need not be read.
MOST_INSTANCES = 50
# RFC 8617 4.1.1: comments may stand around everything (RFC 5322 3.2.2); nested ones nobody writes.
_CFWS = rb"(?>[ \t\r\n]++|\([^()\\]*+\))*+"
_INSTANCE = re.compile(_CFWS + b"i" + _CFWS + b"=" + _CFWS + rb"([0-9]{1,2})" + _CFWS + b";")


@dataclass(slots=True)
class ArcSet:
    """What stands in the header for one instance."""

    results: int
    message: Signing
    seal: Signing


def read_sets(fields: Fields) -> tuple[list[ArcSet], list[Signing]]:
    """The sets in their order, and beside them what could not be put into sets."""
    most = MOST_INSTANCES + 1
    results = {_instance(fields, place): place for place in fields.named(RESULTS)[:most]}
    messages = _read(fields, MESSAGE, ARC_MESSAGE)
    seals = _read(fields, SEAL, ARC_SEAL)
    count = len(fields.named(SEAL))
    order = range(1, count + 1)
    message_of = {one.stated.instance: one for one in messages}
    seal_of = {one.stated.instance: one for one in seals}
    is_whole = all(len(fields.named(name)) == count for name in NAMES) and all(
        set(found) == set(order) for found in (results, message_of, seal_of)
    )
    if not is_whole:
        for one in (*messages, *seals):
            one.is_wrong("arc_set")
        return [], [*messages, *seals]
    return [ArcSet(results[one], message_of[one], seal_of[one]) for one in order], []


def _read(fields: Fields, name: bytes, kind: str) -> list[Signing]:
    most = MOST_INSTANCES + 1
    return [
        read_signing(kind, fields.all[place].octets[fields.all[place].body :], place)
        for place in fields.named(name)[:most]
    ]


def _instance(fields: Fields, place: int) -> int:
    """i= of an ARC-Authentication-Results; zero if it cannot be read."""
    field = fields.all[place]
    found = _INSTANCE.match(field.octets, field.body)
    return int(found[1]) if found is not None else 0


def seal_digests(fields: Fields, sets: Sequence[ArcSet]) -> Iterator[bytes]:
    """SHA-256 of what each seal covers, in the order of the sets."""
    hashed = hashlib.sha256()
    for one in sets:
        hashed.update(fields.canonical(one.results, "relaxed"))
        hashed.update(fields.canonical(one.message.place, "relaxed"))
        sealed = hashed.copy()
        sealed.update(fields.emptied(one.seal.place, "relaxed", one.seal.hole))
        yield sealed.digest()
        hashed.update(fields.canonical(one.seal.place, "relaxed"))
