"""Turn what a no-loss run did and found into a table, a list of doubles, and a verdict.

Nothing here touches a process or a clock.  A message counts for what was done last before it
was lost, or before the try whose end nobody heard: times are seconds since the epoch.  Where a
line says that it was the next hop that failed, what was done last to a next hop counts.

SMTP cannot avoid each double: where the reply to the final dot is lost, the message is there
and the client sends it again (RFC 1047).  Each double must have such a try, or the run fails
(tests/no_loss_reckoning.py); here it gets the line of a log that tells of that try.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

# A process that is killed is noticed within this time; lines further off tell of others.
NEAR = 5.0
# Postfix's log has whole seconds.
WHOLE_SECOND = 1.0
NAMED = re.compile(r": (\w+): message-id=<(\d+)@")
DEFERRED = re.compile(r"^(\w+ +\d+ [\d:]+) .*: (\w+): to=.*status=deferred")
HOP_FAILED = "status=deferred", "failed at"
OF_HOP = re.compile(r"next hop 127\.0\.0\.1:(\d+)")
MAY_DOUBLE = "may be sent more than once"
# What our log says of a try whose end nobody heard: first what tells of one message.
OF_ONE = "it may have the message"
TELLING = (OF_ONE, "; starting it again", "failed at")
HEAD = (
    "| done to it | times | messages under way then | lost | twice "
    "| mail went on after, s: p50 / max |\n|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done to the service or to what stands around it."""

    name: str
    at: float
    under_way: int
    seconds: float  # until mail that was begun later went through


@dataclass(frozen=True, slots=True)
class Double:
    """A message that was delivered to a recipient, or held for one, more than once, and why."""

    number: int
    recipient: str
    entrance: str
    more: int
    how: str = "delivered"  # or held
    at: float = 0.0  # of the try whose end nobody heard
    line: str = ""  # of a log


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a log that tells of a try without an end."""

    at: float
    text: str
    number: int = -1  # of the message, where the line tells


@dataclass(frozen=True, slots=True)
class Found:
    """All that is known at the end of a run."""

    events: list[Event]
    lost: list[tuple[int, str, float]]  # number, recipient, when 250 was heard
    doubles: list[Double]
    faults: list[str]  # in words: what else must not be
    figures: dict[str, dict[str, object]]  # by entrance
    notes: list[str]


def our_lines(log: str) -> list[Line]:
    """Lines of our log (JSON, one each) that tell of a try without an end."""
    found = []
    for line in log.splitlines():
        if any(words in line for words in TELLING) and line.startswith("{"):
            said = json.loads(line)
            found.append(Line(datetime.fromisoformat(said["time"]).timestamp(), said["event"]))
    return found


def postfix_lines(log: str, year: int) -> list[Line]:
    """Lines of Postfix's log (local time) in which it put a message off, with its number."""
    numbers = {queue_id: int(number) for queue_id, number in NAMED.findall(log)}
    found = []
    for line in log.splitlines():
        put_off = DEFERRED.match(line)
        if put_off and put_off[2] in numbers:
            at = datetime.strptime(f"{year} {put_off[1]}", "%Y %b %d %H:%M:%S").astimezone()
            number = numbers[put_off[2]]
            found.append(Line(at.timestamp() + WHOLE_SECOND, line, number))
    return found


def of_hop(lines: list[Line], port: int) -> list[Line]:
    """Without the lines that tell of another next hop than the one on that port."""
    return [line for line in lines if line.number >= 0 or _is_of(line.text, port)]


def _is_of(text: str, port: int) -> bool:
    said = OF_HOP.search(text)
    return said is None or int(said[1]) == port


