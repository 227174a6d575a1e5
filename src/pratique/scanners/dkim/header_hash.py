"""Choose the header fields that a signature covers, and hash them (RFC 6376 3.7, 5.4.2).

Of a name that stands in h= several times, its fields are taken from the bottom up; a name
without a further field stands for none, so that nobody can add one.  The signature's own
field comes last, without what b= says and without its line end.

From is taken once more than h= says: a second From above the signed one would be what a
reader sees, and no honest mail has two (RFC 6376 8.15).

A field's canonical form is made once, however many signatures cover it: at most twenty-one
of them (ten of DKIM, ten of ARC, and the seals together) each hash a header of 128 KB.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pratique.scanners.dkim.canonical import Form, relaxed_field, simple_field

_FORMS = {"simple": simple_field, "relaxed": relaxed_field}


@dataclass(frozen=True, slots=True)
class Written:
    """A header field as it stands, its line ends made CRLF."""

    name: bytes
    octets: bytes

    @property
    def body(self) -> int:
        """Where its body begins, after the colon."""
        return self.octets.index(b":") + 1


class Fields:
    """The fields of one header, in their order."""

    def __init__(self, fields: Iterable[tuple[bytes, bytes]]) -> None:
        """Names in lower case, and whole fields."""
        self.all = [Written(name, simple_field(octets)) for name, octets in fields]
        self._places: dict[bytes, list[int]] = {}
        for place, field in enumerate(self.all):
            self._places.setdefault(field.name, []).append(place)
        self._made: dict[tuple[int, Form], bytes] = {}

    def named(self, name: bytes) -> list[int]:
        """The places of the fields of that name, from the top."""
        return self._places.get(name, [])

    def canonical(self, place: int, form: Form) -> bytes:
        """The field at that place in that form."""
        made = self._made.get((place, form))
        if made is None:
            made = self._made[place, form] = _FORMS[form](self.all[place].octets)
        return made

    def emptied(self, place: int, form: Form, hole: tuple[int, int]) -> bytes:
        """The field without what stands in the hole of its body, and without a line end."""
        field = self.all[place]
        start, end = field.body + hole[0], field.body + hole[1]
        octets = field.octets[:start] + field.octets[end:]
        return _FORMS[form](octets).removesuffix(b"\r\n")

    def signed(self, names: Sequence[bytes], own: int) -> Iterator[int]:
        """The places that h= selects; the signature's own is never among them."""
        left = {name: [one for one in self.named(name) if one != own] for name in set(names)}
        more = (b"from",) if b"from" in left else ()
        for name in (*names, *more):
            if left[name]:
                yield left[name].pop()

    def digest(self, names: Sequence[bytes], own: int, form: Form, hole: tuple[int, int]) -> bytes:
        """SHA-256 of what a DKIM-Signature or an ARC-Message-Signature signs."""
        hashed = hashlib.sha256()
        for place in self.signed(names, own):
            hashed.update(self.canonical(place, form))
        hashed.update(self.emptied(own, form, hole))
        return hashed.digest()
