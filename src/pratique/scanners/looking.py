"""Show each part to the scanners that it concerns, and let followers conclude.

Most mail is text, and most scanners are for files.  So a scanner says by which signs it is
concerned (part.py, `Signs`), and is not called in vain; one that says nothing is shown each
part.  A follower that says so is made when the first part shows one of its signs, and from
there on sees all; where none does, there is nothing that it could conclude from.

The first scanners tell what a part is.  Those that say nothing of themselves and stand
before all that do are asked first; which others are concerned depends on what they said.

Errors end here, as in unpack.py: one in a scanner is ours, it is stated as a failure, and
the others go on.  Each call is announced before.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import OverBudget
from pratique.scanners.part import (
    NO_PART,
    Follower,
    Follows,
    Message,
    Part,
    Scanner,
    Signs,
    WithSigns,
)
from pratique.scanners.report import MEMORY, Report

# So many combinations of what is known of a part are kept; a mail of ten attachments has a
# dozen, and the next mail the same.
KEPT = 512
# Signs of those that are there from the beginning.
_ALWAYS = (None, NO_PART)


class Lookers:
    """All scanners and followers, in the order in which they are asked."""

    def __init__(self, scanners: Sequence[Scanner], followers: Sequence[Follows]) -> None:
        self.scanners = tuple(scanners)
        self.followers = dict(enumerate(followers, len(self.scanners)))
        self._signs = (*map(_signs_of, self.scanners), *map(_signs_of, followers))
        self.first = tuple(takewhile(lambda one: _signs_of(one) is None, self.scanners))
        self.by_number: dict[int, Scanner] = dict(enumerate(self.scanners))
        # Followers that are there from the beginning, by number.
        self.always = frozenset(one for one in self.followers if self._signs[one] in _ALWAYS)
        self._kept = lru_cache(maxsize=KEPT)(self._concerned)

    def without(self, names: Collection[str]) -> "Lookers":
        """All but those of these names."""
        if not names:
            return self
        followers = [one for one in self.followers.values() if one.name not in names]
        return Lookers([one for one in self.scanners if one.name not in names], followers)

    def concerned(self, part: Part, begun: frozenset[int]) -> tuple[int, ...]:
        """The numbers of those behind the first that are to see it; some see all by now."""
        known = part.known
        return self._kept((known.type, known.kind, known.declared_type), part.extensions, begun)

    def _concerned(
        self, words: tuple[str, str, str], extensions: frozenset[str], begun: frozenset[int]
    ) -> tuple[int, ...]:
        return tuple(
            number
            for number, signs in enumerate(self._signs)
            if number >= len(self.first)
            and signs != NO_PART
            and (signs is None or number in begun or signs.in_words(words, extensions))
        )


class Looking:
    """The scanners of one message."""

    def __init__(self, lookers: Lookers, message: Message, report: Report) -> None:
        self._lookers = lookers
        self._message = message
        self._report = report
        # By number; followers as they begin.
        self._following: dict[int, Follower] = {
            number: lookers.followers[number](message) for number in lookers.always
        }
        self._made: dict[int, Scanner] = {**lookers.by_number, **self._following}
        self._begun = lookers.always

    def _begin(self, number: int) -> Follower:
        follower = self._lookers.followers[number](self._message)
        self._made[number] = self._following[number] = follower
        self._begun |= {number}
        return follower

    def look(self, part: Part) -> None:
        """Show a part to each scanner that it concerns.  Raises OverBudget when time is over."""
        for scanner in self._lookers.first:
            self._scan(scanner, part)
        for number in self._lookers.concerned(part, self._begun):
            self._scan(self._made.get(number) or self._begin(number), part)

    def _scan(self, scanner: Scanner, part: Part) -> None:
        known, report = part.known, self._report
        self._message.budget.check_clock()
        report.started(scanner.name, known.id)
        try:
            for found in scanner.scan(part):
                for stated in found.parts[:]:
                    known.MergeFrom(stated)
                report.findings(found, known.id)
                if found.findings:
                    # Whatever the scanner does next, also to this worker: that was found.
                    report.send()
        except MemoryError:
            report.mark(known, MEMORY)
        except Exception as error:  # noqa: BLE001 - our fault: stated, and the walk goes on
            report.error("scanner", known.id, scanner.name, error)

    def conclude(self, parts: Mapping[int, facts.Part]) -> None:
        """Let those who followed say what all parts are together."""
        for _, follower in sorted(self._following.items()):
            self._conclude(follower, parts)
        self._report.send()

    def _conclude(self, follower: Follower, parts: Mapping[int, facts.Part]) -> None:
        report = self._report
        report.started(follower.name, 0)
        try:
            for found in follower.conclude():
                for stated in found.parts:
                    parts[stated.id].CopyFrom(stated)
                report.conclusion(found)
                # One by one: all parts of a message do not fit into one frame of the wall.
                report.send()
        except OverBudget as over:
            report.limit(over.class_, 0, over.detail)
        except MemoryError:
            report.limit(MEMORY.class_, 0, MEMORY.detail)
        except Exception as error:  # noqa: BLE001 - our fault: stated, and the others go on
            report.error("scanner", 0, follower.name, error)


def _signs_of(one: Scanner | Follows) -> Signs | None:
    return one.signs if isinstance(one, WithSigns) else None
