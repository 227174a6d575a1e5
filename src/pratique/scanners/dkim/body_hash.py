"""Hash a body once, for all signatures: in one pass, whatever lengths they ask for.

A signature may cover the beginning of the canonical body only (l=, RFC 6376 3.5).  Twenty
signatures with twenty lengths would be twenty hashes of 25 MB; but the hash of a beginning
is known when the hash of the whole has come so far.  So a body costs one pass for each of
the two canonical forms, and no more.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping

from pratique.scanners.dkim.canonical import BodyForm, Form, pieces

# l= that is not there: all of the body.
WHOLE = -1
# The clock is asked between two pieces; one takes a millisecond.
PIECE = 256 * 1024

# Digests by what was asked for; what is longer than the body has none.
Digests = Mapping[tuple[Form, int], bytes]


class _Lengths:
    """SHA-256 of octets, at certain lengths and at their end."""

    def __init__(self, lengths: Iterable[int]) -> None:
        self._hash = hashlib.sha256()
        self._done = 0
        self._waiting = sorted((one for one in lengths if one != WHOLE), reverse=True)
        self.digests: dict[int, bytes] = {}
        self._reach()

    def _reach(self) -> None:
        while self._waiting and self._waiting[-1] == self._done:
            self.digests[self._waiting.pop()] = self._hash.digest()

    def add_all(self, all_octets: Iterable[bytes]) -> None:
        for octets in all_octets:
            self._add(octets)

    def _add(self, octets: bytes) -> None:
        at, view = 0, memoryview(octets)
        while self._waiting and self._waiting[-1] - self._done <= len(octets) - at:
            end = at + self._waiting[-1] - self._done
            self._hash.update(view[at:end])
            self._done, at = self._waiting[-1], end
            self._reach()
        self._hash.update(view[at:])
        self._done += len(octets) - at

    def end(self) -> dict[int, bytes]:
        self.digests[WHOLE] = self._hash.digest()
        return self.digests


def body_digests(
    body: memoryview, asked: Iterable[tuple[Form, int]], check_clock: Callable[[], None]
) -> Digests:
    """The hash of each form up to each length that is asked for.  Raises OverBudget."""
    lengths: dict[Form, set[int]] = {}
    for form, length in asked:
        lengths.setdefault(form, set()).add(length)
    hashes = [(form, BodyForm(form), _Lengths(of)) for form, of in lengths.items()]
    for piece in pieces(body, PIECE) if hashes else ():
        check_clock()
        for _, made, hashed in hashes:
            hashed.add_all(made.add(piece))
    digests: dict[tuple[Form, int], bytes] = {}
    for form, made, hashed in hashes:
        hashed.add_all(made.end())
        digests |= {(form, length): digest for length, digest in hashed.end().items()}
    return digests
