"""Show what many YARA rules cost: the start, and the memory of ten workers.

    python bench/many_rules.py [--rules COUNT] [--workers COUNT] [--write]

A folder is written with as many rules as real collections have: texts, hexadecimal strings
with gaps, regular expressions, metadata, conditions about sizes and about `pe`; the same ones
each time.  A nursery and its workers are started with none of them, with all of them, and
with all of them as the start before has kept them; then each worker looks at twenty mails.
Memory is that of the nursery and its workers: PSS, in which each shared page counts once, and
of a worker what it shares with nobody (`Private_*` in /proc/PID/smaps_rollup), which is what
a worker more takes.  `--write` puts the table into docs/costs.md.
"""

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import costs_page
import engine_costs
import memory
import scanner_mails
from peers.running import spent_by

from pratique.milter.content import content_of
from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
from pratique.scanners import wall_pb2 as wall

RULES, FILES, WORKERS, MAILS = 5000, 25, 10, 20
FAMILIES = "Agent Bagle Dridex Emotet Formbook Gozi Hancitor Icedid Jrat Kovter Lokibot".split()
RULE = """rule Bench_{number} : {kind} {{
  meta:
    author = "bench"
    description = "{family}, sample {number} of a generated collection"
    reference = "https://rules.bench.example/{number}"
    date = "2026-01-{day:02}"
    family = "{family}"
    severity = "{severity}"
    hash = "{hash}"
  strings:
{strings}
  condition:
    {condition}
}}
"""


def _hexadecimal(chance: random.Random) -> str:
    octets = [f"{one:02X}" for one in chance.randbytes(chance.randint(8, 24))]
    for at in chance.sample(range(3, len(octets) - 1), 2):
        octets[at] = chance.choice(["??", "[2-6]", octets[at][0] + "?"])
    return f"{{ {' '.join(octets)} }}"


def _text(chance: random.Random) -> str:
    letters = "".join(chance.choices("abcdefghijklmnopqrstuvwxyzABCDEFGH0123456789_.", k=14))
    return f'"{letters}" {chance.choice(["ascii", "ascii wide", "nocase", "fullword"])}'


def _pattern(chance: random.Random) -> str:
    word = "".join(chance.choices("bcdfghklmnpqrstvwxz", k=6))
    return f"/{word}[a-z]{{2,8}}\\.(exe|dll|scr)\\?id=[0-9]{{4,8}}/"


# How often each is met in collections that are published: mostly texts.
STRINGS = [_text] * 5 + [_hexadecimal] * 4 + [_pattern]
CONDITIONS = [
    "any of them",
    "all of them",
    "2 of them",
    "uint16(0) == 0x5A4D and any of them",
    "filesize < 2MB and 2 of them",
    "pe.is_pe and pe.number_of_sections > 2 and any of them",
    "for any of them : ( # > 1 )",
]


def _rule(number: int) -> str:
    chance = random.Random(f"rule {number}")
    strings = "\n".join(
        f"    ${one} = {chance.choice(STRINGS)(chance)}" for one in "abcdef"[: chance.randint(2, 6)]
    )
    return RULE.format(
        number=number,
        kind=chance.choice(["trojan", "loader", "document"]),
        family=chance.choice(FAMILIES),
        day=chance.randint(1, 28),
        severity=chance.choice(["suspicious", "malicious"]),
        hash=chance.randbytes(32).hex(),
        strings=strings,
        condition=chance.choice(CONDITIONS),
    )


def write_rules(folder: Path, count: int) -> None:
    """Write so many rules, in two dozen files."""
    files = min(FILES, count) or 1
    for file in range(files):
        rules = (_rule(number) for number in range(file, count, files))
        text = 'import "pe"\n\n' + "\n".join(rules)
        (folder / f"bench-{file:02}.yar").write_text(text, "utf-8")


