"""Hand out what only an outside program opens, and open what such a program made of it.

A worker starts no program.  It gives the octets of a part that no reader of ours opens to
the parent, in pieces through its socket, so that it needs no further right for it.  The
parent runs the program elsewhere and has the message seen again: what came out then comes
beside the message, as a tar archive, and is opened below that part.

An extra belongs to octets, by their SHA-256, and not to a part's number: a second look may
number the parts in another way, and an archive that is attached twice is unpacked once.  What
it brings is walked after all else, as what is locked is, and what is handed out leaves at the
very end: the word that opens it may stand anywhere in the message.

A reader that opens an archive but not each of its members states these as closed.  Where a
program opened the whole archive and wrote a file of that name, and no two members have one,
the member is closed no longer: it was seen.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import ClassVar

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import frames
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget
from pratique.scanners.formats.tar import Tar
from pratique.scanners.keys import Keys
from pratique.scanners.part import Found, Member, Part, Recognized
from pratique.scanners.report import DETAIL, Report, shorten

# One frame's piece; a frame holds 2 MiB, and the words come with the first.
PIECE = 1024 * 1024
# A program takes about so long to refuse a wrong word.
TRY_SECONDS = 0.1

# What a program may open where a reader of ours did not.
_CLASSES = frozenset({"needs_program", "archive_password"})
# What is open once a program has opened all of the container.
_CLOSED = _CLASSES | {"unreadable"}


class Outside:
    """What leaves one look for outside programs, and what comes back from them."""

    def __init__(self, request: wall.Inspect, extras: Sequence[memoryview], report: Report) -> None:
        self._types = frozenset(request.hand_out)
        self._extras = {
            extra.sha256: (extra, octets)
            for extra, octets in zip(request.extras, extras, strict=True)
        }
        self._report = report
        # What programs made of parts, to be walked when all else is seen.
        self.unpacked: deque[tuple[Part, Unpacked]] = deque()
        self._leaving: dict[str, Part] = {}
        self._opened: set[int] = set()
        # Containers on which every word was tried by a reader of ours.
        self._tried: set[int] = set()
        # Containers with a member that a program may open.
        self._wanting: set[int] = set()
        # By container and name: members that its reader could not open.
        self._closed: dict[int, dict[str, facts.Part]] = {}
        # The names of all members of a container, and containers in which one comes twice.
        self._names: dict[int, set[str]] = {}
        self._repeated: set[int] = set()

    def tried(self, part: Part) -> None:
        """Remember that a reader of ours tries the words: a program would try the same."""
        self._tried.add(part.known.id)

    def member(self, known: facts.Part, container: int) -> None:
        """Remember a member that the reader of its container could not open."""
        if not self._types and not self._extras:
            return  # no program opens anything
        name, names = _shown(known.name), self._names.setdefault(container, set())
        if name in names:
            self._repeated.add(container)
        names.add(name)
        if known.unopened in _CLOSED:
            self._closed.setdefault(container, {})[name] = known
        if self._is_wanted(known, container):
            self._wanting.add(container)

    def _is_wanted(self, known: facts.Part, container: int) -> bool:
        """Whether a program might do better."""
        locked = known.unopened == "archive_password"
        return known.unopened in _CLASSES and not (locked and container in self._tried)

    def leave(self, part: Part) -> None:
        """Take a part when all readers are through with it, if something in it is closed."""
        if not self._types and not self._extras:
            return  # no program opens anything
        known = part.known
        wanted = self._is_wanted(known, known.id) or known.id in self._wanting
        if not wanted or not len(part.octets) or known.id in self._opened:
            return
        if known.sha256 in self._extras:
            self._opened.add(known.id)
            # By its name nobody can tell which of two members a program wrote.
            repeated = known.id in self._repeated
            closed_members = {} if repeated else self._closed.get(known.id, {})
            unpacked = Unpacked(*self._extras[known.sha256], closed_members, self._report)
            self.unpacked.append((Part(known, memoryview(b"")), unpacked))
        elif known.type in self._types and known.sha256 not in self._leaving:
            self._keep(part)

    def hand_out(self, keys: Keys) -> None:
        """Send what was kept to the parent, each part with the words that may open it."""
        for part in self._leaving.values():
            words = list(islice(keys.words(TRY_SECONDS), frames.HAND_OUT_WORDS))
            size = len(part.octets)
            for start in range(0, size, PIECE):
                piece = bytes(part.octets[start : start + PIECE])
                frame = wall.HandedOut(type=part.known.type, size=size, octets=piece)
                frame.passwords.extend(words if start == 0 else ())
                self._report.handed_out(frame)
        self._leaving.clear()

    def _keep(self, part: Part) -> None:
        held = sum(len(other.octets) for other in self._leaving.values())
        most, octets = frames.HAND_OUT_PARTS, frames.HAND_OUT_OCTETS
        if len(self._leaving) < most and held + len(part.octets) <= octets:
            self._leaving[part.known.sha256] = part
            return
        known = part.known
        limit = f"not handed out: more than {most} such parts, or than {octets} octets in them"
        known.why = shorten(f"{known.why}; {limit}" if known.why else limit, DETAIL)
        self._report.part(known)


class Unpacked:
    """Reads what one program made of one part, as if the part held it."""

    name: ClassVar[str] = "program"

    def __init__(
        self,
        extra: wall.Extra,
        octets: memoryview,
        closed: dict[str, facts.Part],
        report: Report,
    ) -> None:
        self._extra = extra
        self._octets = octets
        self._closed = closed
        self._report = report

    def recognize(self, _part: Part) -> Recognized:
        """Tell that it opens the part: it was made for it."""
        return "whole"

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Say what the program says of the part, then give what it wrote."""
        known, extra = part.known, self._extra
        known.unopened, known.why = extra.unopened, extra.why
        known.password = known.password or extra.password
        self._report.part(known)
        budget.check_ratio(known.size, len(self._octets))
        archive = Part(facts.Part(type="application/x-tar"), self._octets)
        for found in Tar().members(archive, budget) if len(self._octets) else ():
            if isinstance(found, Member):
                self._rename(found)
                self._open_closed(found)
            yield found
        if archive.known.unopened and not known.unopened:
            known.unopened, known.why = archive.known.unopened, archive.known.why

    def _rename(self, member: Member) -> None:
        """Without the folder that all was put into."""
        member.name = member.name.removeprefix("./")
        member.names = tuple(
            name for each in member.names if (name := each.removeprefix("./")) != member.name
        )
        member.raw_name = member.raw_name.removeprefix(b"./")
        member.step = f"{self._extra.program}:{member.name}"

    def _open_closed(self, member: Member) -> None:
        closed = self._closed.pop(_shown(member.name), None)
        if closed is not None and not (member.unopened or self._extra.unopened):
            closed.unopened, closed.why = "", f"opened by {self._extra.program}"
            closed.password = closed.password or self._extra.password
            self._report.part(closed)


def _shown(name: str) -> str:
    """A name as an unpacker writes it: no folder above its own, slashes this way."""
    return "/".join(
        step for step in name.replace("\\", "/").split("/") if step not in {"", ".", ".."}
    )
