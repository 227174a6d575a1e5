"""Keep what the looks at one message found, and say what the next one is asked.

There is a further look for two reasons.  One went wrong: the message is seen once more,
without the reader or scanner that was guilty; a second fault ends it.  Or a part was handed
out that only an outside program opens: what the program made of it is shown in the next
look, and what that one hands out in turn in one more.  What lies deeper stays closed, and
says so.

The facts are those of the last look that came to its end, or of the last of all.  What one
that went wrong had found is not lost: its findings and its fault stand beside them.
"""

from collections.abc import Sequence
from typing import Protocol

from pratique.milter.mail import Content, Envelope
from pratique.milter.programs.handed import Handed, Unpacked
from pratique.milter.wall.sighting import Sighting
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.wall_pb2 import Inspect

# An archive in an archive, each for a program: honest mail has one.  frames.py counts the
# descriptors for as many.
ROUNDS = 2

_FAILURE = {"late": "deadline", "died": "worker", "lied": "worker"}


class Shows(Protocol):
    """Has engines look at parts of one message."""

    @property
    def show(self) -> str:
        """Which parts a worker hands out for them: a word of `wall.Inspect.show`."""

    def take(self, handed: Handed) -> None:
        """Take a part over; it closes it."""


class Looks:
    """The looks at one message."""

    def __init__(
        self, envelope: Envelope, types: Sequence[str], shows: Shows | None = None
    ) -> None:
        self.request = Inspect(
            direction=envelope.direction,
            hand_out=types,
            show=shows.show if shows is not None else "",
        )
        envelope.state(self.request.envelope)
        self._shows = shows
        # The archives of `request.extras`.
        self.extras: list[Content] = []
        # Whether there shall be another.
        self.wanted = True
        self._sightings: list[Sighting] = []
        self._rounds = 0

    @property
    def unpacked(self) -> int:
        """Octets that programs made of parts."""
        return sum(content.size for content in self.extras)

    def take(self, sighting: Sighting) -> list[Handed]:
        """Keep what one found, and pass on what is for engines.

        Gives what it handed out for programs, which is the caller's to close.
        """
        self._sightings.append(sighting)
        self.wanted = sighting.end != "done" and len(self._faults()) == 1
        if self.wanted and sighting.last is not None:
            self.request.without.append(sighting.last.name)
        if not sighting.handed:
            return []
        handed, sighting.handed = sighting.handed, []
        if self._shows is not None:
            for each in handed:
                if each.shown:
                    self._shows.take(each)
        return [each for each in handed if not each.shown]

    def miss(self) -> None:
        """There is no time for another."""
        late = Sighting(0, end="late", detail="no time was left for a second look")
        self._sightings.append(late)
        self.wanted = False

    def give(self, unpacked: Sequence[Unpacked]) -> None:
        """Show this in the next look; it is closed with these looks."""
        self.request.extras.extend(each.extra for each in unpacked)
        self.extras.extend(each.content for each in unpacked)
        self._rounds += 1
        if self._rounds == ROUNDS:
            del self.request.hand_out[:]
        self.wanted = True

    def close(self) -> None:
        """Close what was shown."""
        for content in self.extras:
            content.close()

    def _faults(self) -> list[Sighting]:
        return [each for each in self._sightings if each.end != "done"]

    def _seen(self) -> facts.Facts:
        if len(self._sightings) == 1 and self._sightings[0].end == "done":
            return self._sightings[0].whole()
        done = [each for each in self._sightings if each.end == "done"]
        best = (done or self._sightings)[-1]
        seen = best.whole()
        faults = self._faults()
        for sighting in faults:
            if sighting is not best:
                _add_findings(seen, sighting.known.findings)
        for sighting in faults:
            seen.failures.add(
                class_=_FAILURE[sighting.end],
                part=sighting.last.part if sighting.last else -1,
                detail=in_words(sighting),
            )
        return seen

    def facts(self) -> facts.Facts:
        """All that is known of the message."""
        seen = self._seen()
        seen.envelope.CopyFrom(self.request.envelope)
        # A worker is told it, and repeats it; what is ours is asked otherwise by a policy.
        seen.mail.direction = self.request.direction
        return seen


def _add_findings(seen: facts.Facts, findings: Sequence[facts.Finding]) -> None:
    """Add those that are not there."""
    known = {finding.SerializeToString(deterministic=True) for finding in seen.findings}
    seen.findings.extend(
        finding
        for finding in findings
        if finding.SerializeToString(deterministic=True) not in known
    )


def in_words(sighting: Sighting) -> str:
    """How a look went wrong, and in what."""
    if sighting.last is None:
        return f"{sighting.detail}, before any scanner"
    return f"{sighting.detail}, in {sighting.last.name} on part {sighting.last.part}"