@dataclass(frozen=True, slots=True)
class Started:
    """What a nursery and its workers took."""

    title: str
    seconds: float
    more: float
    before: int
    after: int
    # Of a worker: what is its alone, and the milliseconds of CPU that a mail takes it.
    worker: int
    mail: float


def _private(pid: int) -> int:
    """Octets that a process shares with nobody."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(
        int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Private_")
    )


def _nurseries() -> list[int]:
    """The nursery that this process has started; Python may have started helpers of its own."""
    below = (pid for pid in memory.tree(os.getpid())[1:] if _parent(pid) == os.getpid())
    return [
        pid for pid in below if b"scanners.nursery" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


async def _look(workers: Workers, mails: Sequence[bytes], at_once: int) -> None:
    """Have each worker look at each mail: who is idle longest comes next."""
    for octets in mails:
        content = content_of([octets])
        looks = (workers.inspect(content, engine_costs.envelope()) for _ in range(at_once))
        await asyncio.gather(*looks)
        content.close()


async def start(title: str, setup: wall.Setup, workers: int) -> Started:
    """Start a nursery and its workers, and have them look at mail."""
    begun = time.monotonic()
    first = Workers(own_nursery(setup), WorkerSettings(count=1))
    await first.start()
    seconds = time.monotonic() - begun
    await first.close()
    begun = time.monotonic()
    pool = Workers(own_nursery(setup), WorkerSettings(count=workers))
    await pool.start()
    more = time.monotonic() - begun
    try:
        (nursery,) = _nurseries()
        pids, before = memory.tree(nursery)[1:], memory.pss(nursery)
        spent = sum(map(spent_by, pids))
        await _look(pool, scanner_mails.made("newsletter, 30 links", MAILS), workers)
        mail = (sum(map(spent_by, pids)) - spent) * 1000 / (MAILS * workers)
        alone = int(statistics.median(map(_private, pids)))
        return Started(title, seconds, more, before, memory.pss(nursery), alone, mail)
    finally:
        await pool.close()


async def measure(rules: int, workers: int) -> list[Started]:
    """Without rules, with them, and with them as they were kept."""
    with tempfile.TemporaryDirectory(prefix="pratique-bench-") as made:
        folder, kept = Path(made) / "rules", Path(made) / "kept"
        folder.mkdir()
        kept.mkdir(mode=0o700)
        write_rules(folder, rules)
        with_rules = wall.Setup(rule_folders=[str(folder)])
        again = wall.Setup(rule_folders=[str(folder)], rule_cache=str(kept))
        found = [
            await start("none but the shipped ones", wall.Setup(), workers),
            await start(f"{rules:,} rules, compiled at the start", with_rules, workers),
        ]
        # What is kept is kept by the first start, which is none of these.
        warm = Workers(own_nursery(again), WorkerSettings(count=1))
        await warm.start()
        await warm.close()
        return [*found, await start(f"{rules:,} rules, kept from the start before", again, workers)]


HEAD = (
    "rules", "seconds to the first worker", "to all of them", "MB at first", "MB after 20 mails",
    "MB of one worker alone", "ms of CPU a newsletter",
)  # fmt: skip


def told(measured: Sequence[Started], workers: int) -> str:
    """The table for the page."""
    rows = [
        [
            one.title,
            f"{one.seconds:.1f}",
            f"{one.more:.1f}",
            *(f"{octets / 1e6:.0f}" for octets in (one.before, one.after)),
            f"{one.worker / 1e6:.1f}",
            f"{one.mail:.1f}",
        ]
        for one in measured
    ]
    machine = costs_page.machine()
    return f"{machine} {workers} workers.\n\n{costs_page.table(HEAD, rows)}"


def main() -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=RULES)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--write", action="store_true", help="into docs/costs.md")
    given = parser.parse_args()
    text = told(asyncio.run(measure(given.rules, given.workers)), given.workers)
    print(text)
    if given.write:
        costs_page.write("rules", text)


if __name__ == "__main__":
    main()
