"""Have octets seen by our reader and say what it did wrong, if anything.

What must hold for any octets at all: no error leaves the walk, none of our readers and
scanners fails, every part is whole in itself and says what it is, the budget is kept, and
no file that another reader shows is missing without a word.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import ClassVar

from fuzz.choices import Dice
from fuzz.letters import letter_with
from fuzz.marked import recognized
from fuzz.second import BOX_READERS, MAIL_READERS, surfaced

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Limits
from pratique.scanners.inspector import Inspector, load
from pratique.scanners.part import Part

# What is made here has some hundred KB, and ten times this is still a message in time.
SECONDS = 2.0
LIMITS = Limits()
_UNOPENED = frozenset(facts.Unopened.Word.keys())
# An empty container of any form is shorter, or is of zeros.
SUBSTANCE = 512
# A disk image that lists no file says so, unless no octet stands where files lie.
_CONTAINERS = frozenset({"archive", "disk_image"})
TIGHT = replace(LIMITS, octets=2000, part_octets=900, parts=5, mime_depth=3, archive_depth=2)


@dataclass
class Seen:
    """All that was told of one message."""

    parts: dict[int, facts.Part] = field(default_factory=dict)
    told: facts.Facts = field(default_factory=facts.Facts)
    # The marked files that some part is.
    files: set[bytes] = field(default_factory=set)

    def started(self, name: str, part: int) -> None:
        """Nothing is blamed."""

    def handed_out(self, handed: wall.HandedOut) -> None:
        """Nobody is there to unpack it."""

    def found(self, found: facts.Facts) -> None:
        """Keep what is told."""
        kept = facts.Facts()
        kept.CopyFrom(found)
        self.parts.update({part.id: part for part in kept.parts})
        del kept.parts[:]
        self.told.MergeFrom(kept)

    @property
    def flagged(self) -> bool:
        """Whether the message says that there is more to it, or that it may be read otherwise."""
        told = self.told
        unseen = any(part.unopened for part in self.parts.values())
        return bool(told.ambiguities or told.limits or told.failures or unseen)

    @property
    def sums(self) -> set[str]:
        """The sums of all parts."""
        return {part.sha256 for part in self.parts.values()}


Look = Callable[[bytes], tuple[Seen, list[str]]]


@cache
def _loaded() -> Inspector:
    return load(wall.Setup())


class Recorder:
    """A scanner that keeps what our readers surface, for a while."""

    name: ClassVar[str] = "recorder"

    def __init__(self) -> None:
        self.files: set[bytes] = set()

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """Keep the marked file that a part is."""
        file = recognized(bytes(part.octets[:LONGEST]))
        if file is not None:
            self.files.add(file)
        return iter(())


RECORDER = Recorder()
# The longest marked file, and what stands before it.
LONGEST = 8 * 1024


@cache
def inspector(limits: Limits) -> Inspector:
    """All that we ship, with these limits, and one scanner of ours."""
    tools = _loaded()._tools  # noqa: SLF001
    return Inspector(replace(tools, scanners=(*tools.scanners, RECORDER)), limits)


def see(octets: bytes, limits: Limits = LIMITS) -> tuple[Seen, list[str]]:
    """Look at a message; what went wrong in itself is listed."""
    seen = Seen()
    RECORDER.files = seen.files
    began = time.process_time()
    try:
        inspector(limits).inspect(memoryview(octets), wall.Inspect(), seen)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return seen, [f"raised {type(error).__name__}: {error}"]
    seconds = time.process_time() - began
    wrong = [f"failure {one.class_}: {one.detail}" for one in seen.told.failures]
    wrong += list(_unsound(seen, limits))
    if seconds > SECONDS:
        wrong.append(f"slow: {seconds:.1f} s for {len(octets)} octets")
    return seen, wrong


def see_tight(octets: bytes) -> tuple[Seen, list[str]]:
    """Look at a message with a budget that most messages reach."""
    return see(octets, TIGHT)


def _unsound(seen: Seen, limits: Limits) -> Iterator[str]:
    """What cannot be true of the parts of any message."""
    parts = seen.parts
    if sorted(parts) != list(range(len(parts))):
        yield f"unsound numbers: {sorted(parts)[:20]}"
        return
    if len(parts) > limits.parts:
        yield f"unsound budget: {len(parts)} parts"
    for part in parts.values():
        if part.id and part.parent not in parts:
            yield f"unsound parent of {part.type}"
        # What is not encoded lies in the message already.
        if part.size > max(limits.part_octets, parts[0].size):
            yield f"unsound size: {part.size} octets, {part.type} in {parts[part.parent].type}"
        yield from _unsaid(part)
    yield from _silent(seen)


def _unsaid(part: facts.Part) -> Iterator[str]:
    """What every part has to say."""
    if not part.kind:
        yield f"unsound: no kind of {part.type}"
    if part.unopened and not part.why:
        yield f"unsound: no reason of {part.type}: {part.unopened}"
    if part.unopened and part.unopened not in _UNOPENED:
        yield f"unsound word: {part.unopened}"


def _silent(seen: Seen) -> Iterator[str]:
    """Containers that give nothing and do not say why."""
    holders = {part.parent for part in seen.parts.values()}
    where = {one.where for one in seen.told.ambiguities}
    for part in seen.parts.values():
        closed = part.kind in _CONTAINERS and part.size > SUBSTANCE and part.id not in holders
        if closed and not part.unopened and part.path not in where and not seen.told.limits:
            yield f"silent {part.type} of {part.size} octets"


def judge_letter(octets: bytes, *, look: Look = see) -> list[str]:
    """Look at a message, and hold it against the other readers of mail."""
    seen, wrong = look(octets)
    if not seen.flagged:
        for reader, shown in surfaced(MAIL_READERS, octets):
            file = recognized(shown)
            if file is not None and file not in seen.files:
                wrong.append(f"{reader} surfaces a file that we do not")
    return sorted(set(wrong))


def judge_clean(octets: bytes, files: Sequence[bytes], *, look: Look = see) -> list[str]:
    """Look at a message that is well-formed: it is read in one way, and whole."""
    seen, wrong = look(octets)
    sums, told = seen.sums, seen.told
    for file in files:
        if not sums & {_sum(file), _sum(file + b"\r\n")}:
            wrong.append("a clean letter lost a file")
    wrong += [f"a clean letter is flagged: {one.class_}: {one.detail}" for one in told.ambiguities]
    wrong += [f"a clean letter has a limit: {one.class_}: {one.detail}" for one in told.limits]
    unseen = [part for part in seen.parts.values() if part.unopened]
    wrong += [f"a clean letter is unopened: {part.unopened}: {part.why}" for part in unseen]
    return sorted(set(wrong))


def judge_box(octets: bytes, *, look: Look = see) -> list[str]:
    """Look at a container as the only part of a message, and hold it against the others."""
    seen, wrong = look(letter_with(Dice(0), octets))
    if not seen.flagged:
        sums = seen.sums
        for reader, shown in surfaced(BOX_READERS, octets):
            if _sum(shown) not in sums:
                wrong.append(f"{reader} surfaces a member that we do not")
    return sorted(set(wrong))


def judge_tight(octets: bytes, *, look: Look = see_tight) -> list[str]:
    """Look at a message with less than it needs: nothing may be missing without a word."""
    seen, wrong = look(octets)
    whole, _ = see(octets)
    if len(seen.parts) < len(whole.parts) and not seen.flagged:
        wrong.append(f"{len(whole.parts) - len(seen.parts)} parts are missing without a word")
    return sorted(set(wrong))


def _sum(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
