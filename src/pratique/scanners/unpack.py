"""Walk from the message to its last member, and have each part looked at on the way.

The walk is depth first and keeps a stack of its own: a stranger's nesting never becomes
ours.  Each part is numbered as it is found, charged to the budget, shown to every
scanner, and opened by the first reader that recognizes it.  What was not opened says
why; so whatever has no such word was seen to its end.  When all parts are known, those
scanners that follow a message as a whole conclude from them.

This is the place where errors end.  What a stranger sent never raises one; so an error
in a reader or scanner is ours, and is stated as a failure, and the walk goes on.
"""

import hashlib
import time
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import kinds
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget, Limits, OverBudget
from pratique.scanners.builtin import FOLLOWERS, SCANNERS
from pratique.scanners.formats import FORMATS
from pratique.scanners.mime import Mime
from pratique.scanners.mime.mail import mail_facts
from pratique.scanners.part import (
    Follower,
    Found,
    Member,
    Message,
    Oddity,
    Part,
    Reached,
    Reader,
    Scanner,
    Unfit,
)
from pratique.scanners.report import DETAIL, NAME, NAMES, PATH, Report, Tell, shorten
from pratique.scanners.text import load_codecs

__all__ = ["Inspector", "MailFacts", "Tell", "Unfit", "load"]

MailFacts = Callable[[memoryview, Budget], facts.Mail]
# These limits hold for the message as a whole: nothing more is looked at.
_WHOLE = frozenset({"octets", "parts", "seconds"})
# Limits behind which there may be parts; behind the others are only words.
_HIDING = frozenset({"depth", "parts"})
# What the header's reader is called when its start is announced.
_MAIL = "mail"
_MIME_CONTAINERS = frozenset({"message", "multipart"})


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything that looks at octets, in the order in which it is asked."""

    scanners: Sequence[Scanner]
    readers: Sequence[Reader]
    mail: MailFacts
    # Made anew for each message.
    followers: Sequence[type[Follower]] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every scanner's name, in the order in which they look at a part."""
        followers = tuple(follower.name for follower in self.followers)
        return (*(scanner.name for scanner in self.scanners), *followers)


def load(setup: wall.Setup) -> "Inspector":
    """Load all that is loaded late, so that a confined worker opens nothing any more.

    `Unfit` is raised in the admin's words where something that the admin gave is broken.
    """
    load_codecs()
    scanners = [scanner(setup) for scanner in SCANNERS]
    readers = [*(form() for form in FORMATS), Mime()]
    tools = Tools(scanners, readers, mail_facts, FOLLOWERS)
    inspector = Inspector(tools, Limits.from_wall(setup.budget))
    # Once through every reader and scanner: what a library loads on first use is loaded.
    rehearsal = _Rehearsal()
    inspector.inspect(memoryview(_sample()), wall.Inspect(), rehearsal)
    if rehearsal.trouble:
        raise Unfit(f"a rehearsal went wrong: {'; '.join(rehearsal.trouble)}")
    return inspector


