"""Unpack what the tables of a zip file say of one member, by each of their words.

Where the tables contradict each other each reading is tried; where none holds, those that
would hold if the method or the encryption were a lie.  Which of them is right is told by
the checksum, by the size, and by whether the stream ends where it should.

Octets that several members claim are read for each of them, but not without end: an
archive of 42 KB whose members overlap becomes 5.5 GB (Fifield, "A better zip bomb", 2019).
"""

import re
import zlib
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import islice

from pratique.scanners.budget import OverBudget
from pratique.scanners.containers.gather import Gather
from pratique.scanners.containers.zip.crypt import Aes, Crypto, has_sum, lock_of, octets_of
from pratique.scanners.containers.zip.members import READINGS, Place, inner, unsaid
from pratique.scanners.containers.zip.methods import (
    DEFLATED,
    ENDING,
    OUTSIDE,
    STORED,
    Packed,
    inflated_at_once,
)
from pratique.scanners.containers.zip.plan import Plan
from pratique.scanners.containers.zip.spans import Spans
from pratique.scanners.containers.zip.tables import AES_METHOD, Listed
from pratique.scanners.keys import Keys

# Limits that stop at one member; the others stop all.
_OF_MEMBER = frozenset({"part_octets", "ratio"})
# zlib's best: 1,032 octets of one.  A size beyond that is a lie, and is not believed.
_BEST = 1100
_DESCRIPTOR = re.compile(rb"PK\x07\x08")
# Descriptors that are tried as the end of a stored member that does not say its size; and
# how often for all of these the file is searched through.
_TRIED, _SEARCHED = 64, 4
# So much is read again in any case: a small file is not worth the account.
_FREE = 64 * 1024


@dataclass(slots=True)
class Content:
    """What one reading of a member gives; `read` of its packed octets were needed."""

    said: Listed
    octets: memoryview = field(default=memoryview(b""), repr=False)
    read: int = 0
    why: str = ""
    # A word of `Unopened`.
    unopened: str = ""
    over: OverBudget | None = None
    password: str = ""
    # The checksum, and the size, are what one of the tables says.
    sum_fits: bool = False
    size_fits: bool = False
    # In what way the tables lie of it, in words.
    lie: str = ""

    @property
    def complete(self) -> bool:
        """Whether it was read to its end."""
        return not self.unopened

    @property
    def right(self) -> bool:
        """Whether it was read to its end, and is what some table says."""
        return self.complete and self.sum_fits and self.size_fits


