"""Say what is tried: each trial makes octets by chance and has them judged.

A finding is named by what went wrong, without the numbers in it, so that a thousand like
it are one.  It is made smaller by leaving out pieces for as long as the same goes wrong.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fuzz.alone import READERS, judge_alone
from fuzz.boxes import box, makers
from fuzz.choices import Choices
from fuzz.judge import judge_box, judge_clean, judge_letter, judge_tight
from fuzz.letters import letter, letter_with
from fuzz.sessions import session
from fuzz.talks import judge_session

from pratique.scanners.formats import FORMATS

_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
# Longer than this nobody waits for a smaller sample.
SECONDS = 4.0


# Damaged containers that a reader gets for itself, for each one that goes through the walk:
# alone it is a hundred times faster.
ALONE = 8


@dataclass(frozen=True)
class Outcome:
    """What was tried, and what went wrong."""

    octets: bytes
    # Who judges a sample of it: a key of JUDGES, or "alone".
    suffix: str
    wrong: list[str]
    made_by: str
    # The reader that had it alone.
    reader: str = ""


Trial = Callable[[Choices], Outcome]


def letters(choices: Choices) -> Outcome:
    """A letter, bent or not."""
    made = letter(choices)
    wrong = judge_letter(made.octets)
    if made.clean:
        wrong += judge_clean(made.octets, made.files)
        return Outcome(made.octets, "clean", wrong, "clean")
    return Outcome(made.octets, "eml", wrong, ", ".join(made.bent))


def tight(choices: Choices) -> Outcome:
    """A letter, or a container in one, with a budget that does not suffice."""
    octets = letter(choices).octets
    if choices.number(0, 1):
        octets = letter_with(choices, box(choices).octets)
    return Outcome(octets, "tight", judge_tight(octets), "")


def sessions(choices: Choices) -> Outcome:
    """A client of the SMTP door."""
    octets = session(choices)
    return Outcome(octets, "session", judge_session(octets), "")


def boxes(format_: str) -> Trial:
    """A container of one format."""

    def tried(choices: Choices) -> Outcome:
        for _ in range(ALONE * (format_ in READERS)):
            made = box(choices, format_)
            wrong = judge_alone(format_, made.octets)
            if wrong:
                how = f"{made.made_by}: {made.bent}"
                return Outcome(made.octets, "alone", wrong, how, format_)
        made = box(choices, format_)
        return Outcome(made.octets, "box", judge_box(made.octets), f"{made.made_by}: {made.bent}")

    return tried


def trials() -> dict[str, Trial]:
    """Every trial by its name."""
    named = {form.name: boxes(form.name) for form in FORMATS if makers(form.name)}
    return {"letters": letters, "tight": tight, "sessions": sessions, **named}


JUDGES: dict[str, Callable[[bytes], list[str]]] = {
    "eml": judge_letter,
    "clean": lambda octets: [*judge_letter(octets), *judge_clean(octets, ())],
    "tight": judge_tight,
    "box": judge_box,
    "session": judge_session,
}


def judge_file(path: Path) -> list[str]:
    """Judge a sample that was kept, by its name."""
    if path.suffix == ".alone":
        return judge_alone(path.name.partition("-")[0], path.read_bytes())
    return JUDGES[path.suffix[1:]](path.read_bytes())


def is_sample(path: Path) -> bool:
    """Tell samples from what is said of them."""
    return path.suffix[1:] in {*JUDGES, "alone"}


def name_of(wrong: str) -> str:
    """One name for all findings that differ in their numbers only."""
    return _NUMBERS.sub("N", wrong)[:160]


def smaller(outcome: Outcome, name: str) -> bytes:
    """The same finding in fewer octets."""
    octets = outcome.octets
    end = time.monotonic() + SECONDS
    if outcome.suffix == "clean":  # in fewer octets it is clean no more
        return octets
    size = len(octets) // 2
    while size:
        for start in _starts(octets, size):
            if time.monotonic() > end:
                return octets
            tried = octets[:start] + octets[start + size :]
            if name in map(name_of, _judge(outcome, tried)):
                octets = tried
                break
        else:
            size //= 2
    return octets


def _judge(outcome: Outcome, octets: bytes) -> list[str]:
    if outcome.suffix == "alone":
        return judge_alone(outcome.reader, octets)
    return JUDGES[outcome.suffix](octets)


def _starts(octets: bytes, size: int) -> Iterator[int]:
    return iter(range(max(0, len(octets) - size), -1, -size))
