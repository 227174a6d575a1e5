"""Collect what the looks at one message found, and say what the next look is asked.

There is a further look for two reasons.  One went wrong: the message is inspected once more,
without the reader or scanner at fault; a second fault ends the inspection.  Or a part was
handed out that only an outside program opens: the next look is shown what the program made of
it, and one more look what that one hands out in turn.  What lies deeper stays closed, and is
reported as closed.

The facts are those of the last look that came to its end, or of the very last if none did.
What a failed look had found is not lost: its findings and its fault are added.
"""

from collections.abc import Sequence
from typing import Protocol

from pratique.milter.mail import Content, Envelope
from pratique.milter.programs.handed import Handed, Unpacked
from pratique.milter.wall.sighting import Sighting
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.wall_pb2 import Inspect

# An archive in an archive, each for a program: honest mail has at most one.  frames.py counts
# descriptors for as many.
ROUNDS = 2

_FAILURE = {"late": "deadline", "died": "worker", "lied": "worker"}


class Shows(Protocol):
    """Has engines look at parts of one message."""

    @property
    def show(self) -> str:
        """Which parts a worker hands out for the engines: a word of `wall.Inspect.show`."""

    def take(self, handed: Handed) -> None:
        """Take over a part, and close it in the end."""


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
        # Whether another look is needed.
        self.wanted = True
        self._sightings: list[Sighting] = []
        self._rounds = 0

    @property
    def unpacked(self) -> int:
        """Octets that programs have unpacked from parts."""
        return sum(content.size for content in self.extras)

    def take(self, sighting: Sighting) -> list[Handed]:
        """Keep what one look found, and pass on what is for engines.

        Returns what it handed out for programs, which the caller must close.
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
        """Note that there is no time for another look."""
        late = Sighting(0, end="late", detail="no time was left for a second look")
        self._sightings.append(late)
        self.wanted = False

    def give(self, unpacked: Sequence[Unpacked]) -> None:
        """Show these in the next look; they are closed with these looks."""
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
        """Return all that is known of the message."""
        seen = self._seen()
        seen.envelope.CopyFrom(self.request.envelope)
        # A worker is told the direction, and repeats it; a policy must see our own value.
        seen.mail.direction = self.request.direction
        return seen


def _add_findings(seen: facts.Facts, findings: Sequence[facts.Finding]) -> None:
    """Add those that are not there yet."""
    known = {finding.SerializeToString(deterministic=True) for finding in seen.findings}
    seen.findings.extend(
        finding
        for finding in findings
        if finding.SerializeToString(deterministic=True) not in known
    )


def in_words(sighting: Sighting) -> str:
    """Say how a look went wrong, and in which scanner."""
    if sighting.last is None:
        return f"{sighting.detail}, before any scanner"
    return f"{sighting.detail}, in {sighting.last.name} on part {sighting.last.part}"
