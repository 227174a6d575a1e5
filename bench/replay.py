"""Show how fast a journal is decided again, and that mail flows meanwhile.

    python bench/replay.py [--messages N] [--different N] [--rules N] [--folder FOLDER] [--write]

A journal of a month is made first, by the journal's own encoding: so many different messages
(journal_made.py), whose day files are copied until there are enough.  Then all of them are
replayed under a policy of so many rules (policy_made.py), a process for each processor, while
a writer adds a batch of 20 messages to a day of the journal ten times a second, and each batch's
time is taken.  The folder is kept if it is named, and used again.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import costs_page
import journal_made
import policy_made

from pratique.milter.journal.day_file import DayFiles
from pratique.milter.journal.entry import PolicyText
from pratique.milter.journal.record import encode
from pratique.milter.replay.replay import Task, processors, replay
from pratique.milter.replay.sides import Chosen
from pratique.milter.replay.stretches import Sought, plan
from pratique.milter.replay.tally import Tally
from pratique.milter.stores.day_folder import DayFolder
from pratique.policies.policy import Policy
from pratique.policies.written.beside import NOTHING, hash_of

FIRST = date(2026, 10, 1)
A_DAY = 20_000
# As a busy service on two processors writes them: 200 messages a second.
BATCH, PAUSE = 20, 0.1


def chosen(rules: int) -> Chosen:
    """The policy that is replayed."""
    text = policy_made.policy_text(rules)
    return Chosen(f"{rules} rules", text, NOTHING, hash_of(text, NOTHING))


def then() -> tuple[Policy, PolicyText]:
    """The policy that decided: the shipped one."""
    made = chosen(0)
    return made.load(), PolicyText("default.toml", made.hash, made.text)


def write_day(folder: Path, number: int, count: int) -> None:
    """One day of different messages."""
    numbers = range(number * A_DAY, number * A_DAY + count)
    journal_made.write_day(folder, FIRST + timedelta(days=number), numbers, *then())


def make(folder: Path, messages: int, different: int) -> None:
    """Write the journal: different days in parallel, then copies of them."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = [min(A_DAY, different - at) for at in range(0, different, A_DAY)]
    with ProcessPoolExecutor(processors(), get_context("spawn")) as pool:
        jobs = [pool.submit(write_day, folder, at, count) for at, count in enumerate(counts)]
        for job in jobs:
            job.result()
    paths = sorted(folder.glob("*.sqlite3"))
    for number in range(len(paths), -(-messages // A_DAY)):
        day = FIRST + timedelta(days=number)
        shutil.copyfile(paths[number % len(paths)], folder / f"{day}.sqlite3")


class Traffic(threading.Thread):
    """Mail that flows meanwhile: batches written to a day, and how long each took."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.seconds: list[float] = []
        self.ended = threading.Event()
        self._files = DayFiles(DayFolder(folder, lambda: datetime.now(UTC), patience=30.0))
        policy, text = then()
        moment = datetime.now(UTC)
        made = (journal_made.entry(at, moment, policy, text) for at in range(BATCH))
        self._rows = [encode(one, "plain") for one in made]

    def run(self) -> None:
        """Write until it is ended."""
        while not self.ended.wait(PAUSE):
            begun = time.monotonic()
            self._files.write(FIRST + timedelta(days=3650), self._rows)
            self.seconds.append(time.monotonic() - begun)


def measure(folder: Path, policy: Chosen, processes: int) -> tuple[Tally, float, float, Traffic]:
    """Replay all: what was found, seconds, seconds of CPU, and the mail meanwhile."""
    traffic = Traffic(folder)
    traffic.start()
    made = plan(folder)
    before, begun = os.times(), time.monotonic()
    tally = replay(made, Task(Sought(), after=policy), processes, lambda _: None)
    seconds, after = time.monotonic() - begun, os.times()
    traffic.ended.set()
    traffic.join()
    assert isinstance(tally, Tally)
    cpu = (after.children_user + after.children_system) - (
        before.children_user + before.children_system
    )
    return tally, seconds, cpu, traffic


def told(
    found: tuple[Tally, float, float, Traffic], rules: int, different: int, processes: int
) -> str:
    """The figures, for the page."""
    tally, seconds, cpu, traffic = found
    count = tally.compared + sum(tally.left_out.values())
    slow = sorted(traffic.seconds)[int(len(traffic.seconds) * 0.99)]
    head = ("what", "figure")
    rows = [
        ["messages replayed", f"{count:,}"],
        ["different ones among them", f"{different:,}"],
        ["rules", str(rules)],
        ["processes", str(processes)],
        ["seconds", f"{seconds:.1f}"],
        ["messages a second", f"{count / seconds:,.0f}"],
        ["seconds of CPU, of all processes", f"{cpu:.1f}"],
        ["microseconds of CPU a message", f"{cpu / count * 1e6:.0f}"],
        ["messages that would be treated otherwise", f"{tally.otherwise:,}"],
        ["messages written meanwhile, a second", f"{len(traffic.seconds) * BATCH / seconds:,.0f}"],
        [f"ms to write {BATCH} of them, median", f"{statistics.median(traffic.seconds) * 1e3:.1f}"],
        [f"ms to write {BATCH} of them, 99 of 100", f"{slow * 1e3:.1f}"],
    ]
    return f"{costs_page.machine()}\n\n{costs_page.table(head, rows)}"


def main() -> None:
    """Make a journal, replay it, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--different", type=int, default=40_000)
    parser.add_argument("--rules", type=int, default=30)
    parser.add_argument("--processes", type=int, default=processors())
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--write", action="store_true", help="into docs/costs.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pratique-bench-") as made:
        folder = given.folder or Path(made)
        if not any(folder.glob("*.sqlite3")):
            begun = time.monotonic()
            make(folder, given.messages, given.different)
            print(f"made in {time.monotonic() - begun:.0f} s", flush=True)
        found = measure(folder, chosen(given.rules), given.processes)
    text = told(found, given.rules, min(given.different, given.messages), given.processes)
    print(text)
    if given.write:
        costs_page.write("replay", text)


if __name__ == "__main__":
    main()