def _sample() -> bytes:
    """A bounce, by its words, that holds the smallest container of each format."""
    head = (
        b'Subject: =?utf-8?q?Returned?= mail\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    )
    transfer = b"Content-Transfer-Encoding: base64\r\n\r\n"
    texts = b"--b\r\n\r\nbegin 644 a\r\n#86)C\r\n`\r\nend\r\n--b\r\n\r\n<html><p>\r\n"
    attached = b"".join(
        b"--b\r\nContent-Type: application/octet-stream\r\n" + transfer + b2a_base64(form.smallest)
        for form in FORMATS
    )
    return head + texts + attached + b"--b--\r\n"


class _Rehearsal:
    """Listens for what must not happen when our own sample is looked at."""

    def __init__(self) -> None:
        self.trouble: list[str] = []

    def started(self, name: str, part: int) -> None:
        """Nothing is blamed."""

    def found(self, found: facts.Facts) -> None:
        """Keep what went wrong: a reader that fails on our sample fails on all."""
        self.trouble += [failure.detail for failure in found.failures]
        self.trouble += [f"{part.path}: {part.why}" for part in found.parts if part.unopened]


class Inspector:
    """Looks at messages, one after the other."""

    def __init__(
        self, tools: Tools, limits: Limits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.scanners: tuple[str, ...] = tools.names
        self._tools = tools
        self._limits = limits
        self._clock = clock

    def inspect(self, octets: memoryview, request: wall.Inspect, tell: Tell) -> None:
        """Find every part of the message and tell what each scanner sees in it."""
        walk = _Walk(self._tools, Budget(self._limits, self._clock), request, Report(tell))
        walk.run(octets)


@dataclass(slots=True)
class _Opened:
    """A container whose members are being asked for."""

    part: Part
    reader: str
    members: Iterator[Found]
    # What members became, by identity; they are kept here so that no id is used twice.
    known: dict[int, tuple[Member, facts.Part]] = field(default_factory=dict)

    def part_of(self, member: Member | None) -> facts.Part:
        return self.known[id(member)][1] if member is not None else self.part.known


class _Walk:
    """One message's walk."""

    def __init__(self, tools: Tools, budget: Budget, request: wall.Inspect, report: Report) -> None:
        self._tools = tools
        self._budget = budget
        self._request = request
        self._without = frozenset(request.without)
        self._report = report
        self._stack: list[_Opened] = []
        self._count = 0
        self._followers: list[Follower] = []
        # Every part so far, by its id.
        self._all: dict[int, facts.Part] = {}

    def run(self, octets: memoryview) -> None:
        self._state_left_out()
        self._follow(octets, self._state_mail(octets))
        known = facts.Part(parent=-1, type="message/rfc822", kind="message", views=["standard"])
        try:
            self._see(Part(known, octets))
        except OverBudget as over:
            self._mark(known, over)
            self._report.part(known)
        while self._stack:
            self._step(self._stack[-1])
        self._report.send()
        for follower in self._followers:
            self._conclude(follower)

    def _follow(self, octets: memoryview, mail: facts.Mail) -> None:
        message = Message(octets, self._request.envelope, mail, self._budget)
        followers = [one for one in self._tools.followers if one.name not in self._without]
        self._followers = [follower(message) for follower in followers]

    def _conclude(self, follower: Follower) -> None:
        """Let a follower say what all parts are together."""
        self._report.started(follower.name, 0)
        try:
            for found in follower.conclude():
                for stated in found.parts:
                    self._all[stated.id].CopyFrom(stated)
                self._report.conclusion(found)
                # One by one: all parts of a message do not fit into one frame of the wall.
                self._report.send()
        except OverBudget as over:
            self._report.limit(over.class_, 0, over.detail)
        except Exception as error:  # noqa: BLE001 - our fault: stated, and the others go on
            self._report.failure("scanner", 0, _describe(follower.name, error))
        self._report.send()

    def _state_left_out(self) -> None:
        for name in self._tools.names:
            if name in self._without:
                self._report.failure("scanner", -1, f"{name}: left out, it ended a worker")

    def _state_mail(self, octets: memoryview) -> facts.Mail:
        mail = facts.Mail()
        if _MAIL not in self._without:
            self._report.started(_MAIL, 0)
            try:
                mail = self._tools.mail(octets, self._budget)
            except OverBudget as over:
                self._report.limit(over.class_, 0, over.detail)
            except Exception as error:  # noqa: BLE001 - our fault: stated, and the walk goes on
                self._report.failure("reader", 0, _describe(_MAIL, error))
        else:
            self._report.failure("reader", 0, f"{_MAIL}: left out, it ended a worker")
        mail.size = len(octets)
        mail.sha256 = hashlib.sha256(octets).hexdigest()
        mail.direction = self._request.direction
        self._report.mail(mail)
        return mail

    def _step(self, opened: _Opened) -> None:
        """Take the next thing that the container on top of the stack holds."""
        try:
            found = next(opened.members, None)
            if found is None:
                self._close(opened)
            elif isinstance(found, Member):
                self._take(opened, found)
            elif isinstance(found, Oddity):
                self._report.ambiguity(found.class_, opened.part_of(found.at), found.detail)
            else:
                self._reached(opened.part_of(found.at), found)
        except OverBudget as over:
            self._over(opened, over)
        except MemoryError:
            # A worker's memory is a limit like any other, and what was asked for is free
            # again by now.
            self._over(opened, OverBudget("part_octets", "more memory than a worker may have"))
        except Exception as error:  # noqa: BLE001 - our fault: stated, and the walk goes on
            self._fail(opened.part.known, opened.reader, error)
            self._close(opened)

    def _take(self, opened: _Opened, member: Member) -> None:
        """Make a member a part, and look at it."""
        holder = opened.part_of(member.parent)
        self._budget.charge_part()
        known = self._known(holder, opened, member)
        octets, member.octets = member.octets, memoryview(b"")
        opened.known[id(member)] = (member, known)
        if len(member.name) > NAME or len(member.names) > NAMES:
            self._report.limit("names", known.id, "a name too long, or too many names")
        self._see(Part(known, octets))

    def _reached(self, known: facts.Part, reached: Reached) -> None:
        """A limit stands before something in a part, and the reader goes on behind it."""
        self._report.limit(reached.class_, known.id, reached.detail)
        if reached.class_ in _HIDING and not known.unopened:
            known.unopened, known.why = "over_budget", reached.detail
            self._report.part(known)

    def _known(self, holder: facts.Part, opened: _Opened, member: Member) -> facts.Part:
        """What the reader and its place in the tree say of a member."""
        self._count += 1
        step = shorten(member.step, NAME)
        inside = list(opened.part.known.inside)
        inside.append("message" if opened.part.known.kind == "message" else opened.reader)
        return facts.Part(
            id=self._count,
            parent=holder.id,
            path=shorten(f"{holder.path}/{step}" if holder.path else step, PATH),
            name=shorten(member.name, NAME),
            names=[shorten(name, NAME) for name in member.names[:NAMES]],
            declared_type=shorten(member.declared_type, NAME),
            depth=holder.depth + 1,
            inside=inside,
            views=[member.view],
            encrypted=member.encrypted,
            unopened=member.unopened,
            why=shorten(member.why, DETAIL),
            raw_name=member.raw_name[:NAME],
            disposition=member.disposition,
            returned=member.returned or holder.returned,
        )

    def _see(self, part: Part) -> None:
        """Measure a part, show it to each scanner, open it."""
        known = self._all[part.known.id] = part.known
        if known.id == 0:
            self._budget.charge_part()
        hidden = bool(known.unopened) and not len(part.octets)
        known.size = -1 if hidden else len(part.octets)
        known.sha256 = "" if hidden else hashlib.sha256(part.octets).hexdigest()
        try:
            self._scan_all(part)
        except OverBudget as over:
            known.kind = known.kind or "other"
            known.unopened, known.why = "over_budget", over.detail
            self._report.part(known)
            raise
        if not known.unopened:
            self._open(part)
        self._report.part(known)
        self._report.send()

    def _scan_all(self, part: Part) -> None:
        for scanner in (*self._tools.scanners, *self._followers):
            if scanner.name not in self._without:
                self._scan(scanner, part)
        if not part.known.kind:
            part.known.kind = "other"
            if not part.known.unopened:
                part.known.unopened, part.known.why = "failure", "its type could not be told"

    def _scan(self, scanner: Scanner, part: Part) -> None:
        self._budget.check_clock()
        self._report.started(scanner.name, part.known.id)
        try:
            for found in scanner.scan(part):
                for stated in found.parts:
                    part.known.MergeFrom(stated)
                self._report.findings(found, part.known.id)
        except Exception as error:  # noqa: BLE001 - our fault: stated, and the walk goes on
            self._report.failure("scanner", part.known.id, _describe(scanner.name, error))

    def _open(self, part: Part) -> None:
        """Let the first reader that recognizes the part open it."""
        for reader in self._tools.readers:
            try:
                if reader.recognize(part):
                    self._open_by(reader, part)
                    return
            except Exception as error:  # noqa: BLE001 - our fault: stated, not skipped
                self._fail(part.known, reader.name, error)
                return
        known = part.known
        claims = kinds.claims((known.name, *known.names), known.declared_type)
        known.unopened, known.why = kinds.unopened(known.type, known.kind, claims)

    def _open_by(self, reader: Reader, part: Part) -> None:
        known = part.known
        over = self._too_deep(known)
        if reader.name in self._without:
            known.unopened, known.why = "failure", f"{reader.name} ended a worker on this message"
        elif over is not None:
            self._mark(known, over)
        else:
            self._report.started(reader.name, known.id)
            members = reader.members(part, self._budget)
            self._stack.append(_Opened(part, reader.name, iter(members)))

    def _too_deep(self, known: facts.Part) -> OverBudget | None:
        archives = sum(word != "message" for word in known.inside)
        limits = self._budget.limits
        if known.kind in _MIME_CONTAINERS:
            if known.depth - archives > limits.mime_depth:
                return OverBudget("depth", f"more than {limits.mime_depth} levels of MIME")
        elif archives >= limits.archive_depth:
            return OverBudget("depth", f"more than {limits.archive_depth} containers in another")
        return None

    def _over(self, opened: _Opened, over: OverBudget) -> None:
        """A limit was reached in a container: it ends there, perhaps all does."""
        self._mark(opened.part.known, over)
        self._close(opened)
        if over.class_ in _WHOLE:
            while self._stack:
                waiting = self._stack[-1]
                if over.class_ == "seconds" or _has_more(waiting):
                    waiting.part.known.unopened = "over_budget"
                    waiting.part.known.why = over.detail
                self._close(waiting)

    def _mark(self, known: facts.Part, over: OverBudget) -> None:
        known.unopened, known.why = "over_budget", over.detail
        self._report.limit(over.class_, known.id, over.detail)

    def _fail(self, known: facts.Part, name: str, error: BaseException) -> None:
        known.unopened, known.why = "failure", f"{name} failed on it"
        self._report.failure("reader", known.id, _describe(name, error))

    def _close(self, opened: _Opened) -> None:
        """Take a container off the stack; if its end taught something, state it anew."""
        self._stack.remove(opened)
        if opened.part.known.unopened:
            self._report.part(opened.part.known)
        self._report.send()


def _has_more(opened: _Opened) -> bool:
    """Whether a container that must not go on had not come to its end."""
    try:
        return next(opened.members, None) is not None
    except Exception:  # noqa: BLE001 - whatever it was, it was not the end
        return True


def _describe(name: str, error: BaseException) -> str:
    return f"{name}: {type(error).__name__}: {error}"
