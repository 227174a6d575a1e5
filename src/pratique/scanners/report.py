"""Write down what is found, bounded and in valid text, and send it in few messages.

What belongs to one part goes out together.  A stranger can make a message that is odd
in a million places; past a limit the count goes on as one more fact, not as a million.
"""

from collections.abc import Sequence
from typing import Protocol

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import OverBudget
from pratique.scanners.families.known import SHIPPED, Families
from pratique.scanners.part import Member

# A policy asks whether there is a finding, not for the thousandth.
FINDINGS = 1000
AMBIGUITIES = 200
# No file system takes a name of more than 255 octets; what is longer is cut in the
# middle, since both ends matter: the beginning is seen, the extension decides.
NAME = 1024
# Names that readers of one part may show; eight reach a policy.
NAMES = 32
PATH = 2048
DETAIL = 300
# Reasons to take a bounce for genuine or forged: there are a dozen kinds, and a few of
# some.  A Message-ID must stay whole, and a line has 998 octets (RFC 5322 2.1.1).
EVIDENCE = 50
EVIDENCE_DETAIL = 998
# A worker's memory is a limit like any other: where it ends, what was asked for is free again.
MEMORY = OverBudget("part_octets", "more memory than a worker may have")


class Tell(Protocol):
    """Where facts go while a message is looked at."""

    def started(self, name: str, part: int) -> None:
        """Announce a reader or a scanner before it touches a part."""

    def found(self, found: facts.Facts) -> None:
        """Send facts; a part replaces the one of the same id."""

    def handed_out(self, handed: wall.HandedOut) -> None:
        """Send a piece of a part that only an outside program opens, where it was asked for."""


class Report:
    """Gathers the facts of the part at hand until `send`."""

    def __init__(self, tell: Tell, families: Families = SHIPPED) -> None:
        self._tell = tell
        # Announces a reader or a scanner at once: if nothing follows, that name is to blame.
        # Called dozens of times a mail, and so without a step between.
        self.started = tell.started
        self._families = families
        self._pending = facts.Facts()
        self._counts: dict[str, int] = {}

    def part(self, known: facts.Part) -> None:
        """State a part as it is now known."""
        self._pending.parts.append(known)

    def mail(self, mail: facts.Mail) -> None:
        """State the facts of the message as a whole."""
        self._pending.mail.CopyFrom(mail)

    def limit(self, class_: str, part: int, detail: str) -> None:
        """State that a limit was reached."""
        self._pending.limits.add(class_=class_, part=part, detail=shorten(detail, DETAIL))

    def failure(self, class_: str, part: int, detail: str) -> None:
        """State what went wrong on our side."""
        self._pending.failures.add(class_=class_, part=part, detail=shorten(detail, DETAIL))

    def mark(self, known: facts.Part, over: OverBudget) -> None:
        """State that a limit stands before what is in a part."""
        known.unopened, known.why = "over_budget", over.detail
        self.limit(over.class_, known.id, over.detail)

    def error(self, class_: str, part: int, name: str, error: BaseException) -> None:
        """State an error of ours, with the name of the reader or scanner that made it."""
        self.failure(class_, part, f"{name}: {in_words(error)}")

    def ambiguity(self, class_: str, known: facts.Part, detail: str) -> None:
        """State that a part can be read in several ways."""
        if self._allowed("ambiguities", AMBIGUITIES, known.id):
            self._pending.ambiguities.add(
                class_=class_, where=known.path, detail=shorten(detail, DETAIL)
            )

    def findings(self, found: facts.Facts, part: int) -> None:
        """Take over what a scanner states apart from the part itself."""
        # Mostly there are none: asking costs a tenth of what going through nothing does.
        if found.findings:
            for finding in found.findings:
                if self._allowed("findings", FINDINGS, part):
                    finding.family = self._family(finding)
                    self._pending.findings.append(finding)
        if found.limits:
            for limit in found.limits:
                self.limit(limit.class_, limit.part, limit.detail)
        if found.failures:
            self._pending.failures.extend(found.failures)

    def conclusion(self, found: facts.Facts) -> None:
        """Take over what a follower states of the whole; a part in it is stated anew."""
        self._pending.parts.extend(found.parts)
        if found.HasField("bounce"):
            bounce = self._pending.bounce
            bounce.CopyFrom(found.bounce)
            del bounce.evidence[EVIDENCE:]
            for one in bounce.evidence:
                one.detail = shorten(one.detail, EVIDENCE_DETAIL)
        if found.sources:
            self._pending.sources.extend(found.sources)
        if found.signatures:
            self._pending.signatures.extend(found.signatures)
        if found.spoof_signs:
            self._pending.spoof_signs.extend(found.spoof_signs)
        if found.stated_results:
            self._pending.stated_results.extend(found.stated_results)
        if found.links:
            self._pending.links.extend(found.links)
            self._pending.links_left_out += found.links_left_out
        self.findings(found, 0)

    def send(self) -> None:
        """Send what was gathered, if anything was."""
        if self._pending.ByteSize():
            self._tell.found(self._pending)
            self._pending = facts.Facts()

    def handed_out(self, handed: wall.HandedOut) -> None:
        """Send a piece of a part at once: all of them would not fit into memory again."""
        self._tell.handed_out(handed)

    def _family(self, finding: facts.Finding) -> str:
        """What its scanner says, as all spell it; else what stands in its name."""
        if finding.family:
            return self._families.spelled(finding.family)
        return self._families.known(finding.name)

    def _allowed(self, class_: str, most: int, part: int) -> bool:
        count = self._counts[class_] = self._counts.get(class_, 0) + 1
        if count == most + 1:
            self.limit(class_, part, f"more than {most}")
        return count <= most


def describe(member: Member, number: int, holder: facts.Part, inside: Sequence[str]) -> facts.Part:
    """What its reader and its place in the tree say of a member."""
    step = shorten(member.step, NAME)
    known = facts.Part(
        id=number,
        parent=holder.id,
        path=shorten(f"{holder.path}/{step}" if holder.path else step, PATH),
        depth=holder.depth + 1,
        inside=inside,
        views=[member.view],
        returned=member.returned or holder.returned,
    )
    if member.name or member.names or member.raw_name:
        known.name, known.raw_name = shorten(member.name, NAME), member.raw_name[:NAME]
        known.names.extend(shorten(name, NAME) for name in member.names[:NAMES])
    if member.declared_type or member.disposition:
        known.declared_type = shorten(member.declared_type, NAME)
        known.disposition = member.disposition
    if member.encrypted or member.password:
        known.encrypted, known.password = member.encrypted, shorten(member.password, NAME)
    if member.unopened or member.why:
        known.unopened, known.why = member.unopened, shorten(member.why, DETAIL)
    return known


def in_words(error: BaseException) -> str:
    """What an error says; that of a scanner that is not ours may fail at that too."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - theirs: what counts is that there was an error
        return f"{type(error).__name__}, which does not say what it is"


def shorten(text: str, most: int) -> str:
    """The text as valid Unicode, its middle cut out where it is too long."""
    if len(text) > most:
        half = (most - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")
