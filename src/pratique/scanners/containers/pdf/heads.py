"""Find the heads of a PDF's objects, wherever they stand, and how far each object reaches.

`1 0 obj` in a string or in a comment is no object to a reader that follows the table of the
file, and is one to a reader that repairs it.  So nobody can say to which object a word
belongs by the next head before it: it belongs to each whose octets, read from its own head
on with its strings and comments, reach over it (ISO 32000-2, 7.2.4 and 7.3.4.2).

In an honest file no two objects reach over one place, and each octet is read once.  Where
many lie in one another, that has a limit.
"""

import re
from collections.abc import Iterator

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.containers.pdf.syntax import DEEP, GAP, GAPS, Ref, string_end

# So often each octet of a file may be read to know how far its objects reach; and what small
# files have left.
TIMES, SPARE = 4, 1024 * 1024
# What is looked through for the end of a string in vain counts less: where a writer forgets to
# escape a parenthesis, it does so in each object.
UNCLOSED = 8
# Of one object so much is read: a dictionary with a script in it is shorter.
LONGEST = 1024 * 1024
# The literal comes first: `re` looks for that as fast as memory is read.
_OBJ = re.compile(rb"obj(?<!endobj)")
_HEAD = re.compile(
    rb"(?<![0-9])([0-9]{1,10})[\0\t\n\f\r ]{1,256}([0-9]{1,10})[\0\t\n\f\r ]{0,256}obj\Z"
)
HEAD_OCTETS = 512
# Nearly all have as many.
_NEAR = 24
# A comment counts as a blank (7.2.4), also between an object's numbers.
_COMMENT = re.compile(rb"%[^\r\n]*+(?=[\r\n])")
_BLANKS = b"\0\t\n\f\r "
# All up to a bracket, to the end of an object, or to a string that has others in it.
_CODE = re.compile(
    rb"(?>[^(%<>\[\]e]++|%[^\r\n]*+|\((?>[^()\\]++|\\[\0-\xff])*+\)|<(?!<)[^>]*+>?+|>(?!>)"
    rb"|e(?!ndobj)|e(?<![\0\t\n\f\r >\])}]e))*+"
)
# Any other value is one word, and holds no further one.
_OPENED = re.compile(GAP + rb"(<<|\[)")
# A value with three levels at most, read by `re` at once; up to where it would end if `endobj`
# were a word like any other.
_WORDS = rb"[^(%<>\[\]]++|%[^\r\n]*+|\((?>[^()\\]++|\\[\0-\xff])*+\)|<(?!<)[^>]*+>"
_FLAT = rb"(?>" + _WORDS + rb")*+"
_INNER = rb"(?>" + _WORDS + rb"|\[" + _FLAT + rb"\]|<<" + _FLAT + rb">>)*+"
_OUTER = rb"(?>" + _WORDS + rb"|\[" + _INNER + rb"\]|<<" + _INNER + rb">>)*+"
_SIMPLE = re.compile(GAP + rb"(?:<<" + _OUTER + rb">>|\[" + _OUTER + rb"\])" + GAP)
_BRACKETS = {b"<<": 1, b"[": 1, b">>": -1, b"]": -1}


def head(octets: bytes, low: int, place: int) -> Ref | None:
    """The object whose head ends with the `obj` at a place; None if it is no head."""
    before = octets[max(low, place - HEAD_OCTETS) : place + 3]
    if b"%" in before:
        before = _COMMENT.sub(b" ", before)
    # `endobj` is met as often as the head of an object is.
    if not before[:-3].rstrip(_BLANKS)[-1:].isdigit():
        return None
    found = _HEAD.search(before[-_NEAR:])
    if found is None or found.start() == 0:
        found = _HEAD.search(before)
    return Ref(int(found[1]), int(found[2])) if found is not None else None


class Heads:
    """The heads of one file, in order."""

    def __init__(self, octets: bytes, budget: Budget) -> None:
        self._octets = octets
        self._budget = budget
        self._left = TIMES * len(octets) + SPARE
        self._found = _OBJ.finditer(octets)
        self._next = next(self._found, None)

    def over(self, at: int) -> Iterator[tuple[Ref, int]]:
        """Objects that begin before a place and reach over it, and where their values begin.

        Places are asked for in order, and each object is given once.
        """
        while self._next is not None and self._next.start() < at:
            begin, self._next = self._next.end(), next(self._found, None)
            opened = _OPENED.match(self._octets, begin)
            if opened is None:
                continue
            simple = _SIMPLE.match(self._octets, begin, begin + LONGEST)
            end = -1 if simple is None else simple.end()
            if 0 <= end < at:
                self._read(end - begin)
                continue
            ref = head(self._octets, 0, begin - 3)
            if ref is not None and self._end(begin, opened.start(1), end) >= at:
                yield ref, begin

    def _end(self, begin: int, at: int, simple: int) -> int:
        """How far an object reaches; most are simple, and that is known by now."""
        if simple < 0 or self._octets.find(b"endobj", begin, simple) >= 0:
            return self._reach(begin, at)
        self._read(simple - begin)
        return simple

    def _read(self, octets: int) -> None:
        self._budget.check_clock()
        self._left -= octets
        if self._left < 0:
            raise OverBudget("parts", "a PDF whose objects lie in one another")

    def _reach(self, begin: int, at: int) -> int:
        """Where an object's value ends, or the stream behind it begins."""
        end, depth = min(len(self._octets), begin + LONGEST), 0
        while at < end:
            code = _CODE.match(self._octets, at, end)
            at = code.end() if code is not None else end
            mark = self._octets[at : at + 2 if self._octets[at : at + 1] in b"<>" else at + 1]
            if mark == b"(":
                behind = string_end(self._octets, at + 1, end)
                if behind < 0:
                    # All behind that is a string to this object.
                    self._read((end - at) // UNCLOSED)
                    break
                at = behind
                continue
            step = _BRACKETS.get(mark, 0)
            at, depth = at + len(mark) if step else at, depth + step
            if not step or depth > DEEP or (step < 0 and depth <= 0):
                break
        self._read(at - begin)
        gap = GAPS.match(self._octets, at, end)
        return gap.end() if gap is not None else at
