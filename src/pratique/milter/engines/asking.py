"""Have engines look at a message at the same time as a worker does, or after it.

A large message is shown to each engine before the worker has said a word: what engines take
is most of its time.  A small one the worker looks at first, which takes it a millisecond: an
engine need not be asked about what the policy refuses anyway, to each recipient, for what
was found by then (the worm of the day).  Where there was nothing to find, the policy is not
asked before the engines are.  Whoever looks at files asks always.

While nothing else is looked at there is nobody whom a question in vain would keep waiting, so
clamd looks at a small message meanwhile as well: its answer is there half a millisecond
sooner.  An engine that may be at the other end of a network, or that starts a program for each
question, is not asked so.

A verdict stays a matter of the facts and the policy alone, and the facts are the same at rest
and in a storm: of what is refused anyway no answer is heard, whether it was asked for or not.

What the worker hands out for engines is shown as it comes, or waits likewise; each part
once, whatever number it has; so a finding goes to the part that has these octets, by the
hash that this side computed.

Where an engine wants parts, it is still shown the whole of a small message, and of a large one
what is left without its large attachments (scanners/shown.py): that costs it less than all
parts one by one.  One that does not open mail is shown parts of each message.

All that engines say is added to the facts when the worker is done.  An engine that hides
its limits is believed only of what was well below them (measured.py).  Engines get the time
that there is for looking at a message (deadline.py); one that would need more is left out,
and says so.
"""

import asyncio
from collections.abc import Sequence

from pratique.milter.engines import measured
from pratique.milter.engines.engine import Engine, Question, Said
from pratique.milter.mail import Content, Envelope
from pratique.milter.programs.handed import Handed
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.families.known import SHIPPED, Families

# A message up to this is shown whole: clamd needs 1 ms for it, and what repeats in mail (a
# catalogue, a price list) is larger.  Signatures that look at a header and a text together
# are for such mail, too.
WHOLE_OCTETS = 64 * 1024
# A worker that takes longer over a small message, or is not free: engines are asked
# meanwhile, or a message that holds workers up would leave them no time.
PATIENCE = 1.0


class Asking:
    """One message, while engines look at it."""

    def __init__(
        self,
        engines: Sequence[Engine],
        content: Content,
        until: float,
        *,
        families: Families = SHIPPED,
        envelope: Envelope | None = None,
    ) -> None:
        self._until = until
        self._families = families
        self._envelope = envelope
        # An engine with an opinion of the message is shown nothing of it apart.
        self._parts = [each for each in engines if each.show != "whole"]
        # Which engine was asked about which octets.
        self._asked: list[tuple[str, str, Question]] = []
        self._known: set[str] = set()
        self._contents: list[Content] = []
        # Engines that were away when asked, and those that closed and were asked again.
        self.away: set[str] = set()
        self.again: set[str] = set()
        # What is to be asked; while it waits, nobody is.
        self._due: list[tuple[Engine, Content, str]] = []
        self._waiting: asyncio.Handle | None = None
        # What an engine need not be asked about, if it is refused anyway.
        self.is_small = content.size <= WHOLE_OCTETS
        shown = ("message", "whole", "parts") if self.is_small else ("message", "whole")
        whole = [each for each in engines if each.show in shown]
        self._whole = whole
        self.show = "parts" if len(whole) < len(engines) else "hidden" if self._parts else ""
        if any(each.show == "apart" for each in engines):
            self.show = "apart"
        self._due += [(engine, content, "") for engine in whole]

    def start(self, *, waits: bool) -> None:
        """Ask who is shown the message, or wait with that where it is small.

        It is asked once the worker has the message, who would only wait for that: engines are
        asked in less time than a worker looks.
        """
        loop = asyncio.get_running_loop()
        if waits and self.is_small:
            self._waiting = loop.call_later(PATIENCE, self.begin)
        else:
            self._waiting = loop.call_soon(self.begin)

    @property
    def waits(self) -> bool:
        """Nobody has been asked yet."""
        return self._waiting is not None

    @property
    def names(self) -> set[str]:
        """The engines that were asked."""
        return {name for name, _, _ in self._asked}

    def take(self, handed: Handed) -> None:
        """Have a part looked at, unless the same octets were there before."""
        self._contents.append(handed.content)
        if handed.sha256 not in self._known:
            self._known.add(handed.sha256)
            # An engine that is shown the message comes to most parts of it there.
            hidden = handed.hidden or self.show == "hidden"
            shown = [each for each in self._parts if hidden or each not in self._whole]
            self._due += [(each, handed.content, handed.sha256) for each in shown]
            if not self.waits:
                self.begin()

    def begin(self) -> None:
        """Ask what is due, and what comes at once from now on."""
        self._wait_no_more()
        while self._due:
            engine, content, sha256 = self._due[0]
            question = engine.ask(content, sha256, self._until, self._envelope)
            self._asked.append((engine.name, sha256, question))
            # Where asking failed in a callback of the loop it is due still: `answer` fails too.
            del self._due[0]

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    async def answer(self, seen: facts.Facts) -> None:
        """Add what engines say to the facts of the message."""
        self.begin()
        # The first part with these octets; the message where none was shown, or none says so.
        places: dict[str, int] = {}
        if self._known:
            places = {part.sha256: part.id for part in reversed(seen.parts)}
        answers = [(name, sha, await question.said()) for name, sha, question in self._asked]
        # Of the facts as the worker stated them: what engines failed on says nothing of a size.
        past = measured.past(seen) if any(said.unsure for _, _, said in answers) else ""
        for name, sha256, said in answers:
            if said.again:
                self.again.add(name)
            seen.scores.extend(said.scores)
            if said.findings or said.limits or said.failure or (said.unsure and past):
                part = places.get(sha256, 0) if sha256 else 0
                self._state(seen, name, part, said, past)

    def _state(self, seen: facts.Facts, name: str, part: int, said: Said, past: str) -> None:
        for finding in said.findings:
            stated = seen.findings.add()
            stated.CopyFrom(finding)
            stated.scanner, stated.part = name, part
            said_so = self._families.spelled(finding.family)
            stated.family = said_so or self._families.of(finding.name)
        limits = (*said.limits, f"{said.unsure}: {past}") if said.unsure and past else said.limits
        for limit in limits:
            seen.limits.add(class_="engine", part=part, detail=f"{name}: {limit}")
        if said.failure:
            if said.failure == "engine_away":
                self.away.add(name)
            seen.failures.add(class_=said.failure, part=part, detail=f"{name}: {said.detail}")

    async def close(self) -> None:
        """Ask no more, and keep nothing, however often whoever calls is cancelled."""
        self._wait_no_more()
        left = [question for _, _, question in self._asked]
        cancelled: asyncio.CancelledError | None = None
        while left:
            try:
                # A content may be closed only when nobody passes its descriptor on any more.
                await left[0].drop()
                del left[0]
            except asyncio.CancelledError as error:
                cancelled = error
        for content in self._contents:
            content.close()
        if cancelled is not None:
            raise cancelled
