"""Walk from the message to its last member, and have each part looked at on the way.

The walk is depth first and keeps a stack of its own: a stranger's nesting never becomes
ours.  Each part is numbered as it is found, charged to the budget, shown to every
scanner, and opened by every reader that recognizes it, one after the other.  What was
not opened says why; so whatever has no such word was seen to its end.  What is locked
waits until all else was seen, for its password may stand anywhere in the message.  When
all parts are known, those scanners that follow a message as a whole conclude from them.

This is the place where errors end.  What a stranger sent never raises one; so an error
in a reader or scanner is ours, and is stated as a failure, and the walk goes on.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import kinds
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import PART_OCTETS, Budget, OverBudget
from pratique.scanners.keys import Keys
from pratique.scanners.looking import Lookers, Looking
from pratique.scanners.opened import Locked, Opened
from pratique.scanners.openers import Openers
from pratique.scanners.outside import Outside
from pratique.scanners.part import (
    Follows,
    Member,
    Message,
    Oddity,
    Part,
    Reached,
    Reader,
    Scanner,
    Unlocks,
)
from pratique.scanners.report import MEMORY, NAME, NAMES, Report, describe
from pratique.scanners.shown import Shown

MailFacts = Callable[[memoryview, Budget], facts.Mail]
# These limits hold for the message as a whole: nothing more is looked at.
_WHOLE = frozenset({"octets", "parts", "seconds"})
# Limits behind which there may be parts; behind the others are only words.
_HIDING = frozenset({"depth", "parts"})
# What the header's reader is called when its start is announced.
MAIL = "mail"
_MIME_CONTAINERS = frozenset({"message", "multipart"})
# What waits for a password is kept in memory; as much as one part may have may wait, the
# rest is opened with the words that are known by then.
_WAITING_OCTETS = PART_OCTETS


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything that looks at octets, in the order in which it is asked."""

    scanners: Sequence[Scanner]
    readers: Sequence[Reader]
    mail: MailFacts
    # Made anew for each message.
    followers: Sequence[Follows] = ()
    openers: Openers = field(init=False, repr=False)
    lookers: Lookers = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "openers", Openers(self.readers))
        object.__setattr__(self, "lookers", Lookers(self.scanners, self.followers))

    @property
    def names(self) -> tuple[str, ...]:
        """Every scanner's name, in the order in which they look at a part."""
        followers = tuple(follower.name for follower in self.followers)
        return (*(scanner.name for scanner in self.scanners), *followers)


