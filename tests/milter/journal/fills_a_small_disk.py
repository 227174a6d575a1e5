"""Write a journal on a file system of 1 MB until it is full, then on one that is read-only.

Run as root by `unshare --mount`, so that the file system is nobody else's.
"""

import json
import logging
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pratique.milter.journal.backlog import Backlog
from pratique.milter.journal.entry import Entry, PolicyText
from pratique.milter.journal.journal import Journal, Pace
from pratique.milter.journal.reading import entries_of
from pratique.milter.mail import Envelope
from pratique.milter.next_hop import Reply
from pratique.scanners.facts_pb2 import Facts

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAME = "2026-11-22.sqlite3"


@dataclass
class Section:
    keep_days: int = 30
    privacy: str = "plain"


class Lines(logging.Handler):
    """Keeps what the log says."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage())


def writes(journal: Journal, first: int, count: int) -> float:
    """Write so many messages of about 1 KB; gives the second longest time that one took."""
    # One stall is forgiven, since other programs run on this machine.
    times = [0.0]
    for number in range(first, first + count):
        facts = Facts()
        # Digits that cannot be deflated.
        facts.mail.subject = "".join(str(hash((number, at))) for at in range(30))
        envelope = Envelope(str(number), NOON)
        policy = PolicyText("p", "h", "t")
        entry = Entry(envelope, facts, (), "accept", "r", "o", Reply(250, ()), 1.0, policy)
        begun = time.perf_counter()
        journal.write(entry)
        times.append(time.perf_counter() - begun)
    return sorted(times)[-2]


def until(holds: object, seconds: float = 30) -> bool:
    """Wait until something holds; false if it never does."""
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def kept(folder: Path) -> list[int]:
    return [int(one.entry.envelope.queue_id) for one in entries_of(folder / NAME)]


def main(disk: Path) -> None:
    log = Lines()
    logging.getLogger().addHandler(log)
    folder, ballast = disk / "journal", disk / "ballast"
    ballast.write_bytes(bytes(200_000))
    pace = Pace(clock=lambda: NOON, pause=0.01, retry=0.05, batch=100)
    journal = Journal(folder, Section(), pace, Backlog(most_records=1500))
    seen: dict[str, Any] = {"longest": 0.0}
    first = 0
    while not journal.troubles and first < 5000:
        seen["longest"] = max(seen["longest"], writes(journal, first, 100))
        first += 100
        until(lambda: journal.waiting == 0 or journal.troubles)
    seen["full is a trouble"] = journal.troubles == 1
    seen["longest when full"] = writes(journal, first, 2000)
    first += 2000
    seen["dropped"], seen["waiting"] = journal.dropped, journal.waiting
    seen["told when full"] = until(lambda: len(log.lines) >= 2) and list(log.lines)
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
    seen["empty"] = until(lambda: journal.waiting == 0)
    seen["told in the end"] = until(lambda: len(log.lines) >= 3) and log.lines[2:]
    numbers = kept(folder)
    seen["in order"] = numbers == list(range(len(numbers)))
    seen["sums up"] = len(numbers) + journal.dropped == first
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    troubles = journal.troubles
    seen["longest when read-only"] = writes(journal, first, 1000)
    seen["read-only is a trouble"] = until(lambda: journal.troubles > troubles)
    seen["read while read-only"] = len(kept(folder)) == len(numbers)
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    seen["written again"] = until(lambda: journal.waiting == 0) and len(kept(folder)) - len(numbers)
    seen["lines"] = len(log.lines)
    journal.close()
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    small = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small], check=True)
    main(small)
