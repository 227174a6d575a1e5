"""Check and time rules, file by file, in a process that may die of them.

    pratique.scanners.yara_rules.apart

An order in JSON comes on standard input, and the answer goes to standard output: a line of
JSON for each file that is begun, and one for each thing to be said of it.  So whoever asks
(asked.py) knows which file it was, whatever becomes of this process.  It has so many seconds
for each file; then the alarm ends it, whether YARA is in the middle of something or not.

    {"do": "each", "sources": {NAME: TEXT}, "seconds": 10}       what is broken in each
    {"do": "check", "files": [PATH], "seconds": 10}              what is wrong with each
    {"do": "time", "files": [PATH], "seconds": 60, "over": [PATH]}   how long each takes
    {"do": "time rules", ...}                                    and each rule of them
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from pratique.scanners.yara_rules import checking, sources, timing
from pratique.scanners.yara_rules.compiling import alarm, limit, say


def main(stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Do one order; gives the exit status."""
    limit()
    order = json.load(stdin)
    look = _look(order)
    for file, text in _texts(order):
        say(stdout, began=file)
        alarm(order["seconds"])
        try:
            for stated in [text] if isinstance(text, dict) else look(file, text):
                say(stdout, **{"file": file, **stated})
        except MemoryError:
            say(stdout, **asdict(sources.Problem(file, 0, "error", "no memory is left")))
    return 0


def _look(order: Mapping[str, Any]) -> Callable[[str, str], Iterable[dict[str, Any]]]:
    """What is done with each file."""
    if order["do"] == "each":
        return lambda file, text: map(asdict, checking.broken(file, text))
    if order["do"] == "check":
        return lambda file, text: map(asdict, checking.problems(file, text))
    # What is timed first has to be warm.
    alarm(order["seconds"])
    watch = timing.Watch(timing.octets_of(order["over"]))
    return watch.rules if order["do"] == "time rules" else watch.file


def _texts(order: Mapping[str, Any]) -> Iterator[tuple[str, str | dict[str, Any]]]:
    """Each file with its text, or with what keeps it from being read."""
    yield from order.get("sources", {}).items()
    for file in order.get("files", ()):
        try:
            yield file, sources.read(Path(file))
        except sources.WrongRules as wrong:
            problem = asdict(sources.of_path(file, str(wrong)))
            yield file, {**problem, "problem": problem["message"]}


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer))