def explained(double: Double, unheard: Iterable[float], lines: list[Line]) -> Double:
    """The double with the line that tells of it, and when; without one, with its first try."""
    put_off = [line for line in lines if line.number == double.number]
    put_off = [line for line in put_off if f"to=<{double.recipient}@" in line.text]
    if put_off:
        best = next((line for line in put_off if MAY_DOUBLE in line.text), put_off[0])
        return replace(double, at=best.at, line=best.text)
    tries = sorted(unheard)
    near = [line for line in lines if line.number < 0 and _off(line, tries) <= NEAR]
    for words in TELLING:
        telling = [line for line in near if words in line.text]
        if telling:
            best = min(telling, key=lambda line: _off(line, tries))
            # A process that is killed is noticed a little later than its client notices.
            at = min(tries, key=lambda one: abs(best.at - one))
            return replace(double, at=at, line=best.text)
    return replace(double, at=tries[0] if tries else 0.0)


def all_explained(
    doubles: Iterable[tuple[Double, list[float]]], lines: list[Line]
) -> Iterator[Double]:
    """Each double, with the tries whose end nobody heard, explained.

    A line that tells of one message explains one message; which one our log does not say, so
    it is the one whose try ended nearest to it of those that come first.
    """
    told_of: dict[Line, int] = {}
    for double, unheard in doubles:
        left = [line for line in lines if told_of.get(line, double.number) == double.number]
        told = explained(double, unheard, left)
        told_of |= {
            line: double.number for line in left if line.text == told.line and OF_ONE in line.text
        }
        yield told


def _off(line: Line, tries: list[float]) -> float:
    return min((abs(line.at - one) for one in tries), default=NEAR + 1)


def before(events: list[Event], at: float) -> str:
    """What was done last before that time."""
    done = [event for event in events if event.at <= at]
    return done[-1].name if done else "nothing"


def cause(events: list[Event], double: Double) -> str:
    """What a double counts for."""
    of_hops = [event for event in events if event.name.startswith("next hop")]
    failed = double.line and any(words in double.line for words in HOP_FAILED)
    return before(of_hops if failed else events, double.at)


def table(found: Found) -> str:
    """One row for each kind of thing that was done; lost and twice count recipients."""
    lost = [before(found.events, at) for _, _, at in found.lost]
    twice = [cause(found.events, one) for one in found.doubles]
    names = list(dict.fromkeys([event.name for event in found.events] + lost + twice))
    rows = [_row(name, found.events, lost.count(name), twice.count(name)) for name in names]
    return "\n".join([HEAD, *rows])


def _row(name: str, events: list[Event], lost: int, twice: int) -> str:
    mine = [event for event in events if event.name == name]
    under_way = sum(event.under_way for event in mine)
    seconds = [event.seconds for event in mine]
    went_on = f"{median(seconds):.2f} / {max(seconds):.2f}" if seconds else "-"
    return f"| {name} | {len(mine)} | {under_way} | {lost} | {twice} | {went_on} |"


def failed(found: Found) -> bool:
    """Whether anything happened that must not."""
    return bool(found.lost or found.faults)


def _named(double: Double, events: list[Event]) -> str:
    what = f"{double.number} for {double.recipient} ({double.entrance})"
    times = f"{double.how} {1 + double.more} times"
    line = double.line or "no line: who would have written it was killed, its client saw it go"
    return f"- {what}, {times}, after: {cause(events, double)}: {line}"


def report(found: Found) -> str:
    """All of it, as Markdown."""
    said = ["# No-loss run", "", table(found), "", *(f"- {note}" for note in found.notes)]
    for entrance, figures in found.figures.items():
        told = ", ".join(f"{what}: {count}" for what, count in figures.items())
        said.append(f"- {entrance}: {told}")
    if found.doubles:
        said += ["", "## Twice (RFC 1047)", ""]
        said += [_named(double, found.events) for double in found.doubles]
    if failed(found):
        said += ["", "## What must not be", ""]
        said += [
            f"- LOST: {number} for {recipient}, answered 250, after: {before(found.events, at)}"
            for number, recipient, at in found.lost
        ]
        said += [f"- {fault}" for fault in found.faults]
    word = "FAILED" if failed(found) else "passed"
    said += ["", f"{word}: {len(found.lost)} lost, {len(found.doubles)} twice", ""]
    return "\n".join(said)
