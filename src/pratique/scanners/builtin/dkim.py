"""State what DKIM signatures and ARC sets say, and the hashes that their keys must verify.

Only the key in DNS proves who signed, and it is asked for on the other side of the wall; what
is signed is known only here, where mail is read.  So each signature is stated with its tags,
whether the body has the hash that it says, and the hash of the header that it covers: 32
octets that a key verifies without seeing the mail.

Mail without a signature costs a look at the names of its fields.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.dkim import arc
from pratique.scanners.dkim.body_hash import body_digests
from pratique.scanners.dkim.header_hash import Fields
from pratique.scanners.dkim.signatures import ARC_SEAL, DKIM, Signing, read_signing
from pratique.scanners.mime.header import Header
from pratique.scanners.mime.mail import header_of
from pratique.scanners.part import NO_PART, Message, Part, Signs

SIGNATURE = b"dkim-signature"
_NAMES = frozenset({SIGNATURE, *arc.NAMES})
# Real mail has up to five of each, from its author, a sending service and some lists; each
# one stated is a key that somebody fetches.
MOST_SIGNATURES = 10
MOST_SETS = 10


class Dkim:
    """Follows a message, and states `signatures`."""

    name: ClassVar[str] = "dkim"
    signs: ClassVar[Signs] = NO_PART

    def __init__(self, message: Message) -> None:
        self._message = message

    def scan(self, _: Part) -> Iterator[facts.Facts]:
        """Nothing is stated of one part."""
        return iter(())

    def conclude(self) -> Iterator[facts.Facts]:
        """State the signatures of the outermost header, the topmost first."""
        octets, budget = self._message.octets, self._message.budget
        _, header, last = header_of(self._message)
        if _NAMES.isdisjoint(header.named) or _has_none(octets, header):
            return
        fields = Fields(
            (field.name, bytes(octets[field.start : field.end])) for field in header.fields
        )
        signings, limits = _signings(fields)
        if header.junk or header.body - last > len(b"\r\n") or not _is_read(header, last):
            for one in signings:
                one.is_wrong("header")
        budget.check_clock()
        _hash_headers(fields, signings)
        self._hash_body(octets[header.body :], signings)
        yield facts.Facts(signatures=[one.stated for one in signings], limits=limits)

    def _hash_body(self, body: memoryview, signings: Sequence[Signing]) -> None:
        """Only of what could be valid; and l= may not say more than there is."""
        asking = [one for one in signings if not one.stated.problem and _has_body(one)]
        digests = body_digests(body, [one.body for one in asking], self._message.budget.check_clock)
        for one in asking:
            if one.body not in digests:
                one.is_wrong("body_length")
                one.stated.ClearField("signed_sha256")
            one.stated.body_ok = digests.get(one.body) == one.body_hash


def _has_none(octets: memoryview, header: Header) -> bool:
    """Whether a program that signs sees no header there, though mime/ goes on and finds one.

    An empty line or a byte order mark stands before it, or its lines end with CR alone.
    """
    text = bytes(octets[: header.body])
    return text[:1] in {b"\r", b"\n", b"\xef"} or (b"\r" in text and b"\n" not in text)


def _is_read(header: Header, last: int) -> bool:
    """Whether no field is left out because there are too many."""
    return header.fields[-1].end >= last


def _has_body(one: Signing) -> bool:
    return one.stated.kind != ARC_SEAL


def _signings(fields: Fields) -> tuple[list[Signing], list[facts.Limit]]:
    """What signs in this header, as much as is looked at, and which limits that met."""
    places = fields.named(SIGNATURE)
    signings = [
        read_signing(DKIM, fields.all[place].octets[fields.all[place].body :], place)
        for place in places[:MOST_SIGNATURES]
    ]
    limits = _limit(len(places), MOST_SIGNATURES, "DKIM signatures")
    sets, loose = arc.read_sets(fields)
    for one, digest in zip(sets, arc.seal_digests(fields, sets), strict=True):
        one.seal.stated.signed_sha256 = digest
        one.seal.stated.body_ok = True
    limits += _limit(max(len(sets), (len(loose) + 1) // 2), MOST_SETS, "sets of ARC")
    for newest in sets[-MOST_SETS:]:
        signings += [newest.message, newest.seal]
    return [*signings, *loose[: 2 * MOST_SETS]], limits


def _limit(count: int, most: int, what: str) -> list[facts.Limit]:
    detail = f"more than {most} {what}"
    return [facts.Limit(class_="signatures", detail=detail)] if count > most else []


def _hash_headers(fields: Fields, signings: Sequence[Signing]) -> None:
    """The hash of each that could be valid; seals have theirs."""
    for one in signings:
        if one.stated.problem:
            one.stated.ClearField("signed_sha256")
        elif _has_body(one):
            one.stated.signed_sha256 = fields.digest(
                one.names, one.place, one.header_form, one.hole
            )