class Contents:
    """Unpacks the members of one zip file."""

    def __init__(self, octets: memoryview, gather: Gather, plan: Plan, keys: Keys | None) -> None:
        self._octets = octets
        self._gather = gather
        self._keys = keys
        marks = plan.marks
        self._edges = sorted({*marks.headers, *marks.entries, *marks.ends})
        self._seen = Spans()
        self._again = 0
        self._searched = 0

    def of(self, place: Place) -> list[Content]:
        """The readings of a member, the best first; never none."""
        said = place.readings()
        found = self._locked(place, said) if place.encrypted else self._plain(place, said)
        if len(said) > READINGS:
            found[0].lie = f"{len(said)} readings, of which {READINGS} were tried"
        return found

    def _plain(self, place: Place, said: list[Listed]) -> list[Content]:
        """Every reading that gives something of its own."""
        found = [self._unpacked(place, said[0], self._body(place, said[0]))]
        if len(said) == 1 and found[0].right:
            return found
        for each in said[1:READINGS]:
            right = any(one.right for one in found)
            if not right or not unsaid(each) or self._ends_early(place, each, found[0]):
                found.append(self._unpacked(place, each, self._body(place, each)))
        found.sort(key=lambda each: (not each.right, not each.complete))
        if not found[0].right:
            found += self._as_it_lies(place, found[0])
            # What holds only by another method than any table says comes first if it holds.
            found.sort(key=lambda each: not each.right)
        kept = found[:1]
        for content in found[1:]:
            # What cannot be read by the one word says nothing where it can by the other.
            worth = content.octets and (content.complete or not kept[0].complete)
            fresh = all(content.octets != other.octets for other in kept)
            if (worth and fresh) or (content.over is not None and kept[0].over is None):
                kept.append(content)
        return kept

    def _ends_early(self, place: Place, said: Listed, right: Content) -> bool:
        """Whether a reader of streams takes a descriptor for the end of what is stored."""
        if said.method != STORED:
            return False
        end = self._described(place.body)
        return end is not None and end < place.body + right.read

    def _as_it_lies(self, place: Place, stated: Content) -> list[Content]:
        """What it would be by another method: some unpackers repair what does not hold."""
        read = stated.complete and stated.said.method != STORED
        if read or stated.over is not None or stated.said.method in OUTSIDE:
            return []
        body = self._body(place, stated.said)
        if unsaid(stated.said):
            body = self._octets[place.body : self._edge(place.body)]
        found = []
        for method in {STORED, DEFLATED} - {each.method for each in place.tables}:
            said = stated.said._replace(method=method)
            content = self._unpacked(place, said, body)
            right = content.right and any(place.sums)
            content.sum_fits = content.sum_fits and right
            if right or (method == STORED and not stated.octets):
                content.lie = "method"
                found.append(content)
        return found

    def _locked(self, place: Place, said: list[Listed]) -> list[Content]:
        """Plain, if the flag lies; else by one of the words, if there are any."""
        for each in said[:READINGS]:
            if each.method != AES_METHOD:
                content = self._unpacked(place, each, self._body(place, each))
                if content.complete and _is_plain(content, proven=any(place.sums)):
                    content.lie = "encryption"
                    return [content]
        if self._keys is not None and not place.strong:
            opened = self._unlocked(place, said[:READINGS], self._keys)
            if opened is not None:
                return [opened]
        content = Content(said[0], unopened="archive_password", why="it wants a password")
        if place.strong:
            content.why = "it is under PKWARE's strong encryption"
        elif self._keys is not None:
            content.why = "no word of the message opens it"
            if self._keys.limit:
                content.over = OverBudget("passwords", self._keys.limit)
        content.read = len(self._body(place, said[0]))
        return [content]

    def _unlocked(self, place: Place, said: list[Listed], keys: Keys) -> Content | None:
        """What the first right word makes of it, or else the first that seems to."""
        locks = [
            (lock, each)
            for each in said
            if (lock := lock_of(each, self._body(place, each), place.checks)) is not None
        ]
        if not locks:
            return None
        nearly: Content | None = None
        for word in keys.words(max(lock.seconds for lock, _ in locks)):
            content = self._by_word(place, locks, word)
            if content is not None and content.sum_fits and content.size_fits:
                keys.opened(word)
                return content
            nearly = nearly or content
        return nearly

    def _by_word(
        self, place: Place, locks: list[tuple[Crypto | Aes, Listed]], word: str
    ) -> Content | None:
        """What this word makes of it, if it may be right."""
        for raw in octets_of(word):
            for lock, said in locks:
                if not lock.fits(raw):
                    continue
                content = self._decrypted(place, lock, said, raw)
                content.password = word
                # Without a code of its own what was stored is proven by its checksum alone.
                ended = content.said.method != STORED or lock.proven
                if content.complete and (content.sum_fits or (ended and content.size_fits)):
                    content.read = len(lock.octets)
                    return content
        return None

    def _decrypted(self, place: Place, lock: Crypto | Aes, said: Listed, raw: bytes) -> Content:
        packed, why = self._gather.octets(lock.pieces(raw))
        self._gather.unpacked -= len(packed)
        within = inner(said)._replace(packed=len(packed))
        content = self._unpacked(place, within, packed, outer=False)
        if lock.proven and not why:
            content.sum_fits = content.sum_fits or not has_sum(said)
        return content

    def _body(self, place: Place, said: Listed) -> memoryview:
        """The packed octets, by this word of how long they are."""
        if not unsaid(said):
            return self._octets[place.body : place.body + said.packed]
        if said.method == STORED and not said.encrypted:
            return self._octets[place.body : self._stored_end(place.body)]
        if said.method in ENDING and not said.encrypted:
            return self._octets[place.body :]
        return self._octets[place.body : self._edge(place.body)]

    def _stored_end(self, start: int) -> int:
        """Where a stored member ends that does not say its size before."""
        end = self._described(start)
        if end is not None:
            return end
        edge = self._edge(start)
        # A descriptor may have no signature (APPNOTE 4.3.9.3).
        for size, width in ((12, 4), (20, 8)):
            end = edge - size
            packed = self._octets[end + 4 : end + 4 + width]
            if end >= start and int.from_bytes(packed, "little") == end - start:
                return end
        return edge

    def _edge(self, start: int) -> int:
        """Where the next record of the archive begins."""
        at = bisect_left(self._edges, start)
        return self._edges[at] if at < len(self._edges) else len(self._octets)

    def _described(self, start: int) -> int | None:
        """Where a stored member ends by a descriptor that says its size, if there is one."""
        stop = start + _SEARCHED * len(self._octets) + _FREE - self._searched
        for found in islice(_DESCRIPTOR.finditer(self._octets, start, max(start, stop)), _TRIED):
            stop = found.start()
            if int.from_bytes(self._octets[stop + 8 : stop + 12], "little") == stop - start:
                break
        else:
            stop = min(stop, len(self._octets))
            found = None
        self._searched += max(0, stop - start)
        return None if found is None else stop

    def _unpacked(
        self, place: Place, said: Listed, body: memoryview, *, outer: bool = True
    ) -> Content:
        content = Content(said)
        packed = Packed(body, said.method, said.flags, said.size)
        if not packed.known:
            content.unopened = "needs_program" if said.method in OUTSIDE else "unreadable"
            named = f" ({OUTSIDE[said.method]})" if said.method in OUTSIDE else ""
            content.why = f"no reader for compression method {said.method}{named}"
            content.read = len(body)
            return content
        before = self._gather.unpacked
        try:
            if outer:
                self._once(place.body)
            self._believe(said, body)
            content.octets, content.why = self._gathered(packed)
        except OverBudget as over:
            if over.class_ not in _OF_MEMBER:
                raise
            self._gather.unpacked = before
            content.over, content.unopened, content.why = over.kept(), "over_budget", over.detail
            content.read = len(body)
            self._account(place.body, len(body) if outer else 0)
            return content
        content.read = packed.read
        self._account(place.body, packed.read if outer else 0)
        if said.method == STORED and said.packed > len(body) and not unsaid(said):
            content.why = "it is cut off"
        content.unopened = "unreadable" if content.why else ""
        sums, sizes = place.sums, place.sizes
        content.sum_fits = not sums or zlib.crc32(content.octets) in sums
        content.size_fits = not sizes or len(content.octets) in sizes
        return content

    def _account(self, start: int, read: int) -> None:
        """Count what was read before, and was read again."""
        self._again += self._seen.covered(start, start + read)
        self._seen.add(start, start + read)

    def _gathered(self, packed: Packed) -> tuple[memoryview, str]:
        """What it becomes; what is stored is not copied."""
        if packed.method != STORED:
            whole = inflated_at_once(packed)
            return self._gather.octets(packed.pieces() if whole is None else (whole,))
        self._gather.budget.check_part_octets(len(packed.octets))
        self._gather.budget.charge_octets(len(packed.octets))
        packed.read = len(packed.octets)
        return packed.octets, ""

    def _believe(self, said: Listed, body: memoryview) -> None:
        """Step over what says that it is too large, if it can be."""
        if said.size <= len(body) * _BEST and said.method in {STORED, DEFLATED}:
            self._gather.budget.check_part_octets(said.size)

    def _once(self, start: int) -> None:
        """Octets that were read already are read again until these are as many as the file."""
        if self._again > len(self._octets) + _FREE and self._seen.holds(start):
            raise OverBudget("ratio", "members that share octets are not all unpacked")


def _is_plain(content: Content, *, proven: bool) -> bool:
    """Whether octets under a lock are none: random ones are no stream that ends in time."""
    ended = content.said.method != STORED and content.read == content.said.packed
    return (proven and content.sum_fits) or (ended and content.size_fits)