class Walk:
    """One message's walk."""

    def __init__(
        self, tools: Tools, budget: Budget, keys: Keys, request: wall.Inspect, report: Report
    ) -> None:
        self._tools = tools
        self._budget = budget
        self._keys = keys
        self._request = request
        self._without = frozenset(request.without)
        self._report = report
        self._locked: deque[Locked] = deque()
        # The octets of what waits there.
        self._waiting = 0
        self._outside: Outside
        self._shown = Shown(request.show, report)
        self._stack: list[Opened] = []
        self._count = 0
        self._sha256 = ""
        self._looking: Looking
        # Every part so far, by its id.
        self._all: dict[int, facts.Part] = {}

    def run(self, octets: memoryview, extras: Sequence[memoryview] = ()) -> None:
        """Walk through a message and what programs made of its parts; state what is found."""
        self._outside = Outside(self._request, extras, self._report)
        self._state_left_out()
        message = Message(octets, self._request.envelope, self._state_mail(octets), self._budget)
        self._looking = Looking(self._tools.lookers.without(self._without), message, self._report)
        known = facts.Part(parent=-1, type="message/rfc822", kind="message", views=["standard"])
        try:
            self._see(Part(known, octets))
        except OverBudget as over:
            self._report.mark(known, over)
            self._report.part(known)
        while self._stack or self._locked or self._outside.unpacked:
            if self._stack:
                self._step(self._stack[-1])
            elif self._locked:
                locked = self._locked.popleft()
                self._waiting -= len(locked.part.octets)
                self._unlock(locked)
            else:
                part, unpacked = self._outside.unpacked.popleft()
                self._open_by([unpacked], part)
                self._report.part(part.known)
        self._report.send()
        self._shown.rest(octets)
        self._outside.hand_out(self._keys)
        self._looking.conclude(self._all)

    def _state_left_out(self) -> None:
        for name in self._tools.names if self._without else ():
            if name in self._without:
                self._report.failure("scanner", -1, f"{name}: left out, it ended a worker")

    def _state_mail(self, octets: memoryview) -> facts.Mail:
        mail = facts.Mail()
        if MAIL not in self._without:
            self._report.started(MAIL, 0)
            try:
                mail = self._tools.mail(octets, self._budget)
            except OverBudget as over:
                self._report.limit(over.class_, 0, over.detail)
            except MemoryError:
                self._report.limit(MEMORY.class_, 0, MEMORY.detail)
            except Exception as error:  # noqa: BLE001 - our fault: stated, and the walk goes on
                self._report.error("reader", 0, MAIL, error)
        else:
            self._report.failure("reader", 0, f"{MAIL}: left out, it ended a worker")
        mail.size = len(octets)
        mail.sha256 = self._sha256 = hashlib.sha256(octets).hexdigest()
        mail.direction = self._request.direction
        self._report.mail(mail)
        self._keys.mail(mail.subject)
        return mail

    def _step(self, opened: Opened) -> None:
        """Take the next thing that the container on top of the stack holds."""
        try:
            found = next(opened.members, None)
            if found is None:
                self._close(opened)
                self._open_by(opened.others, opened.part)
            elif isinstance(found, Member):
                self._take(opened, found)
            elif isinstance(found, Oddity):
                self._report.ambiguity(found.class_, opened.part_of(found.at), found.detail)
            else:
                self._reached(opened.part_of(found.at), found)
        except OverBudget as over:
            self._over(opened, over)
        except MemoryError:
            self._over(opened, MEMORY)
        except Exception as error:  # noqa: BLE001 - our fault: stated, and the walk goes on
            self._fail(opened.part.known, opened.reader, error)
            self._close(opened)
            self._open_by(opened.others, opened.part)

    def _take(self, opened: Opened, member: Member) -> None:
        """Make a member a part, and look at it."""
        holder = opened.part_of(member.parent)
        self._budget.charge_part()
        self._count += 1
        known = describe(member, self._count, holder, opened.inside)
        octets, member.octets = member.octets, memoryview(b"")
        opened.known[id(member)] = (member, known)
        self._outside.member(known, opened.part.known.id)
        if len(member.name) > NAME or len(member.names) > NAMES:
            self._report.limit("names", known.id, "a name too long, or too many names")
        part = Part(known, octets, member.charset)
        self._shown.look(part, opened.part, opened.reader, member)
        self._see(part)

    def _reached(self, known: facts.Part, reached: Reached) -> None:
        """A limit stands before something in a part, and the reader goes on behind it."""
        self._report.limit(reached.class_, known.id, reached.detail)
        if reached.class_ in _HIDING and not known.unopened:
            known.unopened, known.why = "over_budget", reached.detail
            self._report.part(known)

    def _see(self, part: Part) -> None:
        """Measure a part, show it to each scanner, open it."""
        known = self._all[part.known.id] = part.known
        if known.id == 0:
            self._budget.charge_part()
        hidden = bool(known.unopened) and not len(part.octets)
        known.size = -1 if hidden else len(part.octets)
        known.sha256 = "" if hidden else self._hash(part)
        try:
            self._scan_all(part)
        except OverBudget as over:
            known.kind = known.kind or "other"
            known.unopened, known.why = "over_budget", over.detail
            self._report.part(known)
            raise
        # What is left of a damaged file may hold others all the same.
        if not known.unopened or (known.unopened == "unreadable" and len(part.octets)):
            self._open(part)
        self._report.part(known)
        self._report.send()

    def _hash(self, part: Part) -> str:
        """The message itself is hashed already."""
        return hashlib.sha256(part.octets).hexdigest() if part.known.id else self._sha256

    def _scan_all(self, part: Part) -> None:
        self._looking.look(part)
        self._keys.look(part)
        if not part.known.kind:
            part.known.kind = "other"
            if not part.known.unopened:
                part.known.unopened, part.known.why = "failure", "its type could not be told"

    def _open(self, part: Part) -> None:
        """Let every reader that recognizes the part open it."""
        known, chosen, whole = part.known, [], False
        for reader in self._tools.openers(part):
            try:
                recognized = reader.recognize(part)
            except MemoryError:
                self._report.mark(known, MEMORY)
                continue
            except Exception as error:  # noqa: BLE001 - our fault: stated, not skipped
                self._fail(known, reader.name, error)
                continue
            if recognized:
                chosen.append(reader)
            whole = whole or recognized == "whole"
        if not whole and not known.unopened:
            known.unopened, known.why = kinds.unopened(
                known.type, known.kind, part.extensions, known.declared_type
            )
        self._open_by(chosen, part)

    def _open_by(self, readers: list[Reader], part: Part) -> None:
        """Open a part by the first of the readers; the others come when it is done."""
        if not readers:
            self._outside.leave(part)
            return
        known, (reader, *others) = part.known, readers
        over = self._too_deep(known)
        if over is not None:
            self._report.mark(known, over)
        elif reader.name in self._without:
            known.unopened, known.why = "failure", f"{reader.name} ended a worker on this message"
            self._open_by(others, part)
        elif (unlocks := self._tools.openers.unlocks(reader)) and self._is_locked(unlocks, part):
            locked = Locked(part, unlocks, others)
            if self._waiting + len(part.octets) <= _WAITING_OCTETS:
                self._locked.append(locked)
                self._waiting += len(part.octets)
            else:
                self._unlock(locked)
        else:
            self._report.started(reader.name, known.id)
            members = iter(reader.members(part, self._budget))
            self._stack.append(Opened(part, reader.name, members, others))

    def _is_locked(self, reader: Unlocks, part: Part) -> bool:
        self._report.started(reader.name, part.known.id)
        try:
            return reader.locked(part)
        except MemoryError:
            return False  # whoever asks for its members will hear of it
        except Exception as error:  # noqa: BLE001 - our fault: stated, and it is opened without
            self._fail(part.known, reader.name, error)
            return False

    def _unlock(self, locked: Locked) -> None:
        """Open what waited, now that every word is known that may open it."""
        part, reader = locked.part, locked.reader
        self._outside.tried(part)
        self._report.started(reader.name, part.known.id)
        members = iter(reader.unlock(part, self._budget, self._keys))
        self._stack.append(Opened(part, reader.name, members, locked.others, tried=True))

    def _too_deep(self, known: facts.Part) -> OverBudget | None:
        archives = sum(word != "message" for word in known.inside)
        limits = self._budget.limits
        if known.kind in _MIME_CONTAINERS:
            if known.depth - archives > limits.mime_depth:
                return OverBudget("depth", f"more than {limits.mime_depth} levels of MIME")
        elif archives >= limits.archive_depth:
            return OverBudget("depth", f"more than {limits.archive_depth} containers in another")
        return None

    def _over(self, opened: Opened, over: OverBudget) -> None:
        """A limit was reached in a container: it ends there, perhaps all does."""
        self._report.mark(opened.part.known, over)
        self._close(opened)
        if over.class_ not in _WHOLE:
            self._open_by(opened.others, opened.part)
        else:
            self._leave(over)

    def _leave(self, over: OverBudget) -> None:
        """Leave every container that is still open, for nothing more is looked at."""
        while self._stack:
            waiting = self._stack[-1]
            if over.class_ == "seconds" or waiting.others or _has_more(waiting):
                waiting.part.known.unopened = "over_budget"
                waiting.part.known.why = over.detail
            self._close(waiting)
        while self._locked:
            known = self._locked.popleft().part.known
            known.unopened, known.why = "over_budget", over.detail
            self._report.part(known)

    def _fail(self, known: facts.Part, name: str, error: BaseException) -> None:
        known.unopened, known.why = "failure", f"{name} failed on it"
        self._report.error("reader", known.id, name, error)

    def _close(self, opened: Opened) -> None:
        """Take a container off the stack; if its end taught something, state it anew."""
        self._stack.remove(opened)
        if opened.tried and self._keys.limit:
            self._report.limit("passwords", opened.part.known.id, self._keys.limit)
        if opened.part.known.unopened or opened.part.known.encrypted:
            self._report.part(opened.part.known)
        self._report.send()


def _has_more(opened: Opened) -> bool:
    """Whether a container that must not go on had not come to its end."""
    try:
        return next(opened.members, None) is not None
    except Exception:  # noqa: BLE001 - whatever it was, it was not the end
        return True
